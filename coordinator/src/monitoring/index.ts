/** What users can watch: progress of runs, their events and log lines, metrics for Prometheus. */
export { type CoordinatorMetrics, coordinatorMetrics, observeCoordinator } from './metrics.js';
export { RunEvents } from './run-events.js';
export { RunLogs } from './run-logs.js';
export { bitsKey, finite, RunMonitor } from './run-monitor.js';
