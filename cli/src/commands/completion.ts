import { ARTIFACT_NAME, ArtifactKind } from '@lyceum/proto';
import { Argument, type Command } from 'commander';
import { CoordinatorClient } from '../client/index.js';
import {
  completionScript,
  NAME_KINDS,
  type NameKind,
  SHELLS,
  type Shell,
} from '../completion/index.js';
import { type GlobalOptions, globalOptions, tlsOf } from '../session/index.js';

/** Short: the user has pressed the tab key and waits. */
const PATIENCE_MS = 1_000;

/** Number of runs that are offered, the newest ones: a longer list would not be read. */
const RUNS_MAX = 500;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script with which a shell completes commands, options, choices and names')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Names of runs, models and data sets come from the coordinator that LYCEUM_COORDINATOR names.

Examples:
  source <(coordinator completion bash)          # in ~/.bashrc
  source <(coordinator completion zsh)           # in ~/.zshrc, after compinit
  coordinator completion fish | source           # in ~/.config/fish/config.fish`,
    )
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });

  program
    .command('completion-names', { hidden: true })
    .description('print names for a completion, one a line; nothing if there is no answer')
    .addArgument(new Argument('<kind>', 'kind of the names').choices(NAME_KINDS))
    .addHelpText('after', '\nExamples:\n  coordinator completion-names runs')
    .action(async (kind: NameKind, _options: unknown, command: Command) => {
      // The shell puts the candidates into a command line: only valid names may pass, whatever the coordinator says.
      const names = (await namesOrNone(kind, globalOptions(command))).filter(isName);
      process.stdout.write(names.map((name) => `${name}\n`).join(''));
    });
}

const isName = (name: string) => ARTIFACT_NAME.test(name);

/** After an error there are no names: an error text would disturb the line that the user is typing. */
async function namesOrNone(kind: NameKind, globals: GlobalOptions): Promise<string[]> {
  let client: CoordinatorClient | undefined;
  try {
    client = new CoordinatorClient(globals.coordinator, tlsOf(globals));
    await client.version({ signal: AbortSignal.timeout(PATIENCE_MS) });
    if (kind === 'runs') {
      const { runs } = await client.firstRuns({ brief: true }, RUNS_MAX);
      return runs.map(({ runId }) => runId);
    }
    const ofKind =
      kind === 'models' ? ArtifactKind.ARTIFACT_KIND_MODEL : ArtifactKind.ARTIFACT_KIND_DATASET;
    return (await client.listArtifacts(ofKind)).map(({ name }) => name);
  } catch {
    return [];
  } finally {
    client?.close();
  }
}
