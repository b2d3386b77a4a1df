// A worker may leave while its data set is being read; the test says when reading ends.
import { createLogger } from '@lyceum/platform';
import { expect, it } from 'vitest';
import { TeacherHealth, type TeacherHealthParts } from '../../src/health/teacher-health.js';
import { ANNA, dataset, key } from '../reconciliation/a-suspect-run.js';

const replica = { workerId: 'w1', teacher: ANNA };
const NOBODY = { workerId: '', teacher: ANNA };

async function health(read: Promise<void>): Promise<TeacherHealth> {
  const parts = {
    store: { list: () => [], onChange: () => () => {} },
    catalog: { dataset: () => read.then(() => dataset) },
    quarantines: { list: async () => [] },
    log: createLogger({ name: 'test', level: 'silent' }),
    now: () => 7,
  };
  return TeacherHealth.open(parts as unknown as TeacherHealthParts);
}

/** Counts of probes asked of the replica and whether it serves; then counts of unproven samples by owner. */
async function askedOf(isHere: () => boolean, end: () => void) {
  let isRead = (): void => {};
  const known = await health(
    new Promise((resolve) => {
      isRead = resolve;
    }),
  );
  const set = { digest: dataset.digest, engine: 'tfjs-layers', access: 'white' } as const;
  const asking = known.orders(replica, [set], isHere);
  end();
  isRead();
  const { probes, serves } = await asking;
  known.canaries.stored(replica, { key, range: { first: 0, end: 4 }, atMs: 7 }, 4, 0);
  const { unproven } = known.canaries;
  return [probes.length, serves, unproven.countOf(replica), unproven.countOf(NOBODY)];
}

it('TeacherHealth asks a connected replica for a self-test, and its answers are its own to prove', async () => {
  expect(
    await askedOf(
      () => true,
      () => {},
    ),
  ).toEqual([1, false, 4, 0]);
});

it('TeacherHealth asks nothing of a replica that has left, and any replica may prove its answers', async () => {
  let isHere = true;
  const end = () => {
    isHere = false;
  };
  expect(await askedOf(() => isHere, end)).toEqual([0, false, 0, 4]);
});
