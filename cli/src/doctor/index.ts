/** What is wrong with a machine or a cluster, and how to mend it: facts are gathered by shells, and judged by pure functions. */
export { diagnose } from './diagnose.js';
export type { Finding } from './finding.js';
