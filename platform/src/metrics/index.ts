/**
 * What a running program tells of itself: probes and metrics. A door of its own, so that a command that ends at once loads
 * nothing of it.
 */
export { metricsOf } from './metrics-of.js';
export * from './probes.js';
export { processMetrics } from './process-metrics.js';
export { Readiness } from './readiness.js';
