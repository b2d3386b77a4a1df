/**
 * Runs a classifier that is a graph at one fixed batch shape, filled up with zeros, and returns logits.
 *
 * One shape: the same rows at the same places give the same bits. A file that fixes its batch is run as many times as
 * the rows need. The subclass runs the graph.
 *
 * Symbols: R `rows`, C classes.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import {
  classCountOf,
  logitsOf,
  type ModelSettings,
  sampleShapeError,
} from '../../models/index.js';
import { type GraphClassifier, isOfClasses } from './graph-classifier.js';
import type { GraphValue } from './graph-outline.js';

export interface GraphInferenceOptions {
  /** Rows of one call, R, unless the file fixes another number. */
  readonly rows: number;
  /** Shape of one sample in the model's own layout. */
  readonly sampleShape: readonly number[];
}

/** The output of one call: [R, …], row-major. */
export interface GraphOutput {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

export abstract class GraphInference {
  readonly rows: number;
  /** Shape of the input of one call. */
  protected readonly shape: readonly number[];
  protected readonly classifier: GraphClassifier;
  readonly #output: ModelSettings['output'];
  /** Numbers that the model gives for a sample. */
  #width = 0;

  /** @throws {LyceumError} INVALID_ARGUMENT if samples of that shape do not fit. */
  protected constructor(
    classifier: GraphClassifier,
    { output }: Pick<ModelSettings, 'output'>,
    { rows, sampleShape }: GraphInferenceOptions,
  ) {
    const own = concreteShape(classifier.input.shape, sampleShape);
    this.shape = [classifier.fixedRows ?? rows, ...own];
    this.rows = this.shape[0] as number;
    this.classifier = classifier;
    this.#output = output;
  }

  get classCount(): number {
    return classCountOf(this.#width);
  }

  /** Frees the model. */
  abstract close(): Promise<void>;

  /** @param padded - of the shape {@link shape}. */
  protected abstract call(padded: Float32Array<ArrayBuffer>): Promise<GraphOutput> | GraphOutput;

  /**
   * Runs the model once on zeros; call it before anything else.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the output is not [R, C].
   */
  protected async warmUp(): Promise<void> {
    const { dims } = await this.call(new Float32Array(elementCount(this.shape)));
    this.#width = outputWidth(dims, this.rows, this.classifier.output, 'samples');
  }

  /**
   * @param inputs - [rowCount, …one sample], as the model takes them.
   * @returns [rowCount, C]; logarithms if the model gives probabilities.
   */
  async run(inputs: Float32Array, rowCount: number): Promise<Float32Array<ArrayBuffer>> {
    const size = elementCount(this.shape.slice(1));
    const width = this.#width;
    const values = new Float32Array(rowCount * width);
    for (let first = 0; first < rowCount; first += this.rows) {
      const count = Math.min(this.rows, rowCount - first);
      const padded = new Float32Array(this.rows * size);
      padded.set(inputs.subarray(first * size, (first + count) * size));
      const { values: given } = await this.call(padded);
      values.set(given.subarray(0, count * width), first * width);
    }
    return logitsOf(values, width, this.#output);
  }
}

/**
 * How many numbers a row has, by the output's shape for so many rows.
 *
 * @param what - the rows, in words.
 * @throws {LyceumError} INVALID_ARGUMENT if the shape is not [rows, width].
 */
export function outputWidth(
  dims: readonly number[],
  rows: number,
  { name }: Pick<GraphValue, 'name'>,
  what: string,
): number {
  const [count, width = 1] = dims;
  if (!(isOfClasses(dims) || dims.length === 1) || count !== rows || width < 1) {
    const message = `its output ${name} has shape [${dims}] for ${rows} ${what}; want [${rows}, classes]`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return width;
}

/** The sizes that the file fixes, and the sample's own sizes where it leaves them open. */
function concreteShape(
  declared: readonly (number | undefined)[] | undefined,
  sampleShape: readonly number[],
): readonly number[] {
  const own = declared?.slice(1);
  if (own === undefined) return sampleShape;
  const known = own.filter((size) => size !== undefined);
  if (known.length === own.length && elementCount(known) === elementCount(sampleShape))
    return known;
  if (
    own.length === sampleShape.length &&
    own.every((size, axis) => size === undefined || size === sampleShape[axis])
  ) {
    return sampleShape;
  }
  throw sampleShapeError(own, sampleShape);
}
