/**
 * Brings back what NATS has lost with its disk: before anything else is read, an empty store is filled from the
 * copy below the state folder.
 *
 * A store has an id, in the leader's bucket and in the copy. It is written last, so that a restore that was cut off
 * is made again; what is there by then stays.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@lyceum/platform';
import type { KeyValue, Nats } from '@lyceum/platform/nats';
import {
  LEADER_BUCKET,
  LyceumError,
  NAME_BUCKET,
  POINTER_BUCKET,
  RUN_BUCKET,
  sha256Hex,
} from '@lyceum/proto';
import { leaderEpochOf, restoreLeaderEpoch } from '../runs/index.js';
import { type MirrorFolder, type StoreMarker, storeMarker } from './mirror-folder.js';
import { MIRRORED_BUCKETS } from './state-mirror.js';

const STORE_KEY = 'store';

/** Revisions of one generation of a store are below this; a compare-and-set of an earlier one finds none of its own. */
const REVISIONS_PER_GENERATION = 1e9;

const BUCKETS = { runs: RUN_BUCKET, pointers: POINTER_BUCKET, names: NAME_BUCKET } as const;

/**
 * Fills NATS if it is empty and there is a copy.
 *
 * @returns the store as it is then.
 * @throws {LyceumError} FAILED_PRECONDITION if the copy is of another store; UNAVAILABLE if NATS does not answer.
 */
export async function restoreStore(
  nats: Nats,
  folder: MirrorFolder,
  log: Logger,
): Promise<StoreMarker> {
  const copy = await folder.store();
  const found = await findStore(nats);
  if (found !== undefined) {
    await adopt(nats, folder, found);
    return found;
  }
  if (copy === undefined) {
    const kv = await nats.keyValue(LEADER_BUCKET, { create: true });
    return mark(kv, { storeId: randomUUID(), generation: 0 });
  }
  const { storeId } = copy;
  const generation = copy.generation + 1;
  await folder.setStore({ ...copy, generation });
  const open = (bucket: string) =>
    nats.keyValue(bucket, {
      create: true,
      firstRevision: generation * REVISIONS_PER_GENERATION,
    });
  log.warn({ generation }, 'NATS has lost its store; restoring it from the mirror');
  const blobs = await nats.blobs({ create: true });
  let blobCount = 0;
  for (const digest of await folder.digests()) {
    const bytes = await folder.blob(digest);
    if (bytes === undefined) log.error({ digest }, 'blob not restored: its copy is damaged');
    else if ((await blobs.put(bytes)) === sha256Hex(bytes)) blobCount++;
  }
  let recordCount = 0;
  for (const name of MIRRORED_BUCKETS) {
    const kv = await open(BUCKETS[name]);
    for (const key of await folder.keys(name)) {
      const text = await folder.record(name, key);
      if (text === undefined) {
        const file = await folder.setAside(name, key);
        log.error({ bucket: name, key, file }, 'record not restored: its copy is damaged');
      } else if (await createIfMissing(kv, key, text)) recordCount++;
    }
  }
  const leader = await open(LEADER_BUCKET);
  await restoreLeaderEpoch(leader, copy.leaderEpoch);
  log.warn({ recordCount, blobCount }, 'store restored; events of earlier are lost');
  return mark(leader, { storeId, generation });
}

/** The store that NATS has; undefined: it has none. */
export async function findStore(nats: Nats): Promise<StoreMarker | undefined> {
  if (!(await nats.hasKeyValue(LEADER_BUCKET))) return undefined;
  return readMarker(await nats.keyValue(LEADER_BUCKET, { create: false }));
}

async function readMarker(leader: KeyValue): Promise<StoreMarker | undefined> {
  const found = await leader.get(STORE_KEY);
  return found === undefined ? undefined : storeMarker.parse(JSON.parse(found.value));
}

/** Checks that the copy is of this store, and gives it up if another coordinator has led since it was made. */
async function adopt(nats: Nats, folder: MirrorFolder, found: StoreMarker): Promise<void> {
  const copy = await folder.store();
  if (copy === undefined) return;
  if (copy.storeId !== found.storeId) {
    const message =
      `NATS holds the store ${found.storeId} and this state folder belongs to the store ${copy.storeId}: ` +
      'use the NATS that it belongs to, or another state folder';
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const leader = await nats.keyValue(LEADER_BUCKET, { create: false });
  if ((await leaderEpochOf(leader)) > copy.leaderEpoch) await folder.forgetStore();
}

/** @returns what the store is then: another coordinator may have been quicker. */
async function mark(leader: KeyValue, marker: StoreMarker): Promise<StoreMarker> {
  if (await createIfMissing(leader, STORE_KEY, JSON.stringify(marker))) return marker;
  return (await readMarker(leader)) ?? marker;
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
