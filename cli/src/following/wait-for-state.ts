import type { Run } from '@lyceum/proto';
import { type RunStateName, runStateName } from '../client/index.js';
import { isPaused, pauseAdvice, runDocument } from '../printing/runs/index.js';
import { type CommandContext, CommandExit, EXIT } from '../session/index.js';
import { type WaitState, waitVerdict } from './wait-condition.js';

/**
 * Waits silently until the run is in the state, and prints the run.
 *
 * @param timeoutMs - undefined: no limit.
 * @throws {CommandExit} 1 if the run can no longer reach the state, 124 if the time ran out.
 */
export async function waitForState(
  context: CommandContext,
  runId: string,
  wanted: WaitState,
  timeoutMs: number | undefined,
): Promise<void> {
  const { client, print, notice } = context;
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signal =
    timeout === undefined ? context.signal : AbortSignal.any([context.signal, timeout]);
  let state: RunStateName | undefined;
  try {
    for await (const run of client.watchRun(runId, { signal })) {
      const verdict = waitVerdict(runStateName(run), wanted);
      if (verdict === 'met') {
        print(runDocument(run), () => [`${runId} is ${runStateName(run)}`]);
        return;
      }
      if (verdict === 'never') {
        notice(`error: ${neverText(run, wanted)}`);
        throw new CommandExit(EXIT.failed);
      }
      if (isPaused(run) && state !== 'PAUSED') {
        notice(`${runId} is PAUSED: ${run.reason}; ${pauseAdvice(run)}`);
      }
      state = runStateName(run);
    }
  } catch (err) {
    if (timeout?.aborted !== true || context.signal.aborted) throw err;
    const now = state === undefined ? 'its state is not known' : `it is ${state}`;
    notice(`error: ${runId} is not ${wanted} after ${(timeoutMs ?? 0) / 1000} s: ${now}`);
    throw new CommandExit(EXIT.timedOut);
  }
}

function neverText(run: Run, wanted: WaitState): string {
  const { runId, reason } = run;
  const state = runStateName(run);
  const why = reason === '' ? '' : ` (${reason})`;
  const next =
    state === 'FAILED' || state === 'CANCELLED'
      ? `; the next attempt begins with: coordinator retry ${runId}`
      : '';
  return `${runId} is ${state}${why} and can no longer become ${wanted}${next}`;
}
