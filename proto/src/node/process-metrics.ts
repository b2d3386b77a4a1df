/** The registry that each program's metrics start from: what Node itself knows of the process. */
import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * How often the event loop's delay is looked at. Each look wakes the process: at the library's own 10 ms an
 * idle program takes a hundredth of a core, and from a student on the same machine twice that.
 */
const EVENT_LOOP_LOOK_MS = 200;

export function processMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  return register;
}
