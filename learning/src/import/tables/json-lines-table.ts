/** A file of JSON lines, https://jsonlines.org: an object a line; the first line's keys are the columns. */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { linesOf } from '../../files/index.js';
import type { Table, TableRow } from './table.js';

/** Of one line: half a million numbers. */
const LINE_MAX_BYTES = 8 * 1024 * 1024;

/** @throws {LyceumError} INVALID_ARGUMENT if a line is no object, on reading too, naming the line. */
export async function openJsonLinesTable(file: string): Promise<Table> {
  const rows = rowsOf(file);
  const first = await rows.next();
  if (first.done === true) {
    throw new LyceumError('INVALID_ARGUMENT', `${file}: is empty; want a JSON object a line`);
  }
  const columns = Object.keys(first.value.values);
  const all = (async function* () {
    yield first.value;
    yield* rows;
  })();
  return { columns, rows: () => all, folder: dirname(await realpath(file)) };
}

async function* rowsOf(file: string): AsyncGenerator<TableRow, void, undefined> {
  let line = 0;
  for await (const text of linesOf(file, LINE_MAX_BYTES)) {
    line += 1;
    if (text.trim() === '') continue;
    yield { where: `line ${line}`, values: objectOf(text, `${file}, line ${line}`) };
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT if a line is no JSON object. */
export function objectOf(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (err) {
    const cause = err instanceof Error ? err.message : String(err);
    throw new LyceumError('INVALID_ARGUMENT', `${where}: is no JSON: ${cause}`, { cause: err });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    // What every object inherits, `constructor` for one, is no column.
    return Object.setPrototypeOf(value, null) as Record<string, unknown>;
  }
  throw new LyceumError('INVALID_ARGUMENT', `${where}: is no JSON object`);
}
