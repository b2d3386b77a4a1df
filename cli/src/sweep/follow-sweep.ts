/** Follows the runs of a sweep to their ends, all at once; news of each is a line on stderr. */
import { setMaxListeners } from 'node:events';
import type { Run } from '@lyceum/proto';
import { hasEnded, runStateName } from '../client/index.js';
import type { Following } from '../following/index.js';
import { isPaused, pauseAdvice, sweepLines } from '../printing/index.js';
import { type CommandContext, CommandExit, EXIT } from '../session/index.js';
import { tableOfSweep } from './sweep-of.js';

/**
 * Prints the sweep's table once all of `runIds` have ended.
 *
 * @throws {CommandExit} 1 if one failed or was cancelled, 130 after Ctrl-C, which leaves the runs going on.
 */
export async function followSweep(
  context: CommandContext,
  sweep: string,
  runIds: readonly string[],
  how: Following,
): Promise<void> {
  // One listener a watch: many runs are no leak.
  setMaxListeners(0, context.signal);
  const states = new Map<string, string>();
  const show = (run: Run) => {
    const state = runStateName(run);
    if (states.get(run.runId) === state) return;
    states.set(run.runId, state);
    const reason = run.reason === '' ? '' : `: ${run.reason}`;
    if (isPaused(run)) context.notice(`${run.runId}  PAUSED${reason}; ${pauseAdvice(run)}`);
    else if (how === 'live' && hasEnded(run)) {
      const ended = [...states.values()].filter((s) => ENDS.has(s)).length;
      context.notice(`${run.runId}  ${state}${reason}  (${ended} of ${runIds.length})`);
    }
  };
  try {
    await Promise.all(
      runIds.map(async (runId) => {
        for await (const run of context.client.watchRun(runId, context)) show(run);
      }),
    );
  } catch (err) {
    if (!context.signal.aborted) throw err;
  }
  if (context.signal.aborted) {
    context.notice(`The runs go on. See them with: coordinator sweep table ${sweep}`);
    context.notice(`Cancel them with: coordinator cancel --label sweep=${sweep}`);
    throw new CommandExit(EXIT.interrupted);
  }
  const table = await tableOfSweep(context.client, sweep, context.signal);
  context.print(table, () => sweepLines(table));
  if ([...states.values()].some((state) => state !== 'SUCCEEDED')) {
    throw new CommandExit(EXIT.failed);
  }
}

const ENDS: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
