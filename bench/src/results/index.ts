/**
 * Recorded results of benches: one file for each in `bench/results`, and the tables of `bench/README.md` made of them.
 */
export { recordResult } from './record-result.js';
