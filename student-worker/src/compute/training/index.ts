/** Trains the student of one assignment: targets, steps, selection, checkpoints and the result. */
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.js';
export { hashTargets, type LedgerSegment } from './step-ledger.js';
export { Trainer } from './trainer.js';
