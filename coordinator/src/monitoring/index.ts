/** What can be watched: progress of runs, their events, metrics for Prometheus. */
export { type CoordinatorMetrics, coordinatorMetrics, observeCoordinator } from './metrics.js';
export { RunEvents } from './run-events.js';
export { RunLogs } from './run-logs.js';
export { bitsKey, finite, RunMonitor } from './run-monitor.js';
