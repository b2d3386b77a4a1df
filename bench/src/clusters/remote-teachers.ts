/**
 * `remote-teachers`: does an ensemble of three remote teachers slow the student down?
 *
 * The same student trains alone (kind Training) and from three teachers (kind Distillation), in turn, in one
 * cluster of real processes; both read the same views of the same samples through the same prefetching code.
 *
 * The teachers stand for devices on other machines: workers, tickets and answers are real, but the logits are looked
 * up. An inference of one batch takes as long as the student's fastest step that was measured: slower teachers would
 * limit the run. So three workers can just keep up, and none takes the student's cores. If there are more workers,
 * each is slower in proportion. Every epoch has a new view and every run a new view seed, so that nothing can be
 * answered from the store; the bench fails unless each teacher inferred each sample.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CoordinatorClient } from '@lyceum/cli/client';
import { inferredSamples, type LocalCluster } from '@lyceum/cli/local-cluster';
import { importPackaged } from '@lyceum/learning/import';
import { LyceumError } from '@lyceum/proto';
import {
  type BenchResult,
  cacheFolder,
  cpuMsPerBatch,
  distillation,
  type Figure,
  figureOf,
  finished,
  median,
  progress,
  pushDataset,
  pushTeachers,
  STUDENT_THREADS,
  STUDENTS,
  type StudentName,
  spread,
  TEACHERS,
  training,
  trainTeachers,
  usage,
  warmUpTeachers,
  withCluster,
} from '../measuring/index.js';
import { TeacherTimes } from './teacher-times.js';

/**
 * Seconds of a run: long compared with the one or two seconds in which teachers load, the first span is inferred and
 * the step is traced. Less for the MLP, whose epochs in a minute are more than the views' cycle.
 */
const RUN_SECONDS: Readonly<Record<StudentName, number>> = { conv: 60, mlp: 20 };
const BATCH_SIZE = 128;

/**
 * Numbers of workers. The bench's figure is that of the first. The others are measured only for steps as one graph.
 */
const WORKER_COUNTS = [TEACHERS.length, 8, 32] as const;

/**
 * Steps of the run that times the student's step: nearly as many as in the compared runs. The start is a large part of
 * a short run: the step would seem longer, and the teachers would be slower than the student.
 */
const STEP_TIMING_BATCHES: Readonly<Record<StudentName, number>> = { conv: 3_000, mlp: 15_000 };

interface Pair {
  readonly alone: number;
  readonly distilled: number;
}

interface Shape {
  readonly signal: AbortSignal;
  /** The student's steps run operation by operation; only the convolutional student is measured. */
  readonly eager: boolean;
  /** Only the convolutional student is measured, and only with as many workers as teachers. */
  readonly short: boolean;
  /** Workers that cannot compute on the GPU end. */
  readonly requireGpu: boolean;
}

export async function remoteTeachers(
  options: Shape & { readonly repetitions: number },
): Promise<BenchResult> {
  const dataset = importPackaged('digits', cacheFolder());
  const isShort = options.eager || options.short;
  const students = isShort ? (['conv'] as const) : STUDENTS;
  const { models, stepMs } = await prepare(dataset, students, options);
  const details: Record<string, unknown> = {
    teachers:
      'lookup: precomputed logits, one inference at a time, latency = the student’s step time',
    batchSize: BATCH_SIZE,
    step: options.eager ? 'operation by operation' : 'one graph',
  };
  const studentDevices = new Set<string>();
  const ratios = { conv: [] as number[], mlp: [] as number[] };
  const figures: Figure[] = [];
  for (const student of students) {
    for (const workerCount of isShort ? [TEACHERS.length] : WORKER_COUNTS) {
      const measured = await measure({
        ...options,
        student,
        workerCount,
        dataset,
        models,
        stepMs: stepMs[student],
      });
      for (const device of measured.studentDevices) studentDevices.add(device);
      const own = measured.pairs.map((pair) => pair.distilled / pair.alone);
      if (workerCount === TEACHERS.length) ratios[student] = own;
      const name = `${student}, ${workerCount} workers`;
      const rates = measured.pairs.map((pair) => pair.distilled);
      figures.push(figureOf(name, 'with teachers ÷ alone', own));
      figures.push(figureOf(name, 'samples/s with teachers', rates));
      details[workerCount === TEACHERS.length ? student : `${student}, ${workerCount} workers`] = {
        ratio: median(own),
        spread: spread(own),
        stepMs: stepMs[student],
        threads: STUDENT_THREADS[student],
        samplesPerSecondAlone: measured.pairs.map((pair) => Math.round(pair.alone)),
        samplesPerSecondDistilled: measured.pairs.map((pair) => Math.round(pair.distilled)),
        waitingShare: measured.waitingShares,
        cpuMsPerBatch: measured.cpuMsPerBatch.distilled,
        cpuMsPerBatchAlone: measured.cpuMsPerBatch.alone,
        inferredSamplesPerTeacher: measured.inferred,
      };
    }
  }
  return {
    name: options.eager ? 'remote-teachers-eager' : 'remote-teachers',
    value: median(ratios.conv),
    unit: 'student samples/s with 3 remote teachers ÷ alone, convolutional student',
    spread: spread(ratios.conv),
    figures,
    details: { ...details, studentDevices: [...studentDevices] },
  };
}

/** Trains the three teachers, briefly, and times each student's step. */
async function prepare(
  dataset: Buffer,
  students: readonly StudentName[],
  { signal, eager, requireGpu }: Shape,
): Promise<{ models: Buffer[]; stepMs: Record<StudentName, number> }> {
  const shape = { teacherWorkers: 0, studentWorkers: 1, signal, env: eagerness(eager), requireGpu };
  const models = await withCluster(shape, async (_cluster, client) => {
    await pushDataset(client, dataset, signal);
    return trainTeachers(client, signal);
  });
  const stepMs = { conv: Number.POSITIVE_INFINITY, mlp: Number.POSITIVE_INFINITY };
  for (const student of students) {
    const computeThreads = STUDENT_THREADS[student];
    stepMs[student] = await withCluster({ ...shape, computeThreads }, async (_cluster, client) => {
      await pushDataset(client, dataset, signal);
      return timedStepMs(client, student, signal);
    });
    progress(`${student}: a step alone takes ${stepMs[student].toFixed(1)} ms`);
  }
  return { models, stepMs };
}

async function timedStepMs(
  client: CoordinatorClient,
  student: StudentName,
  signal: AbortSignal,
): Promise<number> {
  const name = `step-${student}`;
  const steps = STEP_TIMING_BATCHES[student];
  await finished(client, training({ name, model: student, steps, viewSeed: 0 }), signal);
  const { samplesPerSecond } = await client.getReport(name);
  return (BATCH_SIZE / samplesPerSecond) * 1000;
}

async function measure(
  options: Shape & {
    readonly student: StudentName;
    readonly dataset: Buffer;
    readonly workerCount: number;
    readonly models: readonly Buffer[];
    readonly stepMs: number;
    readonly repetitions: number;
  },
): Promise<{
  pairs: Pair[];
  waitingShares: number[];
  cpuMsPerBatch: Record<keyof Pair, Record<string, number>>;
  inferred: Record<string, number>;
  studentDevices: ReadonlySet<string>;
}> {
  const { student, workerCount, dataset, models, stepMs, repetitions, signal, eager } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-remote-teachers-'));
  const times = await TeacherTimes.create(path.join(folder, 'times.json'));
  const shape = {
    teacherWorkers: workerCount,
    studentWorkers: 1,
    lookupDelayMs: 0,
    lookupDelayFile: times.file,
    computeThreads: STUDENT_THREADS[student],
    signal,
    env: eagerness(eager),
    requireGpu: options.requireGpu,
  };
  const steps = Math.ceil((RUN_SECONDS[student] * 1000) / stepMs);
  return withCluster(shape, async (cluster, client) => {
    await pushDataset(client, dataset, signal);
    await pushTeachers(client, models, signal);
    await warmUpTeachers(client, student, signal);
    await times.meet(client);
    let fastestMs = stepMs;
    const pairs: Pair[] = [];
    const waitingShares: number[] = [];
    const cpu: Record<keyof Pair, Record<string, number>> = { alone: {}, distilled: {} };
    let inferred: Record<string, number> = {};
    const studentDevices = new Set<string>();
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const rates = { alone: 0, distilled: 0 };
      // The order alternates, so that a machine that becomes slower or faster favours neither.
      const order =
        repetition % 2 === 0
          ? (['alone', 'distilled'] as const)
          : (['distilled', 'alone'] as const);
      for (const kind of order) {
        const name = `${student}-${kind}-${repetition + 1}`;
        const settings = { name, model: student, steps, viewSeed: repetition + 1 };
        const inferenceMs = (fastestMs * workerCount) / TEACHERS.length;
        await times.set(TEACHERS.map(() => inferenceMs));
        const before = await usage(cluster);
        const inferredBefore = await inferredSamples(cluster);
        await finished(
          client,
          kind === 'alone' ? training(settings) : distillation(settings),
          signal,
        );
        const report = await client.getReport(name);
        rates[kind] = report.samplesPerSecond;
        studentDevices.add(report.environment.studentWorker.device);
        cpu[kind] = await cpuMsPerBatch(cluster, before, report.training.stepCount);
        progress(`${name}: ${Math.round(report.samplesPerSecond)} samples/s`);
        if (kind === 'alone') {
          fastestMs = Math.min(fastestMs, (BATCH_SIZE / report.samplesPerSecond) * 1000);
          continue;
        }
        waitingShares.push(report.training.waitingSeconds / report.training.seconds);
        inferred = await inferredSince(cluster, inferredBefore);
        assertAllInferred(inferred, report.training.samples);
      }
      pairs.push(rates);
    }
    return { pairs, waitingShares, cpuMsPerBatch: cpu, inferred, studentDevices };
  }).finally(() => rm(folder, { recursive: true, force: true }));
}

async function inferredSince(
  cluster: LocalCluster,
  before: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  const now = await inferredSamples(cluster);
  return Object.fromEntries(
    Object.entries(now).map(([teacher, samples]) => [teacher, samples - (before[teacher] ?? 0)]),
  );
}

/** @throws if a teacher did not infer every sample: then the figure says nothing about remote teachers. */
function assertAllInferred(inferred: Readonly<Record<string, number>>, samples: number): void {
  const teachers = Object.entries(inferred);
  if (teachers.length !== TEACHERS.length || teachers.some(([, count]) => count < samples)) {
    throw new LyceumError(
      'INTERNAL',
      `the student trained on ${samples} samples, and the teachers inferred ${JSON.stringify(inferred)}`,
    );
  }
}

/** Environment of the student worker: whether its steps run operation by operation. */
function eagerness(eager: boolean): NodeJS.ProcessEnv {
  return { LYCEUM_EAGER: String(eager) };
}
