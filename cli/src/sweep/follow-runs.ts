/** Follows several runs to their ends at the same time; each change of state is a line on stderr. */
import { setMaxListeners } from 'node:events';
import { retrying } from '@lyceum/platform';
import type { Run } from '@lyceum/proto';
import { hasEnded, runStateName } from '../client/index.js';
import type { Following } from '../following/index.js';
import { isPaused, pauseAdvice } from '../printing/runs/index.js';
import { type CommandContext, CommandExit, EXIT } from '../session/index.js';

/**
 * @param advice - lines to print after Ctrl-C; the runs go on then.
 * @returns the final states, by run id.
 * @throws {CommandExit} 130 after Ctrl-C.
 */
export async function followRuns(
  context: CommandContext,
  runIds: readonly string[],
  how: Following,
  advice: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  // Each watch has a listener: many runs are no leak, so Node need not warn.
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
  if (!context.signal.aborted) return states;
  for (const line of advice) context.notice(line);
  throw new CommandExit(EXIT.interrupted);
}

/** Tries for about half a minute: a coordinator may take this long to restart. */
const READ_PATIENCE = { tries: 10, greatestDelayMs: 10_000, random: Math.random };

/** Reads the results of followed runs. They may have taken hours, so it tries again if the coordinator is away. */
export function readResults<T>(signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  return retrying(read, { ...READ_PATIENCE, signal });
}

const ENDS: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
