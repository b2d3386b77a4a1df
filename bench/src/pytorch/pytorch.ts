/**
 * `pytorch`: does a student learn from the answer store as fast, and as well, as in one PyTorch process?
 *
 * Both sides have the same teachers, data, student, batch, optimiser (Adam; fused in PyTorch), objective and number of
 * epochs. Both validate after every epoch and keep the best weights. Each side has one or two threads, whichever is
 * faster. PyTorch computes its targets once, before the clock starts. Our targets come from the answer store, through
 * coordinator and gRPC; the bench fails if a teacher infers a sample meanwhile. Each repetition has its own seed,
 * which fixes the order and first weights on each side.
 *
 * PyTorch's teachers are rebuilt from their weights. The bench fails unless they are as accurate in PyTorch as here.
 */
import type { CoordinatorClient } from '@lyceum/cli/client';
import { inferredSamples, type LocalCluster } from '@lyceum/cli/local-cluster';
import { importPackaged } from '@lyceum/learning/import';
import { parseRunSpecification } from '@lyceum/learning/specification';
import { LyceumError } from '@lyceum/proto';
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
  median,
  progress,
  pushDataset,
  pushTeachers,
  STUDENT_THREADS,
  STUDENTS,
  type StudentName,
  spread,
  TEACHERS,
  trainTeachers,
  usage,
  withCluster,
} from '../measuring/index.js';
import {
  defaultPython,
  type PytorchFigures,
  PytorchFiles,
  pytorchVersion,
} from './pytorch-process.js';

/** Epochs of a run: many, so that the second in which a run starts and its step is traced hardly counts. */
const EPOCHS: Readonly<Record<StudentName, number>> = { conv: 60, mlp: 400 };

/**
 * How far accuracies may differ: the test split has some thousands of samples, and rounding of a logit may change the
 * class of a few.
 */
const ACCURACY_TOLERANCE = 0.002;

interface Options extends BenchOptions {
  /** A Python with torch and numpy; undefined: the Python in the cache. */
  readonly python: string | undefined;
}

interface OurFigures {
  readonly samplesPerSecond: number;
  readonly cpuMsPerBatch: Readonly<Record<string, number>>;
  readonly waitingShare: number;
  readonly accuracy: number;
  readonly teacherAccuracies: readonly number[];
}

interface Pair {
  readonly ours: OurFigures;
  readonly theirs: PytorchFigures;
}

export async function pytorch({ repetitions, signal, ...options }: Options): Promise<BenchResult> {
  const python = options.python ?? defaultPython();
  const version = await pytorchVersion(python, 'pytorch', 'numpy', signal);
  const dataset = importPackaged('digits', cacheFolder());
  const shape = { teacherWorkers: 1, studentWorkers: 1, signal };
  const models = await withCluster(shape, async (_cluster, client) => {
    await pushDataset(client, dataset, signal);
    return trainTeachers(client, signal);
  });
  const files = await PytorchFiles.write(dataset, models);
  try {
    const details: Record<string, unknown> = { pytorch: version };
    const ratios = { conv: [] as number[], mlp: [] as number[] };
    const figures: Figure[] = [];
    for (const student of STUDENTS) {
      const computeThreads = STUDENT_THREADS[student];
      const pairs = await withCluster({ ...shape, computeThreads }, async (cluster, client) => {
        await pushDataset(client, dataset, signal);
        await pushTeachers(client, models, signal);
        progress('filling the answer store');
        await finished(client, distillation({ name: 'fill', model: 'mlp', epochs: 1 }), signal);
        const measured: Pair[] = [];
        for (let repetition = 1; repetition <= repetitions; repetition++) {
          const name = `${student}-${repetition}`;
          const run = { name, model: student, epochs: EPOCHS[student], seed: repetition };
          const specification = distillation(run);
          const ours = () => distilHere(cluster, client, name, specification, signal);
          const theirs = () => distilThere(files, python, specification, signal);
          measured.push(await pair(ours, theirs, repetition % 2 === 1));
          progress(pairLine(name, measured.at(-1) as Pair));
        }
        return measured;
      });
      ratios[student] = pairs.map(
        ({ ours, theirs }) => ours.samplesPerSecond / theirs.samplesPerSecond,
      );
      const rate = (side: keyof Pair) => pairs.map((pair) => pair[side].samplesPerSecond);
      figures.push(
        figureOf(student, 'Lyceum ÷ PyTorch', ratios[student]),
        figureOf(student, 'samples/s, Lyceum', rate('ours')),
        figureOf(student, 'samples/s, PyTorch', rate('theirs')),
      );
      details[student] = {
        ratio: median(ratios[student]),
        spread: spread(ratios[student]),
        threads: computeThreads,
        ...studentDetails(pairs),
      };
    }
    return {
      name: 'pytorch',
      value: median(ratios.conv),
      unit: 'samples/s from the answer store ÷ of one PyTorch process, convolutional student',
      spread: spread(ratios.conv),
      figures,
      details,
    };
  } finally {
    await files.remove();
  }
}

/** Measures both sides. The order alternates, so that a machine that becomes slower or faster favours neither. */
async function pair(
  ours: () => Promise<OurFigures>,
  theirs: () => Promise<PytorchFigures>,
  oursFirst: boolean,
): Promise<Pair> {
  const early = oursFirst ? await ours() : undefined;
  const figures = await theirs();
  const result = { ours: early ?? (await ours()), theirs: figures };
  assertSameTeachers(result);
  return result;
}

async function distilHere(
  cluster: LocalCluster,
  client: CoordinatorClient,
  name: string,
  specification: string,
  signal: AbortSignal,
): Promise<OurFigures> {
  const inferredBefore = await inferredSamples(cluster);
  const before = await usage(cluster);
  await finished(client, specification, signal);
  const { training, samplesPerSecond, student, teachers } = await client.getReport(name);
  const cpu = await cpuMsPerBatch(cluster, before, training.stepCount);
  assertNoneInferred(inferredBefore, await inferredSamples(cluster));
  return {
    samplesPerSecond,
    cpuMsPerBatch: cpu,
    waitingShare: training.waitingSeconds / training.seconds,
    accuracy: student.accuracy ?? Number.NaN,
    teacherAccuracies: teachers.map(({ accuracy }) => accuracy ?? Number.NaN),
  };
}

function distilThere(
  files: PytorchFiles,
  python: string,
  text: string,
  signal: AbortSignal,
): Promise<PytorchFigures> {
  const specification = parseRunSpecification(text, 'pytorch');
  if (specification.kind !== 'Distillation') throw new Error('the run has no teachers');
  return files.distil(python, specification, signal);
}

/**
 * Confirms that both sides have equal teachers.
 *
 * @throws {LyceumError} INTERNAL if an accuracy differs: then the sides do not learn the same.
 */
function assertSameTeachers({ ours, theirs }: Pair): void {
  for (const [index, name] of TEACHERS.entries()) {
    const [here, there] = [ours.teacherAccuracies[index], theirs.teacherAccuracies[index]];
    if (Math.abs((here ?? Number.NaN) - (there ?? Number.NaN)) <= ACCURACY_TOLERANCE) continue;
    throw new LyceumError(
      'INTERNAL',
      `${name} has an accuracy of ${here} here and of ${there} in PyTorch: these are not the same teachers`,
    );
  }
}

function pairLine(name: string, { ours, theirs }: Pair): string {
  const [here, there] = [ours, theirs].map(
    ({ samplesPerSecond, accuracy }) =>
      `${Math.round(samplesPerSecond)} samples/s, accuracy ${accuracy.toFixed(4)}`,
  );
  return `${name}: ${here}; PyTorch ${there}`;
}

function studentDetails(pairs: readonly Pair[]): Record<string, unknown> {
  const sides = { ours: pairs.map(({ ours }) => ours), theirs: pairs.map(({ theirs }) => theirs) };
  return {
    samplesPerSecond: sides.ours.map((side) => Math.round(side.samplesPerSecond)),
    samplesPerSecondPytorch: sides.theirs.map((side) => Math.round(side.samplesPerSecond)),
    accuracy: sides.ours.map(({ accuracy }) => accuracy),
    accuracyPytorch: sides.theirs.map(({ accuracy }) => accuracy),
    waitingShare: sides.ours.map(({ waitingShare }) => waitingShare),
    cpuMsPerBatch: sides.ours.at(-1)?.cpuMsPerBatch,
    cpuMsPerBatchPytorch: sides.theirs.map((side) => side.cpuMsPerBatch),
    targetSecondsPytorch: sides.theirs.map(({ targetSeconds }) => targetSeconds),
    threadsPytorch: sides.theirs.map(({ threads }) => threads),
    memoryFormatPytorch: sides.theirs.map(({ memoryFormat }) => memoryFormat),
  };
}
