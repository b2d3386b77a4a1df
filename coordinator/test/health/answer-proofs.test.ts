/** Unproven answers, put into a real store in a temporary folder. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AnswerStore } from '../../src/answers/answer-store.js';
import { tableFileName } from '../../src/answers/answer-table-key.js';
import { AnswerProofs, type StoredRecords } from '../../src/health/answer-proofs.js';
import { UnprovenAnswers } from '../../src/health/replicas/unproven-answers.js';
import { type Suspicion, UnprovenFile } from '../../src/health/unproven-file.js';
import { recordsOf, TABLE_KEY } from '../answers/records-of.js';

const log = createLogger({ name: 'test', level: 'silent' });
const key = TABLE_KEY;
const replica = { workerId: 'worker', teacher: 'aa' };

let folder: string;
let store: AnswerStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-proofs-'));
  store = await AnswerStore.open(join(folder, 'answers'), log);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

test('AnswerProofs stores no answers while it cannot note them as unproven', async () => {
  // The file cannot be written before its folder exists.
  const path = join(folder, 'later', 'unproven-answers.json');
  const file = new UnprovenFile(path);
  const unproven = new UnprovenAnswers<StoredRecords>();
  const stored = (of: typeof replica, records: StoredRecords, sampleCount: number) =>
    unproven.add(of, records, sampleCount);
  const now = () => 7;
  const nothing = { suspicions: () => [], restore: () => undefined };
  const parts = { store, file, unproven, stored, ...nothing, log, now };
  const proofs = await AnswerProofs.open(parts);
  const put = (sample: number) =>
    proofs.put(
      replica,
      key,
      Uint32Array.of(sample),
      recordsOf(key, Uint32Array.of(sample), Float32Array.of(sample, 1)),
      0,
    );

  const both = await Promise.allSettled([put(1), put(2)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await store.missingCount(key, Uint32Array.of(1, 2))).toBe(2);

  await mkdir(join(folder, 'later'));
  await Promise.all([put(1), put(2)]);
  expect(await store.missingCount(key, Uint32Array.of(1, 2))).toBe(0);
  expect(unproven.countOf(replica)).toBe(2);
  const tails = [{ key, first: 0, sinceMs: 7 }];
  expect(await file.read()).toEqual({ tails, suspicions: [] });
});

test.each(['', '[{"table":', '[{"table":"[]","first":0,"sinceMs":1}]'])(
  'AnswerProofs counts all stored answers as unproven when its list is damaged (%s)',
  async (text) => {
    const samples = Uint32Array.of(1, 2);
    await store.put(key, samples, recordsOf(key, samples, Float32Array.of(1, 2, 3, 4)));
    const path = join(folder, 'unproven-answers.json');
    await writeFile(path, text);
    const file = new UnprovenFile(path);
    const unproven = new UnprovenAnswers<StoredRecords>();
    const suspicions: Suspicion[] = [];
    const none = { stored: () => undefined, restore: () => undefined };
    const parts = { store, file, unproven, log, ...none, now: () => 7 };
    const proofs = await AnswerProofs.open({ ...parts, suspicions: () => suspicions });
    const range = { first: 0, end: Number.POSITIVE_INFINITY };
    expect(unproven.items()).toEqual([{ key, range, atMs: 0 }]);

    // The answers are suspect, and another proof is settled meanwhile.
    const records = [{ key, range }];
    suspicions.push({ ...replica, reason: '', sinceMs: 0, records, samples: undefined });
    unproven.take(replica, true);
    const write = vi.spyOn(file, 'write');
    proofs.settled();
    expect(write).not.toHaveBeenCalled();
    // The answers have been dropped.
    suspicions.pop();
    proofs.settled();
    const nothing = { tails: [], suspicions: [] };
    await vi.waitFor(async () => expect(await file.read()).toEqual(nothing), { timeout: 60_000 });
  },
);

test('AnswerProofs notes answers of a table that was deleted and begins anew', async () => {
  const file = new UnprovenFile(join(folder, 'unproven-answers.json'));
  const unproven = new UnprovenAnswers<StoredRecords>();
  const stored = (of: typeof replica, records: StoredRecords, sampleCount: number) =>
    unproven.add(of, records, sampleCount);
  const nothing = { suspicions: () => [], restore: () => undefined };
  const parts = { store, file, unproven, stored, ...nothing, log, now: () => 7 };
  const recordFor = (sample: number) =>
    recordsOf(key, Uint32Array.of(sample), Float32Array.of(sample, 1));
  // The first record is proven.
  await store.put(key, Uint32Array.of(0), recordFor(0));
  const proofs = await AnswerProofs.open(parts);
  const put = (sample: number) =>
    proofs.put(replica, key, Uint32Array.of(sample), recordFor(sample), 0);
  await put(1);
  expect((await file.read()).tails).toEqual([{ key, first: 1, sinceMs: 7 }]);

  await store.delete(tableFileName(key));
  await put(2);
  expect((await file.read()).tails).toEqual([{ key, first: 0, sinceMs: 7 }]);
});
