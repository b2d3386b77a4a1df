/** `retry`: starts the next attempt of a run that failed or was cancelled. */
import type { Command } from 'commander';
import { runDocument, runPageLines } from '../printing/runs/index.js';
import { withCoordinator } from '../session/index.js';

export function addRetry(program: Command): void {
  program
    .command('retry')
    .description(
      'start the next attempt of a run that failed or was cancelled, from its checkpoint',
    )
    .argument('<run>', "the run's id")
    .addHelpText(
      'after',
      `
Examples:
  coordinator retry digits`,
    )
    .action((runId: string, _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const run = await client.retryRun(runId);
        print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );
}
