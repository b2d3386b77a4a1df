/**
 * Keeps the copy on disk equal to NATS. The coordinator's writes are copied before they resolve. Commits of student
 * workers are the exception: they must not wait for a second disk, so pointers are checked every {@link TICK_MS}.
 *
 * If the copy cannot be written, for example on a full disk, runs go on: the whole copy is made again at a later tick.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@lyceum/platform';
import type { BlobStore, KeyValue } from '@lyceum/platform/nats';
import { type ErrorCode, LyceumError, toLyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { parseCheckpointPointer } from '../documents/index.js';
import { blobsOf, checkpointsOf, type RunRecord } from '../runs/index.js';
import { isAssigned } from '../schedule/index.js';
import type { MirroredStore, MirrorFolder } from './mirror-folder.js';
import { type BucketName, MIRRORED_BUCKETS, ofEachBucket } from './mirrored-buckets.js';
import { mirroredBlobs, mirroredBucket } from './mirrored-stores.js';

const TICK_MS = 2_000;
/** Another program may replace a blob by an equal one while it is read; then reading begins again. */
const COPY_ATTEMPTS = 3;
/** How long an unnamed blob is kept: it is stored before the record that names it. */
const UNNAMED_MS = 600_000;

export interface MirrorParts {
  readonly folder: MirrorFolder;
  readonly buckets: Readonly<Record<BucketName, KeyValue>>;
  readonly blobs: BlobStore;
  readonly log: Logger;
}

/** The part of a named artifact that is used here. */
const named = z.looseObject({ digest: z.string() });

interface Copied {
  readonly text: string;
  readonly revision: number;
}

export class StateMirror {
  /** The buckets and the blob store, whose writes are copied. */
  readonly runs: KeyValue;
  readonly pointers: KeyValue;
  readonly names: KeyValue;
  readonly blobs: BlobStore;
  readonly #parts: MirrorParts;
  readonly #copied = ofEachBucket(() => new Map<string, Copied>());
  #writes = Promise.resolve();
  /** Whether a write to the copy has failed. */
  #isBehind = false;
  /** Failures that the log has, each kind once until the copy is up to date again. */
  readonly #told = new Set<ErrorCode>();
  /** Blobs that no record names yet: when they were put, in ms of `performance.now`, by digest. */
  readonly #unnamed = new Map<string, number>();
  /** Whether something has changed since the blobs were last checked. */
  #isDirty = true;
  /** Keys that the copy's list has; undefined: it must be written again. */
  #noted: MirroredStore['keys'];
  #store: MirroredStore | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    const bucket = (name: BucketName) =>
      mirroredBucket(parts.buckets[name], {
        put: (key, text, revision) => this.#put(name, key, { text, revision }),
        delete: (key) => this.#delete(name, key),
      });
    this.runs = bucket('runs');
    this.pointers = bucket('pointers');
    this.names = bucket('names');
    this.blobs = mirroredBlobs(parts.blobs, {
      put: (digest, bytes) => {
        this.#unnamed.set(digest, performance.now());
        return this.#attempt(() => parts.folder.putBlob(digest, bytes));
      },
      forget: (digest) => this.#unnamed.delete(digest),
    });
  }

  /**
   * Copies the present state and goes on copying. Only for the leader.
   *
   * @param runs - returns the current records; called at each tick.
   */
  async start(store: MirroredStore, runs: () => readonly RunRecord[]): Promise<void> {
    this.#store = store;
    await this.#makeWhole(store);
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look(runs()).finally(() => {
        this.#looking = undefined;
      });
    }, TICK_MS);
  }

  /** Stops the ticks; resolves once copying under way is finished. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#writes;
  }

  async #look(runs: readonly RunRecord[]): Promise<void> {
    try {
      if (this.#isBehind && this.#store !== undefined) await this.#makeWhole(this.#store);
      await this.#followPointers(runs);
      if (this.#isDirty || this.#unnamed.size > 0) {
        this.#isDirty = false;
        await this.#followBlobs(runs);
        await this.#noteKeys();
      }
      if (!this.#isBehind) this.#tellWhole();
    } catch (thrown) {
      this.#isDirty = true;
      this.#tell(thrown);
    }
  }

  /** Fills the copy, and marks it with its store once it is complete. */
  async #makeWhole(store: MirroredStore): Promise<void> {
    this.#isBehind = false;
    try {
      await this.#fill();
    } catch (err) {
      this.#isBehind = true;
      throw err;
    }
    await this.#noteKeys(store);
  }

  /** Writes which records the copy has, if it is whole. @param store - given: also marks the copy with its store. */
  async #noteKeys(store?: MirroredStore): Promise<void> {
    const isNoted = store === undefined && isDeepStrictEqual(this.#keys(), this.#noted);
    const marked = store ?? this.#store;
    if (this.#isBehind || isNoted || marked === undefined) return;
    await this.#attempt(async () => {
      // Earlier writes may have deleted some.
      const keys = this.#keys();
      await this.#parts.folder.setStore({ ...marked, keys });
      this.#noted = keys;
    });
  }

  #keys(): Record<BucketName, string[]> {
    return ofEachBucket((name) => [...this.#copied[name].keys()].toSorted());
  }

  /** Makes the copy of every bucket equal to the bucket; records that NATS has lost stay in the copy. */
  async #fill(): Promise<void> {
    const { folder, buckets } = this.#parts;
    for (const name of MIRRORED_BUCKETS) {
      const kv = buckets[name];
      // The copy is listed first: a record that is created meanwhile reaches the bucket before the copy.
      const copied = await folder.keys(name);
      const keys = new Set(await kv.keys());
      const others = copied.filter((key) => !keys.has(key));
      const lost = new Set(await kv.unknown(others));
      for (const key of others) if (!lost.has(key)) await this.#delete(name, key);
      for (const key of keys) {
        const found = await kv.get(key);
        if (found === undefined) continue;
        const record = { text: found.value, revision: found.revision };
        if ((await folder.record(name, key)) === record.text) this.#copied[name].set(key, record);
        else await this.#put(name, key, record);
      }
    }
  }

  /** Copies a pointer's checkpoints before the pointer: the copy never names a checkpoint that it lacks. */
  async #followPointers(runs: readonly RunRecord[]): Promise<void> {
    for (const { runId, state } of runs) {
      if (!isAssigned(state)) continue;
      const found = await this.#parts.buckets.pointers.get(runId);
      if (found === undefined) continue;
      if (found.revision === this.#copied.pointers.get(runId)?.revision) continue;
      const pointer = parseCheckpointPointer(found.value, `checkpoint pointer ${runId}`);
      const there = new Set(await this.#parts.folder.digests());
      const missing = checkpointsOf(pointer).filter((digest) => !there.has(digest));
      const copies = await Promise.all(missing.map((digest) => this.#copyBlob(digest)));
      // A checkpoint is deleted already: the pointer has moved on, and the next tick copies it as it is then.
      if (copies.includes(false)) continue;
      await this.#put('pointers', runId, { text: found.value, revision: found.revision });
    }
  }

  async #followBlobs(runs: readonly RunRecord[]): Promise<void> {
    const { folder } = this.#parts;
    const wanted = this.#wantedBlobs(runs);
    const there = new Set(await folder.digests());
    for (const digest of wanted) if (!there.has(digest)) await this.#copyBlob(digest);
    this.#forgetUnnamed(wanted);
    for (const digest of there) {
      if (!wanted.has(digest) && !this.#unnamed.has(digest)) await folder.deleteBlob(digest);
    }
  }

  #forgetUnnamed(wanted: ReadonlySet<string>): void {
    const sinceMs = performance.now() - UNNAMED_MS;
    for (const [digest, putAtMs] of this.#unnamed) {
      if (wanted.has(digest) || putAtMs < sinceMs) this.#unnamed.delete(digest);
    }
  }

  #wantedBlobs(runs: readonly RunRecord[]): Set<string> {
    const wanted = new Set(runs.flatMap(blobsOf));
    for (const { text } of this.#copied.names.values()) {
      const artifact = named.safeParse(JSON.parse(text));
      if (artifact.success) wanted.add(artifact.data.digest);
    }
    for (const { runId, state } of runs) {
      const copied = this.#copied.pointers.get(runId);
      if (copied === undefined || state === 'SUCCEEDED') continue;
      const pointer = parseCheckpointPointer(copied.text, `checkpoint pointer ${runId}`);
      for (const digest of checkpointsOf(pointer)) wanted.add(digest);
    }
    return wanted;
  }

  /**
   * Copies a blob piece by piece: it may be larger than memory.
   *
   * @returns false if the blob store does not have the blob, as with a set on a mounted volume.
   */
  async #copyBlob(digest: string): Promise<boolean> {
    const { folder, blobs } = this.#parts;
    for (let attempt = 1; attempt <= COPY_ATTEMPTS; attempt += 1) {
      try {
        await folder.putBlob(digest, blobs.read(digest));
        return true;
      } catch (err) {
        if (!(err instanceof LyceumError && err.code === 'NOT_FOUND')) throw err;
      }
    }
    return false;
  }

  /** Copies a record, unless the copy has a newer revision. */
  #put(name: BucketName, key: string, record: Copied): Promise<void> {
    const copied = this.#copied[name];
    return this.#attempt(async () => {
      if (record.revision <= (copied.get(key)?.revision ?? 0)) return;
      await this.#parts.folder.putRecord(name, key, record.text);
      copied.set(key, record);
    });
  }

  #delete(name: BucketName, key: string): Promise<void> {
    return this.#attempt(async () => {
      await this.#parts.folder.deleteRecord(name, key);
      this.#copied[name].delete(key);
      this.#noted = undefined;
    });
  }

  /** Makes one write to the copy, after all earlier ones. Never rejects. */
  #attempt(write: () => Promise<void>): Promise<void> {
    this.#writes = this.#writes.then(async () => {
      try {
        await write();
      } catch (thrown) {
        this.#isBehind = true;
        this.#tell(thrown);
      } finally {
        // Set after the write: a tick during the write sees the old state, and clears the mark.
        this.#isDirty = true;
      }
    });
    return this.#writes;
  }

  #tell(thrown: unknown): void {
    const err = toLyceumError(thrown);
    if (this.#told.has(err.code)) return;
    this.#told.add(err.code);
    const message =
      'state not copied to this disk: it is lost if NATS loses its store; trying again';
    this.#parts.log[err.retryable ? 'warn' : 'error']({ err }, message);
  }

  #tellWhole(): void {
    if (this.#told.size > 0) this.#parts.log.info('state copied to this disk again');
    this.#told.clear();
  }
}
