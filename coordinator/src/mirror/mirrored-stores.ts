/** Buckets and blobs whose writes reach a second place too. Reads do not. */
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';

/** Where a bucket's writes go too, in the order in which NATS took them. Never rejects. */
export interface RecordCopy {
  put(key: string, text: string, revision: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** A write resolves once both places have it; what NATS refuses reaches neither. */
export function mirroredBucket(kv: KeyValue, copy: RecordCopy): KeyValue {
  const copied = async (key: string, text: string, write: Promise<number>) => {
    const revision = await write;
    await copy.put(key, text, revision);
    return revision;
  };
  return {
    get: (key) => kv.get(key),
    keys: () => kv.keys(),
    unknown: (keys) => kv.unknown(keys),
    create: (key, text) => copied(key, text, kv.create(key, text)),
    update: (key, text, revision) => copied(key, text, kv.update(key, text, revision)),
    put: (key, text) => copied(key, text, kv.put(key, text)),
    delete: async (key) => {
      await kv.delete(key);
      await copy.delete(key);
    },
  };
}

/** Where blobs go too. Never rejects. */
export interface BlobCopy {
  put(digest: string, bytes: Uint8Array): Promise<void>;
  /** Nothing will name it any more. */
  forget(digest: string): void;
}

export function mirroredBlobs(blobs: BlobStore, copy: BlobCopy): BlobStore {
  return {
    put: async (bytes) => {
      const digest = await blobs.put(bytes);
      await copy.put(digest, bytes);
      return digest;
    },
    // Too large for memory; the mirror finds them by the pointer or record that names them.
    putChunks: (blob, chunks) => blobs.putChunks(blob, chunks),
    get: (digest) => blobs.get(digest),
    read: (digest) => blobs.read(digest),
    has: (digest) => blobs.has(digest),
    delete: async (digest) => {
      copy.forget(digest);
      await blobs.delete(digest);
    },
    list: () => blobs.list(),
    lost: (digests) => blobs.lost(digests),
    uploads: () => blobs.uploads(),
    deleteUpload: (id) => blobs.deleteUpload(id),
  };
}
