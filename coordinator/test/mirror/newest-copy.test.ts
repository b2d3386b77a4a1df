/**
 * The states in which a coordinator may be cut off between writes to its copy and to the lease. Each case has the
 * leader epoch of this folder's copy, the epoch and holder of the lease, and the epoch that must follow.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MirrorFolder } from '../../src/mirror/mirror-folder.js';
import { newestCopy } from '../../src/mirror/newest-copy.js';
import { openCopy } from './started-mirror.js';

const ME = 'me';
const OTHER = 'other';
const FREE = '';
const STORE = { storeId: 'one', generation: 0 };

let folder: string;
let copy: MirrorFolder;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-newest-copy-'));
  copy = await openCopy(folder);
});

afterEach(() => rm(folder, { recursive: true }));

/** @param epoch - the copy's; undefined: there is none. */
async function given(epoch: number | undefined, generation = 0): Promise<void> {
  if (epoch === undefined) return;
  await copy.setStore({ ...STORE, generation, leaderEpoch: epoch });
  await copy.putRecord('runs', 'run', 'a record');
}

test.each([
  ['was killed before it took the lease again', 5, 5, ME, 5],
  ['gave the lease back', 5, 5, FREE, 5],
  ['was killed after it took the lease and before it wrote', 5, 6, ME, 6],
  ['led before another coordinator, which leads now', 5, 6, OTHER, undefined],
  ['led before another coordinator, which gave the lease back', 5, 6, FREE, undefined],
  [
    'led before another coordinator, then took the lease and was killed before it wrote',
    5,
    7,
    ME,
    undefined,
  ],
  ['took the lease as the first leader and was killed before it wrote', undefined, 1, ME, 1],
  ['knows the id of the store only, and took the lease as the first leader', 0, 1, ME, 1],
  ['knows the id of the store only', 0, 3, OTHER, undefined],
  ['led before another coordinator and leads again, but has no copy', 0, 3, ME, undefined],
  ['comes to a store that another has led first', undefined, 1, OTHER, undefined],
  ['comes to a store that nobody has led', undefined, 0, FREE, undefined],
])(
  'newestCopy finds the leader epoch of a coordinator that %s',
  async (_, epoch, leaderEpoch, holder, newest) => {
    await given(epoch);
    const found = { marker: STORE, last: { leaderEpoch, holder } };
    expect((await newestCopy(copy, ME, found))?.leaderEpoch).toBe(newest);
    // The copy has the epoch now, so the next call does not depend on the lease.
    if (newest !== undefined) expect((await copy.store())?.leaderEpoch).toBe(newest);
    if (newest === 5 || newest === 6) expect(await copy.keys('runs')).toEqual(['run']);
    if (newest === 1) expect(await copy.keys('runs')).toEqual([]);
  },
);

test('newestCopy keeps the copy of a coordinator that is killed again and again after it took the lease', async () => {
  await given(5);
  for (let leaderEpoch = 6; leaderEpoch < 10; leaderEpoch++) {
    const found = { marker: STORE, last: { leaderEpoch, holder: ME } };
    expect((await newestCopy(copy, ME, found))?.leaderEpoch).toBe(leaderEpoch);
  }
});

test('newestCopy takes the copy if NATS was emptied', async () => {
  await given(5);
  const found = { marker: undefined, last: undefined };
  expect(await newestCopy(copy, ME, found)).toEqual({ ...STORE, leaderEpoch: 5 });
});

test("newestCopy refuses the copy if only NATS's marker is lost and another has led since", async () => {
  await given(5);
  const last = { leaderEpoch: 9, holder: OTHER };
  expect(await newestCopy(copy, ME, { marker: undefined, last })).toBeUndefined();
});

test.each([
  ['a newer copy', { generation: 0, restoringFrom: 7 }, undefined],
  ['an older copy, which it overtakes', { generation: 1, restoringFrom: 3 }, 1],
  ['its own copy', { generation: 1, restoringFrom: 5 }, 1],
])(
  'newestCopy finds the generation of a store that is being restored from %s',
  async (_, marker, generation) => {
    await given(5);
    const found = { marker: { ...STORE, ...marker }, last: { leaderEpoch: 3, holder: FREE } };
    expect((await newestCopy(copy, ME, found))?.generation).toBe(generation);
  },
);

test('newestCopy refuses a store that was restored from an older copy and led, and keeps this copy', async () => {
  await given(5);
  const marker = { ...STORE, generation: 1, restoredFrom: 3 };
  const found = { marker, last: { leaderEpoch: 8, holder: OTHER } };
  await expect(newestCopy(copy, ME, found)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(/copy of leader epoch 3, .* a copy of leader epoch 5/),
  });
  expect(await copy.keys('runs')).toEqual(['run']);
});

test('newestCopy takes the copy that has led since the store was restored from it', async () => {
  await given(9, 1);
  const marker = { ...STORE, generation: 1, restoredFrom: 5 };
  const found = { marker, last: { leaderEpoch: 9, holder: FREE } };
  expect((await newestCopy(copy, ME, found))?.leaderEpoch).toBe(9);
});

test('newestCopy does not take the copy if the store was restored from a newer one', async () => {
  await given(5);
  const marker = { ...STORE, generation: 1, restoredFrom: 7 };
  const found = { marker, last: { leaderEpoch: 8, holder: OTHER } };
  expect(await newestCopy(copy, ME, found)).toBeUndefined();
});
