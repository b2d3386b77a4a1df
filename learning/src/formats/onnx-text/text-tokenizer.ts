/**
 * From a text to a model's tokens, as the `tokenizers` of Hugging Face make them from a `tokenizer.json`: normalised,
 * cut into words and pieces, with the model's own tokens before and behind. A text that is too long keeps those, and
 * loses its end, or its start where the file says so.
 *
 * @see https://huggingface.co/docs/tokenizers/pipeline
 */

import type { Tokenizer } from '@huggingface/tokenizers';
import { InvalidDocumentError, LyceumError, type Problem, toLyceumError } from '@lyceum/proto';
import { isObject, utf8Text } from '../../files/index.js';
import { exactFile } from './exact-tokenizer.js';
import { useOwnParts } from './own-parts.js';

/** Models of tokenizers (ways to cut words into pieces) that the library has. WordLevel is not one. */
const MODELS: readonly unknown[] = ['WordPiece', 'BPE', 'Unigram', undefined];

/** Characters of a text that are read for each token that there may be: in no language a word has as many. */
const CHARACTERS_A_TOKEN = 100;

/** The largest `tokenizer.json`; that of 250,000 pieces has 17 MB. */
export const TOKENIZER_MAX_BYTES = 64 * 2 ** 20;

export interface Tokens {
  readonly ids: readonly number[];
  /** Which text each token is of; 0 in nearly all models. */
  readonly types: readonly number[];
}

/** @throws {InvalidDocumentError} if it is no `tokenizer.json`, or of an unknown kind. */
export function requireTokenizer(
  bytes: Uint8Array,
  source: string,
): Readonly<Record<string, unknown>> {
  if (bytes.length > TOKENIZER_MAX_BYTES) {
    const message = `has ${bytes.length} bytes; at most ${TOKENIZER_MAX_BYTES} are read`;
    throw new InvalidDocumentError(source, [{ path: '', message }]);
  }
  const read = readObject(bytes, source);
  const { model } = read;
  if (!isObject(model)) {
    const message = 'is missing: want the file that save_pretrained() of a fast tokenizer writes';
    throw new InvalidDocumentError(source, [{ path: 'model', message }]);
  }
  const problems = tokenizerProblems(read, model);
  if (problems.length === 0) return read;
  throw new InvalidDocumentError(source, problems);
}

/** What the library has not, and would leave out without an error. */
function tokenizerProblems(
  { added_tokens: added }: Readonly<Record<string, unknown>>,
  { type, continuing_subword_prefix: prefix }: Readonly<Record<string, unknown>>,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (!MODELS.includes(type)) {
    const message = `is ${JSON.stringify(type)}; want ${MODELS.filter(Boolean).join(', ')}`;
    problems.push({ path: 'model.type', message });
  }
  if (type === 'BPE' && typeof prefix === 'string' && prefix !== '') {
    const message = `is ${JSON.stringify(prefix)}, which of BPE is not followed; want none`;
    problems.push({ path: 'model.continuing_subword_prefix', message });
  }
  for (const [index, token] of (Array.isArray(added) ? added : []).entries()) {
    if (!isObject(token) || token['single_word'] !== true) continue;
    const message = `is true, for ${JSON.stringify(token['content'])}, which is not followed; want false`;
    problems.push({ path: `added_tokens[${index}].single_word`, message });
  }
  return problems;
}

/** @throws {LyceumError} INVALID_ARGUMENT if it is no JSON object in UTF-8. */
export function readObject(bytes: Uint8Array, source: string): Readonly<Record<string, unknown>> {
  const text = utf8Text(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), source);
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    // The error is thrown below.
  }
  if (isObject(read)) return read;
  throw new InvalidDocumentError(source, [{ path: '', message: 'is no JSON object' }]);
}

/** Whether texts that are too long lose their start. @param tokenizer - the contents of a `tokenizer.json`. */
export function cutsStart({ truncation }: Readonly<Record<string, unknown>>): boolean {
  return isObject(truncation) && truncation['direction'] === 'Left';
}

export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #maximumTokens: number;
  readonly #cutsStart: boolean;

  private constructor(tokenizer: Tokenizer, maximumTokens: number, cutsStart: boolean) {
    this.#tokenizer = tokenizer;
    this.#maximumTokens = maximumTokens;
    this.#cutsStart = cutsStart;
  }

  /**
   * @param bytes - the contents of a `tokenizer.json`.
   * @param maximumTokens - of one text, the model's own tokens before and behind it included.
   * @throws {LyceumError} INVALID_ARGUMENT if the library cannot follow the file, or no token of a text would be left.
   */
  static async open(bytes: Uint8Array, maximumTokens: number): Promise<TextTokenizer> {
    const file = requireTokenizer(bytes, 'tokenizer.json');
    // Imported here and not above: a program without such a teacher never loads it.
    const { Tokenizer } = await import('@huggingface/tokenizers');
    let tokenizer: Tokenizer;
    try {
      tokenizer = new Tokenizer(exactFile(file), {});
      useOwnParts(tokenizer);
    } catch (thrown) {
      const message = `tokenizer.json cannot be used: ${toLyceumError(thrown).message}`;
      throw new LyceumError('INVALID_ARGUMENT', message, { cause: thrown });
    }
    const opened = new TextTokenizer(tokenizer, maximumTokens, cutsStart(file));
    const own = opened.tokens('').ids.length;
    if (own < maximumTokens) return opened;
    const message = `maximumTokens is ${maximumTokens}, and ${own} tokens are the model's own; want more`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if a piece of the text has no id. */
  tokens(text: string): Tokens {
    const most = this.#maximumTokens * CHARACTERS_A_TOKEN;
    const seen = this.#cutsStart ? text.slice(-most) : text.slice(0, most);
    const whole = this.#encoded(seen, true);
    const excess = whole.ids.length - this.#maximumTokens;
    if (excess <= 0) return whole;
    // The text's own pieces lie between the model's tokens, in one run, whose end or start is cut off.
    const { ids: pieces } = this.#encoded(seen, false);
    const before = placeOf(pieces, whole.ids);
    const from = this.#cutsStart ? before : before + pieces.length - excess;
    const without = (all: readonly number[]) => [
      ...all.slice(0, from),
      ...all.slice(from + excess),
    ];
    return { ids: without(whole.ids), types: without(whole.types) };
  }

  #encoded(text: string, withOwn: boolean): Tokens {
    const options = { add_special_tokens: withOwn, return_token_type_ids: true as const };
    const { ids, tokens, token_type_ids } = this.#tokenizer.encode(text, options);
    const unknown = ids.findIndex((id: number) => !Number.isInteger(id));
    if (unknown < 0) return { ids, types: token_type_ids ?? new Array(ids.length).fill(0) };
    const message = `its tokenizer has no id for ${JSON.stringify(tokens[unknown])}, and none for what is unknown`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
}

/** The place where a run of numbers begins in another. */
function placeOf(run: readonly number[], all: readonly number[]): number {
  const last = all.length - run.length;
  for (let at = 0; at <= last; at++) {
    if (run.every((id, i) => all[at + i] === id)) return at;
  }
  throw new Error('the tokens of a text are not among those of the whole');
}

/**
 * How many tokens a row is filled up to: at most half as many again as it has, so that few shapes are computed. The
 * number depends on the text alone, not on the texts that are asked with it.
 *
 * @param count - of tokens, at least 1.
 */
export function paddedTokens(count: number, maximumTokens: number): number {
  const step = Math.max(16, 2 ** Math.floor(Math.log2(Math.max(1, count - 1))) / 2);
  return Math.min(Math.ceil(count / step) * step, maximumTokens);
}
