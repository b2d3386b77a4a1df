/**
 * Restores a store that NATS has lost in whole or in part: before anything else is read, the store is filled from the
 * copy in the state folder. Deleted entries have left a mark in NATS, and stay deleted.
 *
 * A store has an id, in the leader's bucket and in the copy. While the store is being filled, its marker in NATS says
 * so. If a restore is interrupted, the coordinator that has the copy repeats it; until then no other coordinator
 * leads. A coordinator that knows of a store, but has no copy of it, waits if NATS has lost that store: without
 * waiting, it would begin an empty store.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@lyceum/platform';
import { type KeyValue, type Nats, writeIfUnchanged } from '@lyceum/platform/nats';
import { LEADER_BUCKET, LyceumError, RUN_BUCKET } from '@lyceum/proto';
import { type LastLeader, lastLeaderOf, restoreLeaderEpoch } from '../runs/index.js';
import {
  assertSameStore,
  type FoundStore,
  findStore,
  leaderBucket,
  type MarkerInNats,
  mark,
  readMarker,
} from './marker-in-nats.js';
import type { MirroredStore, MirrorFolder, StoreMarker } from './mirror-folder.js';
import {
  type BucketName,
  MIRRORED_BUCKETS,
  NATS_BUCKETS,
  ofEachBucket,
} from './mirrored-buckets.js';
import { newestCopy } from './newest-copy.js';

/** Each generation has its own range of so many revisions: a compare-and-set of an earlier generation fails. */
const REVISIONS_PER_GENERATION = 1e9;

/** So many missing files are named in an error. */
const SHOWN_MAX_COUNT = 10;

export interface RestoreParts {
  readonly nats: Nats;
  readonly folder: MirrorFolder;
  /** Id of this state folder, as a lease names it. */
  readonly holder: string;
  readonly log: Logger;
}

/**
 * Fills NATS with the entries of the copy that it lacks, if there is a copy.
 *
 * @returns the marker of the whole store.
 * @throws {LyceumError} FAILED_PRECONDITION if the copy is of another store, is newer than the copy that NATS was
 *   filled from, or is only a part of a copy; UNAVAILABLE if NATS does not answer, or another coordinator must fill it.
 */
export async function restoreStore(parts: RestoreParts): Promise<StoreMarker> {
  const { nats, folder, holder } = parts;
  const found = await findStore(nats);
  const marker = found?.marker;
  const leader = await leaderBucket(nats);
  const last = leader && (await lastLeaderOf(leader));
  const copy = await newestCopy(folder, holder, { marker, last });
  if (copy === undefined) return storeOfOthers(parts, marker, last);
  const lost = await lostFrom(nats, folder);
  const isWhole = isNothing(lost) && (last?.leaderEpoch ?? 0) >= copy.leaderEpoch;
  const isDone = marker?.generation === copy.generation && marker.restoringFrom === undefined;
  if (isWhole && isDone) return storeIn(marker);
  return restore(parts, { copy, lost, found });
}

/**
 * Marks the store as being restored from this leader's copy: until it is restored, no other coordinator leads. Does
 * nothing if another coordinator has led meanwhile: this copy is then out of date.
 */
export async function claimRestore(
  nats: Nats,
  folder: MirrorFolder,
  leaderEpoch: number,
): Promise<void> {
  const copy = await folder.store();
  const leader = await leaderBucket(nats);
  if (leader === undefined || copy?.leaderEpoch !== leaderEpoch) return;
  if ((await lastLeaderOf(leader)).leaderEpoch > leaderEpoch) return;
  const found = await readMarker(leader);
  if (found !== undefined) assertSameStore(copy, found.marker);
  const marker = { ...storeIn(copy), restoringFrom: leaderEpoch };
  await mark(leader, marker, found?.revision);
}

/**
 * Passes if the store is whole, so that a coordinator may lead.
 *
 * @param leader - the leader's bucket.
 * @throws {LyceumError} UNAVAILABLE if the store is lost, or not yet restored.
 */
export async function assertWhole(leader: KeyValue): Promise<void> {
  wholeStore(await readMarker(leader));
}

/**
 * The store as a new leader finds it: another coordinator may have led, and restored it, since {@link restoreStore}.
 * If no other has led since the copy was made, the leader's epoch is written into the copy at once: if the leader
 * ended before its mirror starts, its successor would otherwise take the copy for an old one.
 *
 * @throws {LyceumError} UNAVAILABLE if NATS has lost the store meanwhile, or another coordinator fills it.
 */
export async function storeOfLeader(
  nats: Nats,
  folder: MirrorFolder,
  leaderEpoch: number,
): Promise<StoreMarker> {
  const copy = await folder.store();
  if (copy?.leaderEpoch === leaderEpoch - 1 && leaderEpoch > 1) {
    await folder.setStore({ ...copy, leaderEpoch });
  }
  return wholeStore(await findStore(nats));
}

function wholeStore(found: FoundStore | undefined): StoreMarker {
  if (found === undefined) throw new LyceumError('UNAVAILABLE', 'NATS has lost its store');
  if (found.marker.restoringFrom !== undefined) throw unfinished(found.marker);
  return storeIn(found.marker);
}

function storeIn({ storeId, generation }: StoreMarker): StoreMarker {
  return { storeId, generation };
}

/**
 * The store in NATS, of which this coordinator has no copy. Its id is noted in the state folder if another coordinator
 * may have a copy.
 *
 * @throws {LyceumError} UNAVAILABLE if a coordinator that has a copy must fill it; FAILED_PRECONDITION if NATS is empty
 *   and the folder has a part of a copy.
 */
async function storeOfOthers(
  { nats, folder }: RestoreParts,
  found: MarkerInNats | undefined,
  last: LastLeader | undefined,
): Promise<StoreMarker> {
  if (found === undefined) {
    const known = await folder.store();
    // A store's first leader makes the bucket: if the bucket is there, the store has only lost its marker.
    if (known !== undefined || (await nats.hasKeyValue(RUN_BUCKET))) throw unfinished(known);
    await assertNoRecords(folder);
    const leader = await nats.keyValue(LEADER_BUCKET, { create: true });
    const marker = { storeId: randomUUID(), generation: 0 };
    await mark(leader, marker, undefined);
    return marker;
  }
  const wasLed = (last?.leaderEpoch ?? 0) > 0 || found.generation > 0;
  if (wasLed) await folder.setStore({ ...storeIn(found), leaderEpoch: 0 });
  await folder.clearRecords();
  if (found.restoringFrom !== undefined) throw unfinished(found);
  return storeIn(found);
}

/** A new store has no records: those of the copy would be deleted. */
async function assertNoRecords(folder: MirrorFolder): Promise<void> {
  for (const name of MIRRORED_BUCKETS) {
    if ((await folder.keys(name)).length === 0) continue;
    const message =
      'NATS is empty, and the folder mirror in this state folder has records but no store.json that says whose: ' +
      'it is a part of a copy, as a backup that was cut off leaves it. Restore the whole backup; ' +
      'to begin anew without it, delete the folder mirror';
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
}

/** What neither NATS nor the copy has would be gone without a word. */
function assertNoneGone({ files }: Lost): void {
  if (files.length === 0) return;
  const message =
    `NATS is to be filled from the copy in this state folder, and ${files.length} of the copy's records are missing: ` +
    `${files.slice(0, SHOWN_MAX_COUNT).join(', ')}${files.length > SHOWN_MAX_COUNT ? ', …' : ''}. ` +
    'A backup that was cut off leaves such a copy. Restore the whole backup; ' +
    'to go on without these records, make an empty file in the place of each';
  throw new LyceumError('FAILED_PRECONDITION', message);
}

/** @param store - undefined: its id is not known. */
function unfinished(store: StoreMarker | undefined): LyceumError {
  const message =
    `NATS has lost ${store === undefined ? 'its store' : `the store ${store.storeId}`}, or a part of it, ` +
    'and this state folder has no copy of it: ' +
    'start the coordinator that led last, which restores it; to begin without it, empty NATS and this folder';
  return new LyceumError('UNAVAILABLE', message);
}

/** Whether NATS has every entry of the copy, or knows that the entry was deleted. */
export async function hasWholeStore(nats: Nats, folder: MirrorFolder): Promise<boolean> {
  return (await findStore(nats)) !== undefined && isNothing(await lostFrom(nats, folder));
}

/** Entries of the copy that NATS knows nothing of. */
interface Lost {
  readonly keys: Readonly<Record<BucketName, readonly string[]>>;
  readonly digests: readonly string[];
  /** Files of records that the copy had, and has lost too. */
  readonly files: readonly string[];
}

async function lostFrom(nats: Nats, folder: MirrorFolder): Promise<Lost> {
  const lost = new Map<BucketName, readonly string[]>();
  const files: string[] = [];
  for (const name of MIRRORED_BUCKETS) {
    const [bucket, copied] = [NATS_BUCKETS[name], await folder.keys(name)];
    const isThere = await nats.hasKeyValue(bucket);
    const kv = isThere ? await nats.keyValue(bucket, { create: false }) : undefined;
    lost.set(name, kv === undefined ? copied : await kv.unknown(copied));
    const gone = await folder.lostKeys(name);
    const unknown = kv === undefined ? gone : await kv.unknown(gone);
    files.push(...unknown.map((key) => folder.recordFile(name, key)));
  }
  const keys = ofEachBucket((name) => lost.get(name) ?? []);
  const digests = await folder.digests();
  return { keys, digests: await (await nats.blobs({ create: true })).lost(digests), files };
}

function isNothing({ keys, digests, files }: Lost): boolean {
  return [...Object.values(keys), digests, files].every(({ length }) => length === 0);
}

interface Restoration {
  readonly copy: MirroredStore;
  readonly lost: Lost;
  readonly found: FoundStore | undefined;
}

async function restore(
  parts: RestoreParts,
  { copy, lost, found }: Restoration,
): Promise<StoreMarker> {
  const { nats, folder, log } = parts;
  const { storeId, leaderEpoch } = copy;
  assertNoneGone(lost);
  // True: a restore from an older copy was interrupted. No coordinator has led since: its records are overwritten.
  const isOverOlder = (found?.marker.restoringFrom ?? leaderEpoch) < leaderEpoch;
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
  const leader = await open(LEADER_BUCKET);
  const marked = { storeId, generation, restoringFrom: leaderEpoch };
  const markRevision = await mark(leader, marked, found?.revision);
  await restoreLeaderEpoch(leader, leaderEpoch);
  const blobCount = await restoreBlobs(parts, lost.digests);
  let recordCount = 0;
  for (const name of MIRRORED_BUCKETS) {
    const kv = await open(NATS_BUCKETS[name]);
    const keys = isOverOlder ? await folder.keys(name) : lost.keys[name];
    recordCount += await restoreRecords(parts, name, keys, (key, text) =>
      isOverOlder ? kv.put(key, text) : writeIfUnchanged(kv, key, text, undefined),
    );
  }
  await mark(leader, { storeId, generation, restoredFrom: leaderEpoch }, markRevision);
  log.warn({ recordCount, blobCount }, 'store restored; earlier events may be lost');
  return { storeId, generation };
}

/** @returns how many were restored. */
async function restoreBlobs(
  { nats, folder, log }: RestoreParts,
  digests: readonly string[],
): Promise<number> {
  const blobs = await nats.blobs({ create: true });
  let count = 0;
  for (const digest of digests) {
    const { sizeBytes, chunks } = await folder.blobChunks(digest);
    try {
      // Overwrites the remains of a damaged blob: `put` would take them for the whole blob.
      await blobs.putChunks({ digest, sizeBytes }, chunks);
    } catch (err) {
      if (!(err instanceof LyceumError && err.code === 'INVALID_ARGUMENT')) throw err;
      log.error({ digest }, 'blob not restored: its copy is damaged');
      await folder.deleteBlob(digest);
      continue;
    }
    count++;
  }
  return count;
}

/**
 * @param write - resolves with undefined if NATS has a newer record.
 * @returns how many records were written.
 */
async function restoreRecords(
  { folder, log }: RestoreParts,
  bucket: BucketName,
  keys: readonly string[],
  write: (key: string, text: string) => Promise<number | undefined>,
): Promise<number> {
  let count = 0;
  for (const key of keys) {
    const text = await folder.record(bucket, key);
    if (text === undefined) {
      const file = await folder.setAside(bucket, key);
      log.error({ bucket, key, file }, 'record not restored: its copy is damaged');
    } else if ((await write(key, text)) !== undefined) count++;
  }
  return count;
}
