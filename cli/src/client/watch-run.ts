/** Follows a run through its changes, even across restarts of the coordinator. */
import { openServerStream, type RunClient, retryDelayMs, sleep } from '@lyceum/platform';
import { type Run, toLyceumError } from '@lyceum/proto';
import { present } from './present.js';
import { hasEnded } from './run-states.js';
import { AWAY_MAX_MS, type WatchOptions } from './watching.js';

/** The run now, and again after each change, until it ends. Goes on after a restart of the coordinator. */
export async function* watchRun(
  client: RunClient,
  runId: string,
  options: WatchOptions,
): AsyncGenerator<Run, void, undefined> {
  let awaySinceMs: number | undefined;
  let attempt = 0;
  let seen = false;
  for (;;) {
    const call = openServerStream(() => client.watchRun({ runId }), options);
    try {
      for await (const { run } of call.incoming) {
        [awaySinceMs, attempt, seen] = [undefined, 0, true];
        yield present(run);
        if (hasEnded(present(run))) return;
      }
    } catch (err) {
      const error = toLyceumError(err);
      if (!error.retryable || !seen) throw err;
      if (awaySinceMs === undefined) {
        awaySinceMs = performance.now();
        options.onAway?.(error);
      }
      if (performance.now() - awaySinceMs > AWAY_MAX_MS) throw err;
    } finally {
      // Otherwise the call would go on after the caller left, and keep the process alive.
      call.cancel();
    }
    await sleep(retryDelayMs(attempt++, Math.random()), options.signal);
  }
}
