/** The stored state of runs: records, checkpoint pointers, ledgers; and the lease that allows writing it. */
export {
  allPointers,
  type Checkpoint,
  checkpointsOf,
  claimPointer,
  dropCheckpoints,
  movePointer,
  newestCheckpoint,
  pointerStep,
  requirePointer,
  rewindPointer,
} from './checkpoint-pointers.js';
export type { ContributorLedger, Contributors } from './contributor-ledger.js';
export { ContributorLedgers } from './contributor-ledgers.js';
export {
  type LastLeader,
  Leadership,
  lastLeaderOf,
  restoreLeaderEpoch,
  stateFolderId,
} from './leadership/index.js';
export * from './record/index.js';
export { RunStore } from './run-store.js';
