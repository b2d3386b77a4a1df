// Real files. Each deletion waits before it unlinks a file, so that other calls can come in between.
import files, { mkdtemp, readdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AnswerStore } from '../../src/answers/answer-store.js';
import { type AnswerTableKey, tableFileName } from '../../src/answers/answer-table-key.js';
import { recordsOf, TABLE_KEY } from './records-of.js';

const { rm } = files;
/** `reached` is called when a deletion comes to its first file; the deletion then waits for `opened`. */
const gate = { reached: () => {}, opened: Promise.resolve() };

function exchangeRm(exchanged: typeof rm): void {
  files.rm = exchanged;
  syncBuiltinESMExports();
}

const SAMPLES = Uint32Array.of(1, 2);
const ROWS = Float32Array.of(1, 2, 3, 4);
const log = createLogger({ name: 'test', level: 'silent' });

function keyOf(teacherIdentity: string): AnswerTableKey {
  return { ...TABLE_KEY, teacherIdentity };
}

function put(store: AnswerStore, key: AnswerTableKey) {
  return store.put(key, SAMPLES, recordsOf(key, SAMPLES, ROWS));
}

let folder: string;
let store: AnswerStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-answers-'));
  store = await AnswerStore.open(folder, log);
  exchangeRm(async (path, options) => {
    gate.reached();
    await gate.opened;
    await rm(path, options);
  });
});
afterEach(async () => {
  exchangeRm(rm);
  await store.close();
  await rm(folder, { recursive: true });
});

/** Begins `deletion` and waits until it unlinks its first file. @returns what lets it go on. */
async function heldUp(deletion: () => Promise<unknown>) {
  let open = () => {};
  gate.opened = new Promise((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    gate.reached = resolve;
  });
  const deleting = deletion();
  await reached;
  return {
    goOn: () => {
      open();
      return deleting;
    },
  };
}

it('an open table that is being deleted keeps answers that arrive meanwhile', async () => {
  const key = keyOf('aa');
  await put(store, key);
  const { goOn } = await heldUp(() => store.delete(tableFileName(key)));
  const written = put(store, key);
  await goOn();
  await written;
  expect(await readdir(folder)).toEqual([tableFileName(key)]);
  expect(store.tables().map(({ name }) => name)).toEqual([tableFileName(key)]);
});

it('shrink spares a table that becomes needed while another table is deleted', async () => {
  await put(store, keyOf('aa'));
  await put(store, keyOf('cc'));
  let isNeeded = false;
  const { goOn } = await heldUp(() => store.shrink(0, () => isNeeded));
  isNeeded = true;
  expect(await goOn()).toHaveLength(1);
  expect(store.tables()).toHaveLength(1);
});
