/**
 * Runs a classifier of a table's rows that is a graph, a fixed number of rows at a time: the same rows in the same
 * order give the same bits. The subclass runs the graph.
 *
 * Symbols: R rows of a call, C classes.
 */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import {
  type ColumnCells,
  columnCells,
  type Dataset,
  sampleText,
  type TableColumn,
} from '../../datasets/index.js';
import {
  classCountOf,
  columnPlaces,
  logitsOf,
  type ModelSettings,
  readsOneText,
} from '../../models/index.js';
import { type GraphOutput, outputWidth } from './graph-inference.js';
import type { CellType } from './graph-outline.js';
import { columnsOf, type TableClassifier, type TableInput } from './table-classifier.js';

/** The most rows of a call: engines gain little from more. */
const MAX_ROWS = 128;

const [INT32_LEAST, INT32_GREATEST] = [-(2 ** 31), 2 ** 31 - 1];

/** The cells of one input in a call. */
export interface InputCells extends Pick<TableInput, 'name' | 'cellType'> {
  /** [R, columns], or [R]. */
  readonly shape: readonly number[];
  /** Cells, row-major: texts if the input takes strings, else numbers that its type holds. */
  readonly cells: readonly (string | number)[];
}

/** A column that an input takes, with its cells. */
interface InputColumn {
  readonly name: string;
  readonly cells: ColumnCells;
}

/** An input with its columns of one set. */
export interface BoundInput extends TableInput {
  readonly bound: readonly InputColumn[];
}

export abstract class TableInference {
  protected readonly classifier: TableClassifier;
  readonly #output: ModelSettings['output'];
  /** Numbers that the model gives for a row. */
  #width = 0;

  protected constructor(classifier: TableClassifier, { output }: Pick<ModelSettings, 'output'>) {
    this.classifier = classifier;
    this.#output = output;
  }

  get classCount(): number {
    return classCountOf(this.#width);
  }

  /** Frees the model. */
  abstract close(): Promise<void>;

  /** @param inputs - one for each input of the classifier. */
  protected abstract call(inputs: readonly InputCells[]): Promise<GraphOutput> | GraphOutput;

  /**
   * Runs the model once on the set's first sample; call it before anything else.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the output is not [R, C].
   */
  protected async warmUp(dataset: Dataset): Promise<void> {
    const count = this.#rowsOf(MAX_ROWS);
    const inputs = boundInputs(this.classifier.inputs, dataset);
    const { dims } = await this.#answer(inputs, Uint32Array.of(0), count);
    this.#width = outputWidth(dims, count, this.classifier.output, 'rows');
  }

  /**
   * @param samples - indices into the set.
   * @param maxRows - R at most.
   * @returns [samples, C] logits; logarithms if the model gives probabilities.
   */
  async run(
    dataset: Dataset,
    samples: Uint32Array,
    maxRows = MAX_ROWS,
  ): Promise<Float32Array<ArrayBuffer>> {
    const inputs = boundInputs(this.classifier.inputs, dataset);
    const rows = this.#rowsOf(maxRows);
    const width = this.#width;
    const values = new Float32Array(samples.length * width);
    for (let first = 0; first < samples.length; first += rows) {
      const some = samples.subarray(first, first + rows);
      const { values: given } = await this.#answer(inputs, some, rows);
      values.set(given.subarray(0, some.length * width), first * width);
    }
    return logitsOf(values, width, this.#output);
  }

  #rowsOf(maxRows: number): number {
    return this.classifier.fixedRows ?? maxRows;
  }

  /** @param count - R; the first of the samples fills rows that are missing. */
  async #answer(
    inputs: readonly BoundInput[],
    samples: Uint32Array,
    count: number,
  ): Promise<GraphOutput> {
    const rows = new Uint32Array(count).fill(samples[0] as number);
    rows.set(samples);
    return this.call(inputs.map((input) => inputCells(input, rows)));
  }
}

/**
 * Looks at all samples of a set before a model is loaded for it.
 *
 * @throws {LyceumError} INVALID_ARGUMENT as `columnPlaces`, or naming the first cell that the model does not take.
 */
export function requireTable({ inputs }: Pick<TableClassifier, 'inputs'>, dataset: Dataset): void {
  for (const input of boundInputs(inputs, dataset)) {
    for (let sample = 0; sample < dataset.sampleCount; sample++) requireCells(input, sample);
  }
}

/**
 * The columns, or the texts, of a set that each input takes.
 *
 * @throws {LyceumError} INVALID_ARGUMENT as `columnPlaces` does.
 */
export function boundInputs(inputs: readonly TableInput[], dataset: Dataset): BoundInput[] {
  const { columns, cells, texts } = dataset;
  if (texts !== undefined && readsOneText(columnsOf({ inputs }))) {
    const at = (sample: number) => sampleText(texts, sample);
    const bound = [{ name: 'text', cells: { kind: 'category', at } as const }];
    return inputs.map((input) => ({ ...input, bound }));
  }
  const wanted = inputs.flatMap(({ cellType, columns: names }) => {
    const kind = cellType === 'string' ? 'category' : 'number';
    return names.map((name) => ({ name, kind }) as const);
  });
  // The places for all inputs in one search: there may be thousands of inputs, with a column each.
  const places = placesOf(wanted, cells && columns);
  if (columns === undefined || cells === undefined) throw new Error('places of no columns');
  const own = columnCells(columns, cells);
  let next = 0;
  return inputs.map((input) => {
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

/**
 * @param rows - R samples.
 * @throws {LyceumError} as {@link requireTable}: rows may be of another set than the one that was looked at.
 */
export function inputCells(input: BoundInput, rows: Uint32Array): InputCells {
  const { name, cellType, bound, isFlat } = input;
  for (const sample of rows) requireCells(input, sample);
  const shape = isFlat ? [rows.length] : [rows.length, bound.length];
  const cells = Array.from(rows, (sample) => bound.map((column) => column.cells.at(sample))).flat();
  return { name, cellType, shape, cells };
}
