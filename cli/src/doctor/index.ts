/**
 * Finds what is wrong with a machine or a cluster, and how to mend it. First facts are gathered, then pure functions
 * judge the facts.
 */
export { diagnose } from './diagnose.js';
export type { Finding } from './finding.js';
