/** The registry that each program's metrics start from: what Node itself knows of the process. */
import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * How often the event loop's delay is looked at. Each look wakes the process, at the library's own 10 ms a
 * hundred times a second while nothing else happens.
 */
const EVENT_LOOP_LOOK_MS = 200;

export function processMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  return register;
}
