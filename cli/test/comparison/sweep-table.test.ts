/** Arms, means and differences against arithmetic on runs whose right answers are written out. */
import { expect, test } from 'vitest';
import { DIGEST } from '../../../coordinator/test/support.js';
import { armsOf, compareRuns } from '../../src/comparison/compare-runs.js';
import { comparableRuns, type SweptRun, sweepTable } from '../../src/comparison/sweep-table.js';
import { sweepLines } from '../../src/printing/sweep-lines.js';

function run(temperature: number, seed: number, accuracy?: number): SweptRun {
  return {
    runId: `t${temperature}-s${seed}`,
    state: accuracy === undefined ? 'FAILED' : 'SUCCEEDED',
    specification: {
      kind: 'Distillation',
      metadata: { name: `t${temperature}-s${seed}` },
      spec: {
        objective: [{ term: 'kd', temperature }, { term: 'ce' }],
        student: { model: { hiddenUnits: [3, 4] } },
        training: { seed },
      },
    },
    ...(accuracy !== undefined && {
      figures: {
        accuracy,
        nll: 1 - accuracy,
        agreement: null,
        deviceSeconds: 10 * accuracy,
        waitingShare: null,
      },
    }),
  };
}

/** The comparison of runs with these accuracies, by answers to ten samples of class 0. */
function compare(runs: readonly SweptRun[]) {
  const answers = runs.map(({ runId, specification, figures }) => ({
    runId,
    specification,
    datasetDigest: DIGEST.a,
    sampleIds: Int32Array.from({ length: 10 }, (_, i) => i),
    labels: new Int32Array(10),
    logits: Float32Array.from({ length: 20 }, (_, i) => {
      const right = Math.floor(i / 2) < (figures?.accuracy ?? 0) * 10;
      return (i % 2 === 0) === right ? 1 : 0;
    }),
  }));
  return compareRuns(answers, { seed: 1, resampleCount: 100 });
}

test('sweepTable shows the default of a field that the document leaves out', () => {
  const of = (runId: string, ensemble: object, training: object): SweptRun => ({
    runId,
    state: 'FAILED',
    specification: { kind: 'Distillation', spec: { ensemble, training: { seed: 1, ...training } } },
  });
  const arms = armsOf([
    of('a', { combine: 'arithmetic' }, { optimizer: 'momentum' }),
    of('b', { combine: 'arithmetic', calibrate: true }, { optimizer: 'momentum', momentum: 0.5 }),
    of('c', { combine: 'arithmetic' }, { optimizer: 'adam' }),
  ]);
  const table = sweepTable('s', arms, undefined);
  expect(table.arms.map(({ values }) => values)).toEqual([
    {
      'ensemble.calibrate': false,
      'training.optimizer': 'momentum',
      'training.momentum': 0.9,
      'training.nesterov': false,
    },
    {
      'ensemble.calibrate': true,
      'training.optimizer': 'momentum',
      'training.momentum': 0.5,
      'training.nesterov': false,
    },
    {
      'ensemble.calibrate': false,
      'training.optimizer': 'adam',
      'training.momentum': null,
      'training.nesterov': null,
    },
  ]);
});

test('sweepTable has one row for runs that differ in seeds, with mean and deviation', () => {
  const arms = armsOf([run(1, 1, 0.5), run(4, 1, 0.8), run(1, 2, 0.7), run(4, 2, 0.9)]);
  const { fields, arms: rows, notCompared } = sweepTable('s', arms, compare(comparableRuns(arms)));
  expect(fields).toEqual(['objective[0].temperature']);
  expect(notCompared).toBeNull();
  expect(rows.map(({ values }) => values)).toEqual([
    { 'objective[0].temperature': 1 },
    { 'objective[0].temperature': 4 },
  ]);
  expect(rows[0]?.runs.map(({ runId, seed }) => [runId, seed])).toEqual([
    ['t1-s1', 1],
    ['t1-s2', 2],
  ]);
  expect(rows[0]?.accuracy?.mean).toBeCloseTo(0.6, 12);
  expect(rows[0]?.accuracy?.standardDeviation).toBeCloseTo(Math.SQRT2 / 10, 12);
  expect(rows[1]?.nll?.mean).toBeCloseTo(0.15, 12);
  expect(rows[0]?.agreement).toBeNull();
  expect(rows[0]?.deviceSeconds?.mean).toBeCloseTo(6, 12);
  expect(rows[0]?.waitingShare).toBeNull();
  expect(rows[0]?.difference).toBeNull();
  // Differences 0.3 and 0.2: 0.25 ± 12.706 · 0.0707/√2.
  const difference = rows[1]?.difference;
  expect(difference).toMatchObject({ pairCount: 2, over: 'seeds' });
  expect(difference?.mean).toBeCloseTo(0.25, 12);
  expect(difference?.high).toBeCloseTo(0.25 + 12.7062 * 0.05, 4);
});

test('sweepTable counts a failed run, does not average it, and does not compare its seed', () => {
  const runs = [run(1, 1, 0.5), run(1, 2), run(4, 1, 0.8), run(4, 2, 0.9), run(8, 3, 0.9)];
  const arms = armsOf([...runs, run(1, 4, 0.6), run(4, 4, 0.6)]);
  const comparable = comparableRuns(arms);
  expect(comparable.map(({ runId }) => runId)).toEqual(['t1-s1', 't1-s4', 't4-s1', 't4-s4']);
  const table = sweepTable('s', arms, compare(comparable));
  expect(table.arms.map(({ difference }) => difference?.pairCount)).toEqual([
    undefined,
    2,
    undefined,
  ]);
  const lines = sweepLines(table);
  expect(lines[1]).toMatch(/^1 +2 of 3 +55\.00 ± 7\.07 % +0\.4500 ± 0\.0707 +-/);
  expect(lines[3]).toMatch(/^8 +1 +90\.00 % +0\.1000 /);
});

test('sweepTable compares a single seed over samples', () => {
  const arms = armsOf([run(1, 1, 0.5), run(4, 1, 0.8)]);
  const table = sweepTable('s', arms, compare(comparableRuns(arms)));
  expect(table.arms[1]?.difference).toMatchObject({ pairCount: 1, over: 'samples' });
  expect(sweepLines(table).join('\n')).toContain('over test samples (Bonett and Price 2012)');
});

test('sweepLines says why rows are not compared', () => {
  const lines = sweepLines(sweepTable('s', armsOf([run(1, 1), run(2, 1)]), 'none SUCCEEDED'));
  expect(lines.at(-1)).toBe('Rows are not compared: none SUCCEEDED.');
});

test('sweepTable has columns for lists and for fields that only some runs have', () => {
  const wide = run(1, 1, 0.5);
  const { spec } = wide.specification as { spec: Record<string, unknown> };
  const other = { ...spec, student: { model: { hiddenUnits: [5], dropout: 0.5 } } };
  const arms = armsOf([wide, { ...wide, specification: { ...wide.specification, spec: other } }]);
  const { fields, arms: rows } = sweepTable('s', arms, undefined);
  expect(fields).toEqual(['student.model.hiddenUnits', 'student.model.dropout']);
  expect(rows.map(({ values }) => Object.values(values))).toEqual([
    [[3, 4], null],
    [[5], 0.5],
  ]);
});
