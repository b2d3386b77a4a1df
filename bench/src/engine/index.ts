/** Benches of the engine alone: the same work as one graph and operation by operation, in this process. */
export { inference } from './inference.js';
export { step } from './step.js';
export { BATCH_SIZE, openStudent, preparedBatch, takeSteps } from './student-steps.js';
