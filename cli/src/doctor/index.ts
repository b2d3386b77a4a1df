/**
 * Finds what is wrong with a machine or a cluster, and how to mend it: facts are gathered, then judged by pure
 * functions.
 */
export { diagnose } from './diagnose.js';
export type { Finding } from './finding.js';
