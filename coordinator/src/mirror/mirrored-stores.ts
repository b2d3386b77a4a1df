/** Buckets and blobs whose writes also go to a copy. Reads do not use the copy. */
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';

/** The copy of a bucket. It gets the bucket's writes after NATS has taken them. Never rejects. */
export interface RecordCopy {
  put(key: string, text: string, revision: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** A write resolves once NATS and the copy have it; a write that NATS refuses is not copied. */
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

/** The copy of the blob store. Never rejects. */
export interface BlobCopy {
  put(digest: string, bytes: Uint8Array): Promise<void>;
  /** The blob is being deleted: no record names it any more. */
  forget(digest: string): void;
}

export function mirroredBlobs(blobs: BlobStore, copy: BlobCopy): BlobStore {
  return {
    put: async (bytes) => {
      const digest = await blobs.put(bytes);
      await copy.put(digest, bytes);
      return digest;
    },
    // Such blobs are too large for memory: the mirror copies them later, when a pointer or record names them.
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
