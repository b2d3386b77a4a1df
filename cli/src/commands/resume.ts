/** `resume`: lets a paused run go on. */
import type { Command } from 'commander';
import { runDocument, runPageLines } from '../printing/runs/index.js';
import { withCoordinator } from '../session/index.js';

export function addResume(program: Command): void {
  program
    .command('resume')
    .description('let a paused run go on from its checkpoint, asking again for what failed')
    .argument('<run>', "the run's id")
    .option(
      '--accept-numerics',
      'also on a worker that computes differently from the one of the checkpoint; the report then says so',
    )
    .addHelpText(
      'after',
      `
Examples:
  coordinator resume digits`,
    )
    .action((runId: string, options: { acceptNumerics?: true }, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const acceptNumerics = options.acceptNumerics === true;
        const run = await client.resumeRun(runId, { acceptNumerics });
        print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );
}
