/**
 * Calls between a thread and its owner. A door of its own, so that a thread loads nothing else of this package.
 */
export { moved } from './channel.js';
export { offerToOwner, Thread, ThreadDeathError } from './thread.js';
