import { type Command, Option } from 'commander';
import { followRun } from '../following/index.js';
import { runDocument } from '../printing/runs/index.js';
import { withCoordinator } from '../session/index.js';

interface ReplayOptions {
  readonly runId?: string;
  readonly watch?: true;
  readonly wait?: true;
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('repeat a run that succeeded, step by step with the teachers that it had')
    .argument('<run>', "the run's id")
    .option('--run-id <id>', "the new run's id (default: the run's, with -replay behind it)")
    .addOption(new Option('--watch', 'show progress until the run ends').conflicts('wait'))
    .addOption(new Option('--wait', 'wait silently until the run ends'))
    .addHelpText(
      'after',
      `
The new run uses the same models and set, even if their names have been given to others since. Where the run went on
without teachers that were late (quorum), the replay goes on without the same ones, so that it ends with the same
weights, on the same device type and number of threads.

Examples:
  coordinator replay digits --watch
  coordinator replay digits --run-id digits-again`,
    )
    .action((runId: string, options: ReplayOptions, command: Command) =>
      withCoordinator(command, async (context) => {
        const { run, created, warnings } = await context.client.replayRun(runId, options.runId);
        for (const warning of warnings) context.notice(`warning: ${warning}`);
        if (!created) context.notice(`${run.runId} exists already, as a replay of ${runId}`);
        if (options.watch || options.wait) {
          await followRun(context, run.runId, options.watch ? 'live' : 'quiet');
        } else {
          context.print(runDocument(run), () => [run.runId]);
          context.notice(`See it with: coordinator watch ${run.runId}`);
        }
      }),
    );
}
