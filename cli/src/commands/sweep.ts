/** `sweep table`: the results of the runs that one `submit --sweep` made. */
import type { Command } from 'commander';
import { sweepLines } from '../printing/index.js';
import { withCoordinator } from '../session/index.js';
import { tableOfSweep } from '../sweep/index.js';

export function addSweepCommands(program: Command): void {
  const sweep = program.command('sweep').description('sweeps: runs that submit --sweep made');
  sweep
    .command('table')
    .description('show the runs of a sweep side by side, as far as they have come')
    .argument('<name>', "the sweep's: the id that its runs' ids begin with")
    .addHelpText(
      'after',
      `
A row has the runs that differ only in their seeds: mean ± standard deviation over them, and the difference
from the first row with its interval, run by run of equal seeds.

Examples:
  coordinator submit digits.yaml --sweep training.seed=1,2,3 --sweep objective[0].temperature=1,2.5,4 --watch
  coordinator sweep table digits -o json
  coordinator list --label sweep=digits
  coordinator cancel --label sweep=digits
  coordinator delete --label sweep=digits`,
    )
    .action((name: string, _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print, signal }) => {
        const table = await tableOfSweep(client, name, signal);
        print(table, () => sweepLines(table));
      }),
    );
}
