/**
 * Loaded into a coordinator before its program. On SIGUSR2 it writes the delays of the event loop since the last
 * signal, in milliseconds, to a file named after the process, and begins anew. It does nothing in other programs.
 *
 * A delay is the time by which a timer of 1 ms is late.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
import { loopDelayFile, RESOLUTION_MS } from './loop-delay.js';

if (isMainThread && process.argv.includes('serve')) {
  const file = loopDelayFile(process.pid);
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  process.on('SIGUSR2', () => {
    const late = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
    const delay = {
      p50Ms: late(histogram.percentile(50)),
      p99Ms: late(histogram.percentile(99)),
      maxMs: late(histogram.max),
    };
    histogram.reset();
    writeFileSync(`${file}.new`, JSON.stringify(delay));
    renameSync(`${file}.new`, file);
  });
}
