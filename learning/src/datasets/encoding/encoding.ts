/**
 * How raw texts or rows of a table become samples of numbers. An encoding is fitted once, at import, on the train
 * split alone. It is kept in the set's file and in the package of every student that was trained on the set, so that
 * feeding a student needs nothing else.
 *
 * An encoding is plain JSON. Its keys have one order, so equal encodings have equal text.
 */
import { InvalidDocumentError, LyceumError, type Problem, sha256Hex } from '@lyceum/proto';
import { isObject } from '../../files/index.js';
import {
  columnWidth,
  encodeRow,
  readTableEncoding,
  type TableEncoding,
  tableEncodingText,
} from './table-encoding.js';
import {
  encodeText,
  readTextEncoding,
  type TextEncoding,
  textEncodingText,
} from './text-encoding.js';

export type Encoding = TextEncoding | TableEncoding;

/** Name of the encoding's member in model packages, and of the file beside exported students. */
export const ENCODING_FILE = 'encoding.json';

/**
 * Greatest size of an encoding's JSON: some 30,000 columns of numbers. Every student and the coordinator's memory hold
 * it.
 */
const ENCODING_MAX_BYTES = 4 * 1024 * 1024;
/** Columns that a description lists. The description is kept under every name of a set. */
const COLUMNS_DESCRIBED = 100;
const NAME_DESCRIBED_LENGTH = 100;

/** D: numbers in one sample. */
export function encodingWidth(encoding: Encoding): number {
  if (encoding.kind === 'text') return encoding.buckets;
  return encoding.columns.reduce((sum, column) => sum + columnWidth(column), 0);
}

/**
 * Makes the model's input of a raw sample.
 *
 * @param raw - a text; or, of a table, an object with a value for each column.
 * @returns [D].
 * @throws {LyceumError} INVALID_ARGUMENT naming what does not fit the encoding.
 */
export function encodeSample(encoding: Encoding, raw: unknown): Float32Array {
  if (encoding.kind === 'text') {
    if (typeof raw === 'string') return encodeText(encoding, raw);
    throw new LyceumError('INVALID_ARGUMENT', 'want a text');
  }
  if (isObject(raw)) return encodeRow(encoding, raw);
  throw new LyceumError('INVALID_ARGUMENT', 'want an object with a value for each column');
}

/** `texts: hashed 1- to 4-grams of characters in 2,048 buckets`. */
export function encodingText(encoding: Encoding): string {
  return encoding.kind === 'text' ? textEncodingText(encoding) : tableEncodingText(encoding);
}

/** An encoding's description for people, as JSON of some kilobytes at most. */
export function describeEncoding(encoding: Encoding): Record<string, unknown> {
  const described = { summary: encodingText(encoding), digest: encodingDigest(encoding) };
  if (encoding.kind === 'text') return { ...described, ...encoding };
  const columns = encoding.columns.slice(0, COLUMNS_DESCRIBED).map((column) => ({
    ...column,
    name: column.name.slice(0, NAME_DESCRIBED_LENGTH),
    ...(column.kind === 'category' && { values: column.values.length }),
  }));
  return { ...described, kind: encoding.kind, version: encoding.version, columns };
}

/** The encoding's canonical text: equal encodings have equal text. */
export function encodingJson(encoding: Encoding): string {
  return JSON.stringify(encoding);
}

/** SHA-256, hex: equal for encodings that give equal numbers. */
export function encodingDigest(encoding: Encoding): string {
  return sha256Hex(encodingJson(encoding));
}

/** Why an encoding is too large to be kept; undefined: it is not. */
export function encodingSizeProblem(encoding: Encoding): string | undefined {
  const bytes = Buffer.byteLength(encodingJson(encoding));
  if (bytes <= ENCODING_MAX_BYTES) return undefined;
  return `has ${bytes} bytes of columns and values; at most ${ENCODING_MAX_BYTES} are kept`;
}

/**
 * Checks a document that should be an encoding. Problems are added, at paths below `path`.
 *
 * @returns the encoding with its keys in order; undefined if it is none.
 */
export function readEncoding(
  document: unknown,
  path: string,
  problems: Problem[],
): Encoding | undefined {
  const wrong = (message: string) => {
    problems.push({ path, message });
    return undefined;
  };
  if (!isObject(document)) return wrong('is no object');
  const { kind } = document;
  if (kind !== 'text' && kind !== 'table') return wrong('kind must be "text" or "table"');
  const read = kind === 'text' ? readTextEncoding : readTableEncoding;
  const found: Problem[] = [];
  const encoding = read(document, found);
  problems.push(...found.map((p) => ({ ...p, path: `${path}.${p.path}` })));
  if (encoding === undefined || found.length > 0) return undefined;
  const tooLarge = encodingSizeProblem(encoding);
  return tooLarge === undefined ? encoding : wrong(tooLarge);
}

/**
 * Reads the text of an `encoding.json`.
 *
 * @throws {InvalidDocumentError} naming all that is wrong.
 */
export function parseEncoding(text: string, source = ENCODING_FILE): Encoding {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new InvalidDocumentError(source, [{ path: '', message: 'is not JSON' }]);
  }
  const problems: Problem[] = [];
  const encoding = readEncoding(document, 'encoding', problems);
  if (encoding === undefined) throw new InvalidDocumentError(source, problems);
  return encoding;
}
