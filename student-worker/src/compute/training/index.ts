/** Trains the student of one assignment: batches, validation, selection, checkpoints and the result. */
export { type Batch, BatchSource } from './batch-source.js';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.js';
export { hashTargets, type LedgerSegment } from './step-ledger.js';
export { Student } from './student.js';
export { type Stop, Trainer, type Untraced } from './trainer.js';
