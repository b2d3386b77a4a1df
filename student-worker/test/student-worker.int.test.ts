/**
 * The real process against a real `nats-server` and, over real gRPC, a stand-in for the coordinator.
 *
 * The stand-in holds targets back, to stop a training at a known step. Then something is killed, damaged or removed,
 * and the run must end with the weights of the undisturbed one, bit for bit.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNpz } from '@lyceum/learning/files';
import { parseModelPackage } from '@lyceum/learning/formats';
import { StepHistory, summedColumns } from '@lyceum/learning/history';
import { normalisedText, type RunSpecification } from '@lyceum/learning/specification';
import { createLogger } from '@lyceum/platform';
import {
  type BlobStore,
  connectNats,
  findNatsServer,
  type KeyValue,
  type Nats,
  type NatsServer,
  startNatsServer,
} from '@lyceum/platform/nats';
import { AssignedRun, digestBytes, digestHex, POINTER_BUCKET } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ReadEvent, readEvents } from '../../learning/test/tensorboard/read-events.js';
import { SmallTargets, smallDataset, smallDistillation, smallTraining } from './small-run.js';
import { type CheckpointPointer, StandInCoordinator } from './stand-in-coordinator.js';
import { until, WorkerProcess } from './worker-process.js';

const log = createLogger({ name: 'test', level: 'silent' });
const { bytes: datasetBytes, dataset } = smallDataset();
const targets = new SmallTargets(dataset, smallDistillation);
const STEPS = 60;
/** The bits of an undisturbed distillation, and its history without clock readings; set by the first test. */
let undisturbed = '';
let undisturbedHistory: object[] = [];

let folder: string;
let server: NatsServer;
let nats: Nats;
let pointers: KeyValue;
let blobs: BlobStore;
let coordinator: StandInCoordinator;
let workers: WorkerProcess[];
let runId: string;
let runCount = 0;

function startServer(
  port: number,
  { store = 'nats', password = '' }: { store?: string; password?: string } = {},
): Promise<NatsServer> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm run setup');
  const users = { coordinator: password, 'teacher-worker': password, 'student-worker': password };
  const passwords = password === '' ? undefined : users;
  return startNatsServer({ binary, storeDir: join(folder, store), port, log, passwords });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-student-'));
  server = await startServer(0);
  nats = await connectNats({ url: server.url, name: 'test', log });
  pointers = await nats.keyValue(POINTER_BUCKET, { create: true });
  blobs = await nats.blobs({ create: true });
  await blobs.put(datasetBytes);
});
afterAll(async () => {
  await nats.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  runCount += 1;
  runId = `run-${runCount}`;
  workers = [];
  coordinator = new StandInCoordinator(blobs, pointers);
  coordinator.frames = (step) => targets.frames(step);
  coordinator.stepCount = STEPS;
  await coordinator.start();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    for (const { lines } of workers) console.error(lines.map((line) => JSON.stringify(line)));
  }
  for (const worker of workers) await worker.kill('SIGKILL');
  await coordinator.stop();
});

function startWorker(
  stateDir = join(folder, 'state', runId),
  env: NodeJS.ProcessEnv = {},
  more: readonly string[] = [],
): WorkerProcess {
  const flags = [
    ...['--nats', server.url, '--coordinator', coordinator.address, '--state-dir', stateDir],
    ...['--worker-id', 'student-1', '--compute-threads', '1'],
    ...['--tensorboard-dir', join(folder, 'logs'), ...more],
  ];
  const worker = new WorkerProcess(flags, env);
  workers.push(worker);
  return worker;
}

/** Assigns the run as the coordinator does: first the pointer, then the message to the worker. */
async function assign(
  specification: RunSpecification,
  assignmentEpoch: number,
  path = '',
): Promise<void> {
  const before = await pointers.get(runId);
  const old = before === undefined ? { step: 0 } : (JSON.parse(before.value) as object);
  const pointer = { runId, attempt: 1, ...old, assignmentEpoch };
  await pointers.put(runId, JSON.stringify(pointer));
  coordinator.assign(
    AssignedRun.fromPartial({
      runId,
      attempt: 1,
      assignmentEpoch,
      specificationJson: normalisedText(specification),
      dataset: { digest: digestBytes(dataset.digest), path },
      targetTensors: specification.kind === 'Distillation' ? targets.tensors : [],
      // Small enough that the worker reports each step.
      windowSteps: 4,
    }),
  );
}

async function isReady({ ready: { http } }: WorkerProcess): Promise<boolean> {
  return http !== undefined && (await fetch(`http://${http}/readyz`)).ok;
}

async function pointer(): Promise<CheckpointPointer> {
  return JSON.parse((await pointers.get(runId))?.value ?? '{}');
}

async function waitForStep(step: number): Promise<void> {
  await until(`step ${step}`, () => coordinator.doneStep >= step);
}

async function finalWeights(): Promise<string> {
  await until('the training to be done', () => coordinator.done ?? coordinator.failed);
  expect(coordinator.failed).toBeUndefined();
  return digestHex(coordinator.done?.finalWeightsDigest ?? Buffer.alloc(0));
}

/** The events of each event file of the run, the older file first. */
async function eventsOf(run: string): Promise<ReadEvent[][]> {
  const logs = join(folder, 'logs', run);
  const names = (await readdir(logs)).sort();
  return Promise.all(names.map(async (name) => readEvents(await readFile(join(logs, name)))));
}

/** The histories that came with all checkpoints, joined; without clock readings. */
function toldHistory(): object[] {
  const columns = summedColumns(smallDistillation);
  const history = new StepHistory(columns.length);
  for (const part of coordinator.histories) history.put(part);
  const isClock = (name: string | undefined) => name === 'seconds' || name === 'waitingSeconds';
  return history.points(0, STEPS, STEPS).map(({ means, ...steps }) => ({
    ...steps,
    means: means.filter((_, column) => !isClock(columns[column])),
  }));
}

it('distils a run to its end and stores its model, logits, checkpoints and history', async () => {
  const worker = startWorker();
  await assign(smallDistillation, 1);
  undisturbed = await finalWeights();
  expect(coordinator.done).toMatchObject({
    runId,
    assignmentEpoch: 1,
    measurement: { parameterCount: 51 },
  });
  const model = await blobs.get(digestHex(coordinator.done?.modelDigest ?? Buffer.alloc(0)));
  expect(parseModelPackage(model).settings.output).toBe('logits');
  const npz = readNpz(
    await blobs.get(digestHex(coordinator.done?.logitsDigest ?? Buffer.alloc(0))),
  );
  expect(npz.get('test')?.shape).toEqual([40, 3]);
  // The stand-in counts a commit after it has moved the pointer, which this test may see before.
  await until('the last checkpoint', () => coordinator.committed.includes(STEPS));
  expect(await pointer()).toMatchObject({ step: STEPS, previous: { step: 50 } });
  expect(coordinator.committed).toEqual([10, 20, 30, 40, 50, 60]);
  undisturbedHistory = toldHistory();
  expect(undisturbedHistory).toHaveLength(STEPS);
  // The coordinator's figures about a step's targets are beside the student's figures of the step.
  const openSpans = summedColumns(smallDistillation).indexOf('openSpans') - 2;
  expect(undisturbedHistory[41]).toMatchObject({ firstStep: 41 });
  expect((undisturbedHistory[41] as { means: number[] }).means[openSpans]).toBe(41);
  // Each checkpoint brings the steps since the one before.
  expect(coordinator.histories.map(({ firstBucket }) => firstBucket)).toEqual([
    0, 10, 20, 30, 40, 50,
  ]);
  expect(worker.ready).toMatchObject({ program: 'student-worker', workerId: 'student-1' });

  coordinator.assign(undefined);
  await until('the worker to be free', () => coordinator.state?.runId === '');
  expect(await readdir(join(folder, 'state', runId, 'runs'))).toEqual([]);
});

it('counts its wait for the first targets, from when they are being made', async () => {
  startWorker();
  coordinator.holdAtStep = 0;
  await assign(smallDistillation, 1);
  await until('the student to wait', () => coordinator.opened.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  await finalWeights();
  const { trainingSeconds = 0, waitingSeconds = 0 } = coordinator.done?.measurement ?? {};
  expect(waitingSeconds).toBeGreaterThan(1);
  expect(trainingSeconds).toBeGreaterThanOrEqual(waitingSeconds);
});

it('trains a run without targets', async () => {
  startWorker();
  await assign(smallTraining, 1);
  await finalWeights();
  expect(coordinator.opened).toEqual([]);
  expect(coordinator.done?.selectedValidation?.accuracy).toBeGreaterThan(0.7);
});

it('goes on from the last checkpoint after a kill, in another folder, with the same bits', async () => {
  const first = startWorker();
  coordinator.holdAtStep = 25;
  await assign(smallDistillation, 1);
  await waitForStep(25);
  await until('the second checkpoint', async () => (await pointer()).step === 20);
  await first.kill('SIGKILL');

  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  await assign(smallDistillation, 2);
  startWorker(join(folder, 'state', `${runId}-elsewhere`));
  expect(await finalWeights()).toBe(undisturbed);
  expect(coordinator.opened.map(({ firstStep }) => firstStep)).toEqual([0, 20]);
  expect(coordinator.done?.assignmentEpoch).toBe(2);
  await until('the last checkpoint', async () => (await pointer()).step === STEPS);
  expect(toldHistory()).toEqual(undisturbedHistory);
  // There are two event files; the second voids the first one's steps after the checkpoint.
  const files = await eventsOf(runId);
  expect(files).toHaveLength(2);
  const starts = files.map((events) => events.find((event) => event.sessionStatus === 1)?.step);
  expect(starts).toEqual([1, 21]);
  const steps = files.map((events) =>
    events.filter(({ values }) => values?.[0]?.[0] === 'student/loss').map(({ step }) => step),
  );
  expect(steps[0]).toEqual(Array.from({ length: steps[0]?.length ?? 0 }, (_, i) => i + 1));
  expect(steps[1]).toEqual(Array.from({ length: STEPS - 20 }, (_, i) => i + 21));
  expect(steps[0]?.length).toBeGreaterThanOrEqual(20);
});

it('goes on from the previous checkpoint when the newest is damaged', async () => {
  const stateDir = join(folder, 'state', runId);
  const first = startWorker(stateDir);
  coordinator.holdAtStep = 25;
  await assign(smallDistillation, 1);
  await until('the second checkpoint', async () => (await pointer()).step === 20);
  await first.kill('SIGKILL');
  await blobs.delete((await pointer()).digest ?? '');
  await writeFile(join(stateDir, 'runs', runId, 'checkpoint-20.npz'), 'damaged');

  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  await assign(smallDistillation, 2);
  const second = startWorker(stateDir);
  expect(await finalWeights()).toBe(undisturbed);
  expect(second.said('checkpoint skipped')).toBe(true);
  expect(coordinator.opened.at(-1)?.firstStep).toBe(10);
});

it('leaves a run whose pointer names another assignment, and reports that', async () => {
  const worker = startWorker();
  coordinator.holdAtStep = 15;
  await assign(smallDistillation, 1);
  await waitForStep(15);
  await until('the first checkpoint', async () => (await pointer()).step === 10);
  await pointers.put(runId, JSON.stringify({ ...(await pointer()), assignmentEpoch: 2 }));
  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  await until('the worker to be free', () => coordinator.state?.runId === '');
  expect(worker.said('training lost to another assignment')).toBe(true);
  expect((await pointer()).step).toBe(10);
  expect(coordinator.done).toBeUndefined();
  // The worker must say so: if the record still named the worker, nobody else would ever get the run.
  await until('the coordinator to be told', () => coordinator.failed !== undefined);
  expect(coordinator.failed).toMatchObject({ assignmentEpoch: 1, assignmentLost: true });
  coordinator.reports.splice(0);

  // The worker takes the run again as soon as pointer and coordinator both name it.
  await assign(smallDistillation, 1);
  expect(await finalWeights()).toBe(undisturbed);
  expect(coordinator.opened.at(-1)?.firstStep).toBe(10);
});

it('starts again from the last checkpoint when it gets a new assignment of its run', async () => {
  startWorker();
  coordinator.holdAtStep = 25;
  await assign(smallDistillation, 1);
  await until('the second checkpoint', async () => (await pointer()).step === 20);
  await assign(smallDistillation, 2);
  await until('another stream', () => coordinator.opened.length === 2);
  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  expect(await finalWeights()).toBe(undisturbed);
  expect(coordinator.opened.at(-1)).toMatchObject({ assignmentEpoch: 2, firstStep: 20 });
});

it('goes on after the coordinator was away, and reports the outcome to the next one', async () => {
  startWorker();
  coordinator.holdAtStep = 25;
  await assign(smallDistillation, 1);
  await waitForStep(25);
  await coordinator.stop();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await coordinator.start();
  await until('another stream', () => coordinator.opened.length === 2);
  expect(coordinator.opened.at(-1)?.firstStep).toBe(25);
  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  expect(await finalWeights()).toBe(undisturbed);

  const told = coordinator.count('done');
  await coordinator.stop();
  await coordinator.start();
  await until('the outcome again', () => coordinator.count('done') > told);
});

it('keeps a checkpoint while NATS is away, and commits it when NATS is back', async () => {
  startWorker();
  coordinator.holdAtStep = 15;
  await assign(smallDistillation, 1);
  await until('the first checkpoint', async () => (await pointer()).step === 10);
  await waitForStep(15);
  await server.stop();
  coordinator.holdAtStep = 25;
  await waitForStep(20);
  server = await startServer(Number(new URL(server.url).port));
  await until('the second checkpoint', async () => (await pointer()).step === 20);
  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  expect(await finalWeights()).toBe(undisturbed);
});

it('commits a checkpoint of its last step on SIGTERM and exits with code 0', async () => {
  const worker = startWorker();
  coordinator.holdAtStep = 25;
  await assign(smallDistillation, 1);
  await waitForStep(25);
  await until('the second checkpoint', async () => (await pointer()).step === 20);
  expect(await worker.kill('SIGTERM')).toBe(0);
  expect(await pointer()).toMatchObject({ step: 25, previous: { step: 20 } });

  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  await assign(smallDistillation, 2);
  startWorker();
  expect(await finalWeights()).toBe(undisturbed);
  expect(coordinator.opened.at(-1)?.firstStep).toBe(25);
});

it('reports that its compute thread died and exits with code 1; another worker goes on', async () => {
  const deadly = join(folder, 'deadly.cjs');
  const signal = join(folder, `${runId}-die`);
  const code = `
    const { isMainThread } = require('node:worker_threads');
    const { existsSync } = require('node:fs');
    if (!isMainThread) setInterval(() => {
      if (existsSync(${JSON.stringify(signal)})) throw new Error('out of luck');
    }, 20).unref();`;
  await writeFile(deadly, code);
  const worker = startWorker(undefined, { NODE_OPTIONS: `--require ${deadly}` });
  coordinator.holdAtStep = 25;
  await assign(smallDistillation, 1);
  await until('the second checkpoint', async () => (await pointer()).step === 20);
  await writeFile(signal, '');
  expect(await worker.exited).toBe(1);
  expect(coordinator.failed).toMatchObject({ reason: 'the compute thread ended', retryable: true });
  // Logged once, where it is handled.
  const errors = worker.lines.filter(({ level }) => Number(level) >= 50);
  expect(errors.map(({ msg }) => msg).sort()).toEqual(['training failed', 'worker failed']);

  coordinator.holdAtStep = Number.POSITIVE_INFINITY;
  await assign(smallDistillation, 2);
  startWorker();
  await until('the training to be done', () => coordinator.done);
  expect(digestHex(coordinator.done?.finalWeightsDigest ?? Buffer.alloc(0))).toBe(undisturbed);
});

it('exits with code 4 when NATS no longer accepts its password', async () => {
  const own = await startServer(0, { store: runId, password: 'the-first-password' });
  const file = join(folder, 'credentials.json');
  await writeFile(file, JSON.stringify({ user: 'student-worker', password: 'the-first-password' }));
  const worker = startWorker(undefined, {}, ['--nats', own.url, '--nats-credentials', file]);
  await until('readiness', () => isReady(worker));
  await own.stop();
  const port = Number(new URL(own.url).port);
  const other = await startServer(port, { store: runId, password: 'another-password' });
  try {
    expect(await worker.exited).toBe(4);
    const failure = worker.lines.find(({ msg }) => msg === 'worker failed');
    expect(failure).toMatchObject({
      workerId: 'student-1',
      err: { message: 'the NATS connection was closed' },
    });
    expect(worker.said('stopped')).toBe(true);
  } finally {
    await other.stop();
  }
});

it('reports a run that cannot be trained as failed, and trains the next one', async () => {
  startWorker();
  const { spec } = smallTraining;
  const labels = { count: 5_000, seed: 1 };
  await assign({ ...smallTraining, spec: { ...spec, labels } } as RunSpecification, 1);
  await until('the failure', () => coordinator.failed);
  expect(coordinator.failed).toMatchObject({ runId, assignmentEpoch: 1, retryable: false });
  expect(coordinator.failed?.reason).toMatch(/label/);

  runId = `${runId}-next`;
  await assign(smallTraining, 1);
  await finalWeights().catch(() => undefined);
  await until('the next run', () => coordinator.done?.runId === runId);
});

it('reports a set that it cannot read as a retryable failure', async () => {
  startWorker();
  await assign(smallTraining, 1, 'on-another-machine.zip');
  await until('the failure', () => coordinator.failed);
  expect(coordinator.failed).toMatchObject({ runId, assignmentEpoch: 1, retryable: true });
  expect(coordinator.failed?.reason).toContain('--datasets-root');
});

it('names a set that the store has no more, and says how it comes back', async () => {
  await blobs.delete(dataset.digest);
  try {
    startWorker();
    await assign(smallTraining, 1);
    await until('the failure', () => coordinator.failed);
    const reason = `its data set ${dataset.digest.slice(0, 12)} cannot be read: there is no blob ${dataset.digest}; push the same again`;
    expect(coordinator.failed).toMatchObject({ retryable: true, reason });
  } finally {
    await blobs.put(datasetBytes);
  }
});

it('answers /readyz, and shows checkpoints and its session in /metrics', async () => {
  const worker = startWorker();
  await until('readiness', () => isReady(worker));
  coordinator.holdAtStep = 15;
  await assign(smallDistillation, 1);
  const metrics = async () => (await fetch(`http://${worker.ready['http']}/metrics`)).text();
  // The worker counts a checkpoint after the pointer has moved, which others may see before.
  const counted = /^lyceum_student_checkpoint_seconds_count 1$/m;
  await until('the first checkpoint', async () => counted.test(await metrics()));
  expect((await pointer()).step).toBe(10);
  expect(await metrics()).toMatch(/^lyceum_student_session_open 1$/m);
});
