/** The meaning of values in a table's row. */
import { isUtf8 } from 'node:buffer';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { TEXT_MAX_BYTES } from '../../datasets/index.js';

/** Greatest count of numbers in one row, all columns together. */
const MAX_NUMBERS = 1_000_000;

/**
 * The name of a row's class. A number becomes its numeral; or, with `classNames`, the name at its place, as in Hugging
 * Face's ClassLabel, where −1 means unlabelled.
 *
 * @returns undefined for null, NaN, an empty text or no value, as in a JSON object without the key: unlabelled.
 * @throws {SampleRefusedError} if it is no text, number or truth value.
 */
export function classText(
  value: unknown,
  column: string,
  classNames?: readonly string[],
): string | undefined {
  if (value === undefined || value === null || value === '' || Number.isNaN(value))
    return undefined;
  if (value instanceof Uint8Array) return classText(utf8Cell(value, column), column, classNames);
  const plain = ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
  if (!plain) {
    const one = Array.isArray(value) ? '; a sample has one class' : '';
    const message = `column ${column}: want a class, a text or a number, got ${shown(value)}${one}`;
    throw new SampleRefusedError('no class', message);
  }
  if (isInexact(value)) {
    const message = `column ${column}: is near ${value}, and numbers from 2^53 on lose digits; write classes as texts`;
    throw new SampleRefusedError('no class', message);
  }
  if (classNames === undefined || typeof value === 'string') return String(value);
  if (Number(value) === -1) return undefined;
  const name = classNames[Number(value)];
  if (name !== undefined) return name;
  const message = `column ${column}: is ${value}, and there are ${classNames.length} classes`;
  throw new SampleRefusedError('unknown class', message);
}

/** Whether a whole number may have lost digits: it may have been another number in the source. */
function isInexact(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** A longer text is no id. */
const ID_MAX_LENGTH = 256;

/**
 * A sample's id; a number becomes its numeral.
 *
 * @throws {SampleRefusedError} if it is no text or number, empty, or a number that has lost digits.
 */
export function idText(value: unknown, column: string): string {
  if (value instanceof Uint8Array) return idText(utf8Cell(value, column), column);
  if (isInexact(value)) {
    const message = `column ${column}: is near ${value}, and numbers from 2^53 on lose digits; write ids as texts`;
    throw new SampleRefusedError('no id', message);
  }
  const plain = typeof value === 'string' || typeof value === 'bigint' || Number.isFinite(value);
  const id = plain ? String(value) : '';
  if (id !== '' && id.length <= ID_MAX_LENGTH) return id;
  const want = `text of at most ${ID_MAX_LENGTH} characters, or a number`;
  throw new SampleRefusedError('no id', `column ${column}: want ${want}, got ${shown(value)}`);
}

/**
 * The numbers of a row; lists are written out in place.
 *
 * @returns [D], float32.
 * @throws {SampleRefusedError} naming a column that holds no number, or a number that float32 cannot hold.
 */
export function rowNumbers(
  values: Readonly<Record<string, unknown>>,
  columns: readonly string[],
): Float32Array {
  const numbers: number[] = [];
  for (const column of columns) {
    const value = values[column];
    if (value === undefined) throw missing(column);
    const entries = Array.isArray(value) || ArrayBuffer.isView(value) ? listOf(value) : [value];
    if (numbers.length + entries.length > MAX_NUMBERS) {
      throw new SampleRefusedError('too many numbers', `has more than ${MAX_NUMBERS} numbers`);
    }
    for (const entry of entries) numbers.push(finite(entry, column));
  }
  return Float32Array.from(numbers);
}

/**
 * @returns a text with more than white space.
 * @throws {SampleRefusedError} if it is no text, empty, too long, or bytes that are not UTF-8.
 */
export function rowText(value: unknown, column: string): string {
  if (value === undefined) throw missing(column);
  const text = value instanceof Uint8Array ? utf8Cell(value, column) : value;
  if (typeof text !== 'string') {
    throw new SampleRefusedError('no text', `column ${column}: want a text, got ${shown(value)}`);
  }
  if (text.trim() === '') {
    throw new SampleRefusedError('empty text', `column ${column}: is empty`);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes <= TEXT_MAX_BYTES) return text;
  const message = `column ${column}: has ${bytes} bytes; at most ${TEXT_MAX_BYTES}`;
  throw new SampleRefusedError('text too long', message);
}

/**
 * @returns the bytes of an image's file, or the path of the file.
 * @throws {SampleRefusedError} if the value is neither.
 */
export function imageBytes(value: unknown, column: string): Uint8Array | string {
  if (value === undefined) throw missing(column);
  if (value instanceof Uint8Array || (typeof value === 'string' && value !== '')) return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { bytes, path } = value as { bytes?: unknown; path?: unknown };
    if (bytes instanceof Uint8Array) return bytes;
    if (typeof path === 'string' && path !== '') return path;
  }
  const want = 'a path, bytes, or a struct of bytes and path';
  throw new SampleRefusedError('no image', `column ${column}: want ${want}, got ${shown(value)}`);
}

function utf8Cell(bytes: Uint8Array, column: string): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString();
  throw new SampleRefusedError('no text', `column ${column}: is not UTF-8`);
}

function finite(value: unknown, column: string): number {
  const blank = typeof value === 'string' && value.trim() === '';
  const plain = ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
  const number = plain && !blank ? Number(value) : Number.NaN;
  if (Number.isFinite(Math.fround(number))) return number;
  const message = `column ${column}: want a number that float32 holds, got ${shown(value)}`;
  throw new SampleRefusedError('no number', message);
}

function listOf(value: unknown): ArrayLike<unknown> & Iterable<unknown> {
  return value as unknown[];
}

function missing(column: string): SampleRefusedError {
  return new SampleRefusedError('missing column', `has no column ${column}`);
}

const SHOWN_CHARACTERS = 40;

function shown(value: unknown): string {
  if (value instanceof Date) return `a date, ${dateText(value)}`;
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const kind = isList ? 'a list' : 'an object';
  const text = typeof value === 'object' && value !== null ? kind : String(value);
  const quoted = typeof value === 'string' ? JSON.stringify(text) : text;
  return quoted.length > SHOWN_CHARACTERS ? `${quoted.slice(0, SHOWN_CHARACTERS)}…` : quoted;
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'of no day' : date.toISOString();
}
