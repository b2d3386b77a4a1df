/** `get`: one run, with all its fields. */
import type { Command } from 'commander';
import { runDocument, runPageLines } from '../printing/runs/index.js';
import { withCoordinator } from '../session/index.js';

export function addGet(program: Command): void {
  program
    .command('get')
    .description('show one run')
    .argument('<run>', "the run's id")
    .addHelpText(
      'after',
      `
Examples:
  coordinator get digits
  coordinator get digits -o yaml`,
    )
    .action((runId: string, _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const run = await client.getRun(runId);
        print(runDocument(run), () => runPageLines(run, Date.now()));
      }),
    );
}
