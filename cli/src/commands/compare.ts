import { wholeNumber } from '@lyceum/platform/flags';
import type { Command } from 'commander';
import { BOOTSTRAP, compareRuns, runExpense } from '../comparison/index.js';
import { comparisonLines, expenseLines } from '../printing/index.js';
import { comparedRun, withCoordinator } from '../session/index.js';

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description("tell whether runs' students differ by more than chance on the test split")
    .argument('<run...>', 'ids of runs that SUCCEEDED; all are compared with the first')
    .option('--seed <number>', 'seed of the bootstrap', wholeNumber(0), BOOTSTRAP.seed)
    .option(
      '--resamples <count>',
      'resamples of the bootstrap',
      wholeNumber(1),
      BOOTSTRAP.resampleCount,
    )
    .addHelpText(
      'after',
      `
Runs that differ only in their seeds belong together: give each with several seeds; runs of equal training seeds are
then compared pair by pair. The second P is corrected for the number of pairs.

Examples:
  coordinator compare alone distilled
  coordinator compare alone-1 alone-2 alone-3 distilled-1 distilled-2 distilled-3 -o json`,
    )
    .action((runIds: string[], options: { seed: number; resamples: number }, command: Command) =>
      withCoordinator(command, async ({ client, print, signal }) => {
        const runs: Awaited<ReturnType<typeof comparedRun>>[] = [];
        for (const runId of runIds) runs.push(await comparedRun(client, runId, signal));
        const { seed, resamples: resampleCount } = options;
        const comparison = compareRuns(runs, { seed, resampleCount });
        const expenses = runs.map(({ report }) => runExpense(report));
        print({ ...comparison, runs: expenses }, () => [
          ...comparisonLines(comparison),
          '',
          ...expenseLines(expenses),
        ]);
      }),
    );
}
