/** Bytes under their SHA-256: the store in NATS, and the copies on a worker's disk. */
export * from './blob-cache.js';
export type { BlobStore } from './blob-store.js';
export { openBlobStore } from './object-blob-store.js';
