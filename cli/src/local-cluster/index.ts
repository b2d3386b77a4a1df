/** Runs a whole cluster on this machine: for `coordinator up`, the demo, tests and benches. */
export type { LocalClusterOptions } from './cluster-options.js';
export type { ClusterProcess, ProcessKind } from './cluster-processes.js';
export { freeAddress } from './free-address.js';
export * from './inferred-samples.js';
export * from './install-plugin.js';
export * from './local-cluster.js';
export * from './model-trial.js';
export { type ProgramName, programFile } from './programs/index.js';
