/** Histories of runs in a real folder: what is told, what is kept, and what comes late. */
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

/** A student's history after so many steps, of which each differs. */
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

it('gives what was told, and after a restart what was kept', async () => {
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

it('has the steps of a new assignment in place of those that were lost', async () => {
  const histories = await RunHistories.open(folder);
  await histories.keep(record, 1, taken(10).from(0));
  await histories.told(record, 1, taken(18).from(10));
  await histories.told(record, 2, taken(12).from(0));
  expect((await histories.read(record)).from(0)).toEqual(taken(12).from(0));
  // A word of the former owner changes nothing.
  await histories.told(record, 1, taken(11).from(0));
  expect((await histories.read(record)).endStep).toBe(12);
});

it('loses nothing to a report that comes after the commit of a later step', async () => {
  const histories = await RunHistories.open(folder);
  await histories.keep(record, 1, taken(20).from(0));
  await histories.told(record, 1, taken(17).from(0));
  expect((await histories.read(record)).from(0)).toEqual(taken(20).from(0));
  const again = await RunHistories.open(folder);
  await again.told(record, 1, taken(17).from(0));
  expect((await again.read(record)).from(0)).toEqual(taken(20).from(0));
});

it('is empty of a run that nobody told of, or whose file is damaged', async () => {
  const histories = await RunHistories.open(folder);
  expect((await histories.read(record)).endStep).toBe(0);
  for (const bytes of ['', 'abc', 'x'.repeat(80)]) {
    await writeFile(join(folder, 'run.history'), bytes);
    expect((await histories.read(record)).endStep).toBe(0);
  }
});

it('is read anew where a disk failed', async () => {
  const histories = await RunHistories.open(folder);
  const path = join(folder, 'run.history');
  await mkdir(path);
  await expect(histories.told(record, 1, taken(10).from(0))).rejects.toThrow('EISDIR');
  await rm(path, { recursive: true });
  await histories.told(record, 1, taken(10).from(0));
  expect((await histories.read(record)).from(0)).toEqual(taken(10).from(0));
});

it('goes with the run', async () => {
  const histories = await RunHistories.open(folder);
  await histories.keep(record, 1, taken(10).from(0));
  histories.forget('run');
  expect((await histories.read(record)).endStep).toBe(10);
  await histories.delete('run');
  expect((await histories.read(record)).endStep).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});
