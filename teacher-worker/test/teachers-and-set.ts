/** A small set and small real models, and their answers when they are asked directly. */
import { type Dataset, encodeDataset, parseDataset, splitSamples } from '@lyceum/learning/datasets';
import { encodeModelPackage, parseModelPackage } from '@lyceum/learning/formats';
import { settingsJson, teacherIdentity } from '@lyceum/learning/models';
import { orderedRows } from '@lyceum/learning/orders';
import {
  buildStudent,
  type Engine,
  Inference,
  loadModel,
  openEngine,
  prepareEngine,
  savedModel,
} from '@lyceum/learning/tensorflow';
import { readInputs, type ViewAt } from '@lyceum/learning/views';
import { sha256Hex, type Ticket } from '@lyceum/proto';

export const CLASS_COUNT = 5;
const CLASS_NAMES = ['a', 'b', 'c', 'd', 'e'];
const SAMPLE_SHAPE = [6, 6, 1];
const TRAIN_COUNT = 700;
const SAMPLE_COUNT = 1000;

export interface Blob {
  readonly bytes: Buffer;
  readonly digest: string;
}

export interface TestTeacher extends Blob {
  readonly identity: string;
  readonly settingsJson: string;
}

let opened: Promise<Engine> | undefined;

/** This process's engine, with one thread, as in these tests' workers. */
export function engine(): Promise<Engine> {
  prepareEngine(process.env, 1);
  opened ??= openEngine();
  return opened;
}

/** 700 train, 150 validation and 150 test samples of plain noise. */
export function makeDataset(): Blob {
  const inputs = Uint8Array.from(
    { length: SAMPLE_COUNT * 36 },
    (_, i) => (i * i * 31 + i * 7) % 251,
  );
  const split = (i: number) => (i % 10 < TRAIN_COUNT / 100 ? 1 : i % 2 === 0 ? 2 : 3);
  const bytes = encodeDataset({
    sampleShape: SAMPLE_SHAPE,
    sampleCount: SAMPLE_COUNT,
    classCount: CLASS_COUNT,
    classNames: CLASS_NAMES,
    inputs,
    inputScale: 1 / 255,
    labels: Int32Array.from({ length: SAMPLE_COUNT }, (_, i) => i % CLASS_COUNT),
    splits: Uint8Array.from({ length: SAMPLE_COUNT }, (_, i) => split(i)),
  });
  return { bytes, digest: sha256Hex(bytes) };
}

/** @param factor - multiplies the weights; 1e30 makes logits that are not finite. */
export async function makeTeacher(
  seed: number,
  sampleShape = SAMPLE_SHAPE,
  factor = 1,
  units = 20,
): Promise<TestTeacher> {
  const { tf } = await engine();
  const architecture = {
    architecture: 'mlp' as const,
    hiddenUnits: [units, units],
    dropout: 0,
  };
  const model = buildStudent(await engine(), architecture, sampleShape, CLASS_COUNT, seed);
  model.setWeights(model.getWeights().map((weight) => tf.mul(weight, factor)));
  const settings = { output: 'logits', classes: CLASS_NAMES } as const;
  const bytes = encodeModelPackage(await savedModel(await engine(), model, settings));
  return teacherOf(bytes);
}

/** A teacher of any bytes, whether or not they are a model. */
export function teacherOf(bytes: Buffer): TestTeacher {
  const digest = sha256Hex(bytes);
  const settings = { output: 'logits' } as const;
  const identity = teacherIdentity(digest, settings, 'test');
  return { bytes, digest, identity, settingsJson: settingsJson(settings) };
}

/** The oracle: the same model asked in this process, 128 rows at a time from the span's first. */
export async function directLogits(
  teacher: TestTeacher,
  set: Blob,
  ticket: Ticket,
  split: 'train' | 'validation' | 'test',
): Promise<Float32Array> {
  const inputs = spanInputs(set, ticket, split);
  const model = await loadModel(await engine(), parseModelPackage(teacher.bytes));
  const inference = new Inference(await engine(), model, { output: 'logits' }, SAMPLE_SHAPE, 128);
  const logits: number[] = [];
  for (let first = 0; first < ticket.positionCount; first += 128) {
    const count = Math.min(128, ticket.positionCount - first);
    logits.push(...inference.run(inputs.slice(first * 36, (first + count) * 36), count));
  }
  model.dispose();
  return Float32Array.from(logits);
}

/** The samples of a ticket's span as a model takes them. */
export function spanInputs(
  set: Blob,
  ticket: Ticket,
  split: 'train' | 'validation' | 'test',
): Float32Array {
  const dataset = parseDataset(set.bytes);
  const inSplit = splitSamples(dataset, split);
  const { order, firstPosition, positionCount, view, viewEpoch } = ticket;
  const rows = orderedRows(inSplit.length, order, firstPosition, positionCount);
  const samples = rows.map((row) => inSplit[row] as number);
  return inputsOf(dataset, samples, { text: view, epoch: viewEpoch });
}

function inputsOf(dataset: Dataset, samples: Uint32Array, view: ViewAt): Float32Array {
  const inputs = new Float32Array(samples.length * 36);
  readInputs(dataset, samples, view, inputs);
  return inputs;
}
