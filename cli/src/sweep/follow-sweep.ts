/** Follows the runs of a sweep to their ends, and prints their table. */
import type { Following } from '../following/index.js';
import { sweepLines } from '../printing/index.js';
import { type CommandContext, CommandExit, EXIT } from '../session/index.js';
import { followRuns, readResults } from './follow-runs.js';
import { tableOfSweep } from './sweep-of.js';

/**
 * Prints the sweep's table once all of `runIds` have ended.
 *
 * @throws {CommandExit} 1 if a run failed or was cancelled; 130 after Ctrl-C, and the runs go on.
 */
export async function followSweep(
  context: CommandContext,
  sweep: string,
  runIds: readonly string[],
  how: Following,
): Promise<void> {
  const states = await followRuns(context, runIds, how, [
    `The runs go on. See them with: coordinator sweep table ${sweep}`,
    `Cancel them with: coordinator cancel --label sweep=${sweep}`,
  ]);
  const { client, signal } = context;
  const table = await readResults(signal, () => tableOfSweep(client, sweep, signal));
  context.print(table, () => sweepLines(table));
  if ([...states.values()].some((state) => state !== 'SUCCEEDED')) {
    throw new CommandExit(EXIT.failed);
  }
}
