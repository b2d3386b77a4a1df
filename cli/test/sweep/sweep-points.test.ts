/** `sweepAxes` of texts and real files, and the runs that `sweepPoints` makes with them, against runs written here. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sweepAxes } from '../../src/sweep/sweep-axes.js';
import { SWEEP_MAX_RUNS, sweepPoints } from '../../src/sweep/sweep-points.js';

const RUN = {
  apiVersion: 'lyceum.dev/v1alpha1',
  kind: 'Distillation',
  metadata: { name: 'digits', labels: { purpose: 'demo' } },
  spec: {
    dataset: 'digits',
    teachers: [{ name: 'a', model: 'a' }],
    student: { model: { architecture: 'mlp' } },
    objective: [{ term: 'kd' }],
  },
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function points(name: string, ...texts: string[]) {
  const made = sweepPoints(RUN, name, await sweepAxes(texts, 'run.yaml'), 'run.yaml with --sweep');
  return made.map(({ runId, text }) => ({ runId, document: JSON.parse(text) }));
}

test('sweepPoints makes a run of every combination, the last axis turning fastest', async () => {
  const made = await points('digits', 'training.seed=1,2', 'spec.objective[0].temperature=1,2.5');
  expect(made.map(({ runId }) => runId)).toEqual([
    'digits-seed1-temperature1',
    'digits-seed1-temperature2.5',
    'digits-seed2-temperature1',
    'digits-seed2-temperature2.5',
  ]);
  expect(made[1]?.document).toEqual({
    ...RUN,
    metadata: {
      name: 'digits-seed1-temperature2.5',
      labels: { purpose: 'demo', sweep: 'digits' },
    },
    spec: {
      ...RUN.spec,
      training: { seed: 1 },
      objective: [{ term: 'kd', temperature: 2.5 }],
    },
  });
  expect(RUN.metadata).toEqual({ name: 'digits', labels: { purpose: 'demo' } });
});

test('sweepPoints names runs by values that are words, and by the values in mappings', async () => {
  const models = '{architecture: mlp, hiddenUnits: [30, 30]},{architecture: lenet}';
  const made = await points('d', 'ensemble.combine=geometric', `student.model=${models}`);
  expect(made.map(({ runId }) => runId)).toEqual(['d-geometric-mlp-30-30', 'd-geometric-lenet']);
  expect(made[1]?.document.spec.student.model).toEqual({ architecture: 'lenet' });
});

test('sweepAxes reads several fields from a file', async () => {
  const file = path.join(folder, 'sweep.yaml');
  await writeFile(file, 'training.seed: [7]\nobjective[0].weight: [0.5, 1]\n');
  const made = await points('d', file);
  expect(made.map(({ runId }) => runId)).toEqual(['d-seed7-weight0.5', 'd-seed7-weight1']);
});

test('sweepPoints reports all problems of all runs at once, each once', async () => {
  await expect(
    points('d', 'training.seed=1,-2', 'objective[0].temperature=0,3', 'training.epoch=1'),
  ).rejects.toThrow(
    [
      'run.yaml with --sweep cannot be used:',
      '  - spec.objective[0].temperature: want a number greater than 0, at most 1000, got 0',
      '  - spec.training.epoch: is not a known key here; did you mean epochs?',
      '  - spec.training.seed: want a whole number from 0 to 4294967295, got -2',
    ].join('\n'),
  );
});

test.each([
  ['training.seed=', 'has no values'],
  ['training.seed=1,1', 'has the value 1 twice'],
  ['training.seed={a', 'the list of its values is not YAML'],
  ['training.seed=&x [*x]', 'more than 24 sections deep'],
  ['training..seed=1', 'is malformed at ".seed"'],
  ['metadata.name=a,b', "is the sweep's own to write"],
  ['metadata.labels.sweep=a,b', "is the sweep's own to write"],
  ['none.yaml', 'none.yaml cannot be used'],
  ['/dev/zero', 'is longer than'],
])('--sweep %s is refused: %s', async (text, problem) => {
  await expect(sweepAxes([text], 'run.yaml')).rejects.toThrow(problem);
});

test('sweepAxes refuses a file that is no mapping to lists, and names its fields', async () => {
  const file = path.join(folder, 'sweep.yaml');
  await writeFile(file, 'training.seed: 3\nlabels.: [1]\n');
  await expect(sweepAxes([file], 'run.yaml')).rejects.toThrow(
    /training\.seed: want a list of values\n.*labels\.: is malformed/,
  );
  await writeFile(file, '- training.seed: [3]\n');
  await expect(sweepAxes([file], 'run.yaml')).rejects.toThrow(
    'want a mapping from fields to lists',
  );
});

test('sweepAxes refuses to read standard input twice, and shortens an axis in its message', async () => {
  await expect(sweepAxes(['-'], '-')).rejects.toThrow('standard input is read once');
  await expect(sweepAxes(['-', '-'], 'run.yaml')).rejects.toThrow('standard input is read once');
  const long = sweepAxes([`training..seed=${'1'.repeat(10_000)}`], 'run.yaml');
  await expect(long).rejects.toThrow(/^.{1,400}$/s);
});

test('sweepAxes refuses to sweep a field twice, with or without spec. before it', async () => {
  await expect(sweepAxes(['training.seed=1', 'spec.training.seed=2'], 'run.yaml')).rejects.toThrow(
    'spec.training.seed is swept twice',
  );
});

test('sweepPoints refuses runs that would share an id, and an id that is too long', async () => {
  const names = 'dataset=a b,a-b';
  await expect(points('d', names)).rejects.toThrow('two runs would be named d-a-b');
  await expect(points('d'.repeat(60), 'training.seed=1')).rejects.toThrow('has 66 letters');
});

test('sweepPoints refuses more than the greatest number of runs', async () => {
  const seeds = Array.from({ length: SWEEP_MAX_RUNS + 1 }, (_, i) => i).join();
  await expect(points('d', `training.seed=${seeds}`)).rejects.toThrow(
    `make ${SWEEP_MAX_RUNS + 1} runs; a sweep has at most ${SWEEP_MAX_RUNS}`,
  );
});
