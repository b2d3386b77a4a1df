/**
 * How raw texts or rows of a table become samples of numbers: fitted once, at import, on the train split alone; kept in the
 * set's file, and in the package of every student that was trained on it, so that whoever has the student can feed it.
 *
 * An encoding is plain JSON. Its keys have one order, so equal encodings have equal text.
 */
import { InvalidDocumentError, type Problem, sha256Hex } from '@lyceum/proto';
import { isObject } from '../model-weights.js';
import { readTextEncoding, type TextEncoding, textEncodingText } from './text-encoding.js';

export type Encoding = TextEncoding;

/** The member of model packages, and the file beside exported students. */
export const ENCODING_FILE = 'encoding.json';

/** Of an encoding's JSON: it is in the set's description, which is kept under every name. */
export const ENCODING_MAX_BYTES = 256 * 1024;

/** D: numbers in one sample. */
export function encodingWidth(encoding: Encoding): number {
  return encoding.buckets;
}

/** `texts: hashed 1- to 4-grams of characters in 2,048 buckets`. */
export function encodingText(encoding: Encoding): string {
  return textEncodingText(encoding);
}

/** Canonical. */
export function encodingJson(encoding: Encoding): string {
  return JSON.stringify(encoding);
}

/** SHA-256, hex: equal for encodings that give equal numbers. */
export function encodingDigest(encoding: Encoding): string {
  return sha256Hex(encodingJson(encoding));
}

/**
 * Checks a document that should be an encoding. What is wrong is added to the problems, at paths below `path`.
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
  if (document['kind'] !== 'text') return wrong('kind must be "text"');
  const found: Problem[] = [];
  const encoding = readTextEncoding(document, found);
  problems.push(...found.map((p) => ({ ...p, path: `${path}.${p.path}` })));
  if (encoding === undefined || found.length > 0) return undefined;
  const bytes = Buffer.byteLength(encodingJson(encoding));
  if (bytes > ENCODING_MAX_BYTES) {
    return wrong(`has ${bytes} bytes; at most ${ENCODING_MAX_BYTES} are read`);
  }
  return encoding;
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
