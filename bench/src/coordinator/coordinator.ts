/**
 * `coordinator`: how much processor time does a batch cost the coordinator, and how long is its event loop blocked?
 *
 * Three teachers, whose answers are looked up, answer every sample for a small student, in a cluster of real
 * processes, at growing numbers of classes, of open sessions, and of runs that train at the same time. Every epoch has
 * a new view and every run a new view seed, so that no answer comes from the store. Sessions beyond those of the
 * cluster's workers are real sessions of workers without memory for a teacher, each on its own connection. Runs have
 * real student workers.
 *
 * The order of the settings alternates between repetitions. Other programs on the machine also delay the event loop.
 */
import {
  type BenchOptions,
  type BenchResult,
  distillation,
  type Figure,
  figureOf,
  finished,
  median,
  spread,
  TEACHERS,
  withCluster,
} from '../measuring/index.js';
import { IdleSessions } from './idle-sessions.js';
import { loopDelayEnvironment } from './loop-delay.js';
import { giveCoordinatorACore } from './own-core.js';
import {
  coordinatorMs,
  figuresOf,
  growth,
  type Readings,
  read,
  readings,
  summary,
} from './reading.js';
import {
  assertRoomForStudents,
  FEW_RUNS,
  MANY_RUNS,
  simultaneousRuns,
} from './simultaneous-runs.js';
import { pushWideArtifacts } from './wide-models.js';

/** The fewest and the most sessions; the growth from the first to the second is the bench's figure. */
const [FEW_SESSIONS, MANY_SESSIONS] = [10, 1000];

/** Samples and steps are fewer where an answer is larger: a batch of three answers of 21,841 classes has 33 MB. */
const SETTINGS = [
  {
    classCount: 10,
    trainCount: 8192,
    steps: 4000,
    sessionCounts: [FEW_SESSIONS, 100, MANY_SESSIONS],
  },
  { classCount: 1000, trainCount: 8192, steps: 1200, sessionCounts: [FEW_SESSIONS, MANY_SESSIONS] },
  { classCount: 21_841, trainCount: 512, steps: 24, sessionCounts: [FEW_SESSIONS] },
] as const;

/** Milliseconds of one inference: few, so that the coordinator always has work. */
const LOOKUP_DELAY_MS = 1;
const TEACHER_WORKERS = 2;
/** Data threads of the coordinator. */
const DATA_THREADS = 1;
const BATCH_SIZE = 128;
/** A short run has the steps of a long run divided by this. */
const SHORTER = 4;
/** Sessions of the cluster's own workers. */
const WORKER_SESSIONS = TEACHER_WORKERS + 1;

export async function coordinator(options: BenchOptions): Promise<BenchResult> {
  assertRoomForStudents();
  const details: Record<string, unknown> = {
    teachers: `lookup: ${LOOKUP_DELAY_MS} ms an inference; ${TEACHER_WORKERS} workers`,
    batchSize: BATCH_SIZE,
    loopDelay: 'of a timer of 1 ms, its interval subtracted',
  };
  let growths: number[] = [];
  const figures: Figure[] = [];
  const nsPerValue: Record<number, number> = {};
  for (const setting of SETTINGS) {
    const { taken, nsEach, ownCoreDelays } = await measure(setting, options);
    nsPerValue[setting.classCount] = median(nsEach);
    figures.push(
      figureOf(`${setting.classCount} classes`, 'ns of processor a value', nsEach),
      figureOf(
        `${setting.classCount} classes, coordinator on a core of its own`,
        'ms of event-loop delay, p99',
        ownCoreDelays,
      ),
    );
    for (const [sessionCount, own] of taken) {
      const name = `${setting.classCount} classes, ${sessionCount} sessions`;
      details[name] = summary(own);
      figures.push(...figuresOf(name, own));
    }
    if (setting.classCount === 10) growths = growth(taken, FEW_SESSIONS, MANY_SESSIONS);
  }
  details['nsPerValue'] = nsPerValue;
  const shape = { teacherWorkers: TEACHER_WORKERS, lookupDelayMs: LOOKUP_DELAY_MS };
  const runs = await simultaneousRuns(shape, options);
  for (const [runCount, own] of runs) {
    const name = `10 classes, ${runCount} ${runCount === 1 ? 'run' : 'runs'} at a time`;
    details[name] = summary(own);
    figures.push(...figuresOf(name, own));
  }
  const runGrowths = growth(runs, FEW_RUNS, MANY_RUNS);
  details['growth with runs'] = runGrowths;
  figures.push(
    figureOf(`${FEW_SESSIONS} to ${MANY_SESSIONS} sessions`, 'growth of processor', growths),
    figureOf(`${FEW_RUNS} to ${MANY_RUNS} runs`, 'growth of processor', runGrowths),
  );
  return {
    name: 'coordinator',
    value: median(growths),
    unit: `coordinator CPU per batch with ${MANY_SESSIONS} sessions ÷ with ${FEW_SESSIONS}, 10 classes`,
    spread: spread(growths),
    figures,
    details,
  };
}

/**
 * @returns `taken`: readings by number of sessions. `nsEach`: nanoseconds of CPU time for a teacher's value, from the
 *   difference of a long and a short run, so that a run's start and report do not count. `ownCoreDelays`: p99 of the
 *   event loop's delay in milliseconds, in short runs in which the coordinator has a core of its own.
 */
async function measure(
  { classCount, trainCount, steps, sessionCounts }: (typeof SETTINGS)[number],
  { repetitions, signal }: BenchOptions,
): Promise<{ taken: Readings; nsEach: number[]; ownCoreDelays: number[] }> {
  const shape = {
    teacherWorkers: TEACHER_WORKERS,
    studentWorkers: 1,
    lookupDelayMs: LOOKUP_DELAY_MS,
    env: { ...loopDelayEnvironment(), LYCEUM_DATA_THREADS: `${DATA_THREADS}` },
    signal,
  };
  return withCluster(shape, async (cluster, client) => {
    await pushWideArtifacts(client, classCount, trainCount, signal);
    let viewSeed = 0;
    const run = (name: string, stepCount: number) =>
      finished(
        client,
        distillation({ name, model: 'mlp', steps: stepCount, viewSeed: viewSeed++ }),
        signal,
      );
    // Both workers compute every teacher's logits once, before these are looked up.
    await run('warm-up', Math.ceil(steps / 4));
    const taken = await readings(sessionCounts, repetitions, async (sessionCount, repetition) => {
      const name = `classes-${classCount}-sessions-${sessionCount}-${repetition}`;
      const idle = new IdleSessions(cluster.address);
      try {
        await idle.grow(sessionCount - WORKER_SESSIONS);
        const reading = read(cluster, name, steps, () => run(name, steps), signal);
        return await Promise.race([reading, idle.failed]);
      } finally {
        idle.close();
      }
    });
    const shortSteps = Math.ceil(steps / SHORTER);
    const readShort = (name: string) =>
      read(cluster, name, shortSteps, () => run(name, shortSteps), signal);
    const long = taken.get(FEW_SESSIONS) ?? [];
    const nsEach: number[] = [];
    for (const [index, reading] of long.entries()) {
      const short = await readShort(`classes-${classCount}-short-${index + 1}`);
      const ms = coordinatorMs(reading) * steps - coordinatorMs(short) * shortSteps;
      const values = (steps - shortSteps) * BATCH_SIZE * TEACHERS.length * classCount;
      nsEach.push((ms * 1e6) / values);
    }
    await giveCoordinatorACore(cluster);
    const ownCoreDelays: number[] = [];
    for (let repetition = 1; repetition <= repetitions; repetition++) {
      const alone = await readShort(`classes-${classCount}-own-core-${repetition}`);
      ownCoreDelays.push(alone.loopDelayP99Ms);
    }
    return { taken, nsEach, ownCoreDelays };
  });
}
