/** Which coordinator leads: the lease, and how a rival's is judged. */
export { Leadership, leaderEpochOf, restoreLeaderEpoch, stateFolderId } from './leadership.js';
