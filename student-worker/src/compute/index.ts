/**
 * The door to the compute side. The worker uses its thread. Benches and oracles, which train in their own process, use
 * the parts of which the thread is made.
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
