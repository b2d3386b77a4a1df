/**
 * The orders in which coordinators, and the copy's and the lease's writes, may be cut off: what this folder's copy says
 * (`copy`), what the lease says (`lease`, of this folder's coordinator, of another's, or given back), and what follows.
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
  ['was killed between the lease and its first deed', 5, 6, ME, 6],
  ['was followed by another', 5, 6, OTHER, undefined],
  ['was followed by another, which gave the lease back', 5, 6, FREE, undefined],
  ['was followed by another, and then killed between the two', 5, 7, ME, undefined],
  ['led first of all, and was killed between the two', undefined, 1, ME, 1],
  ['only knows of the store, and led first of all', 0, 1, ME, 1],
  ['only knows of the store', 0, 3, OTHER, undefined],
  ['led once more, but has no copy of before', 0, 3, ME, undefined],
  ['comes to a store that another has led first', undefined, 1, OTHER, undefined],
  ['comes to a store that nobody has led', undefined, 0, FREE, undefined],
])('one that %s', async (_, epoch, leaderEpoch, holder, newest) => {
  await given(epoch);
  const found = { marker: STORE, last: { leaderEpoch, holder } };
  expect((await newestCopy(copy, ME, found))?.leaderEpoch).toBe(newest);
  // What it says next time does not depend on the lease any more, which it is about to take.
  if (newest !== undefined) expect((await copy.store())?.leaderEpoch).toBe(newest);
  if (newest === 5 || newest === 6) expect(await copy.keys('runs')).toEqual(['run']);
  if (newest === 1) expect(await copy.keys('runs')).toEqual([]);
});

test('killed between the lease and its first deed time after time, it keeps its copy', async () => {
  await given(5);
  for (let leaderEpoch = 6; leaderEpoch < 10; leaderEpoch++) {
    const found = { marker: STORE, last: { leaderEpoch, holder: ME } };
    expect((await newestCopy(copy, ME, found))?.leaderEpoch).toBe(leaderEpoch);
  }
});

test('a NATS that was emptied knows of nobody who led', async () => {
  await given(5);
  const found = { marker: undefined, last: undefined };
  expect(await newestCopy(copy, ME, found)).toEqual({ ...STORE, leaderEpoch: 5 });
});

test('a NATS that has lost its marker alone still says who led', async () => {
  await given(5);
  const last = { leaderEpoch: 9, holder: OTHER };
  expect(await newestCopy(copy, ME, { marker: undefined, last })).toBeUndefined();
});

test.each([
  ['a newer copy', { generation: 0, restoringFrom: 7 }, undefined],
  ['an older copy, which it overtakes', { generation: 1, restoringFrom: 3 }, 1],
  ['its own copy', { generation: 1, restoringFrom: 5 }, 1],
])('a store that is being filled from %s', async (_, marker, generation) => {
  await given(5);
  const found = { marker: { ...STORE, ...marker }, last: { leaderEpoch: 3, holder: FREE } };
  expect((await newestCopy(copy, ME, found))?.generation).toBe(generation);
});

test('a store that was filled from an older copy, and led since, is left alone, and the newer copy too', async () => {
  await given(5);
  const marker = { ...STORE, generation: 1, restoredFrom: 3 };
  const found = { marker, last: { leaderEpoch: 8, holder: OTHER } };
  await expect(newestCopy(copy, ME, found)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(/copy of leader epoch 3, .* one of leader epoch 5/),
  });
  expect(await copy.keys('runs')).toEqual(['run']);
});

test('a store that was filled from this copy is its own, as far as it has led since', async () => {
  await given(9, 1);
  const marker = { ...STORE, generation: 1, restoredFrom: 5 };
  const found = { marker, last: { leaderEpoch: 9, holder: FREE } };
  expect((await newestCopy(copy, ME, found))?.leaderEpoch).toBe(9);
});

test('a store that was filled from a newer copy is not its own', async () => {
  await given(5);
  const marker = { ...STORE, generation: 1, restoredFrom: 7 };
  const found = { marker, last: { leaderEpoch: 8, holder: OTHER } };
  expect(await newestCopy(copy, ME, found)).toBeUndefined();
});
