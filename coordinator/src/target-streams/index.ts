/** Targets for readers other than student workers, in the order of a run or of a split. */
export { TargetStreams } from './target-streams.js';
