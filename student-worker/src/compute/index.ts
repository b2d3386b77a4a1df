/** The compute side as the worker's shell sees it. */
export { StudentCompute } from './student-compute.js';
export type { ComputeDevice } from './thread-messages.js';
