/**
 * Probes and metrics of a running program. A door of its own, so that a command that ends at once does not load them.
 */
export { metricsOf } from './metrics-of.js';
export * from './probes.js';
export { processMetrics } from './process-metrics.js';
export { Readiness } from './readiness.js';
