/**
 * The command line as a process against a real cluster: nats-server, coordinator, a teacher worker and a
 * student worker, each a process. The tests are one story, in order: data, models, runs, report, pull.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type {
  ComparisonFacts,
  EventPage,
  HistoryFacts,
  RunFacts,
  RunPage,
  RunRow,
  WorkerFacts,
} from '@lyceum/dashboard/api';
import { readNpz } from '@lyceum/learning/files';
import type { GetHistoryResponse } from '@lyceum/proto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readEvents } from '../../../learning/test/tensorboard/read-events.js';
import type { Findings, Report } from '../../src/client/index.js';
import { LocalCluster } from '../../src/local-cluster/index.js';
import { Browser } from '../dashboard/browser.js';
import { CLI_FILE, type CliResult, placeWithoutWorkers, runCli, startCli } from './cli-process.js';
import { smallSetBytes } from './small-set.js';

const TEACHER = `
apiVersion: lyceum.dev/v1alpha1
kind: Training
metadata: { name: teacher }
spec:
  dataset: small
  student: { model: { architecture: mlp, hiddenUnits: [16] } }
  training: { batchSize: 32, epochs: 20, learningRate: 0.01 }
`;

const DISTILLATION = `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: distilled, team: vision, labels: { sizes: small } }
spec:
  dataset: small
  labels: { count: 10, seed: 1 }
  teachers:
    - { name: first, model: run:teacher }
    - { name: second, model: pushed, weight: 2 }
  student:
    model: { architecture: mlp, hiddenUnits: [4] }
    baseline: train
    references: { studentAllLabels: run:teacher }
  training: { batchSize: 32, epochs: 10, learningRate: 0.01 }
`;

/** All terms of an objective that use teachers, except kd, which the other run has. */
const TERMS = `
apiVersion: lyceum.dev/v1alpha1
kind: Distillation
metadata: { name: terms }
spec:
  dataset: small
  teachers: [{ name: first, model: run:teacher }]
  ensemble: { combine: geometric }
  student: { model: { architecture: mlp, hiddenUnits: [4] }, baseline: none }
  objective:
    - { term: dkd }
    - { term: kl-reverse }
    - { term: jeffreys, temperature: 2 }
    - { term: gjs }
    - { term: skew-fkl }
    - { term: skew-rkl }
    - { term: tvd }
    - { term: hard-label, smoothing: 0.1 }
  training: { batchSize: 32, epochs: 20, learningRate: 0.01 }
`;

/** Long enough to be interrupted in the middle. */
const LONG = TEACHER.replace('name: teacher', 'name: long').replace('epochs: 20', 'epochs: 100000');

let cluster: LocalCluster;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-test-'));
  const env = { LYCEUM_DASHBOARD: '127.0.0.1:0' };
  const workers = { teacherWorkers: 1, studentWorkers: 1, computeThreads: 1 };
  cluster = await LocalCluster.start({ environment: process.env, ...workers, env });
  await writeFile(path.join(folder, 'small.npz'), smallSetBytes());
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

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...args, '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  return JSON.parse(stdout) as T;
}

const runIds = async () => (await json<{ runId: string }[]>('list')).map((run) => run.runId);

describe('an empty cluster', () => {
  test('has empty lists, which say what to do', async () => {
    expect(await json('list')).toEqual([]);
    expect((await cli('list')).stdout).toContain('coordinator submit FILE');
    expect((await cli('datasets', 'list')).stdout).toContain('coordinator datasets push');
  });

  test('lists its workers', async () => {
    await vi.waitFor(
      async () => {
        const workers = await json<{ workerId: string; kind: string }[]>('workers');
        expect(workers.map(({ workerId }) => workerId).sort()).toEqual(['student-1', 'teacher-1']);
      },
      { timeout: 120_000 },
    );
    expect((await cli('workers')).stdout).toMatch(/^WORKER +KIND +ENGINE/);
  });

  test.each([
    ['get', 'no-such-run'],
    ['watch', 'no-such-run'],
    ['events', 'no-such-run'],
    ['cancel', 'no-such-run'],
    ['retry', 'no-such-run'],
    ['report', 'no-such-run'],
    ['history', 'no-such-run'],
    ['pull', 'no-such-run', '--out', 'nowhere'],
    ['models', 'delete', 'no-such-model'],
    ['datasets', 'delete', 'no-such-set'],
  ])('%s of an unknown name exits with code 3', async (...args) => {
    const { code, stderr } = await cli(...args);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('no-such-') });
  });

  test('refuses a run with unknown names, lists all of them, and stores nothing', async () => {
    const { code, stderr } = await submit(DISTILLATION);
    expect(code).toBe(2);
    expect(stderr).toContain('spec.dataset');
    expect(stderr).toContain('spec.teachers[0].model');
    expect(stderr).toContain('spec.teachers[1].model');
    expect(await runIds()).toEqual([]);
  });
});

describe('data sets', () => {
  test('a set is pushed, listed, and pushed again without effect', async () => {
    const file = path.join(folder, 'small.npz');
    const pushed = await json<{ digest: string }>('datasets', 'push', 'small', file);
    expect(await json('datasets', 'list')).toMatchObject([
      { name: 'small', digest: pushed.digest },
    ]);
    const again = await cli('datasets', 'push', 'small', file);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('already') });
  });

  test('a folder of images is pushed as a set', async () => {
    for (const name of ['cat', 'dog']) {
      await mkdir(path.join(folder, 'pets', name), { recursive: true });
      for (let n = 0; n < 10; n++) {
        const background = { r: 20 * n, g: 0, b: 0 };
        const image = sharp({ create: { width: 8, height: 6, channels: 3, background } });
        await image.png().toFile(path.join(folder, 'pets', name, `${n}.png`));
      }
    }
    const pushed = await cli('datasets', 'push', 'pets', path.join(folder, 'pets'));
    expect(pushed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('[6, 8, 3], 2 classes; train 14, validation 2, test 4'),
      stderr: expect.stringContaining('cat, dog; sorted as strings'),
    });
    expect(await cli('datasets', 'delete', 'pets')).toMatchObject({ code: 0 });
  });

  test('a truncated file is refused, and named', async () => {
    const file = path.join(folder, 'wrong.npz');
    await writeFile(file, smallSetBytes().subarray(0, 2000));
    const { code, stderr } = await cli('datasets', 'push', 'wrong', file);
    expect(code).toBe(2);
    expect(stderr).toContain('wrong.npz');
  });
});

describe('runs', () => {
  test('submit --dry-run accepts a run and stores nothing', async () => {
    expect(await submit(TEACHER, '--dry-run')).toMatchObject({
      code: 0,
      stdout: 'teacher would be accepted\n',
    });
    expect(await runIds()).toEqual([]);
  });

  test('submit refuses a student that no worker can train, with its number of parameters', async () => {
    const huge = TEACHER.replace(/mlp, hiddenUnits: [^}]*/, 'mlp, hiddenUnits: [60000000] ');
    expect(huge).not.toBe(TEACHER);
    const { code, stderr } = await submit(huge);
    expect(stderr).toMatch(/spec\.student\.model: makes a student of [\d,]+ parameters/);
    expect(code).toBe(2);
  });

  test('submit --wait waits for the end of the run', async () => {
    const { code, stdout } = await submit(TEACHER, '--wait', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      runId: 'teacher',
      state: 'SUCCEEDED',
      progress: { step: 120, stepCount: 120 },
      specification: { spec: { training: { epochs: 20 } } },
    });
  });

  test('submit of the same run changes nothing, and of another run of this name is a conflict', async () => {
    expect(await submit(TEACHER)).toMatchObject({
      code: 0,
      stdout: 'teacher\n',
      stderr: expect.stringContaining('exists already'),
    });
    const { code, stderr } = await submit(TEACHER, '--set', 'spec.training.epochs=21');
    expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringContaining('teacher') });
  });

  test('history gives as many points as are wanted', async () => {
    const { columns, points } = await json<GetHistoryResponse>(
      'history',
      'teacher',
      '--points',
      '6',
    );
    expect(points.map(({ firstStep, endStep }) => [firstStep, endStep])).toEqual(
      [0, 20, 40, 60, 80, 100].map((step) => [step, step + 20]),
    );
    const of = (name: string) =>
      points.map(({ means }) => means[columns.indexOf(name)] ?? Number.NaN);
    expect(of('loss').at(-1)).toBeLessThan(of('loss')[0] ?? 0);
    // One term and no regulariser: the term is the loss.
    for (const [i, loss] of of('objective[0].ce').entries()) {
      expect(loss).toBeCloseTo(of('loss')[i] ?? 0, 5);
    }
    for (const figure of ['gradientNorm', 'learningRate', 'samples', 'seconds']) {
      for (const mean of of(figure)) expect(mean).toBeGreaterThan(0);
    }
    const { stdout } = await cli('history', 'teacher', '--from', '30', '--to', '50');
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(
      /^STEPS +LOSS +VALIDATION +LEARNING RATE +GRADIENT NORM +SAMPLES.S +WAITING$/,
    );
    expect(lines.map((line) => line.split(' ')[0]).slice(1)).toEqual(
      Array.from({ length: 20 }, (_, i) => `${31 + i}–${31 + i}`),
    );
    expect((await cli('history', 'teacher', '--points', '0')).code).toBe(2);
  });

  test('cancel and retry refuse a run that has succeeded', async () => {
    expect((await cli('cancel', 'teacher')).code).toBe(6);
    expect((await cli('retry', 'teacher')).code).toBe(6);
  });

  test('events begins with the oldest event, and --follow ends with the run', async () => {
    const { code, stdout } = await cli('events', 'teacher', '-o', 'json');
    expect(code).toBe(0);
    const kinds = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
    expect(kinds[0]).toBe('submitted');
    expect((await cli('events', 'teacher', '--follow')).code).toBe(0);
  });

  test('pull writes the student as a folder, which can be pushed as a model', async () => {
    const out = path.join(folder, 'pulled');
    expect((await cli('pull', 'teacher', '--out', out)).code).toBe(0);
    const model = JSON.parse(await readFile(path.join(out, 'model.json'), 'utf8'));
    expect(model.weightsManifest[0].paths).toEqual(['weights.bin']);
    const classes = JSON.parse(await readFile(path.join(out, 'classes.json'), 'utf8'));
    expect(classes).toEqual(['even', 'odd']);

    expect((await cli('pull', 'teacher', '--out', out)).code).toBe(6);
    expect((await cli('pull', 'run:teacher', '--out', out, '--force')).code).toBe(0);

    expect((await cli('models', 'push', 'pushed', out)).code).toBe(0);
    expect(await json('models', 'list')).toMatchObject([{ name: 'pushed' }]);
  });

  test('pull exports the student to ONNX, Triton and safetensors, and reports how it was checked', async () => {
    const out = path.join(folder, 'onnx');
    const parts = 'preprocessing,softmax,labels';
    const pulled = await cli('pull', 'teacher', '--out', out, '--format', 'onnx', '--with', parts);
    expect(pulled).toMatchObject({ code: 0 });
    expect(pulled.stderr).toMatch(
      /checked on 48 test samples: logits differ by at most \d\.\de[-+]\d\naccuracy: student (\S+ %), this file \1\n/,
    );
    expect((await readdir(out)).sort()).toEqual(['model.onnx']);
    const triton = ['--format', 'triton', '--int8'];
    const small = await cli('pull', 'teacher', '--out', out, ...triton);
    expect(small.stderr).toMatch(/accuracy: student \S+ %, this file \S+ %/);
    expect((await readdir(path.join(out, 'teacher'))).sort()).toEqual([
      '1',
      'config.pbtxt',
      'labels.txt',
    ]);
    const tensors = ['--format', 'safetensors'];
    expect((await cli('pull', 'pushed', '--out', out, ...tensors)).code).toBe(0);
    const pushed = await cli('pull', 'pushed', '--out', out, '--format', 'onnx', '--force');
    expect(pushed.stderr).toMatch(
      /checked on 8 samples of noise: logits differ by at most \d\.\de[-+]\d\nwrote/,
    );
    const again = await cli('pull', 'pushed', '--out', out, '--format', 'onnx');
    expect(again.code).toBe(6);
    expect(again.stderr).toContain('exists already; --force overwrites it');
    expect(again.stderr).not.toContain('checked on');

    const wrong = await cli('pull', 'teacher', '--out', out, ...tensors, '--int8');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('--int8 is for --format onnx and triton; got safetensors');
    const withPart = (part: string) =>
      cli('pull', 'pushed', '--out', out, '--format', 'onnx', '--with', part, '--force');
    expect((await withPart('preprocessing')).stderr).toContain(
      '--with preprocessing needs a data set, and pushed is a pushed model',
    );
    // The pushed model names its classes.
    expect(await withPart('labels')).toMatchObject({ code: 0 });
  });

  test('an installation without workers pushes and pulls models untried', async () => {
    const image = path.join(folder, 'image');
    await mkdir(image);
    const file = await placeWithoutWorkers(image);
    const there = (...args: string[]) => startCli(cluster.address, args, '', file).result;
    const [pulled, out] = [path.join(folder, 'pulled'), path.join(folder, 'untried')];
    expect(await there('models', 'push', 'untried', pulled)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('not tried: this installation has no teacher-worker'),
    });
    // The set is not fetched.
    expect(await there('models', 'push', 'untried', pulled, '--dataset', 'small')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        'not tried on small: this installation has no teacher-worker',
      ),
    });
    expect(await there('pull', 'untried', '--out', out, '--format', 'onnx')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('not checked: this installation has no teacher-worker'),
    });
    expect(await readdir(out)).toEqual(['model.onnx']);
    const set = path.join(folder, 'small.npz');
    expect(await there('models', 'check', pulled, '--dataset', set)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('this installation has no teacher-worker'),
    });
    expect((await cli('models', 'delete', 'untried')).code).toBe(0);
  });

  test('submit --watch prints plain lines without a terminal', async () => {
    const { code, stdout, stderr } = await submit(DISTILLATION, '--watch');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d distilled \w+/m);
    expect(stderr).not.toContain('\u001b');
    expect(stdout).toMatch(/^state +SUCCEEDED$/m);
  });

  test('history reports share, disagreement and latency of each teacher', async () => {
    const history = await json<GetHistoryResponse>('history', 'distilled', '--points', '1');
    const [{ means = [] } = {}] = history.points;
    const mean = (name: string) => means[history.columns.indexOf(name)] ?? Number.NaN;
    for (const teacher of ['first', 'second']) {
      expect(mean(`teacher.${teacher}.share`)).toBe(1);
      expect(mean(`teacher.${teacher}.disagreement`)).toBeLessThan(0.5);
      expect(mean(`teacher.${teacher}.latencyMs`)).toBeGreaterThan(0);
    }
    // Without views the epochs after the first use stored answers.
    expect(mean('storeShare')).toBeGreaterThan(0.5);
    expect(mean('storeShare')).toBeLessThan(1);
    expect(mean('openSpans')).toBeGreaterThan(0);
    const { stdout } = await cli('history', 'distilled', '--teachers', '--points', '2');
    expect(stdout).toMatch(/^STEPS +FROM STORE +OPEN SPANS +TEACHER/m);
    expect(stdout.match(/^.* (first|second) +100\.0 %/gm)).toHaveLength(4);
  });
});

test('a run trains with an objective of eight terms', async () => {
  const file = path.join(folder, 'terms.yaml');
  await writeFile(file, TERMS);
  expect(await cli('submit', file, '--wait')).toMatchObject({ code: 0 });
  const report = await json<Report>('report', 'terms');
  expect(report.student.accuracy).toBeGreaterThan(0.8);
});

test('list filters runs by team, label, text, state and number', async () => {
  const ids = async (...args: string[]) =>
    (await json<{ runId: string }[]>('list', ...args)).map(({ runId }) => runId);
  const all = await ids();
  expect(all.slice(-1)).toEqual(['teacher']);
  // A baseline has the team and the labels of its run.
  const own = ['distilled-alone', 'distilled'];
  expect(await ids('--team', 'vision')).toEqual(own);
  expect(await ids('--label', 'sizes=small')).toEqual(own);
  expect(await ids('--text', 'SIZES=', '--state', 'SUCCEEDED', 'FAILED')).toEqual(own);
  expect(await ids('--state', 'PAUSED')).toEqual([]);
  expect(await ids('--limit', '1')).toEqual(all.slice(0, 1));
  const { stdout } = await cli('list', '--limit', '1');
  expect(stdout).toContain(`\n${all.length - 1} older runs are not shown: --all shows all`);
  expect((await cli('list', '--all')).stdout.split('\n')).toHaveLength(all.length + 2);
  expect((await cli('list', '--team', 'none')).stdout).toBe('No run matches.\n');
  expect((await cli('list', '--all', '--limit', '1')).stderr).toContain('cannot be used with');
});

test('predict classifies pictures as the run of the student did', async () => {
  const photos = path.join(folder, 'photos');
  const files: string[] = [];
  for (const name of ['blue', 'red']) {
    await mkdir(path.join(photos, name), { recursive: true });
    for (let n = 0; n < 10; n++) {
      const light = { r: 20 * n, g: 90, b: 20 * n };
      const background = name === 'red' ? { ...light, r: 250 } : { ...light, b: 250 };
      const file = path.join(photos, name, `${n}.png`);
      await sharp({ create: { width: 12, height: 8, channels: 3, background } })
        .png()
        .toFile(file);
      files.push(file);
    }
  }
  expect((await cli('datasets', 'push', 'photos', photos, '--size', '6x6')).code).toBe(0);
  const run = TEACHER.replace('name: teacher', 'name: photos').replace('set: small', 'set: photos');
  expect((await submit(run, '--watch')).code).toBe(0);
  const out = path.join(folder, 'photo-student');
  expect((await cli('pull', 'photos', '--out', out)).code).toBe(0);

  const predicted = await cli('predict', out, ...files, '-o', 'json');
  expect(predicted).toMatchObject({ code: 0, stderr: '' });
  const lines = predicted.stdout.trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: short
  expect(lines.map(({ file }) => file)).toEqual(files);
  const predictions = path.join(folder, 'photo-predictions.npz');
  expect((await cli('report', 'photos', '--predictions', predictions)).code).toBe(0);
  const arrays = readNpz(await readFile(predictions));
  const logits = arrays.get('student')?.data ?? [];
  const samples = [...(arrays.get('sampleId')?.data ?? [])].map(Number);
  expect(samples).toHaveLength(4);
  for (const [row, sample] of samples.entries()) {
    const difference = Number(logits[2 * row + 1]) - Number(logits[2 * row]);
    const { label, probability } = lines[sample];
    expect(label).toBe(difference > 0 ? 'red' : 'blue');
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(-Math.abs(difference))), 4);
  }
  const [first = ''] = files;
  expect((await cli('predict', out, first)).stdout).toMatch(/0\.png\t(blue|red)\t[01]\.\d{4}\n$/);
  expect(await cli('predict', out)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('this student takes pictures: name their files'),
  });
});

describe('report', () => {
  test('has accuracies that can be recomputed from the predictions', async () => {
    const file = path.join(folder, 'predictions.npz');
    const report = await json<Report>('report', 'distilled', '--predictions', file);
    const arrays = readNpz(await readFile(file));
    const labels = arrays.get('label')?.data ?? [];
    const accuracyOf = (name: string) => {
      const values = arrays.get(name)?.data ?? [];
      let right = 0;
      for (const [row, label] of [...labels].entries()) {
        const best = Number(values[2 * row + 1]) > Number(values[2 * row]) ? 1 : 0;
        if (best === label) right++;
      }
      return right / labels.length;
    };
    expect(labels).toHaveLength(48);
    expect(
      report.teachers.map(({ name, weight, accuracy }) => ({ name, weight, accuracy })),
    ).toEqual([
      { name: 'first', weight: 1, accuracy: accuracyOf('teacher.first') },
      { name: 'second', weight: 2, accuracy: accuracyOf('teacher.second') },
    ]);
    expect(report.ensemble?.accuracy).toBe(accuracyOf('ensemble'));
    for (const row of ['student', 'studentWithoutTeachers', 'studentAllLabels'] as const) {
      expect(report[row]?.accuracy).toBe(accuracyOf(row));
    }
    // Both teachers are the same model, and it learned its task.
    expect(report.teachers[0]?.accuracy).toBeGreaterThan(0.9);
    expect(report.teachers[1]?.nll).toBe(report.teachers[0]?.nll);
    expect(report.dataset.labelledTrainCount).toBe(10);
    expect(report.bitExactExceptions).toEqual([]);
  });

  test('prints a table', async () => {
    const { code, stdout } = await cli('report', 'distilled');
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split('  ')[0])).toEqual(
      expect.arrayContaining([
        'teacher first',
        'ensemble (arithmetic)',
        'student without teachers',
      ]),
    );
    expect(stdout).toMatch(/^Loss over \d+ steps: [\d.]+ [▁▂▃▄▅▆▇█]+ [\d.]+$/m);
  });

  test('writes a page, a model card and an event file, and overwrites only with --force', async () => {
    const page = path.join(folder, 'report.html');
    const card = path.join(folder, 'README.md');
    const logs = path.join(folder, 'logs');
    const files = ['--html', page, '--markdown', card, '--tensorboard', logs];
    expect(await cli('report', 'distilled', ...files)).toMatchObject({ code: 0 });
    const text = await readFile(page, 'utf8');
    expect(text).toContain('<h1>Report of distilled</h1>');
    expect(text).toContain('<h2>Reliability</h2>');
    // Curves of the student's steps, and the names of the teachers.
    expect(text).toContain('<title>Loss</title>');
    expect(text).toContain('<th scope="row">second</th>');
    expect(await readFile(card, 'utf8')).toMatch(/^- name: "distilled"$/m);
    const [eventFile = ''] = await readdir(path.join(logs, 'distilled'));
    const events = readEvents(await readFile(path.join(logs, 'distilled', eventFile)));
    const steps = events.filter(({ values = [] }) => values[0]?.[0] === 'student/loss');
    expect(steps.length).toBeGreaterThan(1);
    expect(events.at(-1)?.values?.[0]?.[0]).toBe('test.accuracy/student');
    expect(await cli('report', 'distilled', '--markdown', card)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('--force overwrites it'),
    });
    expect(await cli('report', 'distilled', '--html', page, '--force')).toMatchObject({ code: 0 });
  });

  test('agrees with the findings, which have example samples', async () => {
    const report = await json<Report>('report', 'distilled');
    const findings = await json<Findings>('findings', 'distilled');
    const { confusion, reliability } = findings.models[0] as Findings['models'][number];
    const right = confusion.counts.reduce((sum, line, c) => sum + (line[c] ?? 0), 0);
    expect(right / findings.sampleCount).toBe(report.student.accuracy);
    const gaps = (reliability ?? []).map(
      ({ count, confidence, accuracy }) => count * Math.abs((confidence ?? 0) - (accuracy ?? 0)),
    );
    const ece = gaps.reduce((sum, gap) => sum + gap, 0) / findings.sampleCount;
    expect(ece).toBeCloseTo(report.student.ece ?? -1, 10);
    expect(findings.examples).toHaveLength(24);
    expect(findings.examples[0]?.shown.kind).toBe('numbers');
    const { stdout } = await cli('findings', 'distilled', '--model', 'teacher.first');
    expect(stdout).toMatch(/^CONFIDENCE +SAMPLES +MEAN +ACCURACY$/m);
    const other = await cli('findings', 'distilled', '--model', 'teacher.third');
    expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('teacher.second') });
  });

  test('of a run that has not ended is a conflict', async () => {
    expect((await submit(LONG)).code).toBe(0);
    expect((await cli('report', 'long')).code).toBe(6);
    expect((await cli('findings', 'long')).code).toBe(6);
  });
});

describe('interrupts', () => {
  test('Ctrl-C ends watch, which says how to cancel, and the run goes on', async () => {
    const watching = startCli(cluster.address, ['watch', 'long']);
    await vi.waitFor(() => expect(watching.stderr()).toContain('long TRAINING'), {
      timeout: 120_000,
    });
    watching.process.kill('SIGINT');
    const { code, stdout, stderr } = await watching.result;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain('The run goes on');
    expect(stderr).toContain('coordinator cancel long');
    expect(await json('get', 'long')).toMatchObject({ state: 'TRAINING' });
  });

  test('watch exits with code 1 when its run is cancelled, and the run can be retried', async () => {
    const waiting = startCli(cluster.address, ['watch', 'long', '-o', 'json']);
    await vi.waitFor(() => expect(waiting.stderr()).toContain('long TRAINING'), {
      timeout: 120_000,
    });
    expect((await cli('cancel', 'long')).code).toBe(0);
    const { code, stdout } = await waiting.result;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'CANCELLED', attempt: 1 });

    expect(await json('retry', 'long')).toMatchObject({ attempt: 2 });
    expect((await cli('cancel', 'long')).code).toBe(0);
    expect((await cli('watch', 'long')).code).toBe(1);
  });

  test('a closed pipe ends a command quietly', async () => {
    const child = spawn(
      'sh',
      ['-c', `"$0" "$1" list -o json | head -1`, process.execPath, CLI_FILE],
      {
        env: { ...process.env, LYCEUM_COORDINATOR: cluster.address },
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    await new Promise((resolve) => child.once('close', resolve));
    expect(output).toBe('[\n');
  });
});

describe('the dashboard', () => {
  test('is opened once, shows runs, changes them, and ends with Ctrl-C', async () => {
    const started = startCli(cluster.address, ['dashboard', '--port', '0']);
    onTestFinished(() => void started.process.kill());
    const printed = vi.waitFor(() => once(started.process.stdout, 'data'), { timeout: 120_000 });
    const url = new URL(String((await printed)[0]).trim());
    // Slow headers are cut off; checked at the end.
    const slow = connect(Number(url.port), url.hostname);
    slow.write('GET / HTTP/1.1\r\nHost: ');
    const cutOff = once(slow.resume(), 'close');

    const stranger = new Browser(url.origin);
    expect((await stranger.get('/api/runs')).status).toBe(401);
    const browser = new Browser(url.origin);
    expect((await browser.get(url.pathname)).status).toBe(200);
    expect(await stranger.get(url.pathname)).toMatchObject({
      status: 403,
      text: expect.stringContaining('once'),
    });
    expect((await browser.get('/')).text).toContain('<script type="module"');

    expect(await browser.json('/api/cluster')).toMatchObject({ mayChange: true });
    const { runs, counts } = await browser.json<RunPage>('/api/runs?text=DISTIL');
    // The run has a baseline.
    expect(runs.map(({ id }) => id).sort()).toEqual(['distilled', 'distilled-alone']);
    expect(counts).toEqual({ SUCCEEDED: 2 });
    const facts = await browser.json<RunFacts>('/api/runs/distilled');
    expect(facts.teachers.map(({ name }) => name)).toEqual(['first', 'second']);
    const { points } = await browser.json<HistoryFacts>('/api/runs/distilled/history?points=2');
    expect(points).toHaveLength(2);
    const report = await browser.json<Report>('/api/runs/distilled/report');
    expect(report.runId).toBe('distilled');
    const compared = await browser.json<ComparisonFacts>('/api/compare?run=teacher&run=distilled');
    expect(compared).toMatchObject({ notCompared: null, pairs: [{ run: 'distilled' }] });
    const { workers } = await browser.json<WorkerFacts>('/api/workers');
    expect(workers.map(({ id }) => id).sort()).toEqual(['student-1', 'teacher-1']);
    const events = await browser.json<EventPage>('/api/runs/distilled/events');
    expect(events.events.at(-1)).toMatchObject({ kind: 'submitted' });

    const elsewhere = { origin: 'http://evil.example' };
    expect((await browser.post('/api/runs/long/retry', elsewhere)).status).toBe(403);
    expect((await browser.post('/api/runs/long/retry')).status).toBe(200);
    const stream = '/api/stream?run=long';
    const inState = (state: string) => (run: RunFacts) => run.state === state;
    await browser.hear(stream, 'run', inState('TRAINING'));
    const ended = browser.hear(stream, 'run', inState('CANCELLED'));
    const listed = browser.hear<RunRow[]>('/api/stream', 'runs', (rows) =>
      rows.some(({ id, state }) => id === 'long' && state === 'CANCELLED'),
    );
    expect((await browser.post('/api/runs/long/cancel')).status).toBe(200);
    expect(await ended).toMatchObject({ id: 'long', bottleneck: null });
    await listed;
    expect((await browser.post('/api/runs/long/cancel')).status).toBe(409);
    expect((await browser.get('/api/runs/no-such-run')).status).toBe(404);

    expect((await browser.get('/api/runs', { host: `evil.example:${url.port}` })).status).toBe(421);
    expect((await browser.get('/../../package.json')).status).toBe(404);
    await cutOff;
    started.process.kill('SIGINT');
    expect(await started.result).toMatchObject({ code: 130 });
  });

  test('of the coordinator is read-only', async () => {
    const log = await readFile(path.join(cluster.stateDir, 'logs', 'coordinator.log'), 'utf8');
    const browser = new Browser(/"url":"(http:\/\/127\.0\.0\.1:\d+)\/"/.exec(log)?.[1] ?? '');
    expect(await browser.json('/api/cluster')).toMatchObject({ mayChange: false });
    expect((await browser.json<RunPage>('/api/runs')).runs.length).toBeGreaterThan(2);
    await browser.hear<RunRow[]>('/api/stream', 'runs', (rows) => rows.length > 2);
    expect((await browser.post('/api/runs/long/retry')).status).toBe(403);
    expect((await browser.get('/api/runs', { host: 'evil.example' })).status).toBe(421);
    expect(await json('get', 'long')).toMatchObject({ state: 'CANCELLED', attempt: 3 });
  });
});

test('answers list shows stored answers, and answers delete deletes them', async () => {
  // `first` and `second` are the same model, which was pulled and pushed again.
  const tables = await json<{ id: string; codec: string; sizeBytes: number }[]>('answers', 'list');
  const all = { view: 'identity', neededBy: [] };
  expect(tables).toMatchObject([all, all]);
  // Answers for training have a byte a logit, those for reports are exact.
  const codecs = tables.map(({ codec }) => codec).sort();
  expect(codecs).toEqual(['float32', 'uint8-affine']);
  const ids = tables.map(({ id }) => id);
  for (const id of ids) {
    expect((await cli('answers', 'list')).stdout).toMatch(new RegExp(`^${id} +first `, 'm'));
  }
  const deleted = await cli('answers', 'delete', ...ids);
  expect(deleted).toMatchObject({ code: 0, stderr: ids.map((id) => `deleted ${id}\n`).join('') });
  expect(await json('answers', 'list')).toEqual([]);
  expect(await cli('answers', 'delete', ids[0] ?? '')).toMatchObject({ code: 3 });
});

test('models delete deletes a model that no run uses', async () => {
  expect((await cli('models', 'delete', 'pushed')).code).toBe(0);
  expect(await json('models', 'list')).toEqual([]);
});
