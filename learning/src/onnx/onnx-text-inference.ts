/**
 * Runs a classifier of texts in ONNX. A row is filled up to a length that depends on its text alone (`paddedTokens`).
 * Rows of one length are computed together in one fixed shape, and the tokens that fill up are masked. So the same
 * texts in the same order give the same bits.
 *
 * Some models read masked tokens all the same, where a convolution or the next token's embedding reaches them: ConvBERT,
 * MobileBERT, Nyströmformer. Such a model is given each text alone, as long as it is.
 *
 * Symbols: R rows of an inference, T tokens of a row, C classes.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { outputWidth } from '../formats/graphs/index.js';
import {
  type OnnxTextPackage,
  paddedTokens,
  type TextClassifier,
  TextTokenizer,
  type TokenInput,
  type Tokens,
  textClassifierOf,
} from '../formats/onnx-text/index.js';
import { classCountOf, logitsOf } from '../models/index.js';
import { asFloat32 } from './float-tensor.js';
import { type OnnxPlace, openSession, type Runtime } from './onnx-session.js';

/**
 * The most tokens of an inference, R·T, unless one row has more. A processor is fastest if all fits into its caches; a
 * GPU is faster with much to do.
 */
const TOKENS_AT_ONCE = { cpu: 512, cuda: 8192 } as const;

/** The most rows of an inference: engines gain little from more. */
const MAX_ROWS = 128;

/**
 * What is asked in order to find out whether masked tokens change an answer: short texts above all, of which each token
 * lies near them.
 */
const PROBES = ['', 'a', 'It is a text.'];

/**
 * Share of the greatest number of an answer by which masked tokens may change it: shapes alone change the last bits.
 */
const SAME_ANSWER = 1e-3;

interface Row {
  readonly tokens: Tokens;
  /** The text's place among those that were asked about. */
  readonly place: number;
}

export class OnnxTextInference {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;
  readonly #model: OnnxTextPackage;
  readonly #classifier: TextClassifier;
  readonly #tokenizer: TextTokenizer;
  readonly #maximumTokens: number;
  readonly #tokensAtOnce: number;
  /**
   * Tokens of an empty text, at least one, since a model makes no number of masked tokens alone. Rows that are missing
   * have them too: BART looks for the end of each row.
   */
  readonly #fewest: Tokens;
  /** Numbers that the model gives for a text. */
  #width = 0;
  /** Whether masked tokens change its answers. */
  #readsMasked = false;

  private constructor(
    runtime: Runtime,
    session: InferenceSession,
    model: OnnxTextPackage,
    classifier: TextClassifier,
    tokenizer: TextTokenizer,
    { device = 'cpu' }: OnnxPlace,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#model = model;
    this.#classifier = classifier;
    this.#tokenizer = tokenizer;
    this.#maximumTokens = model.settings.maximumTokens;
    this.#tokensAtOnce = TOKENS_AT_ONCE[device];
    const empty = tokenizer.tokens('');
    this.#fewest = empty.ids.length > 0 ? empty : { ids: [model.settings.padToken], types: [0] };
  }

  /**
   * Loads the model and runs it: on as many tokens as it will ever be given, and on short texts with and without
   * masked tokens.
   *
   * @throws {LyceumError} as `openSession`; INVALID_ARGUMENT if the tokenizer cannot be used, or the output is not
   * [R, C].
   */
  static async open(model: OnnxTextPackage, place: OnnxPlace): Promise<OnnxTextInference> {
    const classifier = textClassifierOf(model);
    const tokenizer = await TextTokenizer.open(model.tokenizer, model.settings.maximumTokens);
    return openSession(model.file, place, async (runtime, session) => {
      const inference = new OnnxTextInference(
        runtime,
        session,
        model,
        classifier,
        tokenizer,
        place,
      );
      await inference.#warmUp();
      return inference;
    });
  }

  get classCount(): number {
    return classCountOf(this.#width);
  }

  /** Frees the model. */
  async close(): Promise<void> {
    await this.#session.release();
  }

  /**
   * @param maxRows - R at most.
   * @returns [texts, C] logits; logarithms if the model gives probabilities.
   */
  async run(texts: readonly string[], maxRows = MAX_ROWS): Promise<Float32Array<ArrayBuffer>> {
    const rowsOfLength = new Map<number, Row[]>();
    for (const [place, text] of texts.entries()) {
      const tokens = this.#tokensOf(text);
      const length = this.#lengthOf(tokens.ids.length);
      const rows = rowsOfLength.get(length);
      if (rows === undefined) rowsOfLength.set(length, [{ tokens, place }]);
      else rows.push({ tokens, place });
    }
    const width = this.#width;
    const values = new Float32Array(texts.length * width);
    for (const [length, rows] of rowsOfLength) {
      const count = this.#rowsOf(length, maxRows);
      for (let first = 0; first < rows.length; first += count) {
        const some = rows.slice(first, first + count);
        const given = await this.#call(some, count, length);
        for (const [row, { place }] of some.entries()) {
          values.set(given.values.subarray(row * width, (row + 1) * width), place * width);
        }
      }
    }
    return logitsOf(values, width, this.#model.settings.output);
  }

  #tokensOf(text: string): Tokens {
    const tokens = this.#tokenizer.tokens(text);
    return tokens.ids.length > 0 ? tokens : this.#fewest;
  }

  async #warmUp(): Promise<void> {
    const length = this.#lengthOf(this.#maximumTokens);
    const count = this.#rowsOf(length, MAX_ROWS);
    const { ids, types } = this.#fewest;
    const full = (values: readonly number[]) =>
      Array.from({ length: this.#maximumTokens }, (_, i) => values[i % values.length] as number);
    const row = { tokens: { ids: full(ids), types: full(types) }, place: 0 };
    const { dims } = await this.#call(new Array<Row>(count).fill(row), count, length);
    this.#width = outputWidth(dims, count, this.#classifier.output, 'texts');
    this.#readsMasked = await this.#changesByMasked();
  }

  /** Whether another answer comes of the same tokens with masked ones behind them. */
  async #changesByMasked(): Promise<boolean> {
    if (this.#classifier.fixedTokens !== undefined) return false;
    for (const text of PROBES) {
      const tokens = this.#tokenizer.tokens(text);
      const own = tokens.ids.length;
      if (own === 0 || own >= this.#maximumTokens) continue;
      const count = this.#classifier.fixedRows ?? 1;
      const rows = new Array<Row>(count).fill({ tokens, place: 0 });
      const { values } = await this.#call(rows, count, paddedTokens(own + 1, this.#maximumTokens));
      // A model that takes no such length can only be given the usual ones.
      const alone = await this.#call(rows, count, own).catch(() => undefined);
      if (alone === undefined) return false;
      const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const far = SAME_ANSWER * greatest;
      if (values.some((value, i) => Math.abs(value - (alone.values[i] as number)) > far))
        return true;
    }
    return false;
  }

  #lengthOf(tokenCount: number): number {
    if (this.#readsMasked) return tokenCount;
    return this.#classifier.fixedTokens ?? paddedTokens(tokenCount, this.#maximumTokens);
  }

  #rowsOf(length: number, maxRows: number): number {
    // Hardly two texts of a span have the same length.
    const own = this.#readsMasked ? 1 : Math.floor(this.#tokensAtOnce / length);
    return this.#classifier.fixedRows ?? Math.min(Math.max(own, 1), maxRows);
  }

  /** @param count - R; rows that are missing are an empty text. @param length - T. */
  async #call(
    rows: readonly Row[],
    count: number,
    length: number,
  ): Promise<{ readonly values: Float32Array; readonly dims: readonly number[] }> {
    const { padToken } = this.#model.settings;
    const given: Record<TokenInput, Int32Array> = {
      input_ids: new Int32Array(count * length).fill(padToken),
      attention_mask: new Int32Array(count * length),
      token_type_ids: new Int32Array(count * length),
    };
    for (let row = 0; row < count; row++) {
      const { ids, types } = rows[row]?.tokens ?? this.#fewest;
      given.input_ids.set(ids, row * length);
      given.attention_mask.fill(1, row * length, row * length + ids.length);
      given.token_type_ids.set(types, row * length);
    }
    const { inputs, output } = this.#classifier;
    const tensors = inputs.map(({ name, elementType }) => [
      name,
      this.#tensor(given[name], elementType === 'int32', [count, length]),
    ]);
    const results = await this.#session.run(Object.fromEntries(tensors), [output.name]);
    const result = results[output.name] as Tensor;
    return { values: asFloat32(result), dims: result.dims };
  }

  #tensor(values: Int32Array, isShort: boolean, shape: readonly number[]): Tensor {
    const { Tensor } = this.#runtime;
    if (isShort) return new Tensor('int32', values, shape);
    return new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  }
}
