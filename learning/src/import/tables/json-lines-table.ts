/**
 * A file of JSON lines, https://jsonlines.org: an object a line. The columns are the keys of all objects, in the order
 * in which they first occur; programs leave out keys of empty cells.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { isObject, linesOf } from '../../files/index.js';
import type { Table, TableRow } from './table.js';
import { tableBytes } from './table-bytes.js';

/** Greatest size of a line: half a million numbers. */
const LINE_MAX_BYTES = 8 * 1024 * 1024;

/** If keys are data, such as ids, every object has other keys. */
const COLUMNS_MAX_COUNT = 1_000_000;

/** @throws {LyceumError} INVALID_ARGUMENT if a line is no object; also while the file is read, naming the line. */
export async function openJsonLinesTable(file: string): Promise<Table> {
  const columns = await columnsOf(rowsOf(file), file);
  return { columns, rows: () => rowsOf(file), folder: dirname(await realpath(file)) };
}

async function* rowsOf(file: string): AsyncGenerator<TableRow, void, undefined> {
  let line = 0;
  for await (const text of linesOf(file, LINE_MAX_BYTES, tableBytes(file))) {
    line += 1;
    if (text.trim() === '') continue;
    yield { where: `line ${line}`, values: objectOf(text, `${file}, line ${line}`) };
  }
}

/**
 * @param want - what an empty file should have, for the message.
 * @throws {LyceumError} INVALID_ARGUMENT if there are no rows, or too many keys.
 */
export async function columnsOf(
  rows: AsyncIterable<TableRow>,
  file: string,
  want = 'a JSON object a line',
): Promise<string[]> {
  const columns = new Set<string>();
  let isEmpty = true;
  for await (const { where, values } of rows) {
    isEmpty = false;
    for (const name in values) columns.add(name);
    if (columns.size <= COLUMNS_MAX_COUNT) continue;
    const message = `${file}, ${where}: with it there are more than ${COLUMNS_MAX_COUNT} keys; want objects with the same keys, which are the columns`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (!isEmpty) return [...columns];
  throw new LyceumError('INVALID_ARGUMENT', `${file}: is empty; want ${want}`);
}

/** @throws {LyceumError} INVALID_ARGUMENT if a line is no JSON object. */
export function objectOf(text: string, where: string): Record<string, unknown> {
  const value = jsonOf(text, where);
  if (isObject(value)) return plainObject(value);
  const list = Array.isArray(value) ? '; a list of objects is read from a file called .json' : '';
  throw new LyceumError('INVALID_ARGUMENT', `${where}: is no JSON object${list}`);
}

/** The object's own keys. Inherited ones, such as `constructor`, are no columns. */
export function plainObject(value: Record<string, unknown>): Record<string, unknown> {
  return Object.setPrototypeOf(value, null) as Record<string, unknown>;
}

/**
 * Matches texts, and the numbers that Python writes and JSON does not have. Letters are taken in runs: one by one, a
 * text of 10 MB overflows the stack.
 */
const STRINGS_AND_NAMES = /"[^"\\]*(?:\\.[^"\\]*)*"|\bNaN\b|\bInfinity\b/g;

function inJson(part: string): string {
  return part === 'NaN' ? 'null' : part === 'Infinity' ? '1e999' : part;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the text is no JSON. */
export function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (err) {
    try {
      // Text with millions of escapes overflows the stack all the same.
      return JSON.parse(text.replace(STRINGS_AND_NAMES, inJson));
    } catch {
      const cause = err instanceof Error ? err.message : String(err);
      throw new LyceumError('INVALID_ARGUMENT', `${where}: is no JSON: ${cause}`, { cause: err });
    }
  }
}
