/**
 * Whether the copy in this state folder is the newest of all coordinators' copies. Each leader writes its epoch into
 * its copy as soon as it has the lease. So the copy is the newest if no coordinator has led at a higher epoch. It is
 * also the newest if the lease was last taken by this folder's coordinator, at the next epoch: that coordinator was
 * killed before it wrote the epoch.
 */
import { LyceumError } from '@lyceum/proto';
import type { LastLeader } from '../runs/index.js';
import { assertSameStore, type MarkerInNats } from './marker-in-nats.js';
import type { MirroredStore, MirrorFolder } from './mirror-folder.js';

/** What NATS holds of the store and its last leader; undefined: nothing. */
export interface FoundInNats {
  readonly marker: MarkerInNats | undefined;
  readonly last: LastLeader | undefined;
}

/**
 * The copy, if it is the newest copy of this store.
 *
 * @param holder - id of this state folder, as a lease names it.
 * @returns undefined: there is no copy, or another coordinator has led since it was made.
 * @throws {LyceumError} FAILED_PRECONDITION if the copy is of another store, or NATS was filled from an older copy.
 */
export async function newestCopy(
  folder: MirrorFolder,
  holder: string,
  { marker, last = { leaderEpoch: 0, holder: '' } }: FoundInNats,
): Promise<MirroredStore | undefined> {
  const known = await folder.store();
  if (known !== undefined && marker !== undefined) assertSameStore(known, marker);
  // Without a copy: an empty one, since a store that no coordinator has led holds nothing.
  let copy = known ?? (marker && emptyCopy(marker));
  if (copy === undefined) return undefined;
  if (marker !== undefined) assertNotOlder(marker, copy);
  if (last.holder === holder && last.leaderEpoch === copy.leaderEpoch + 1) {
    if (copy.leaderEpoch === 0) await folder.clearRecords();
    copy = { ...copy, leaderEpoch: last.leaderEpoch };
    await folder.setStore(copy);
  }
  if (copy.leaderEpoch === 0) return undefined;
  if ((marker?.restoringFrom ?? last.leaderEpoch) > copy.leaderEpoch) return undefined;
  return { ...copy, generation: Math.max(copy.generation, marker?.generation ?? 0) };
}

function emptyCopy({ storeId, generation }: MarkerInNats): MirroredStore {
  return { storeId, generation, leaderEpoch: 0 };
}

/** Another coordinator may have filled NATS from its older copy, without knowing this one: they must not be mixed. */
function assertNotOlder(marker: MarkerInNats, copy: MirroredStore): void {
  const { generation, restoredFrom = copy.leaderEpoch } = marker;
  if (generation <= copy.generation || restoredFrom >= copy.leaderEpoch) return;
  const message =
    `NATS was emptied and then filled from a copy of leader epoch ${restoredFrom}, and this state folder has a copy of ` +
    `leader epoch ${copy.leaderEpoch}: state written in between is only in this folder. To go on with it, stop the ` +
    'other coordinators, empty NATS and start this coordinator first; to give it up, delete the folder mirror in this folder';
  throw new LyceumError('FAILED_PRECONDITION', message);
}
