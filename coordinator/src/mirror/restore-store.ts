/**
 * Brings back what NATS has lost with its disk, or a part of it: before anything else is read, a store is filled from the
 * copy below the state folder. What was deleted has left a mark in NATS, and stays deleted.
 *
 * A store has an id, in the leader's bucket and in the copy. It is written last, so that a restore that was cut off
 * is made again; what is there by then stays.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@lyceum/platform';
import type { KeyValue, Nats } from '@lyceum/platform/nats';
import {
  CHUNK_BYTES,
  LEADER_BUCKET,
  LyceumError,
  NAME_BUCKET,
  POINTER_BUCKET,
  RUN_BUCKET,
} from '@lyceum/proto';
import { leaderEpochOf, restoreLeaderEpoch } from '../runs/index.js';
import {
  type MirroredStore,
  type MirrorFolder,
  type StoreMarker,
  storeMarker,
} from './mirror-folder.js';
import { MIRRORED_BUCKETS } from './state-mirror.js';

const STORE_KEY = 'store';

/** Revisions of one generation of a store are below this; a compare-and-set of an earlier one finds none of its own. */
const REVISIONS_PER_GENERATION = 1e9;

const BUCKETS = { runs: RUN_BUCKET, pointers: POINTER_BUCKET, names: NAME_BUCKET } as const;

/**
 * Fills NATS with what it lacks of the copy, if there is one.
 *
 * @returns the store as it is then.
 * @throws {LyceumError} FAILED_PRECONDITION if the copy is of another store; UNAVAILABLE if NATS does not answer.
 */
export async function restoreStore(
  nats: Nats,
  folder: MirrorFolder,
  log: Logger,
): Promise<StoreMarker> {
  const found = await findStore(nats);
  const copy = await copyOf(nats, folder, found);
  if (copy === undefined) {
    await folder.clear();
    if (found !== undefined) return found;
    const kv = await nats.keyValue(LEADER_BUCKET, { create: true });
    return mark(kv, { storeId: randomUUID(), generation: 0 });
  }
  const lost = await lostFrom(nats, folder);
  const isWhole = isNothing(lost) && (await lastLeaderEpoch(nats)) > 0;
  // One of an earlier generation was not restored to its end.
  if (isWhole && found?.generation === copy.generation) return found;
  return restore(nats, folder, copy, lost, log);
}

/**
 * The store as the leader finds it: another may have led, and restored it, since {@link restoreStore}. A copy that nobody has
 * led since is the leader's own from here on: were it to end before its first look, it would take the copy for another's.
 *
 * @returns undefined if NATS has lost it meanwhile.
 */
export async function storeOfLeader(
  nats: Nats,
  folder: MirrorFolder,
  leaderEpoch: number,
): Promise<StoreMarker | undefined> {
  const copy = await folder.store();
  if (copy?.leaderEpoch === leaderEpoch - 1) await folder.setStore({ ...copy, leaderEpoch });
  return findStore(nats);
}

/** Whether NATS has all that the copy has, or knows that it was deleted. */
export async function hasWholeStore(nats: Nats, folder: MirrorFolder): Promise<boolean> {
  return (await findStore(nats)) !== undefined && isNothing(await lostFrom(nats, folder));
}

/** What the copy has and NATS knows nothing of. */
interface Lost {
  readonly keys: Readonly<Record<keyof typeof BUCKETS, readonly string[]>>;
  readonly digests: readonly string[];
}

async function lostFrom(nats: Nats, folder: MirrorFolder): Promise<Lost> {
  const keysOf = async (name: keyof typeof BUCKETS): Promise<readonly string[]> => {
    const keys = await folder.keys(name);
    if (!(await nats.hasKeyValue(BUCKETS[name]))) return keys;
    return (await nats.keyValue(BUCKETS[name], { create: false })).unknown(keys);
  };
  const keys = {
    runs: await keysOf('runs'),
    pointers: await keysOf('pointers'),
    names: await keysOf('names'),
  };
  const digests = await folder.digests();
  return { keys, digests: await (await nats.blobs({ create: true })).lost(digests) };
}

function isNothing({ keys, digests }: Lost): boolean {
  return [...Object.values(keys), digests].every(({ length }) => length === 0);
}

async function restore(
  nats: Nats,
  folder: MirrorFolder,
  copy: MirroredStore,
  lost: Lost,
  log: Logger,
): Promise<StoreMarker> {
  const { storeId } = copy;
  const generation = copy.generation + 1;
  await folder.setStore({ ...copy, generation });
  const open = (bucket: string) =>
    nats.keyValue(bucket, {
      create: true,
      firstRevision: generation * REVISIONS_PER_GENERATION,
    });
  log.warn(
    { generation },
    'NATS has lost its store, or a part of it; restoring it from the mirror',
  );
  const blobs = await nats.blobs({ create: true });
  let blobCount = 0;
  for (const digest of lost.digests) {
    const bytes = await folder.blob(digest);
    if (bytes === undefined) {
      log.error({ digest }, 'blob not restored: its copy is damaged');
      await folder.deleteBlob(digest);
      continue;
    }
    // Over what is left of it, which a put would take for it.
    await blobs.putChunks({ digest, sizeBytes: bytes.length }, chunksOf(bytes));
    blobCount++;
  }
  let recordCount = 0;
  for (const name of MIRRORED_BUCKETS) {
    const kv = await open(BUCKETS[name]);
    for (const key of lost.keys[name]) {
      const text = await folder.record(name, key);
      if (text === undefined) {
        const file = await folder.setAside(name, key);
        log.error({ bucket: name, key, file }, 'record not restored: its copy is damaged');
      } else if (await createIfMissing(kv, key, text)) recordCount++;
    }
  }
  const leader = await open(LEADER_BUCKET);
  await restoreLeaderEpoch(leader, copy.leaderEpoch);
  log.warn({ recordCount, blobCount }, 'store restored; events of earlier may be lost');
  return mark(leader, { storeId, generation });
}

/** The store that NATS has; undefined: it has none. */
async function findStore(nats: Nats): Promise<StoreMarker | undefined> {
  const leader = await leaderBucket(nats);
  return leader && readMarker(leader);
}

/** Undefined: NATS has none. */
export async function leaderBucket(nats: Nats): Promise<KeyValue | undefined> {
  if (!(await nats.hasKeyValue(LEADER_BUCKET))) return undefined;
  return nats.keyValue(LEADER_BUCKET, { create: false });
}

async function readMarker(leader: KeyValue): Promise<StoreMarker | undefined> {
  const found = await leader.get(STORE_KEY);
  return found === undefined ? undefined : storeMarker.parse(JSON.parse(found.value));
}

/**
 * The copy, if it is one of this store; undefined: there is none, or another coordinator has led since it was made.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if it is of another store.
 */
async function copyOf(
  nats: Nats,
  folder: MirrorFolder,
  found: StoreMarker | undefined,
): Promise<MirroredStore | undefined> {
  const copy = await folder.store();
  if (copy === undefined || found === undefined) return copy;
  if (copy.storeId !== found.storeId) {
    const message =
      `NATS holds the store ${found.storeId} and this state folder belongs to the store ${copy.storeId}: ` +
      'use the NATS that it belongs to, or another state folder';
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  if ((await lastLeaderEpoch(nats)) > copy.leaderEpoch) return undefined;
  return { ...copy, generation: Math.max(copy.generation, found.generation) };
}

/** 0: NATS knows of no leader. */
async function lastLeaderEpoch(nats: Nats): Promise<number> {
  const leader = await leaderBucket(nats);
  return leader === undefined ? 0 : leaderEpochOf(leader);
}

/** @returns what the store is then: another coordinator may have been quicker. */
async function mark(leader: KeyValue, marker: StoreMarker): Promise<StoreMarker> {
  const text = JSON.stringify(marker);
  if (await createIfMissing(leader, STORE_KEY, text)) return marker;
  const there = await readMarker(leader);
  if (there !== undefined && there.generation >= marker.generation) return there;
  await leader.put(STORE_KEY, text);
  return marker;
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

async function createIfMissing(kv: KeyValue, key: string, text: string): Promise<boolean> {
  try {
    await kv.create(key, text);
    return true;
  } catch (err) {
    if (err instanceof LyceumError && err.code === 'ABORTED') return false;
    throw err;
  }
}
