/** The copy of what NATS keeps on this disk: written along, restored when NATS lost its own. */
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
