/**
 * `coordinator`: what does a batch cost the coordinator, and how long is its event loop held up?
 *
 * Three teachers that are looked up answer every sample for a small student, in a cluster of real processes, at
 * growing numbers of classes and of open sessions. Every epoch has a new view and every run a new view seed, so that
 * no answer comes from the store. Sessions beyond those of the cluster's own workers are real ones, each on a
 * connection of its own, of workers too small for any teacher.
 *
 * Settings alternate in order from repetition to repetition; what other processes on the machine take shows in the
 * event loop's delay too.
 */
import type { CoordinatorClient } from '@lyceum/coordinator/client';
import type { LocalCluster } from '@lyceum/coordinator/local';
import { ArtifactKind } from '@lyceum/proto';
import {
  type BenchOptions,
  cpuMsPerBatch,
  finished,
  progress,
  usage,
  withCluster,
} from '../bench-cluster.js';
import { type BenchResult, median, spread } from '../bench-result.js';
import { distillation } from '../remote-teachers-runs.js';
import { IdleSessions } from './idle-sessions.js';
import { loopDelayEnvironment, takeLoopDelay } from './loop-delay.js';
import { wideDataset, wideTeachers } from './wide-models.js';

/** Fewest and most sessions; the growth from one to the other is the bench's figure. */
const [FEW_SESSIONS, MANY_SESSIONS] = [10, 1000];

/** Samples and steps shrink where an answer grows: a batch of three answers of 21,841 classes has 33 MB. */
const SETTINGS = [
  {
    classCount: 10,
    trainCount: 8192,
    steps: 4000,
    sessionCounts: [FEW_SESSIONS, 100, MANY_SESSIONS],
  },
  { classCount: 1000, trainCount: 8192, steps: 400, sessionCounts: [FEW_SESSIONS, MANY_SESSIONS] },
  { classCount: 21_841, trainCount: 512, steps: 16, sessionCounts: [FEW_SESSIONS] },
] as const;

/** Of one inference: short, so that the coordinator has work all the time. */
const LOOKUP_DELAY_MS = 1;
const TEACHER_WORKERS = 2;
/** The cluster's own. */
const WORKER_SESSIONS = TEACHER_WORKERS + 1;

interface Reading {
  readonly cpuMsPerBatch: Readonly<Record<string, number>>;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly batchesPerSecond: number;
}

export async function coordinator(options: BenchOptions): Promise<BenchResult> {
  const details: Record<string, unknown> = {
    teachers: `lookup: ${LOOKUP_DELAY_MS} ms an inference; ${TEACHER_WORKERS} workers`,
    batchSize: 128,
    loopDelay: 'of a timer of 1 ms, its interval subtracted',
  };
  let growths: number[] = [];
  for (const setting of SETTINGS) {
    const readings = await measure(setting, options);
    for (const [sessionCount, own] of readings) {
      details[`${setting.classCount} classes, ${sessionCount} sessions`] = summary(own);
    }
    if (setting.classCount === 10) growths = growth(readings);
  }
  return {
    name: 'coordinator',
    value: median(growths),
    unit: `coordinator CPU per batch with ${MANY_SESSIONS} sessions ÷ with ${FEW_SESSIONS}, 10 classes`,
    spread: spread(growths),
    details,
  };
}

function growth(readings: ReadonlyMap<number, readonly Reading[]>): number[] {
  const own = (sessionCount: number) =>
    (readings.get(sessionCount) ?? []).map((r) => r.cpuMsPerBatch['coordinator'] ?? Number.NaN);
  const few = own(FEW_SESSIONS);
  return own(MANY_SESSIONS).map((ms, index) => ms / (few[index] ?? Number.NaN));
}

function summary(readings: readonly Reading[]): Record<string, unknown> {
  const processes = Object.keys(readings[0]?.cpuMsPerBatch ?? {});
  const of = (value: (reading: Reading) => number) => median(readings.map(value));
  return {
    cpuMsPerBatch: Object.fromEntries(
      processes.map((name) => [name, of((r) => r.cpuMsPerBatch[name] ?? Number.NaN)]),
    ),
    loopDelayP99Ms: of((r) => r.loopDelayP99Ms),
    loopDelayP99MsSpread: spread(readings.map((r) => r.loopDelayP99Ms)),
    loopDelayMaxMs: of((r) => r.loopDelayMaxMs),
    batchesPerSecond: of((r) => r.batchesPerSecond),
  };
}

/** @returns readings by number of sessions, one a repetition. */
async function measure(
  { classCount, trainCount, steps, sessionCounts }: (typeof SETTINGS)[number],
  { repetitions, signal }: BenchOptions,
): Promise<Map<number, Reading[]>> {
  const shape = {
    teacherWorkers: TEACHER_WORKERS,
    studentWorkers: 1,
    lookupDelayMs: LOOKUP_DELAY_MS,
    env: loopDelayEnvironment(),
    signal,
  };
  return withCluster(shape, async (cluster, client) => {
    const dataset = wideDataset(classCount, trainCount);
    await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits', dataset, { signal });
    for (const [name, model] of await wideTeachers(classCount)) {
      await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_MODEL, name, model, { signal });
    }
    let viewSeed = 0;
    const run = (name: string, stepCount: number) =>
      finished(
        client,
        distillation({ name, model: 'mlp', steps: stepCount, viewSeed: viewSeed++ }),
        signal,
      );
    // Both workers look every teacher up once, which takes computing.
    await run('warm-up', Math.ceil(steps / 4));
    const readings = new Map<number, Reading[]>(sessionCounts.map((count) => [count, []]));
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const order = repetition % 2 === 0 ? sessionCounts : [...sessionCounts].reverse();
      for (const sessionCount of order) {
        const name = `classes-${classCount}-sessions-${sessionCount}-${repetition + 1}`;
        const idle = new IdleSessions(cluster.address);
        try {
          await idle.grow(sessionCount - WORKER_SESSIONS);
          const reading = read(cluster, client, name, () => run(name, steps), signal);
          readings.get(sessionCount)?.push(await Promise.race([reading, idle.failed]));
        } finally {
          idle.close();
        }
      }
    }
    return readings;
  });
}

async function read(
  cluster: LocalCluster,
  client: CoordinatorClient,
  name: string,
  run: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<Reading> {
  const pid = cluster.processes.find(({ kind }) => kind === 'coordinator')?.pid ?? 0;
  await takeLoopDelay(pid, signal);
  const before = await usage(cluster);
  await run();
  const delay = await takeLoopDelay(pid, signal);
  const { training } = await client.getReport(name);
  const reading = {
    cpuMsPerBatch: await cpuMsPerBatch(cluster, before, training.stepCount),
    loopDelayP99Ms: delay.p99Ms,
    loopDelayMaxMs: delay.maxMs,
    batchesPerSecond: training.stepCount / training.seconds,
  };
  progress(
    `${name}: ${reading.cpuMsPerBatch['coordinator']?.toFixed(2)} ms of CPU a batch, event loop p99 ${delay.p99Ms.toFixed(1)} ms`,
  );
  return reading;
}
