/**
 * Runs a classifier of a table's rows in ONNX, a fixed number of rows at a time: the same rows in the same order give the same
 * bits.
 *
 * Symbols: R rows of an inference, C classes.
 */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { logProbability } from '../arrays/index.js';
import {
  type ColumnCells,
  columnCells,
  type Dataset,
  sampleText,
  type TableColumn,
} from '../datasets/index.js';
import { classCountIn } from '../formats/graphs/index.js';
import {
  type CellType,
  columnsOf,
  type OnnxPackage,
  type TableClassifier,
  type TableInput,
  tableClassifierOf,
} from '../formats/onnx/index.js';
import { columnPlaces, readsOneText } from '../models/index.js';
import { asFloat32 } from './float-tensor.js';
import { type OnnxPlace, openSession, type Runtime } from './onnx-session.js';

/** Engines gain little from more rows. */
const MAX_ROWS = 128;

const [INT32_LEAST, INT32_GREATEST] = [-(2 ** 31), 2 ** 31 - 1];

/** A column that an input takes, with its cells. */
interface InputColumn {
  readonly name: string;
  readonly cells: ColumnCells;
}

/** An input with its columns of one set. */
interface BoundInput extends TableInput {
  readonly bound: readonly InputColumn[];
}

export class OnnxTableInference {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;
  readonly #classifier: TableClassifier;
  readonly #isOfProbabilities: boolean;
  #classCount = 0;

  private constructor(
    runtime: Runtime,
    session: InferenceSession,
    classifier: TableClassifier,
    { settings }: OnnxPackage,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#classifier = classifier;
    this.#isOfProbabilities = settings.output === 'probabilities';
  }

  /**
   * Loads the model and runs it once, on the set's first sample.
   *
   * @throws {LyceumError} as `openSession` and `columnPlaces`; INVALID_ARGUMENT if a cell is none that the model takes, or the
   *   output is not [R, C].
   */
  static async open(
    model: OnnxPackage,
    dataset: Dataset,
    place: OnnxPlace,
  ): Promise<OnnxTableInference> {
    const classifier = tableClassifierOf(model);
    for (const input of boundInputs(classifier, dataset)) {
      for (let sample = 0; sample < dataset.sampleCount; sample++) requireCells(input, sample);
    }
    return openSession(model.file, place, async (runtime, session) => {
      const inference = new OnnxTableInference(runtime, session, classifier, model);
      await inference.#warmUp(dataset);
      return inference;
    });
  }

  get classCount(): number {
    return this.#classCount;
  }

  /** Frees the model. */
  async close(): Promise<void> {
    await this.#session.release();
  }

  /**
   * @param samples - indices into the set.
   * @param maxRows - R at most.
   * @returns [samples, C] logits; of a model that gives probabilities, their logarithms.
   */
  async run(
    dataset: Dataset,
    samples: Uint32Array,
    maxRows = MAX_ROWS,
  ): Promise<Float32Array<ArrayBuffer>> {
    const inputs = boundInputs(this.#classifier, dataset);
    const rows = this.#rowsOf(maxRows);
    const classCount = this.#classCount;
    const values = new Float32Array(samples.length * classCount);
    for (let first = 0; first < samples.length; first += rows) {
      const some = samples.subarray(first, first + rows);
      const { values: given } = await this.#call(inputs, some, rows);
      values.set(given.subarray(0, some.length * classCount), first * classCount);
    }
    return this.#isOfProbabilities ? values.map(logProbability) : values;
  }

  #rowsOf(maxRows: number): number {
    return this.#classifier.fixedRows ?? maxRows;
  }

  async #warmUp(dataset: Dataset): Promise<void> {
    const count = this.#rowsOf(MAX_ROWS);
    const inputs = boundInputs(this.#classifier, dataset);
    const { dims } = await this.#call(inputs, Uint32Array.of(0), count);
    this.#classCount = classCountIn(dims, count, this.#classifier.output, 'rows');
  }

  /** @param count - R; the first of the samples stands in rows that are missing. */
  async #call(
    inputs: readonly BoundInput[],
    samples: Uint32Array,
    count: number,
  ): Promise<{ readonly values: Float32Array; readonly dims: readonly number[] }> {
    const rows = new Uint32Array(count).fill(samples[0] as number);
    rows.set(samples);
    const tensors = inputs.map((input) => [input.name, cellTensor(this.#runtime, input, rows)]);
    const { output } = this.#classifier;
    const results = await this.#session.run(Object.fromEntries(tensors), [output.name]);
    const result = results[output.name] as Tensor;
    return { values: asFloat32(result), dims: result.dims };
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT as `columnPlaces` does. */
function boundInputs(classifier: TableClassifier, dataset: Dataset): BoundInput[] {
  const { columns, cells, texts } = dataset;
  if (texts !== undefined && readsOneText(columnsOf(classifier))) {
    const at = (sample: number) => sampleText(texts, sample);
    const bound = [{ name: 'text', cells: { kind: 'category', at } as const }];
    return classifier.inputs.map((input) => ({ ...input, bound }));
  }
  const wanted = classifier.inputs.flatMap(({ cellType, columns: names }) => {
    const kind = cellType === 'string' ? 'category' : 'number';
    return names.map((name) => ({ name, kind }) as const);
  });
  // Of all inputs at once: there may be thousands, with a column each.
  const places = placesOf(wanted, cells && columns);
  if (columns === undefined || cells === undefined) throw new Error('places of no columns');
  const own = columnCells(columns, cells);
  let next = 0;
  return classifier.inputs.map((input) => {
    const bound = input.columns.map((): InputColumn => {
      const place = places[next++] as number;
      const { name } = columns[place] as TableColumn;
      return { name, cells: own[place] as ColumnCells };
    });
    return { ...input, bound };
  });
}

function placesOf(
  wanted: readonly TableColumn[],
  columns: readonly TableColumn[] | undefined,
): number[] {
  try {
    return columnPlaces(wanted, columns);
  } catch (err) {
    const { code, message } = toLyceumError(err);
    throw new LyceumError(code, `the model ${message}`, { cause: err });
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT naming a cell of the sample that an input of whole numbers cannot take. */
function requireCells({ name, cellType, bound }: BoundInput, sample: number): void {
  if (!['int32', 'int64', 'bool'].includes(cellType)) return;
  for (const { name: column, cells } of bound) {
    const value = cells.kind === 'number' ? cells.at(sample) : Number.NaN;
    if (fitsWhole(cellType, value)) continue;
    const own = Number.isNaN(value) ? 'no number' : String(value);
    const message = `its input ${name} is of ${cellType}, and sample ${sample} has ${own} in the column ${column}: export the model with an input of float32, or mend the column`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

function fitsWhole(type: CellType, value: number): boolean {
  if (type === 'bool') return value === 0 || value === 1;
  if (!Number.isSafeInteger(value)) return false;
  return type === 'int64' || (value >= INT32_LEAST && value <= INT32_GREATEST);
}

/** [R, columns], or [R]. @throws {LyceumError} as {@link requireCells}: rows may be of another set than the first. */
function cellTensor({ Tensor }: Runtime, input: BoundInput, rows: Uint32Array): Tensor {
  const { cellType, bound, isFlat } = input;
  for (const sample of rows) requireCells(input, sample);
  const shape = isFlat ? [rows.length] : [rows.length, bound.length];
  const cells = Array.from(rows, (sample) => bound.map((column) => column.cells.at(sample))).flat();
  if (cellType === 'string') return new Tensor('string', cells.map(String), shape);
  const numbers = cells.map(Number);
  switch (cellType) {
    case 'float64':
      return new Tensor('float64', Float64Array.from(numbers), shape);
    case 'int32':
      return new Tensor('int32', Int32Array.from(numbers), shape);
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(numbers, BigInt), shape);
    case 'bool':
      return new Tensor('bool', Uint8Array.from(numbers), shape);
    default:
      return new Tensor('float32', Float32Array.from(numbers), shape);
  }
}
