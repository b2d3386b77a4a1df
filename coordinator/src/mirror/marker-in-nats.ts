/** The marker in the leader's bucket: it says which store NATS has. */
import { type KeyValue, type Nats, writeIfUnchanged } from '@lyceum/platform/nats';
import { LEADER_BUCKET, LyceumError } from '@lyceum/proto';
import { z } from 'zod';
import { type StoreMarker, storeMarker } from './mirror-folder.js';

const STORE_KEY = 'store';

/** The marker as stored in NATS. */
const markerInNats = storeMarker.extend({
  /** Present while the store is being filled: leader epoch of the copy that fills it. */
  restoringFrom: z.int().positive().optional(),
  /** Leader epoch of the copy that filled this generation. */
  restoredFrom: z.int().positive().optional(),
});

export type MarkerInNats = z.output<typeof markerInNats>;

export interface FoundStore {
  readonly marker: MarkerInNats;
  readonly revision: number;
}

/** The marker of the store that NATS has; undefined: there is none. */
export async function findStore(nats: Nats): Promise<FoundStore | undefined> {
  const leader = await leaderBucket(nats);
  return leader && readMarker(leader);
}

/** Undefined: NATS has no leader's bucket. */
export async function leaderBucket(nats: Nats): Promise<KeyValue | undefined> {
  if (!(await nats.hasKeyValue(LEADER_BUCKET))) return undefined;
  return nats.keyValue(LEADER_BUCKET, { create: false });
}

export async function readMarker(leader: KeyValue): Promise<FoundStore | undefined> {
  const found = await leader.get(STORE_KEY);
  if (found === undefined) return undefined;
  return { marker: markerInNats.parse(JSON.parse(found.value)), revision: found.revision };
}

export function assertSameStore(copy: StoreMarker, found: StoreMarker): void {
  if (copy.storeId === found.storeId) return;
  const message =
    `NATS holds the store ${found.storeId} and this state folder belongs to the store ${copy.storeId}: ` +
    'use the NATS that it belongs to, or another state folder';
  throw new LyceumError('FAILED_PRECONDITION', message);
}

/**
 * Writes the marker, unless it was changed after it was read: of two coordinators that restore at once, the one with
 * the older copy must not mark the store as whole.
 *
 * @param revision - of the marker as it was read; undefined: there was none.
 * @returns the revision of the new marker.
 * @throws {LyceumError} UNAVAILABLE if another coordinator wrote the marker meanwhile.
 */
export async function mark(
  leader: KeyValue,
  marker: MarkerInNats,
  revision: number | undefined,
): Promise<number> {
  const written = await writeIfUnchanged(leader, STORE_KEY, JSON.stringify(marker), revision);
  if (written !== undefined) return written;
  const message = 'another coordinator is creating or restoring the store at the same time';
  throw new LyceumError('UNAVAILABLE', message);
}
