/**
 * `chunk-order`: how much worse does a student learn if its samples come in the order of a set in shards?
 *
 * Fashion-MNIST as shards, in chunks of 128 rows: once with rows mixed as `datasets repack` leaves them, once sorted
 * by class, which is the worst case. The same student (equal first weights) trains in full order and in chunk order,
 * with blocks of 4,096 positions, paired by seed. All runs in one process, with the product's own orders and steps.
 */
import { loadavg } from 'node:os';
import { type Dataset, parseDataset, splitSamples } from '@lyceum/learning/datasets';
import { accuracy, pairedInterval } from '@lyceum/learning/ensemble';
import { importPackaged } from '@lyceum/learning/import';
import { learningRate } from '@lyceum/learning/learning-rates';
import {
  batchSpan,
  keyedPermutation,
  labelledMask,
  orderedSamples,
  stepPlan,
} from '@lyceum/learning/orders';
import { checkRunSpecification, type RunSpecification } from '@lyceum/learning/specification';
import { type Engine, openEngine, prepareEngine } from '@lyceum/learning/tensorflow';
import { IDENTITY_VIEW, readInputs, writeHardLabels } from '@lyceum/learning/views';
import { elementCount, LyceumError } from '@lyceum/proto';
import { Student } from '@lyceum/student-worker/compute';
import {
  type BenchOptions,
  type BenchResult,
  cacheFolder,
  figureOf,
  median,
  progress,
  spread,
} from '../measuring/index.js';
import { splitLogits } from './train-in-process.js';

const SEEDS_AT_LEAST = 10;
const CHUNK_ROWS = 128;
const BLOCK_POSITIONS = 4096;
const EPOCHS = 5;
const MIX_SEED = 7;

interface Arm {
  readonly name: string;
  readonly dataset: Dataset;
  readonly blockPositions?: number;
}

export async function chunkOrder({ repetitions, signal }: BenchOptions): Promise<BenchResult> {
  const loadBefore = loadavg()[0];
  const seedCount = Math.max(SEEDS_AT_LEAST, repetitions);
  prepareEngine(process.env, 1);
  const engine = await openEngine();
  const fashion = parseDataset(importPackaged('fashion', cacheFolder()));
  const mixed = inChunks(fashion, mixedRows(fashion));
  const sorted = inChunks(fashion, sortedRows(fashion));
  const arms: readonly Arm[] = [
    { name: 'full order', dataset: mixed },
    { name: 'chunk order, mixed shards', dataset: mixed, blockPositions: BLOCK_POSITIONS },
    {
      name: 'chunk order, shards sorted by class',
      dataset: sorted,
      blockPositions: BLOCK_POSITIONS,
    },
  ];
  const accuracies = arms.map((): number[] => []);
  for (let seed = 1; seed <= seedCount; seed++) {
    for (const [index, arm] of arms.entries()) {
      accuracies[index]?.push(100 * (await trainedAccuracy(engine, arm, seed, signal)));
    }
    const told = accuracies.map((own) => own.at(-1)?.toFixed(2));
    progress(`seed ${seed}: ${told.join(', ')} %`);
  }
  const [full = [], ...chunked] = accuracies;
  const differences = chunked.map((own) =>
    own.map((value, seed) => value - (full[seed] as number)),
  );
  const worst = differences.at(-1) as number[];
  return {
    name: 'chunk-order',
    value: median(worst),
    unit: 'points of accuracy of chunk order in shards sorted by class against full order',
    spread: spread(worst),
    figures: [
      ...arms.map(({ name }, index) => figureOf(name, '% accuracy', accuracies[index] as number[])),
      ...differences.map((own, index) =>
        figureOf(`${arms[index + 1]?.name} − full order`, 'points', own),
      ),
    ],
    details: {
      differences: Object.fromEntries(
        differences.map((own, index) => [arms[index + 1]?.name, pairedInterval(own)]),
      ),
      chunkRows: CHUNK_ROWS,
      blockPositions: BLOCK_POSITIONS,
      epochs: EPOCHS,
      seedCount,
      device: engine.device,
      loadBefore,
      loadAfter: loadavg()[0],
    },
  };
}

function mixedRows(fashion: Dataset): Uint32Array {
  const train = splitSamples(fashion, 'train');
  const permuted = keyedPermutation(train.length, MIX_SEED, 0);
  return train.map((_, row) => train[permuted(row)] as number);
}

function sortedRows(fashion: Dataset): Uint32Array {
  const label = (sample: number) => fashion.labels[sample] as number;
  return splitSamples(fashion, 'train')
    .slice()
    .sort((a, b) => label(a) - label(b) || a - b);
}

/** The set in chunks: first the train rows, in this order, then the rows of the other splits. */
function inChunks(fashion: Dataset, train: Uint32Array): Dataset {
  const parts = [train, splitSamples(fashion, 'validation'), splitSamples(fashion, 'test')];
  const rows = Uint32Array.from(parts.flatMap((part) => [...part]));
  const size = elementCount(fashion.sampleShape);
  const inputs = new Uint8Array(rows.length * size);
  for (const [row, sample] of rows.entries()) {
    inputs.set(fashion.inputs.subarray(sample * size, (sample + 1) * size), row * size);
  }
  let start = 0;
  const chunkEnds = parts.flatMap(({ length }) => {
    const first = start;
    start += length;
    return Array.from({ length: Math.ceil(length / CHUNK_ROWS) }, (_, chunk) =>
      Math.min(first + (chunk + 1) * CHUNK_ROWS, start),
    );
  });
  return {
    ...fashion,
    inputs,
    chunkEnds: Uint32Array.from(chunkEnds),
    labels: Int32Array.from(rows, (sample) => fashion.labels[sample] as number),
    splits: Uint8Array.from(rows, (sample) => fashion.splits[sample] as number),
  };
}

/** Accuracy of the weights after the last step, on the test split. */
async function trainedAccuracy(
  engine: Engine,
  { dataset, blockPositions }: Arm,
  seed: number,
  signal: AbortSignal,
): Promise<number> {
  const specification = specificationOf(seed);
  const { training } = specification.spec;
  const { classCount, chunkEnds } = dataset;
  const train = splitSamples(dataset, 'train');
  const { batchSize } = training;
  const plan = stepPlan({ sampleCount: train.length, batchSize, epochs: EPOCHS });
  const labelled = labelledMask(dataset, specification.spec.labels);
  const student = await Student.open(engine, specification, dataset, undefined);
  const room = new Float32Array(batchSize * elementCount(dataset.sampleShape));
  const labelRoom = new Float32Array(batchSize * classCount);
  for (let step = 0; step < plan.stepCount; step++) {
    signal.throwIfAborted();
    const { epoch, firstPosition, positionCount: rows } = batchSpan(plan, step);
    const order = { seed, epoch, ...(blockPositions !== undefined && { blockPositions }) };
    const samples = orderedSamples(train, chunkEnds, order, firstPosition, rows);
    const inputs = room.subarray(0, (room.length / batchSize) * rows);
    const hardLabels = labelRoom.subarray(0, classCount * rows);
    readInputs(dataset, samples, IDENTITY_VIEW, inputs);
    writeHardLabels(dataset, labelled, samples, IDENTITY_VIEW, hardLabels);
    const batch = { step, rows, inputs, hardLabels };
    if (step === 0)
      student.trace(batch, new Map(), [batchSize, train.length % batchSize || batchSize]);
    const rate = learningRate(training.learningRate, step, plan.stepCount);
    student.step(batch, new Map(), rate).dispose();
  }
  student.settle();
  const labels = splitSamples(dataset, 'test');
  const logits = splitLogits(engine, student, dataset, 'test');
  student.dispose();
  const found = accuracy(
    logits,
    Int32Array.from(labels, (sample) => dataset.labels[sample] as number),
    classCount,
  );
  if (found === null) throw new LyceumError('INTERNAL', 'the test split has no labels');
  return found;
}

function specificationOf(seed: number): RunSpecification {
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Training',
    metadata: { name: 'chunk-order' },
    spec: {
      dataset: 'fashion',
      student: { model: { architecture: 'mlp', hiddenUnits: [30, 30] } },
      training: {
        learningRate: { cosine: { peak: 0.003, warmupSteps: 50 } },
        epochs: EPOCHS,
        seed,
      },
    },
  };
  return checkRunSpecification(document, 'bench');
}
