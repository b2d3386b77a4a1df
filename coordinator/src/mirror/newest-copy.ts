/**
 * Whether the copy below this state folder is the newest that there is. Each leader writes its epoch into its copy, as its
 * first deed after it has the lease. So the copy is the newest if nobody has led at a higher epoch; or if the lease says
 * that it was this folder's coordinator, one epoch further, that took it last and was killed before that deed.
 */
import { LyceumError } from '@lyceum/proto';
import type { LastLeader } from '../runs/index.js';
import { assertSameStore, type MarkerInNats } from './marker-in-nats.js';
import type { MirroredStore, MirrorFolder } from './mirror-folder.js';

/** What NATS says. Undefined: nothing. */
export interface FoundInNats {
  readonly marker: MarkerInNats | undefined;
  readonly last: LastLeader | undefined;
}

/**
 * The copy, if it is the newest one of this store.
 *
 * @param holder - id of the state folder, as the lease has it.
 * @returns undefined: there is none, or another coordinator has led since it was made.
 * @throws {LyceumError} FAILED_PRECONDITION if it is of another store, or NATS was filled from an older one.
 */
export async function newestCopy(
  folder: MirrorFolder,
  holder: string,
  { marker, last = { leaderEpoch: 0, holder: '' } }: FoundInNats,
): Promise<MirroredStore | undefined> {
  const known = await folder.store();
  if (known !== undefined && marker !== undefined) assertSameStore(known, marker);
  // A store that no coordinator has led has nothing to copy.
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

/** Another coordinator, which could not know of this copy, may have led since with its older one: the two do not mix. */
function assertNotOlder(marker: MarkerInNats, copy: MirroredStore): void {
  const { generation, restoredFrom = copy.leaderEpoch } = marker;
  if (generation <= copy.generation || restoredFrom >= copy.leaderEpoch) return;
  const message =
    `NATS was emptied and then filled from a copy of leader epoch ${restoredFrom}, and this state folder has one of ` +
    `leader epoch ${copy.leaderEpoch}: what was made in between is here alone. To go on with this one, stop the ` +
    'other coordinators, empty NATS and start this one first; to give it up, delete the folder mirror in this folder';
  throw new LyceumError('FAILED_PRECONDITION', message);
}
