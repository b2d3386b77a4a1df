/**
 * What a cell of a table means, whatever its source: numbers and truth values as JSON and Parquet have them, or their
 * texts as CSV has them. Import and the feeding of students share these rules.
 */
import { ownEntry } from '@lyceum/proto';
import { SampleRefusedError } from './sample-refused-error.js';

export type Cell = string | number | boolean | null;

/**
 * Texts that mean a missing number, in any case: those of pandas, R, spreadsheets and databases. NaN and null mean it
 * too.
 */
const NO_NUMBER: ReadonlySet<string> = new Set([
  ...['', 'na', 'n/a', 'nan', 'null', 'none', '?'],
  ...['<na>', '#n/a', '#na', 'nat', '-nan', '\\n'],
]);
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TRUTH: Readonly<Record<string, number>> = { true: 1, false: 0 };
const ENDS = /^[ \t\r\n]+|[ \t\r\n]+$/g;

/**
 * @param column - name of the column, for messages.
 * @throws {SampleRefusedError} if `value` is nothing that a cell may hold.
 */
export function cellOf(value: unknown, column: string): Cell {
  if (value === undefined) {
    throw new SampleRefusedError('missing column', `has no column ${column}`);
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return numberCell(value);
  // A text keeps all digits of a large integer: they tell categories apart.
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) {
    const message = `column ${column}: has bytes that are not UTF-8 text; --columns ${column}=ignore leaves it out`;
    throw new SampleRefusedError('no text', message);
  }
  const kind = Array.isArray(value) || ArrayBuffer.isView(value) ? 'a list' : 'an object';
  const advice = `--raw takes lists of numbers as they are, --columns ${column}=ignore leaves it out`;
  const message = `column ${column}: want a number, a text or a truth value, got ${kind}; ${advice}`;
  throw new SampleRefusedError('no value', message);
}

/** Neither samples nor JSON can hold an infinite number: it becomes null. */
function numberCell(value: number): Cell {
  if (Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : String(value);
}

/** @returns `missing` for a missing number, undefined for a cell that is no number. */
export function numberOf(cell: Cell): number | 'missing' | undefined {
  if (cell === null) return 'missing';
  if (typeof cell === 'boolean') return Number(cell);
  const number = typeof cell === 'number' ? cell : numberOfText(cell.replace(ENDS, ''));
  // A sample is float32, and so are the mean and the deviation of its column.
  return typeof number === 'number' && !Number.isFinite(Math.fround(number)) ? undefined : number;
}

function numberOfText(text: string): number | 'missing' | undefined {
  if (DECIMAL.test(text)) return Number(text);
  const word = text.toLowerCase();
  if (NO_NUMBER.has(word)) return 'missing';
  return ownEntry(TRUTH, word);
}

/** A category's name. A missing cell is the empty category, which is a category like any other. */
export function categoryOf(cell: Cell): string {
  return cell === null ? '' : String(cell).replace(ENDS, '');
}

/** `3,14`, `1.234,5`. */
const DECIMAL_COMMA = /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$/;

export function isDecimalComma(cell: Cell): boolean {
  return typeof cell === 'string' && DECIMAL_COMMA.test(cell.replace(ENDS, ''));
}

/** Whether a cell has leading zeros, as a postal code or an account's number: as a number it would lose them. */
export function isCode(cell: Cell): boolean {
  return typeof cell === 'string' && /^0\d+$/.test(cell.replace(ENDS, ''));
}

/**
 * A number with marks around or inside it: `$1,234.50`, `12 %`, `5 cm`, `1 234`, `(3.5)`, `−2`. Use it on cells that
 * are no plain numbers.
 */
const MARKED_NUMBER =
  /^[(+−–-]?\s?(?:\p{Sc}|[A-Z]{3})?\s?[+−–-]?(?:\d{1,3}(?:[.,'’ \u00a0\u202f_]\d{3})+|\d+)(?:[.,]\d+)?(?:\s?(?:\p{Sc}|%|‰|[A-Z]{3}|[cmk]?m|[mk]?g|m?l|°[CF]|lbs?|ft|in|ms|min)|\s[\p{L}µ°/²³]{1,6})?\)?$/u;

export function isMarkedNumber(cell: Cell): boolean {
  return typeof cell === 'string' && MARKED_NUMBER.test(cell.replace(ENDS, ''));
}

/** `20240131`. */
export function isDayNumber(number: number): boolean {
  const [year, month, day] = [
    Math.floor(number / 10_000),
    Math.floor(number / 100) % 100,
    number % 100,
  ];
  return year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?';
const WEEKDAY = '^(?:[a-z]{3,9},? )?';
const DATES = [
  new RegExp(`${WEEKDAY}\\d{1,2}[-/. ]${MONTH}[-/., ]+\\d{2,4}(?:[ ,T].*)?$`, 'i'),
  new RegExp(`${WEEKDAY}${MONTH} \\d{1,2}(?:st|nd|rd|th)?,? \\d{4}(?:[ ,T].*)?$`, 'i'),
  /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?$/,
  /^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?: \d{1,2}:\d{2}.*)?$/,
];

/** Whether a cell looks like a date, perhaps with a time. */
export function isDate(cell: Cell): boolean {
  if (typeof cell !== 'string') return false;
  const text = cell.replace(ENDS, '');
  return DATES.some((date) => date.test(text));
}
