/** Runs an exported student on the test split, and compares what it gives with what the student itself gave. */
import type { Dataset } from '@lyceum/learning/datasets';
import { accuracy } from '@lyceum/learning/ensemble';
import type { OnnxOptions } from '@lyceum/learning/export';
import { readNpz } from '@lyceum/learning/files';
import type { ModelSettings } from '@lyceum/learning/models';
import { IDENTITY_VIEW, readInputs } from '@lyceum/learning/views';
import { elementCount, LyceumError } from '@lyceum/proto';

/** Test samples that are run at once. */
const BATCH = 256;

/** Of the greatest logit: sums in another order differ by less. */
const TOLERANCE = 1e-4;

export interface TestOutputs {
  /** Indices into the data set. */
  readonly sampleIds: Int32Array;
  /** [N]; −1: none. */
  readonly labels: Int32Array;
  /** [N, C] of the student. */
  readonly logits: Float32Array;
}

export interface OnnxCheck {
  readonly sampleCount: number;
  /** Between two logits of one sample. */
  readonly largestDifference: number;
  /** On the test samples with a label, and of the student itself; absent if there are none. */
  readonly accuracy?: { readonly exported: number; readonly student: number };
}

/** @param predictions - the NPZ of a run's test predictions. */
export function testOutputs(predictions: Uint8Array): TestOutputs {
  const arrays = readNpz(predictions, 'predictions');
  const int32 = (name: string) => arrays.get(name)?.data as Int32Array;
  const logits = arrays.get('student')?.data as Float32Array;
  return { sampleIds: int32('sampleId'), labels: int32('label'), logits };
}

/**
 * @param file - that `options` made.
 * @throws {LyceumError} INTERNAL if its outputs are not the student's; what 8 bits change is no error.
 */
export async function checkOnnx(
  file: Uint8Array,
  options: OnnxOptions,
  settings: ModelSettings,
  dataset: Dataset,
  expected: TestOutputs,
): Promise<OnnxCheck> {
  const logits = await runOnnx(file, options, settings, dataset, expected.sampleIds);
  let largestDifference = 0;
  let greatest = 1;
  for (const [i, value] of expected.logits.entries()) {
    largestDifference = Math.max(largestDifference, Math.abs(value - (logits[i] ?? Number.NaN)));
    greatest = Math.max(greatest, Math.abs(value));
  }
  if (!options.int8 && !(largestDifference <= TOLERANCE * greatest)) {
    const message = `the ONNX file does not give the student's logits: they differ by up to ${largestDifference}; nothing was written`;
    throw new LyceumError('INTERNAL', message);
  }
  const { labels } = expected;
  const rightShare = (rows: Float32Array) => accuracy(rows, labels, dataset.classCount);
  const isLabelled = labels.some((label) => label >= 0);
  return {
    sampleCount: expected.sampleIds.length,
    largestDifference,
    ...(isLabelled && {
      accuracy: { exported: rightShare(logits), student: rightShare(expected.logits) },
    }),
  };
}

/** @returns [N, C] logits, or log-probabilities where the model gives probabilities. */
async function runOnnx(
  file: Uint8Array,
  { sampleShape, preprocessing }: OnnxOptions,
  settings: ModelSettings,
  dataset: Dataset,
  samples: Int32Array,
): Promise<Float32Array> {
  // Here and not above: only an export loads the runtime.
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(file);
  const length = elementCount(sampleShape);
  const results: Float32Array[] = [];
  for (let first = 0; first < samples.length; first += BATCH) {
    const rows = Uint32Array.from(samples.subarray(first, first + BATCH));
    const shape = [rows.length, ...sampleShape];
    const input =
      preprocessing === undefined
        ? new Tensor('float32', realInputs(dataset, rows, length, settings.scale ?? 1), shape)
        : storedInputs(dataset, rows, length, (data) =>
            data instanceof Uint8Array
              ? new Tensor('uint8', data, shape)
              : new Tensor('float32', data, shape),
          );
    const output = (await session.run({ input }))[settings.output];
    const values = output?.data as Float32Array;
    results.push(settings.output === 'logits' ? values : values.map(finiteLog));
  }
  await session.release();
  return joined(results);
}

/** As for a teacher's probabilities: 0 has the logarithm of the least normal number. */
function finiteLog(probability: number): number {
  return Math.log(Math.max(probability, 1.1754943508222875e-38));
}

function realInputs(dataset: Dataset, rows: Uint32Array, length: number, scale: number) {
  const inputs = new Float32Array(rows.length * length);
  readInputs(dataset, rows, IDENTITY_VIEW, inputs);
  return scale === 1 ? inputs : inputs.map((value) => value * scale);
}

function storedInputs<T>(
  { inputs }: Dataset,
  rows: Uint32Array,
  length: number,
  tensor: (data: Uint8Array | Float32Array) => T,
): T {
  const stored =
    inputs instanceof Uint8Array
      ? new Uint8Array(rows.length * length)
      : new Float32Array(rows.length * length);
  for (const [at, row] of rows.entries()) {
    stored.set(inputs.subarray(row * length, (row + 1) * length), at * length);
  }
  return tensor(stored);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
