/** How far a training is: what its steps measured, its seconds, and how often it is told. */
export { ProgressPace } from './progress-pace.js';
export { StepLog } from './step-log.js';
export { NO_SECONDS, Stopwatch } from './stopwatch.js';
