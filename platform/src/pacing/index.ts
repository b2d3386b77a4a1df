/** When work is done: again after a failure, once for all callers, a few at a time, so many a minute. */
export * from './backoff.js';
export * from './in-lanes.js';
export * from './joined-signal.js';
export * from './pace.js';
export * from './retrying.js';
export { SharedWork } from './shared-work.js';
export { Turns } from './turns.js';
export { Wakeup } from './wakeup.js';
