/** The histories of runs: what students tell of their steps, kept and read by range. */
export { RunHistories } from './run-histories.js';
