// A real store in a temporary folder; runs are given as records.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AnswerStore } from '../../src/answers/answer-store.js';
import type { AnswerTableKey } from '../../src/answers/answer-table-key.js';
import { AnswerKeeper, type AnswerReader } from '../../src/lifecycle/answer-keeper.js';
import type { RunRecord } from '../../src/runs/record/run-record.js';
import { recordsOf } from '../answers/records-of.js';
import { queued } from '../runs/queued-run.js';

const log = createLogger({ name: 'test', level: 'silent' });
const DATASET = 'ab'.repeat(32);
const [FIRST, SECOND] = ['11'.repeat(32), '22'.repeat(32)];

let folder: string;
let answers: AnswerStore;
let runs: RunRecord[];
/** Other readers of answers. */
let readers: AnswerReader[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-keeper-'));
  let uses = 0;
  answers = await AnswerStore.open(folder, log, undefined, () => ++uses);
  for (const identity of [FIRST, SECOND]) {
    const samples = Uint32Array.of(1, 2);
    const records = recordsOf(keyOf(identity), samples, Float32Array.of(1, 2, 3, 4));
    await answers.put(keyOf(identity), samples, records);
  }
  const run = queued();
  const teacher = {
    name: 'one',
    identity: FIRST,
    modelDigest: DATASET,
    settingsJson: '',
    engine: 'tfjs-layers',
    access: 'white' as const,
    weight: 1,
    parameterCount: 1,
    weightBytes: 4,
  };
  runs = [{ ...run, dataset: { digest: DATASET, classCount: 2 }, teachers: [teacher] }];
});

afterEach(async () => {
  await answers.close();
  await rm(folder, { recursive: true });
});

function keyOf(teacherIdentity: string): AnswerTableKey {
  return {
    teacherIdentity,
    datasetDigest: DATASET,
    view: 'identity',
    viewEpoch: 0,
    outputs: ['logits'],
    codec: 'float32',
    sampleCount: 10,
    rowLength: 2,
  };
}

function keeper(maxBytes: number): AnswerKeeper {
  const store = { list: () => [...runs] };
  return new AnswerKeeper({ answers, store, readers: () => readers, maxBytes, log });
}

it('AnswerKeeper lists tables with their teacher and the runs that need them', () => {
  const tables = keeper(1).tables();
  expect(tables.map((table) => table.key.teacherIdentity)).toEqual([SECOND, FIRST]);
  expect(tables.map((table) => keeper(1).teacherName(table))).toEqual(['', 'one']);
  expect(tables.map((table) => keeper(1).neededBy(table))).toEqual([[], ['run']]);
});

it('AnswerKeeper.shrink spares tables that a run in progress or another reader needs', async () => {
  await keeper(1 << 20).shrink();
  expect(answers.tables()).toHaveLength(2);
  await keeper(1).shrink();
  expect(answers.tables().map((table) => table.key.teacherIdentity)).toEqual([FIRST]);

  runs = runs.map((run) => ({ ...run, state: 'SUCCEEDED' }));
  readers = [{ teachers: [{ identity: FIRST ?? '' }], dataset: { digest: DATASET } }];
  await keeper(1).shrink();
  expect(answers.tables()).toHaveLength(1);
  readers = [];
  await keeper(1).shrink();
  expect(answers.tables()).toEqual([]);
});

it('AnswerKeeper.delete refuses a table that a run in progress needs', async () => {
  const [second, first] = keeper(1)
    .tables()
    .map((table) => table.name);
  await expect(keeper(1).delete(first ?? '')).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
  });
  await keeper(1).delete(second ?? '');
  await expect(keeper(1).delete(second ?? '')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(answers.tables().map((table) => table.name)).toEqual([first]);
});
