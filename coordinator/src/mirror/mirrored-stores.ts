/** Buckets and blobs whose writes reach a second place too. Reads do not. */
import type { BlobStore, KeyValue } from '@lyceum/proto/node';

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
    create: (key, text) => copied(key, text, kv.create(key, text)),
    update: (key, text, revision) => copied(key, text, kv.update(key, text, revision)),
    put: (key, text) => copied(key, text, kv.put(key, text)),
    delete: async (key) => {
      await kv.delete(key);
      await copy.delete(key);
    },
  };
}

/** @param copy - never rejects. */
export function mirroredBlobs(
  blobs: BlobStore,
  copy: (digest: string, bytes: Uint8Array) => Promise<void>,
): BlobStore {
  return {
    put: async (bytes) => {
      const digest = await blobs.put(bytes);
      await copy(digest, bytes);
      return digest;
    },
    get: (digest) => blobs.get(digest),
    read: (digest) => blobs.read(digest),
    has: (digest) => blobs.has(digest),
    delete: (digest) => blobs.delete(digest),
    list: () => blobs.list(),
    uploads: () => blobs.uploads(),
    deleteUpload: (id) => blobs.deleteUpload(id),
  };
}
