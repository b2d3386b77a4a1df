/** Opens a student of texts, rows or pictures from the folder that `pull` wrote, and predicts with it. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { logSoftmaxRows } from '@lyceum/learning/arrays';
import { type Encoding, encodeSample, encodingWidth } from '@lyceum/learning/datasets';
import { exportOnnx } from '@lyceum/learning/export';
import { utf8Text } from '@lyceum/learning/files';
import { describeModel, onnxPackageOf, readModelFolder } from '@lyceum/learning/formats';
import type { GivenSample, RawSample } from '@lyceum/learning/import';
import { type ModelSettings, NUMBER_SETTINGS, parsePartialSettings } from '@lyceum/learning/models';
import { OnnxInference } from '@lyceum/learning/onnx';
import { readGivenIfThere } from '@lyceum/platform';
import { DOCUMENT_MAX_BYTES, LyceumError, toLyceumError } from '@lyceum/proto';
import { CLASSES_FILE } from '../export/index.js';

/** Samples in a batch. Few pictures: a batch is always computed whole, and often there is only one picture. */
const ENCODED_ROWS = 256;
const PICTURE_ROWS = 8;

const SETTINGS_FILE = 'settings.json';

/** Settings of how samples are prepared, without the scale: only pushed models may have them, not students. */
const UNFOLLOWED = NUMBER_SETTINGS.filter((name) => name !== 'scale');

export interface Prediction {
  /** The sample's place in its source. */
  readonly where: string;
  /** Name of the likeliest class, in a tie the first. */
  readonly label: string;
  readonly probability: number;
}

/** The student's input: texts or rows in an encoding, or pictures of a shape [height, width, channels]. */
export type StudentInput =
  | { readonly encoding: Encoding }
  | { readonly pictures: readonly number[] };

export class StudentFolder {
  readonly takes: StudentInput;
  readonly #classNames: readonly string[];
  readonly #inference: OnnxInference;

  private constructor(
    takes: StudentInput,
    classNames: readonly string[],
    inference: OnnxInference,
  ) {
    this.takes = takes;
    this.#classNames = classNames;
    this.#inference = inference;
  }

  /** @throws {LyceumError} NOT_FOUND or INVALID_ARGUMENT naming what is missing or wrong in the folder. */
  static async open(folder: string): Promise<StudentFolder> {
    const given = givenSettings(folder);
    const model = await readModelFolder(folder, given).catch((err: unknown) => {
      const { code, message } = toLyceumError(err);
      if (code !== 'NOT_FOUND') throw err;
      const advice = 'want a folder as coordinator pull writes it without --format';
      throw new LyceumError(code, `${message}; ${advice}`, { cause: err });
    });
    const { inputShape, classCount } = describeModel(model);
    const takes = inputOf(model.encoding, inputShape);
    if (takes === undefined || classCount === undefined) {
      const message = `${folder}: has no encoding.json, and its model takes no pictures; want a student of texts, rows or pictures, as coordinator pull writes it`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const isPlain = (value: unknown) => value === undefined || value === 'NHWC';
    const strange = UNFOLLOWED.filter((name) => !isPlain(given[name]));
    if (strange.length > 0) {
      const message = `${join(folder, SETTINGS_FILE)}: predict does not support the settings ${strange.join(', ')}; a student's settings have only scale`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    const classNames = readClasses(join(folder, CLASSES_FILE), classCount);
    const isEncoded = 'encoding' in takes;
    const sampleShape = isEncoded ? [encodingWidth(takes.encoding)] : takes.pictures;
    // ONNX's runtime is installed anyway and gives the same outputs; TensorFlow would take longer to load.
    const file = exportOnnx(model, {
      sampleShape,
      classNames,
      preprocessing: { stored: 'float32', inputScale: 1 },
      softmax: false,
      labels: false,
      int8: false,
    });
    const rows = isEncoded ? ENCODED_ROWS : PICTURE_ROWS;
    const options = { rows, threads: availableParallelism(), sampleShape };
    const inference = await OnnxInference.open(
      onnxPackageOf(file, { output: model.settings.output }),
      options,
    );
    return new StudentFolder(takes, classNames, inference);
  }

  /**
   * A prediction for each sample, in order.
   *
   * @throws {LyceumError} INVALID_ARGUMENT naming a sample for which the student gives no finite numbers.
   */
  async *predictions(
    samples: AsyncIterable<GivenSample>,
  ): AsyncGenerator<readonly Prediction[], void, undefined> {
    let rows: GivenSample[] = [];
    try {
      for await (const sample of samples) {
        rows.push(sample);
        if (rows.length < this.#inference.rows) continue;
        const full = rows;
        rows = [];
        yield await this.#predict(full);
      }
    } catch (thrown) {
      // Those before the sample that cannot be read have their predictions.
      if (rows.length > 0) yield await this.#predict(rows);
      throw thrown;
    }
    if (rows.length > 0) yield await this.#predict(rows);
  }

  async close(): Promise<void> {
    await this.#inference.close();
  }

  async #predict(rows: readonly GivenSample[]): Promise<Prediction[]> {
    const [
      {
        values: { length: width },
      },
    ] = rows as [GivenSample];
    const inputs = new Float32Array(rows.length * width);
    for (const [index, { values }] of rows.entries()) inputs.set(values, index * width);
    const logits = await this.#inference.run(inputs, rows.length);
    const classCount = this.#classNames.length;
    const logProbabilities = logSoftmaxRows(logits, rows.length, classCount);
    return rows.map(({ where }, index) => {
      const own = logProbabilities.subarray(index * classCount, (index + 1) * classCount);
      // With a NaN among the values, indexOf finds nothing.
      const best = own.indexOf(Math.max(...own));
      if (best < 0) {
        const message = `${where}: the student gives no finite numbers for it`;
        throw new LyceumError('INVALID_ARGUMENT', message);
      }
      return {
        where,
        label: this.#classNames[best] as string,
        probability: Math.exp(own[best] as number),
      };
    });
  }
}

/** The settings beside the model. @throws {LyceumError} INVALID_ARGUMENT naming what is wrong with them. */
function givenSettings(folder: string): Partial<ModelSettings> {
  const file = join(folder, SETTINGS_FILE);
  const bytes = readGivenIfThere(file, DOCUMENT_MAX_BYTES, 'INVALID_ARGUMENT');
  return bytes === undefined ? {} : parsePartialSettings(utf8Text(bytes, file), file);
}

function inputOf(
  encoding: Encoding | undefined,
  inputShape: readonly number[] | undefined,
): StudentInput | undefined {
  if (encoding !== undefined) return { encoding };
  const isPicture = inputShape?.length === 3 && [1, 3].includes(inputShape[2] as number);
  return isPicture ? { pictures: inputShape } : undefined;
}

/**
 * Encodes texts or rows as numbers.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming a sample that does not fit the encoding.
 */
export async function* encodedSamples(
  encoding: Encoding,
  samples: AsyncIterable<RawSample>,
): AsyncGenerator<GivenSample, void, undefined> {
  for await (const { where, raw } of samples) {
    try {
      yield { where, values: encodeSample(encoding, raw) };
    } catch (err) {
      const { code, message } = toLyceumError(err);
      throw new LyceumError(code, `${where}: ${message}`, { cause: err });
    }
  }
}

/** Names of the classes. Without the file, as with a pushed model, the classes' numbers are their names. */
function readClasses(file: string, classCount: number): string[] {
  const bytes = readGivenIfThere(file, DOCUMENT_MAX_BYTES, 'INVALID_ARGUMENT');
  if (bytes === undefined) return Array.from({ length: classCount }, (_, c) => String(c));
  const names = parseNames(utf8Text(bytes, file));
  if (names?.length === classCount) return names;
  throw new LyceumError('INVALID_ARGUMENT', `${file}: want a JSON list of ${classCount} names`);
}

function parseNames(text: string): string[] | undefined {
  try {
    const names: unknown = JSON.parse(text);
    const isNames = Array.isArray(names) && names.every((name) => typeof name === 'string');
    return isNames ? (names as string[]) : undefined;
  } catch {
    return undefined;
  }
}
