/**
 * `stored-epoch`: how long does an epoch take whose answers are all in the answer store?
 *
 * The same student trains alone (kind Training) and on stored answers of three teachers (kind Distillation), in turn,
 * in one cluster of real processes. Before each run from the store the coordinator is restarted, so that nothing is in
 * its memory: it reads the files, combines the answers, and sends the targets by gRPC. The bench fails if a teacher
 * infers a sample meanwhile.
 */
import type { CoordinatorClient } from '@lyceum/cli/client';
import { inferredSamples, type LocalCluster } from '@lyceum/cli/local-cluster';
import { importPackaged } from '@lyceum/learning/import';
import { ArtifactKind } from '@lyceum/proto';
import {
  assertNoneInferred,
  type BenchOptions,
  type BenchResult,
  cacheFolder,
  cpuMsPerBatch,
  distillation,
  type Figure,
  figureOf,
  finished,
  makeTeachers,
  median,
  progress,
  STUDENT_THREADS,
  STUDENTS,
  type StudentName,
  spread,
  training,
  usage,
  withCluster,
} from '../measuring/index.js';

/** Seconds of a run: long compared with the second in which the run starts and its step is traced. */
const RUN_SECONDS = 15;

/** Epochs of the run that measures how long an epoch takes. */
const TIMING_EPOCHS = 3;

interface Measured {
  /** Seconds of an epoch, by repetition. */
  readonly alone: number[];
  readonly stored: number[];
  readonly waitingShares: number[];
  readonly cpuAlone: Record<string, number>;
  readonly cpuStored: Record<string, number>;
}

export async function storedEpoch(options: BenchOptions): Promise<BenchResult> {
  const { signal } = options;
  const dataset = importPackaged('digits', cacheFolder());
  const details: Record<string, unknown> = {};
  const ratios = { conv: [] as number[], mlp: [] as number[] };
  const figures: Figure[] = [];
  for (const student of STUDENTS) {
    const computeThreads = STUDENT_THREADS[student];
    const shape = { teacherWorkers: 1, studentWorkers: 1, computeThreads, signal };
    const { alone, stored, ...rest } = await withCluster(shape, async (cluster, client) => {
      await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'digits', dataset, { signal });
      await makeTeachers(client, signal);
      progress('filling the answer store');
      await finished(client, distillation({ name: 'fill', model: 'mlp', epochs: 1 }), signal);
      return measure(cluster, client, student, options);
    });
    ratios[student] = stored.map((seconds, index) => seconds / (alone[index] as number));
    figures.push(
      figureOf(student, 'stored ÷ plain', ratios[student]),
      figureOf(student, 's an epoch, plain', alone),
      figureOf(student, 's an epoch, stored', stored),
    );
    details[student] = {
      ratio: median(ratios[student]),
      spread: spread(ratios[student]),
      threads: computeThreads,
      epochSecondsAlone: alone,
      epochSecondsStored: stored,
      waitingShare: rest.waitingShares,
      cpuMsPerBatchAlone: rest.cpuAlone,
      cpuMsPerBatchStored: rest.cpuStored,
    };
  }
  return {
    name: 'stored-epoch',
    value: median(ratios.conv),
    unit: 'seconds of an epoch from the answer store ÷ of plain training, convolutional student',
    spread: spread(ratios.conv),
    figures,
    details,
  };
}

async function measure(
  cluster: LocalCluster,
  client: CoordinatorClient,
  student: StudentName,
  { repetitions, signal }: BenchOptions,
): Promise<Measured> {
  const timing = { name: `${student}-timing`, model: student, epochs: TIMING_EPOCHS };
  await finished(client, training(timing), signal);
  const { training: timed } = await client.getReport(timing.name);
  const epochs = Math.ceil((RUN_SECONDS * TIMING_EPOCHS) / timed.seconds);
  const measured: Measured = {
    alone: [],
    stored: [],
    waitingShares: [],
    cpuAlone: {},
    cpuStored: {},
  };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    // The order alternates, so that a machine that becomes slower or faster favours neither.
    const order = repetition % 2 === 0 ? ['alone', 'stored'] : ['stored', 'alone'];
    for (const kind of order) {
      const isStored = kind === 'stored';
      if (isStored) await cluster.restartCoordinator();
      const settings = { name: `${student}-${kind}-${repetition + 1}`, model: student, epochs };
      const inferredBefore = await inferredSamples(cluster);
      const before = await usage(cluster);
      await finished(client, isStored ? distillation(settings) : training(settings), signal);
      const { training: trained } = await client.getReport(settings.name);
      const cpu = await cpuMsPerBatch(cluster, before, trained.stepCount);
      const seconds = trained.seconds / epochs;
      measured[isStored ? 'stored' : 'alone'].push(seconds);
      Object.assign(isStored ? measured.cpuStored : measured.cpuAlone, cpu);
      progress(`${settings.name}: ${seconds.toFixed(3)} s an epoch`);
      if (!isStored) continue;
      measured.waitingShares.push(trained.waitingSeconds / trained.seconds);
      assertNoneInferred(inferredBefore, await inferredSamples(cluster));
    }
  }
  return measured;
}
