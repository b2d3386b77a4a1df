/**
 * The door to the compute side: for the worker's shell its thread; for benches and oracles, which run a training
 * in their own process, what the thread itself is made of.
 */
export { type Batch, BatchSource, Student } from './student/index.js';
export { StudentCompute } from './student-compute.js';
export {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  hashTargets,
  type LedgerSegment,
} from './training/index.js';
