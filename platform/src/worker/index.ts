/** What teacher and student workers have in common: flags, the program from start to exit, the session. */
export { joinCluster } from './cluster-ties.js';
export { death, firstOf, lostNats } from './failures.js';
export { type PictureSettings, pictureSettings } from './picture-settings.js';
export {
  DRAIN_BUDGET_MS,
  type ProgramSurroundings,
  runWorker,
  type StartedProgram,
} from './run-worker.js';
export { Session, type SessionLink } from './session.js';
export { type WorkerFlags, workerCommand } from './worker-flags.js';
export {
  type ClusterOptions,
  type ComputeOptions,
  clusterOptions,
  computeOptions,
} from './worker-options.js';
