/** Checkpoints: kept on the local disk, committed through the coordinator, found again. */
export { CheckpointCommitter, type CommitStart } from './checkpoint-commit.js';
export { findResumePoint } from './checkpoint-resume.js';
export { CoordinatorStore } from './coordinator-store.js';
export { RunFolder, removeRunFolders } from './run-folder.js';
