/** The registry that each program's metrics start from: Node's own metrics of the process. */
import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * How often the event loop's delay is sampled. Each sample wakes the process; the library's default of 10 ms would
 * wake an idle process a hundred times a second.
 */
const EVENT_LOOP_LOOK_MS = 200;

export function processMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  return register;
}
