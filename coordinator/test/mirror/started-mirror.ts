/** The copy of a real NATS, started as a coordinator does it: restore, take the lead, copy. */
import type { Logger } from '@lyceum/platform';
import type { Nats } from '@lyceum/platform/nats';
import { LEADER_BUCKET, NAME_BUCKET, POINTER_BUCKET, RUN_BUCKET } from '@lyceum/proto';
import { MirrorFolder } from '../../src/mirror/mirror-folder.js';
import { MIRRORED_BUCKETS } from '../../src/mirror/mirrored-buckets.js';
import { restoreStore, storeOfLeader } from '../../src/mirror/restore-store.js';
import { StateMirror } from '../../src/mirror/state-mirror.js';
import { Leadership } from '../../src/runs/leadership/leadership.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { silent } from '../nats-of-its-own.js';
import { queued } from '../runs/queued-run.js';

export const training = (): RunRecord => ({ ...queued(), state: 'TRAINING' });

export const openCopy = (path: string) => MirrorFolder.open(path, MIRRORED_BUCKETS);

/** @param runs - gives the current records. */
export async function startMirror(
  nats: Nats,
  path: string,
  runs: () => RunRecord[],
  log: Logger = silent,
): Promise<{ mirror: StateMirror; leaderEpoch: number }> {
  const folder = await openCopy(path);
  await restoreStore({ nats, folder, holder: path, log });
  const bucket = (name: string) => nats.keyValue(name, { create: true });
  const mirror = new StateMirror({
    folder,
    buckets: {
      runs: await bucket(RUN_BUCKET),
      pointers: await bucket(POINTER_BUCKET),
      names: await bucket(NAME_BUCKET),
    },
    blobs: await nats.blobs({ create: true }),
    log,
  });
  const kv = await bucket(LEADER_BUCKET);
  const nowMs = () => performance.now();
  const leadership = await Leadership.acquire({ kv, holder: path, place: 'here', log, nowMs });
  const { leaderEpoch } = leadership;
  const store = await storeOfLeader(nats, folder, leaderEpoch);
  await mirror.start({ ...store, leaderEpoch }, runs);
  await leadership.release();
  return { mirror, leaderEpoch };
}
