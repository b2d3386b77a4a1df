/** Runs that train at the same time, each in a student worker of its own, all with the same teachers. */
import { setMaxListeners } from 'node:events';
import { freemem } from 'node:os';
import {
  type BenchOptions,
  distillation,
  finished,
  NotHereError,
  progress,
  withCluster,
} from '../measuring/index.js';
import { loopDelayEnvironment } from './loop-delay.js';
import { type Readings, read, readings } from './reading.js';
import { pushWideArtifacts } from './wide-models.js';

/** The fewest and the most runs at a time; the growth from the first to the second is the figure. */
export const [FEW_RUNS, MANY_RUNS] = [1, 100];

const RUN_COUNTS = [FEW_RUNS, 10, MANY_RUNS];

/** Least number of runs in a reading: if fewer train at a time, they follow one another. */
const RUNS_PER_READING = 10;

/** Steps of a run: the same for all runs, since a run's start and report count too. */
const STEPS = 200;

const CLASS_COUNT = 10;
const TRAIN_COUNT = 8192;

/** Student workers that start at the same time: if all did, each would start too late. */
const START_TOGETHER = 4;

/** Memory of a student worker, without the libraries, which all share. */
const STUDENT_MIB = 130;

/** @throws {NotHereError} if this machine has no memory for the student workers. */
export function assertRoomForStudents(): void {
  const [wanted, free] = [MANY_RUNS * STUDENT_MIB, Math.round(freemem() / 2 ** 20)];
  if (free < wanted) {
    throw new NotHereError(
      `${MANY_RUNS} student workers need ${wanted} MiB of memory, this machine has ${free} free`,
    );
  }
}

/**
 * Trains runs at the same time. Every run has its own view seed, so that no run finds another run's answers.
 *
 * @returns readings by number of runs at a time.
 */
export async function simultaneousRuns(
  shape: { readonly teacherWorkers: number; readonly lookupDelayMs: number },
  { repetitions, signal }: BenchOptions,
): Promise<Readings> {
  // Every run adds a listener to the signal.
  setMaxListeners(0, signal);
  const options = { ...shape, studentWorkers: 0, computeThreads: 1, env: loopDelayEnvironment() };
  return withCluster({ ...options, signal }, async (cluster, client) => {
    await pushWideArtifacts(client, CLASS_COUNT, TRAIN_COUNT, signal);
    for (let started = 0; started < MANY_RUNS; started += START_TOGETHER) {
      await Promise.all(Array.from({ length: START_TOGETHER }, () => cluster.startStudentWorker()));
    }
    progress(`${MANY_RUNS} student workers are ready`);
    let viewSeed = 0;
    const runs = async (name: string, together: number, rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        const names = Array.from({ length: together }, (_, n) => `${name}-${round + 1}-${n + 1}`);
        await Promise.all(
          names.map((own) => finished(client, specification(own, viewSeed++), signal)),
        );
      }
    };
    await runs('warm-up', 10, 1);
    return readings(RUN_COUNTS, repetitions, (together, repetition) => {
      const name = `runs-${together}-${repetition}`;
      const rounds = Math.ceil(RUNS_PER_READING / together);
      const batchCount = together * rounds * STEPS;
      return read(cluster, name, batchCount, () => runs(name, together, rounds), signal);
    });
  });
}

function specification(name: string, viewSeed: number): string {
  return distillation({ name, model: 'mlp', steps: STEPS, viewSeed });
}
