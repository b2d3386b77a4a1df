/**
 * `colocated`: on one machine, is a cluster slower than the plain loop that it replaces?
 *
 * The same student learns from the same three real teachers, in turn in a cluster of real processes and in a plain
 * loop in this process: the teachers compute one after another, then the student takes its step. Both read the
 * same views of the same samples through the same code, and run teachers and step as one graph with the same
 * threads. The plain loop writes, checks and sends nothing. Every run has views of its own, so that nothing comes
 * from the answer store.
 */
import { Worker } from 'node:worker_threads';
import type { CoordinatorClient } from '@lyceum/cli/client';
import { importPackaged } from '@lyceum/learning/import';
import { prepareEngine } from '@lyceum/learning/tensorflow';
import { Thread } from '@lyceum/platform/threads';
import {
  type BenchOptions,
  type BenchResult,
  COMPUTE_THREADS,
  cacheFolder,
  distillation,
  type Figure,
  figureOf,
  finished,
  median,
  progress,
  pushDataset,
  pushTeachers,
  STUDENTS,
  type StudentName,
  spread,
  trainTeachers,
  withCluster,
} from '../measuring/index.js';
import type { ColocatedCalls, ColocatedRequest } from './colocated-thread.js';

/** Steps of a run: many, so that the second in which a run of the cluster starts hardly counts. */
const STEPS: Readonly<Record<StudentName, number>> = { conv: 2_000, mlp: 6_000 };
const TEACHER_WORKERS = 3;

export async function colocated({ repetitions, signal }: BenchOptions): Promise<BenchResult> {
  prepareEngine(process.env, COMPUTE_THREADS);
  const dataset = importPackaged('digits', cacheFolder());
  const shape = { teacherWorkers: TEACHER_WORKERS, studentWorkers: 1, signal };
  return withCluster(shape, async (_, client) => {
    await pushDataset(client, dataset, signal);
    const models = await trainTeachers(client, signal);
    await pushTeachers(client, models, signal);
    const details: Record<string, unknown> = {
      teachers: `real, on ${TEACHER_WORKERS} workers and one after another in one process`,
    };
    const ratios = { conv: [] as number[], mlp: [] as number[] };
    const figures: Figure[] = [];
    for (const student of STUDENTS) {
      const rates = { cluster: [] as number[], inProcess: [] as number[] };
      for (let repetition = 1; repetition <= repetitions; repetition++) {
        const name = `${student}-${repetition}`;
        const run = { name, model: student, steps: STEPS[student], viewSeed: repetition };
        const turns = [
          async () =>
            rates.cluster.push(await clusterRate(client, distillation(run), name, signal)),
          async () =>
            rates.inProcess.push(
              await inProcessRate({ dataset, models, specification: distillation(run) }, signal),
            ),
        ];
        for (const turn of repetition % 2 === 1 ? turns : turns.toReversed()) await turn();
        const [own, plain] = [rates.cluster.at(-1) ?? 0, rates.inProcess.at(-1) ?? 0];
        progress(`${name}: ${Math.round(own)} samples/s, in one process ${Math.round(plain)}`);
      }
      ratios[student] = rates.cluster.map((rate, i) => rate / (rates.inProcess[i] ?? rate));
      figures.push(
        figureOf(student, 'cluster ÷ one process', ratios[student]),
        figureOf(student, 'samples/s, cluster', rates.cluster),
        figureOf(student, 'samples/s, one process', rates.inProcess),
      );
      details[student] = {
        ratio: median(ratios[student]),
        spread: spread(ratios[student]),
        samplesPerSecond: rates.cluster.map(Math.round),
        samplesPerSecondInProcess: rates.inProcess.map(Math.round),
      };
    }
    return {
      name: 'colocated',
      value: median(ratios.conv),
      unit: 'samples/s of the cluster ÷ of one process with the same teachers, convolutional student',
      spread: spread(ratios.conv),
      figures,
      details,
    };
  });
}

async function clusterRate(
  client: CoordinatorClient,
  specification: string,
  runId: string,
  signal: AbortSignal,
): Promise<number> {
  await finished(client, specification, signal);
  return (await client.getReport(runId)).samplesPerSecond;
}

/**
 * Measures in a thread, as the cluster's workers do: peers close the connections of a process that does not answer
 * for seconds.
 */
async function inProcessRate(request: ColocatedRequest, signal: AbortSignal): Promise<number> {
  const worker = new Worker(new URL('./colocated-thread.js', import.meta.url));
  const thread = new Thread<ColocatedCalls>(worker, { name: 'the thread' });
  const stop = () => void thread.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await thread.call('samplesPerSecond', request);
  } finally {
    signal.removeEventListener('abort', stop);
    await thread.close();
  }
}
