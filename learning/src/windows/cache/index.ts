/** Encoded pictures on a local disk, within a budget. */
export type { CacheLedger } from './cache-ledger.js';
export { DiskCache } from './disk-cache.js';
