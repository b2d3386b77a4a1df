/** The progress of a training: figures of its steps, its seconds, and how often it is reported. */
export { ProgressPace } from './progress-pace.js';
export { StepLog } from './step-log.js';
export { NO_SECONDS, Stopwatch } from './stopwatch.js';
