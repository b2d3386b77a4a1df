/** Histories of runs in a real folder: told steps, kept steps, and late reports. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StepHistory, summedColumns } from '@lyceum/learning/history';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RunHistories } from '../../src/history/index.js';
import type { RunRecord } from '../../src/runs/index.js';

const record = {
  runId: 'run',
  specification: {
    kind: 'Distillation',
    spec: { objective: [{ term: 'kd' }, { term: 'ce' }], teachers: [{ name: 'one' }] },
  },
} as unknown as RunRecord;
const COLUMNS = summedColumns(record.specification).length;

/** A student's history; each step differs. */
function taken(steps: number): StepHistory {
  const history = new StepHistory(COLUMNS);
  for (let step = 0; step < steps; step++) {
    history.add(Array.from({ length: COLUMNS }, (_, column) => step + column / 8));
  }
  return history;
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-histories-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('RunHistories returns told and kept steps, and after a restart the kept ones', async () => {
  const histories = await RunHistories.open(folder);
  await histories.keep(record, 1, taken(10).from(0));
  await histories.told(record, 1, taken(15).from(10));
  expect((await histories.read(record)).from(0)).toEqual(taken(15).from(0));

  const again = await RunHistories.open(folder);
  expect((await again.read(record)).from(0)).toEqual(taken(10).from(0));
  // The student goes on telling from the checkpoint that was kept.
  await again.told(record, 1, taken(700).from(10));
  expect((await again.read(record)).from(0)).toEqual(taken(700).from(0));
});

it("RunHistories replaces lost steps by those of a new assignment, and ignores the former's", async () => {
  const histories = await RunHistories.open(folder);
  await histories.keep(record, 1, taken(10).from(0));
  await histories.told(record, 1, taken(18).from(10));
  await histories.told(record, 2, taken(12).from(0));
  expect((await histories.read(record)).from(0)).toEqual(taken(12).from(0));
  // A report of the former assignment changes nothing.
  await histories.told(record, 1, taken(11).from(0));
  expect((await histories.read(record)).endStep).toBe(12);
});

it('RunHistories loses no step to a report that arrives after the commit of a later step', async () => {
  const histories = await RunHistories.open(folder);
  await histories.keep(record, 1, taken(20).from(0));
  await histories.told(record, 1, taken(17).from(0));
  expect((await histories.read(record)).from(0)).toEqual(taken(20).from(0));
  const again = await RunHistories.open(folder);
  await again.told(record, 1, taken(17).from(0));
  expect((await again.read(record)).from(0)).toEqual(taken(20).from(0));
});

it('RunHistories is empty for a run without a file, or with a damaged one', async () => {
  const histories = await RunHistories.open(folder);
  expect((await histories.read(record)).endStep).toBe(0);
  for (const bytes of ['', 'abc', 'x'.repeat(80)]) {
    await writeFile(join(folder, 'run.history'), bytes);
    expect((await histories.read(record)).endStep).toBe(0);
  }
});

it('RunHistories reads the file again after the disk failed once', async () => {
  const histories = await RunHistories.open(folder);
  const path = join(folder, 'run.history');
  await mkdir(path);
  await expect(histories.told(record, 1, taken(10).from(0))).rejects.toThrow('EISDIR');
  await rm(path, { recursive: true });
  await histories.told(record, 1, taken(10).from(0));
  expect((await histories.read(record)).from(0)).toEqual(taken(10).from(0));
});

it('RunHistories keeps the file when it forgets a run, and removes it when the run is deleted', async () => {
  const histories = await RunHistories.open(folder);
  await histories.keep(record, 1, taken(10).from(0));
  histories.forget('run');
  expect((await histories.read(record)).endStep).toBe(10);
  await histories.delete('run');
  expect((await histories.read(record)).endStep).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});
