/** Opens the parts that follow runs through their life: events, logs, lifecycle, deletion, checkpoint commits. */

import {
  CheckpointCommits,
  GarbageCollector,
  RunDeletion,
  RunLifecycle,
  SupersededBlobs,
} from './lifecycle/index.js';
import { RunEvents, RunLogs, RunMonitor } from './monitoring/index.js';
import type { Storage } from './open-storage.js';
import { hasEnded } from './schedule/index.js';
import type { ServeOptions } from './serve-options.js';
import type { StopSteps } from './stop-steps.js';

export type Runs = ReturnType<typeof openRuns>;

export function openRuns(storage: Storage, { log, tap }: ServeOptions, stops: StopSteps) {
  const { store, pointers, unmirroredPointers, catalog, ledgers, histories, eventLog } = storage;
  const now = Date.now;
  const monitor = new RunMonitor(store);
  const events = new RunEvents(eventLog, log, now);
  stops.add(() => events.settled());
  const logs = new RunLogs(store, now);
  tap?.onLine((line) => logs.own(line));
  const superseded = new SupersededBlobs({ store, pointers, catalog, log });
  stops.add(() => superseded.settled());
  store.onChange((runId) => {
    const record = store.get(runId);
    if (record !== undefined) {
      if (hasEnded(record.state)) histories.forget(runId);
      return;
    }
    logs.forget(runId);
    histories
      .delete(runId)
      .catch((err: unknown) => log.warn({ err, runId }, 'history not deleted'));
  });
  return {
    monitor,
    events,
    logs,
    lifecycle: new RunLifecycle({ store, pointers, catalog, monitor, events, log, now }),
    deletion: new RunDeletion({ store, pointers, catalog, ledgers, events, log, now }),
    garbage: new GarbageCollector({ store, pointers, catalog, eventLog, log, now }),
    commits: new CheckpointCommits({ pointers: unmirroredPointers, catalog, superseded }),
  };
}
