/** Which coordinator leads: the lease, and how a waiting coordinator sees that it is free. */
export {
  type LastLeader,
  Leadership,
  lastLeaderOf,
  restoreLeaderEpoch,
  stateFolderId,
} from './leadership.js';
