/**
 * `submit --sweep` as a process, against a real cluster: a sweep is submitted whole or not at all, asks its teachers
 * once, has one table, and is found and cancelled by its label.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SweepTable } from '../../src/comparison/sweep-table.js';
import {
  inferenceSeconds,
  inferredSamples,
  type LocalCluster,
} from '../../src/local-cluster/index.js';
import { type CliResult, runCli, startCli } from '../commands/cli-process.js';
import { smallSetBytes } from '../commands/small-set.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

const TEACHER = `
apiVersion: lyceum.dev/v1alpha1
kind: Training
metadata: { name: teacher }
spec:
  dataset: small
  student: { model: { architecture: mlp, hiddenUnits: [16] } }
  training: { batchSize: 32, epochs: 10, learningRate: 0.01 }
`;

const DISTILLATION = `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: small }
spec:
  dataset: small
  teachers: [{ name: teacher, model: run:teacher }]
  # It was trained for a moment.
  teacherHealth: { accept: [teacher] }
  student: { model: { architecture: mlp, hiddenUnits: [4] }, baseline: none }
  objective: [{ term: kd }, { term: ce }]
  training: { batchSize: 32, epochs: 4, learningRate: 0.01 }
`;

const LONG = TEACHER.replace('name: teacher', 'name: long').replace('epochs: 10', 'epochs: 100000');
const SWEEP = ['--sweep', 'training.seed=1,2', '--sweep', 'objective[0].temperature=1,4'];
const IDS = [
  'small-seed1-temperature1',
  'small-seed1-temperature4',
  'small-seed2-temperature1',
  'small-seed2-temperature4',
];

let cluster: LocalCluster;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
  cluster = await startCluster({
    studentWorkers: 2,
  });
  await writeFile(path.join(folder, 'small.npz'), smallSetBytes());
  await cli('datasets', 'push', 'small', path.join(folder, 'small.npz'));
  expect(await submit(TEACHER, '--wait')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

function cli(...args: string[]): Promise<CliResult> {
  return runCli(cluster.address, ...args);
}

function submit(specification: string, ...args: string[]): Promise<CliResult> {
  return startCli(cluster.address, ['submit', '-', ...args], specification).result;
}

async function idsOf(...args: string[]): Promise<string[]> {
  const { stdout } = await cli('list', ...args, '-o', 'json');
  return (JSON.parse(stdout) as { runId: string }[]).map(({ runId }) => runId).sort();
}

test('submit --sweep submits no run if one of them is wrong', async () => {
  const before = await idsOf();
  const wrong = await submit(DISTILLATION, '--sweep', 'training.seed=1,-1');
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('spec.training.seed') });
  // The first run is right; only the coordinator knows that the second is wrong.
  const unknown = await submit(DISTILLATION, '--sweep', 'dataset=small,none');
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('spec.dataset') });
  expect(await idsOf()).toEqual(before);
});

test('a sweep of three student sizes asks the teacher once', async () => {
  // One epoch: later ones would ask for answers before those of the first are stored.
  const sizes = ['--run-id', 'sizes', '--sweep', 'student.model.hiddenUnits=[3],[4],[5]'];
  sizes.push('--set', 'training.epochs=1');
  const { code, stdout } = await submit(DISTILLATION, ...sizes, '--wait');
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\[5\] +1 /m) });
  const [inferred] = Object.values(await inferredSamples(cluster));
  // 168 to train on, and 24 of validation and 48 of the test split for the reports.
  expect(inferred).toBe(168 + 24 + 48);
});

test('costs of the runs of a sweep are what the workers measured', async () => {
  const json = async (...args: string[]) => JSON.parse((await cli(...args, '-o', 'json')).stdout);
  const isNear = (value: number, want: number) => Math.abs(value / want - 1) < 0.05;
  // The one teacher was busy for the three runs together.
  const [measured = 0] = Object.values(await inferenceSeconds(cluster));
  const [teacher] = await json('costs', '--by', 'teacher');
  expect(teacher).toMatchObject({ name: 'teacher', runCount: 3 });
  expect([measured > 0, isNear(teacher.teacherDeviceSeconds, measured)]).toEqual([true, true]);
  const ids = await idsOf('--label', 'sweep=sizes');
  expect(ids).toHaveLength(3);
  for (const runId of ids) {
    const { columns, points } = await json('history', runId, '--points', '1');
    const trained = points[0].endStep * points[0].means[columns.indexOf('seconds')];
    const { cost } = await json('get', runId);
    const report = await json('report', runId);
    expect(report.cost).toEqual(cost);
    // The cost has the steps and the time between them, which is long in so short a training.
    expect(trained).toBeGreaterThan(0);
    expect(cost.studentDeviceSeconds).toBeGreaterThanOrEqual(trained);
    expect(cost.studentDeviceSeconds).toBeLessThan(report.wallSeconds);
  }
  expect((await cli('sweep', 'table', 'sizes')).stdout).toMatch(/AGREEMENT +DEVICES +WAITING/);
  const { stdout } = await cli('compare', ...ids);
  expect(stdout).toMatch(/^RUN +DEVICES +WAITING +FROM SUBMIT TO END$/m);
});

test('submit --sweep runs all combinations, and compares them in one table', async () => {
  const { code, stdout, stderr } = await submit(DISTILLATION, ...SWEEP, '--watch', '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('(4 of 4)') });
  const table = JSON.parse(stdout) as SweepTable;
  expect(table).toMatchObject({ sweep: 'small', fields: ['objective[0].temperature'] });
  expect(table.arms.map(({ values, runs }) => [values, runs.map(({ seed }) => seed)])).toEqual([
    [{ 'objective[0].temperature': 1 }, [1, 2]],
    [{ 'objective[0].temperature': 4 }, [1, 2]],
  ]);
  expect(table.arms[1]?.difference).toMatchObject({ pairCount: 2, over: 'seeds' });
  expect(await idsOf('--label', 'sweep=small')).toEqual(IDS);
  const shown = await cli('sweep', 'table', 'small');
  expect(shown.stdout).toMatch(/^objective\[0\]\.temperature +RUNS +ACCURACY/);
});

test('submit --sweep of the same values makes no run, and of further values only theirs', async () => {
  const again = await submit(DISTILLATION, ...SWEEP);
  expect(again).toMatchObject({ code: 0, stdout: `${IDS.join('\n')}\n` });
  expect(again.stderr).toContain('4 were there already');
  const more = await submit(DISTILLATION, '--sweep', 'training.seed=1,2,3', ...SWEEP.slice(2));
  expect(more.stderr).toContain('4 were there already');
  expect(await idsOf('--label', 'sweep=small')).toHaveLength(6);
});

test('cancel --label cancels a sweep, and submit --wait exits with code 1', async () => {
  // More runs than the ten listeners to one signal above which Node warns.
  const seeds = 'training.seed=1,2,3,4,5,6,7,8,9,10,11,12';
  const watching = submit(LONG, '--sweep', seeds, '--wait');
  await expect.poll(() => idsOf('--label', 'sweep=long'), { timeout: 120_000 }).toHaveLength(12);
  const cancelled = await cli('cancel', '--label', 'sweep=long');
  expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('long-seed12') });
  const { code, stdout, stderr } = await watching;
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('0 of 12') });
  expect(stderr).not.toContain('Warning');
  expect((await cli('cancel', '--label', 'sweep=long')).stdout).toContain('is left to cancel');
});

test.each([
  [['sweep', 'table', 'none'], 3, 'no run belongs to a sweep none'],
  [['cancel'], 2, 'give either a run or --label'],
  [['cancel', 'small', '--label', 'sweep=small'], 2, 'give either a run or --label'],
  [['list', '--label', 'sweep'], 2, 'want NAME=VALUE'],
] as const)('%j is refused', async (args, code, text) => {
  expect(await cli(...args)).toMatchObject({ code, stderr: expect.stringContaining(text) });
});
