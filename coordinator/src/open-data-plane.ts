/** The data plane: threads beside the event loop, and how busy both are. */
import { performance } from 'node:perf_hooks';
import { DataLoad, DataThreads } from './data-plane/index.js';
import type { ServeOptions } from './serve-options.js';
import type { StopSteps } from './stop-steps.js';

const LOAD_TICK_MS = 1_000;

export type DataPlane = ReturnType<typeof openDataPlane>;

export function openDataPlane({ dataThreads, log }: ServeOptions, stops: StopSteps) {
  const onDeath = (err: Error) => log.error({ err }, 'a data thread died; another takes its place');
  const threads = new DataThreads(dataThreads, { onDeath });
  stops.add(() => threads.close());
  const load = new DataLoad(dataThreads);
  stops.every(LOAD_TICK_MS, () =>
    load.note({
      atMs: performance.now(),
      eventLoopMs: performance.eventLoopUtilization().active,
      threadsMs: threads.busyMs,
    }),
  );
  return { threads, load };
}
