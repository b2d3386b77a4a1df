/** Tries a model on some samples of a set, with one settings after another. */
import { readFileSync } from 'node:fs';
import { argmaxRows, mulberry32, SUM_TOLERANCE } from '@lyceum/learning/arrays';
import {
  countColumns,
  type Dataset,
  parseStoredDataset,
  type SampleTexts,
  sampleTextsOf,
  seenDataset,
  splitSamples,
  type TableColumn,
  withHeld,
} from '@lyceum/learning/datasets';
import {
  describePackagedModel,
  type PackagedModel,
  parsePackagedModel,
} from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import { orderedRows } from '@lyceum/learning/orders';
import type { Engine } from '@lyceum/learning/tensorflow';
import type { TrialOpened, TrialStart, Tried } from '@lyceum/learning/trials';
import { IDENTITY_VIEW, readInputs } from '@lyceum/learning/views';
import { elementCount, LyceumError, toLyceumError } from '@lyceum/proto';
import type { AnswerTensor, TeacherEngine } from '../compute/engine/index.js';
import { engineVersion, type LocalPlace, localTeachers } from '../compute/engines/index.js';
import { INFERENCE_ROWS, requireFinite, requireRowIndependence } from '../compute/rows/index.js';

/** Rounding may make a probability slightly negative. */
const LEAST_VALUE = -1e-6;

/** A set in shards, and where its file is. */
export interface SetFile {
  readonly digest: string;
  readonly file: string;
}

export class Trial {
  readonly #place: LocalPlace;
  readonly #packaged: PackagedModel;
  /** The set; if it is in shards, only its tried samples. */
  readonly #dataset: Dataset;
  readonly #samples: Uint32Array;

  /**
   * @param pictures - for a set in shards: gives the samples' pictures, decoded.
   * @throws {LyceumError} INVALID_ARGUMENT if model or set cannot be used, or no sample has a label.
   */
  static async open(
    engine: Engine,
    start: TrialStart,
    pictures: (set: SetFile, samples: Uint32Array) => Promise<Uint8Array>,
  ): Promise<Trial> {
    const packaged = parsePackagedModel(readFileSync(start.modelFile));
    const { datasetFile } = start;
    const dataset =
      datasetFile === undefined
        ? noise(packaged, start)
        : seenBy(packaged, readFileSync(datasetFile));
    const samples = drawnSamples(dataset, start);
    if (datasetFile === undefined || dataset.held === undefined) {
      return new Trial(engine, start, packaged, dataset, samples);
    }
    const inputs = await pictures({ digest: dataset.digest, file: datasetFile }, samples);
    return new Trial(engine, start, packaged, withHeld(dataset, samples, inputs), samples);
  }

  private constructor(
    engine: Engine,
    start: TrialStart,
    packaged: PackagedModel,
    dataset: Dataset,
    samples: Uint32Array,
  ) {
    this.#place = { engine, computeThreads: start.computeThreads };
    this.#packaged = packaged;
    this.#dataset = dataset;
    this.#samples = samples;
  }

  opened(): TrialOpened {
    const { sampleShape, classNames, columns } = this.#dataset;
    return {
      reply: 'opened',
      engine: engineVersion(this.#packaged, this.#place),
      sampleCount: this.#samples.length,
      sampleShape,
      classNames,
      ...moments(this.#dataset, this.#samples),
      ...(columns !== undefined && { columns }),
    };
  }

  /** @throws {LyceumError} INVALID_ARGUMENT, with the reason, if the model cannot be asked under these settings. */
  async try(settings: ModelSettings): Promise<Tried> {
    // The caller judges the classes and the kind of output: neither changes the computation.
    const { classes: _, ...asked } = { ...settings, output: 'logits' as const };
    const open = localTeachers(this.#place);
    const teacher = await open({
      packaged: this.#packaged,
      settings: asked,
      dataset: this.#dataset,
      untraced: () => undefined,
    });
    try {
      const first = this.#samples.subarray(0, INFERENCE_ROWS);
      await requireRowIndependence(teacher, this.#dataset, first);
      const began = performance.now();
      const outputs = await this.#outputs(teacher);
      const millisecondsPerSample = (performance.now() - began) / this.#samples.length;
      return { reply: 'tried', ...this.#judged(outputs), millisecondsPerSample };
    } finally {
      await teacher.close();
    }
  }

  async #outputs(teacher: TeacherEngine): Promise<AnswerTensor> {
    const request = { dataset: this.#dataset, samples: this.#samples, view: IDENTITY_VIEW };
    const [outputs] = await teacher.answer({ ...request, outputs: ['logits'] });
    if (outputs === undefined) throw new Error('a teacher without logits');
    requireFinite(outputs);
    return outputs;
  }

  #judged(answers: AnswerTensor): Omit<Tried, 'reply' | 'millisecondsPerSample'> {
    const { width } = answers;
    const values = isOfProbabilities(answers)
      ? answers.values.map((p, i) => (i % 2 === 0 ? 1 - (answers.values[i + 1] as number) : p))
      : answers.values;
    const counts = new Map<string, number>();
    const best = argmaxRows(values, this.#samples.length, width);
    for (const [row, sample] of this.#samples.entries()) {
      const key = `${best[row]},${this.#dataset.labels[sample]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    return {
      classCount: width,
      counts: [...counts].map(([key, count]) => {
        const [model, label] = key.split(',').map(Number);
        return [model as number, label as number, count];
      }),
      distributions: least >= LEAST_VALUE && rowsSumToOne(values, width),
      range: [least, greatest],
    };
  }
}

/** The set as the model's settings read it. */
function seenBy({ model }: PackagedModel, dataset: Uint8Array): Dataset {
  const { modality } = model.settings;
  const stored = parseStoredDataset(dataset);
  try {
    return seenDataset(stored, modality);
  } catch (thrown) {
    const err = toLyceumError(thrown);
    if (modality !== undefined || err.code !== 'INVALID_ARGUMENT') throw thrown;
    const message = `${err.message}; say it in the model's settings: {"modality": "…"}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

/** Whether [0, v] of a model with one output may be a probability of the second class: v lies within [0, 1]. */
function isOfProbabilities({ values, width }: AnswerTensor): boolean {
  return width === 2 && values.every((v, i) => (i % 2 === 0 ? v === 0 : v >= 0 && v <= 1));
}

function rowsSumToOne(values: Float32Array, width: number): boolean {
  for (let from = 0; from < values.length; from += width) {
    let sum = 0;
    for (let i = from; i < from + width; i++) sum += values[i] as number;
    if (Math.abs(sum - 1) > SUM_TOLERANCE) return false;
  }
  return true;
}

function drawnSamples(dataset: Dataset, { sampleCount, seed }: TrialStart): Uint32Array {
  const labelled = splitSamples(dataset, 'validation').filter(
    (sample) => (dataset.labels[sample] as number) >= 0,
  );
  if (labelled.length === 0) {
    const message = 'the data set has no labelled sample in its validation split to try it on';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const count = Math.min(sampleCount, labelled.length);
  const rows = orderedRows(labelled.length, { seed, epoch: 0 }, 0, count);
  return rows.map((row) => labelled[row] as number);
}

/**
 * A set of noise that fits the model. All samples have the same label, which nobody reads.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if the model does not name its input's shape.
 */
function noise(packaged: PackagedModel, { sampleCount, seed }: TrialStart): Dataset {
  const { inputShape, reads, columns = [] } = describePackagedModel(packaged);
  const sampleShape = reads === undefined ? inputShape : [1];
  if (sampleShape === undefined) {
    const message =
      'the model does not say how large its samples are; models check tries it on a data set';
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const size = elementCount(sampleShape);
  return {
    digest: '',
    sampleShape,
    sampleCount,
    classCount: 2,
    classNames: ['a', 'b'],
    inputs: Float32Array.from({ length: sampleCount * size }, (_, i) => mulberry32(seed, i)),
    inputScale: 1,
    labels: new Int32Array(sampleCount),
    splits: new Uint8Array(sampleCount).fill(2),
    ...(reads === 'texts' && { texts: noiseTexts(sampleCount, seed) }),
    ...(reads === 'columns' && noiseTable(columns, sampleCount, seed)),
  };
}

/** Zeros and ones, which every kind of number accepts, and no categories. */
function noiseTable(
  columns: readonly TableColumn[],
  count: number,
  seed: number,
): Required<Pick<Dataset, 'columns' | 'cells'>> {
  const cellCount = (kind: TableColumn['kind']) => count * countColumns(columns, kind);
  const numbers = Float64Array.from({ length: cellCount('number') }, (_, i) =>
    Math.round(mulberry32(seed, i)),
  );
  const categories = sampleTextsOf(new Array<string>(cellCount('category')).fill(''));
  return { columns, cells: { numbers, categories } };
}

const LETTERS = 'etaoinshrdlu ';

/** Greatest length of a text of noise, in letters, some of them spaces. */
const NOISE_LETTERS = 200;

function noiseTexts(count: number, seed: number): SampleTexts {
  const letter = (place: number) =>
    LETTERS[Math.floor(mulberry32(seed, place) * LETTERS.length)] as string;
  const texts = Array.from({ length: count }, (_, i) => {
    const length = Math.ceil(((i + 1) * NOISE_LETTERS) / count);
    return Array.from({ length }, (_, k) => letter(i * NOISE_LETTERS + k)).join('');
  });
  return sampleTextsOf(texts);
}

function moments(
  dataset: Dataset,
  samples: Uint32Array,
): Pick<TrialOpened, 'mean' | 'standardDeviation'> {
  const width = dataset.sampleShape.at(-1) ?? 1;
  const size = elementCount(dataset.sampleShape);
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  const one = new Float32Array(size);
  for (const sample of samples) {
    readInputs(dataset, Uint32Array.of(sample), IDENTITY_VIEW, one);
    for (const [i, value] of one.entries()) {
      const c = i % width;
      sums[c] = (sums[c] as number) + value;
      squares[c] = (squares[c] as number) + value * value;
    }
  }
  const count = (samples.length * size) / width;
  const mean = Array.from(sums, (sum) => sum / count);
  const standardDeviation = mean.map((own, c) => {
    const variance = (squares[c] as number) / count - own * own;
    // A value that never changes has no deviation to divide by.
    return variance > 1e-12 ? Math.sqrt(variance) : 1;
  });
  return { mean, standardDeviation };
}
