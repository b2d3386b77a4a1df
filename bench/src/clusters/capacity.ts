/**
 * `capacity`: does a run get the full speed of its teacher workers and its student?
 *
 * Three teachers of unequal speed, whose answers are looked up, on 1 to 32 workers; each worker has all three
 * teachers. The teachers are so slow that they limit the run, whatever the number of workers. In every second run one
 * teacher becomes slower in the middle. With W workers and teachers whose inference of a batch of B samples takes t₁,
 * t₂, t₃ seconds, no run can be faster than min(the student alone, W·B ÷ Σ t). The figure is the achieved rate ÷ that
 * rate. Every run has views of its own, so that nothing comes from the answer store.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CoordinatorClient } from '@lyceum/cli/client';
import { importPackaged } from '@lyceum/learning/import';
import { sleep } from '@lyceum/platform';
import {
  type BenchOptions,
  type BenchResult,
  cacheFolder,
  distillation,
  figureOf,
  finished,
  median,
  progress,
  pushDataset,
  pushTeachers,
  spread,
  TEACHERS,
  training,
  trainTeachers,
  warmUpTeachers,
  withCluster,
} from '../measuring/index.js';
import { TeacherTimes, type Times } from './teacher-times.js';

const WORKER_COUNTS = [1, 4, 12, 32] as const;
const BATCH_SIZE = 128;

/** Teachers' times of one inference, relative to each other, in the order of {@link TEACHERS}. */
const RELATIVE_TIMES = [1, 2, 3];

/** By how much the first teacher's time grows in the second half of a run in which it slows down. */
const SLOWDOWN = 4;

/** The rate of all teachers together ÷ the student's, before one slows down. */
const TEACHERS_SHARE = 0.5;

/**
 * Seconds of a run at the greatest possible rate: long compared with the first and last seconds, with idle workers.
 */
const RUN_SECONDS = 60;

const STEP_TIMING_BATCHES = 5_000;
const POLL_MS = 50;

export async function capacity({ repetitions, signal }: BenchOptions): Promise<BenchResult> {
  const dataset = importPackaged('digits', cacheFolder());
  const { models, stepMs } = await prepare(dataset, signal);
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-capacity-'));
  const details: Record<string, unknown> = {
    teachers: `lookup: one inference at a time, times ${RELATIVE_TIMES.join(' : ')}; slowed: the first ×${SLOWDOWN} in the middle`,
    studentStepMs: stepMs,
    runSeconds: RUN_SECONDS,
  };
  const settings: { readonly name: string; readonly ratios: readonly number[] }[] = [];
  try {
    for (const workerCount of WORKER_COUNTS) {
      const options = { workerCount, stepMs, models, dataset, folder, repetitions, signal };
      const { steady, slowed } = await measure(options);
      settings.push(
        { name: `${workerCount} workers`, ratios: steady },
        { name: `${workerCount} workers, one teacher slowed`, ratios: slowed },
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  for (const { name, ratios } of settings) {
    details[name] = { ratio: median(ratios), spread: spread(ratios) };
  }
  const worst = settings.reduce((a, b) => (median(b.ratios) < median(a.ratios) ? b : a));
  return {
    name: 'capacity',
    value: median(worst.ratios),
    unit: `achieved rate ÷ the rate that teachers and student allow, in the worst setting: ${worst.name}`,
    spread: spread(worst.ratios),
    figures: settings.map(({ name, ratios }) => figureOf(name, 'achieved ÷ possible rate', ratios)),
    details,
  };
}

/** Trains the three teachers, briefly, and times the student's step. */
async function prepare(
  dataset: Buffer,
  signal: AbortSignal,
): Promise<{ models: Buffer[]; stepMs: number }> {
  const shape = { teacherWorkers: 0, studentWorkers: 1, signal };
  return withCluster(shape, async (_cluster, client) => {
    await pushDataset(client, dataset, signal);
    const models = await trainTeachers(client, signal);
    const specification = training({ name: 'step', model: 'mlp', steps: STEP_TIMING_BATCHES });
    await finished(client, specification, signal);
    const { samplesPerSecond } = await client.getReport('step');
    return { models, stepMs: (BATCH_SIZE / samplesPerSecond) * 1000 };
  });
}

interface Measurement {
  readonly workerCount: number;
  readonly stepMs: number;
  readonly models: readonly Buffer[];
  readonly dataset: Buffer;
  readonly folder: string;
  readonly repetitions: number;
  readonly signal: AbortSignal;
}

/** @returns one ratio for each repetition. */
async function measure(
  options: Measurement,
): Promise<Record<'steady' | 'slowed', readonly number[]>> {
  const { workerCount, stepMs, models, dataset, folder, repetitions, signal } = options;
  const times = await TeacherTimes.create(path.join(folder, `${workerCount}.json`));
  const unit = (workerCount * stepMs) / TEACHERS_SHARE / sum(RELATIVE_TIMES);
  const fast = RELATIVE_TIMES.map((relative) => relative * unit);
  const slow = fast.map((ms, index) => (index === 0 ? SLOWDOWN * ms : ms));
  const shape = { teacherWorkers: workerCount, studentWorkers: 1, signal };
  return withCluster(
    { ...shape, lookupDelayMs: 0, lookupDelayFile: times.file },
    async (_, client) => {
      await pushDataset(client, dataset, signal);
      await pushTeachers(client, models, signal);
      await warmUpTeachers(client, 'mlp', signal);
      await times.meet(client);
      const ratios = { steady: [] as number[], slowed: [] as number[] };
      const steps = Math.ceil((RUN_SECONDS * 1000 * TEACHERS_SHARE) / stepMs);
      let viewSeed = 1;
      for (let repetition = 0; repetition < repetitions; repetition++) {
        const order = ['steady', 'slowed'] as const;
        for (const kind of repetition % 2 === 0 ? order : order.toReversed()) {
          const name = `${kind}-${repetition + 1}`;
          await times.set(fast);
          const run = distillation({ name, model: 'mlp', steps, viewSeed: viewSeed++ });
          await client.submitRun(run);
          // `finished` submits the run once more, which changes nothing.
          const ended = finished(client, run, signal);
          const slowedAt = kind === 'slowed' ? await middle(client, name, ended, steps) : steps;
          if (kind === 'slowed') await times.set(slow);
          await ended;
          const { seconds } = (await client.getReport(name)).training;
          const batchMs = (own: Times) => Math.max(stepMs, sum(own) / workerCount);
          const leastMs = slowedAt * batchMs(fast) + (steps - slowedAt) * batchMs(slow);
          ratios[kind].push(leastMs / 1000 / seconds);
          progress(`${workerCount} workers, ${name}: ${(leastMs / 1000 / seconds).toFixed(3)}`);
        }
      }
      return ratios;
    },
  );
}

/** Waits for the run's middle. @returns the step that it has reached. */
async function middle(
  client: CoordinatorClient,
  runId: string,
  ended: Promise<unknown>,
  steps: number,
): Promise<number> {
  for (;;) {
    // If the run fails, this wait rejects.
    await Promise.race([ended, sleep(POLL_MS)]);
    const step = (await client.getRun(runId)).progress?.step ?? 0;
    if (step >= steps / 2) return step;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
