/**
 * `ensemble` and `compare` against a real cluster: nats-server, coordinator, a teacher worker and a student worker,
 * each a process. One story, in order.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EnsembleTable, Report, RunComparison } from '../../src/client/index.js';
import type { StudentLoss, TeacherWorth } from '../../src/comparison/index.js';
import { inferredSamples, type LocalCluster } from '../../src/local-cluster/index.js';
import { startCluster } from '../local-cluster/cluster-runs.js';
import { type CliResult, runCli, startCli } from './cli-process.js';
import { smallSetBytes } from './small-set.js';

let cluster: LocalCluster;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
  cluster = await startCluster();
  const set = path.join(folder, 'small.npz');
  await writeFile(set, smallSetBytes());
  expect((await cli('datasets', 'push', 'small', set)).code).toBe(0);
  for (const [seed, name] of ['one', 'two'].entries()) {
    const specification = `
apiVersion: lyceum.dev/v1alpha1
kind: Training
metadata: { name: ${name} }
spec:
  dataset: small
  student: { model: { architecture: mlp, hiddenUnits: [8] } }
  training: { batchSize: 32, epochs: ${4 + 8 * seed}, learningRate: 0.01, seed: ${seed} }
`;
    const { result } = startCli(cluster.address, ['submit', '-', '--wait'], specification);
    expect((await result).code).toBe(0);
  }
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

function cli(...args: string[]): Promise<CliResult> {
  return runCli(cluster.address, ...args);
}

const EVALUATE = ['ensemble', 'evaluate', '--teachers', 'run:one,run:two', '--dataset', 'small'];

test('ensemble evaluate asks teachers once, and measures them as their own reports do', async () => {
  const first = await cli(...EVALUATE, '-o', 'json');
  expect({ code: first.code, stderr: first.stderr }).toMatchObject({ code: 0 });
  expect(first.stderr).toContain("waiting for the teachers' answers");
  const table = JSON.parse(first.stdout) as EnsembleTable;
  expect(table).toMatchObject({
    split: 'test',
    sampleCount: 48,
    fittedOn: 'validation',
    omitted: [],
  });
  for (const name of ['one', 'two']) {
    const report = JSON.parse((await cli('report', name, '-o', 'json')).stdout) as Report;
    const row = table.rows.find(({ teachers }) => teachers.join() === `run:${name}`);
    expect(row?.accuracy).toBe(report.student.accuracy);
    expect(row?.nll).toBeCloseTo(report.student.nll ?? 0, 5);
  }
  const mixture = table.rows.find((row) => row.rule === 'mixture-em' && row.kind === 'ensemble');
  expect(mixture?.fit?.weights?.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 9);

  // All answers are stored now: a cluster without teacher workers would do.
  const answers = await cli('answers', 'list', '-o', 'json');
  const again = await cli(...EVALUATE, '-o', 'json');
  expect(JSON.parse(again.stdout)).toEqual(table);
  const sizes = (text: string) =>
    (JSON.parse(text) as { id: string; sizeBytes: number }[])
      .map(({ id, sizeBytes }) => `${id} ${sizeBytes}`)
      .sort();
  expect(sizes((await cli('answers', 'list', '-o', 'json')).stdout)).toEqual(sizes(answers.stdout));
});

test('ensemble evaluate prints a table', async () => {
  const { code, stdout } = await cli(...EVALUATE, '--rules', 'geometric,per-class');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^MODEL +ACCURACY +NLL +ECE\nteacher run:one +\d/);
  expect(stdout).toMatch(/\nper-class without run:two +\d/);
  expect(stdout).toContain(
    'Figures are of 48 test samples; rules were fitted on the validation split.',
  );
});

test.each([
  [['--rules', 'entropy:linear'], /no such weighting/],
  [['--rules', 'ca-mkd'], /looks at the label/],
  [['--rules', 'per-class', '--split', 'validation'], /measure another split/],
  [['--split', 'tset'], /want train, validation or test/],
  [['--dataset', 'smaller'], /there is no data set smaller; pushed are small/],
  [['--teachers', 'run:one,run:none,run:one'], /there is no run none[\s\S]*named twice/],
])('ensemble evaluate %j is refused, with the problem', async (args, told) => {
  const { code, stderr } = await cli(...EVALUATE, ...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(told) });
});

test('a run fits the rule that ensemble evaluate measured, and its report has the same fit', async () => {
  const specification = `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: fitted }
spec:
  dataset: small
  teachers: [{ name: first, model: run:one }, { name: second, model: run:two }]
  ensemble: { combine: mixture-em, calibrate: true }
  student: { model: { architecture: mlp, hiddenUnits: [4] } }
  training: { batchSize: 32, epochs: 3, learningRate: 0.01 }
`;
  const { result } = startCli(cluster.address, ['submit', '-', '--wait'], specification);
  expect(await result).toMatchObject({ code: 0 });
  const { ensemble } = JSON.parse((await cli('report', 'fitted', '-o', 'json')).stdout) as Report;
  const rule = 'mixture-em+calibrate';
  const table = JSON.parse(
    (await cli(...EVALUATE, '--rules', rule, '-o', 'json')).stdout,
  ) as EnsembleTable;
  const row = table.rows.find(({ kind }) => kind === 'ensemble');
  expect(row?.fit?.weights).toHaveLength(2);
  expect(row?.fit?.temperatures).toHaveLength(2);
  expect(ensemble?.fit).toEqual(row?.fit);
  expect(ensemble).toMatchObject({ accuracy: row?.accuracy, nll: row?.nll, ece: row?.ece });
  expect((await cli('report', 'fitted')).stdout).toContain(
    'Weights fitted on the validation split: first ',
  );
});

test('ensemble worth uses stored answers, and asks no teacher', async () => {
  const before = await inferredSamples(cluster);
  const priced = ['--price', 'second=3600'];
  const { code, stdout } = await cli('ensemble', 'worth', 'fitted', ...priced, '-o', 'json');
  expect(code).toBe(0);
  const worth = JSON.parse(stdout) as TeacherWorth;
  const report = JSON.parse((await cli('report', 'fitted', '-o', 'json')).stdout) as Report;
  expect(worth).toMatchObject({
    split: 'test',
    margin: 0.005,
    ensemble: { rule: 'mixture-em+calibrate', sampleCount: 48 },
  });
  expect(worth.ensemble?.accuracy).toBe(report.ensemble?.accuracy);
  const [first, second] = worth.teachers;
  for (const [row, other] of [
    [first, report.teachers[1]],
    [second, report.teachers[0]],
  ] as const) {
    // Without one teacher the other is alone, and its temperature does not change its accuracy.
    expect(row?.loss).toMatchObject({ accuracy: other?.accuracy });
    // The run asked it about samples without stored answers.
    expect(row?.deviceSeconds).toBeGreaterThan(0);
    expect(row?.everywhere).toMatchObject({ runCount: 1 });
  }
  // 3,600 an hour is 1 a second.
  expect(first?.price).toBeNull();
  expect(second?.price?.amount).toBeCloseTo(second?.deviceSeconds ?? -1, 12);
  const wide = ['--split', 'validation', '--margin', '100'];
  const table = await cli('ensemble', 'worth', 'fitted', ...wide);
  expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/^TEACHER +DEVICES/) });
  expect(table.stdout).toContain('of 24 labelled validation samples');
  expect(table.stdout).toMatch(/Teacher second could be dropped at a loss of .*, below the margin/);
  expect(await inferredSamples(cluster)).toEqual(before);
});

test.each([
  [['one'], 6, 'run one has no teacher'],
  [['fitted', '--price', 'third=1'], 2, 'has no such teacher; it has first, second'],
  [['fitted', '--margin', 'much'], 2, 'want a number from 0 to 100'],
])('ensemble worth %j is refused, with the problem', async (args, code, told) => {
  const refused = await cli('ensemble', 'worth', ...args);
  expect(refused).toMatchObject({ code, stderr: expect.stringContaining(told) });
});

test('ensemble worth --seeds trains students without each teacher once, on the same seeds', async () => {
  const ask = ['ensemble', 'worth', 'fitted', '--seeds', '2', '-o', 'json'];
  const { code, stdout, stderr } = await cli(...ask);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('5 runs\n') });
  const worth = JSON.parse(stdout) as TeacherWorth;
  const accuracyOf = async (id: string) =>
    (JSON.parse((await cli('report', id, '-o', 'json')).stdout) as Report).student.accuracy ?? -1;
  const withAll = ['fitted', 'fitted-all-seed2'];
  for (const { name, student } of worth.teachers) {
    const without = [1, 2].map((seed) => `fitted-without-${name}-seed${seed}`);
    expect(student).toMatchObject({ withAll, without });
    const accuracies = await Promise.all([...withAll, ...without].map(accuracyOf));
    const [a = 0, b = 0, c = 0, d = 0] = accuracies;
    const { accuracyLoss, accuracy } = student as StudentLoss;
    expect(accuracyLoss.mean).toBeCloseTo((a - c + b - d) / 2, 12);
    expect(accuracy).toBeCloseTo((c + d) / 2, 12);
  }
  const again = await cli(...ask);
  expect(again.stderr).toContain('5 runs; 5 were there already');
  expect(JSON.parse(again.stdout)).toEqual(worth);
});

test('compare measures two runs on their predictions for the test split', async () => {
  const { code, stdout } = await cli('compare', 'one', 'two', '-o', 'json');
  expect(code).toBe(0);
  const { pairs, sampleCount } = JSON.parse(stdout) as RunComparison;
  expect(sampleCount).toBe(48);
  const [one, two] = await Promise.all(
    ['one', 'two'].map(
      async (id) => JSON.parse((await cli('report', id, '-o', 'json')).stdout) as Report,
    ),
  );
  const [pair] = pairs;
  expect(pair?.referenceAccuracy).toBeCloseTo(one?.student.accuracy ?? -1, 12);
  expect(pair?.accuracy).toBeCloseTo(two?.student.accuracy ?? -1, 12);
  expect((await cli('compare', 'one', 'two')).stdout).toMatch(/^RUN +AGAINST +ACCURACY/);
});

test.each([
  [['one', 'one'], 2, 'run one is named twice'],
  [['one'], 2, 'want two runs'],
  [['one', 'none'], 3, 'none'],
])('compare %j is refused', async (runs, code, told) => {
  const result = await cli('compare', ...runs);
  expect(result).toMatchObject({ code, stderr: expect.stringContaining(told) });
});
