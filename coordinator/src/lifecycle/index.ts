/** How a run goes on, pauses, ends and is deleted; which checkpoints, blobs and answers are deleted. */
export { AnswerKeeper } from './answer-keeper.js';
export { CheckpointCommits } from './checkpoint-commits.js';
export { GarbageCollector } from './garbage-collector.js';
export { answersFull, historyFull } from './pause-reasons.js';
export { readSet } from './read-set.js';
export { RunDeletion } from './run-deletion.js';
export { RunLifecycle } from './run-lifecycle.js';
export { SupersededBlobs } from './superseded-blobs.js';
export { deleteUnreferred } from './unreferred-blobs.js';
