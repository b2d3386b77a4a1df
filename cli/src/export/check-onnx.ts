/**
 * Runs an exported model, and compares its outputs with the original model's. No ONNX file is written without this
 * check, unless the original's outputs cannot be known. Other formats hold weights and topology unchanged.
 */
import type { Dataset } from '@lyceum/learning/datasets';
import { accuracy } from '@lyceum/learning/ensemble';
import { exportOnnx, type OnnxOptions } from '@lyceum/learning/export';
import { readNpz } from '@lyceum/learning/files';
import type { ModelPackage } from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import { runtimeWords } from '@lyceum/learning/onnx';
import { IDENTITY_VIEW, readInputs } from '@lyceum/learning/views';
import { elementCount, LyceumError, toLyceumError } from '@lyceum/proto';
import type { InferenceSession } from 'onnxruntime-node';
import { AS_IT_IS } from './export-formats.js';

/** Number of samples that are run at a time. */
const BATCH = 256;

/** Share of the greatest logit: sums in another order differ by less. */
const TOLERANCE = 1e-4;

/** Outputs of the original model. */
export interface TestOutputs {
  /** Indices into the data set. */
  readonly sampleIds: Int32Array;
  /** [N]; −1: none. */
  readonly labels: Int32Array;
  /** [N, C]; logarithms of probabilities if the model gives probabilities. */
  readonly logits: Float32Array;
}

/** The outputs that an export is compared with. */
export interface ComparedOutputs {
  /** The set of the samples. */
  readonly dataset: Dataset;
  readonly outputs: TestOutputs;
}

export interface OnnxCheck {
  readonly sampleCount: number;
  /** The largest difference of two logits of the same sample and class. */
  readonly largestDifference: number;
  /** On the labelled test samples, of the export and of the student; absent: no sample has a label. */
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
 * @param file - the ONNX file that was made with `options`. With `int8`, the same file with 32 bits is checked first.
 * @throws {LyceumError} INTERNAL if the file does not run, or its outputs differ; differences by 8 bits are no error.
 */
export async function checkOnnx(
  file: Uint8Array,
  model: ModelPackage,
  options: OnnxOptions,
  compared: ComparedOutputs,
): Promise<OnnxCheck> {
  const { dataset, outputs: expected } = compared;
  if (options.int8) {
    const full = { ...options, int8: false };
    await checkOnnx(exportOnnx(model, full), model, full, compared);
  }
  const logits = await runOnnx(file, options, model.settings, dataset, expected.sampleIds);
  let largestDifference = 0;
  let greatest = 1;
  for (const [i, value] of expected.logits.entries()) {
    const own = logits[i] ?? Number.NaN;
    // Values that are not finite are the same or not, but have no difference.
    const isSame = Object.is(own, value);
    largestDifference = Math.max(largestDifference, isSame ? 0 : Math.abs(value - own));
    if (Number.isFinite(value)) greatest = Math.max(greatest, Math.abs(value));
  }
  const most = options.int8 ? Number.POSITIVE_INFINITY : TOLERANCE * greatest;
  if (!(largestDifference <= most)) {
    throw refused(`does not give the model's logits: they differ by up to ${largestDifference}`);
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

function refused(what: string, cause?: unknown): LyceumError {
  const message = `the ONNX file ${what}; nothing was written; ${AS_IT_IS}`;
  return new LyceumError('INTERNAL', message, { cause });
}

/** @returns [N, C] logits, or log-probabilities where the model gives probabilities. */
async function runOnnx(
  file: Uint8Array,
  options: OnnxOptions,
  settings: ModelSettings,
  dataset: Dataset,
  samples: Int32Array,
): Promise<Float32Array> {
  const { output } = settings;
  const classCount = options.classNames.length;
  const all = new Float32Array(samples.length * classCount);
  // Imported here: only an export loads the runtime.
  const { InferenceSession: Session, Tensor } = await import('onnxruntime-node');
  let session: InferenceSession | undefined;
  try {
    // Errors are thrown; if they were printed too, users would see them twice.
    session = await Session.create(file, { logSeverityLevel: 4 });
    for (let first = 0; first < samples.length; first += BATCH) {
      const rows = Uint32Array.from(samples.subarray(first, first + BATCH));
      const shape = [rows.length, ...options.sampleShape];
      const values =
        options.preprocessing === undefined
          ? modelInputs(dataset, rows, settings)
          : storedInputs(dataset, rows);
      const input = new Tensor(values instanceof Uint8Array ? 'uint8' : 'float32', values, shape);
      const { [output]: given } = await session.run({ input });
      const wanted = `${[rows.length, classCount]}`;
      if (String(given?.dims) !== wanted) {
        throw new Error(`it gives ${output} of shape [${given?.dims}] and not [${wanted}]`);
      }
      const own = given?.data as Float32Array;
      all.set(output === 'logits' ? own : own.map(finiteLog), first * classCount);
    }
  } catch (err) {
    throw refused(`does not run: ${runtimeWords(toLyceumError(err).message)}`, err);
  } finally {
    await session?.release();
  }
  return all;
}

/** The logarithm; of 0, that of the least normal float32 number, as for a teacher's probabilities. */
function finiteLog(probability: number): number {
  return Math.log(Math.max(probability, 1.1754943508222875e-38));
}

/** Samples as the model takes them: real values times the settings' scale. */
export function modelInputs(
  dataset: Dataset,
  rows: Uint32Array,
  { scale = 1 }: ModelSettings,
): Float32Array {
  const inputs = new Float32Array(rows.length * elementCount(dataset.sampleShape));
  readInputs(dataset, rows, IDENTITY_VIEW, inputs);
  return scale === 1 ? inputs : inputs.map((value) => value * scale);
}

function storedInputs(
  { inputs, sampleShape }: Dataset,
  rows: Uint32Array,
): Uint8Array | Float32Array {
  const length = elementCount(sampleShape);
  const size = rows.length * length;
  const stored = inputs instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size);
  for (const [at, row] of rows.entries()) {
    stored.set(inputs.subarray(row * length, (row + 1) * length), at * length);
  }
  return stored;
}
