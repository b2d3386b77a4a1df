/**
 * The door to the compute side: for the worker's shell its thread; for benches and oracles, which run a training
 * in their own process, what the thread itself is made of.
 */
export { type Batch, BatchSource } from './batch-source.js';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.js';
export { learningRate } from './learning-rate.js';
export { hashTargets, type LedgerSegment } from './step-ledger.js';
export { Student } from './student.js';
export { StudentCompute } from './student-compute.js';
export type { ComputeDevice } from './thread-messages.js';
