/** Which coordinator leads: the lease, and how a rival's is judged. */
export {
  type LastLeader,
  Leadership,
  lastLeaderOf,
  restoreLeaderEpoch,
  stateFolderId,
} from './leadership.js';
