/** Runs one step of a pass for each run separately. */
import type { Logger } from '@lyceum/platform';
import { StorageFullError, toLyceumError } from '@lyceum/proto';
import type { RunLifecycle } from '../lifecycle/index.js';
import type { RunRecord, RunStore } from '../runs/index.js';

export interface EachRunParts {
  readonly store: Pick<RunStore, 'list'>;
  readonly lifecycle: Pick<RunLifecycle, 'pause'>;
  readonly log: Pick<Logger, 'error'>;
}

/**
 * An error of one run must not stop the others: it is logged, and the run is paused with its message.
 *
 * @throws {LyceumError} an error that concerns all runs: NATS is away or full, or another coordinator leads.
 */
export async function eachRun(
  { store, lifecycle, log }: EachRunParts,
  step: (record: RunRecord) => void | Promise<void>,
): Promise<void> {
  for (const record of store.list()) {
    const { runId } = record;
    try {
      await step(record);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.retryable || err.code === 'ABORTED' || err instanceof StorageFullError) throw err;
      log.error({ err, runId }, 'the coordinator cannot go on with the run');
      const reason = `the coordinator cannot go on with it: ${err.message}; its log has more`;
      await lifecycle.pause(runId, reason).catch((failure: unknown) => {
        log.error({ err: failure, runId }, 'run not paused');
      });
    }
  }
}
