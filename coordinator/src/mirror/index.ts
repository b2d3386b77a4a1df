/** A copy on this disk of the state in NATS: kept up to date with each write, restored if NATS loses its store. */
export { MirrorFolder } from './mirror-folder.js';
export { MIRRORED_BUCKETS } from './mirrored-buckets.js';
export { watchReconnects } from './reconnect-watch.js';
export {
  assertWhole,
  claimRestore,
  hasWholeStore,
  restoreStore,
  storeOfLeader,
} from './restore-store.js';
export { StateMirror } from './state-mirror.js';
