/**
 * Windows onto sets in shards: pictures read, verified and decoded by a thread of their own, within a budget of memory
 * and with a cache on disk.
 */
export { openWindows, type Window, type Windows } from './windows.js';
export { WorkerWindows } from './worker-windows.js';
