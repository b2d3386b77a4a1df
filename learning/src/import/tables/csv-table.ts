/**
 * A CSV or TSV file in UTF-8, RFC 4180: the first record names the columns. Read as a stream; a quote that is never
 * closed ends at {@link RECORD_MAX_CHARACTERS}, not at the end of the file. csv-start.ts finds the separator.
 *
 * - A record of empty values only, as spreadsheets write below their rows, is no row. Empty values behind the last
 *   column are ignored.
 * - If semicolons separate, `3,14` means 3.14: spreadsheets write both in countries with a decimal comma.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream';
import { LyceumError } from '@lyceum/proto';
import { shownName, utf8Bytes } from '../../files/index.js';
import { type CsvStart, csvStart } from './csv-start.js';
import type { Table, TableRow } from './table.js';
import { tableBytes } from './table-bytes.js';

/** Greatest size of a record: half a million numbers. */
const RECORD_MAX_CHARACTERS = 8 * 1024 * 1024;

/** @throws {LyceumError} INVALID_ARGUMENT if the file is no such table; also while it is read, naming the line. */
export async function openCsvTable(file: string): Promise<Table> {
  const { parse } = await import('csv-parse');
  const start = await csvStart(utf8Bytes(tableBytes(file), file), file);
  const records = new Records(file, start);
  const parser = parse({
    bom: true,
    delimiter: start.delimiter,
    ltrim: start.isSpaced,
    skip_empty_lines: true,
    max_record_size: RECORD_MAX_CHARACTERS,
    // The quote in `5" pipe` is a plain character.
    relax_quotes: true,
    relax_column_count: true,
    on_record: (record: string[], { lines }) => records.taken(record, lines),
    // By default the parser takes only the line end of the first line, and leaves a CR at the end of other lines' last
    // values.
    record_delimiter: ['\r\n', '\n', '\r'],
  });
  // An error of the file ends the parser, and is thrown to the reader of the rows.
  pipeline(start.bytes, parser, () => undefined);
  const all = checked(parser as AsyncIterable<string[]>, file);
  const header = await all.next();
  if (header.done === true) throw refusal(`${file}: is empty; want a first line of columns`);
  const columns = header.value;
  const names = new Set<string>();
  for (const name of columns) {
    if (names.has(name)) {
      const message = `has two columns ${shownName(name)}; rename one in its first line`;
      throw refusal(`${file}: ${message}`);
    }
    names.add(name);
  }
  const folder = dirname(await realpath(file));
  return { columns, rows: () => rowsOf(columns, all, start), folder };
}

/** Checks each record as it is read. */
class Records {
  readonly #file: string;
  readonly #start: CsvStart;
  #columns: readonly string[] | undefined;

  constructor(file: string, start: CsvStart) {
    this.#file = file;
    this.#start = start;
  }

  /**
   * @param line - number of the line where the record ends.
   * @returns as many values as there are columns; null: the record is left out.
   * @throws {LyceumError} INVALID_ARGUMENT naming the line that has too many values, or too few.
   */
  taken(record: string[], line: number): string[] | null {
    const used = record.findLastIndex((value) => value.trim() !== '') + 1;
    if (used === 0) return null;
    if (this.#columns === undefined) {
      const names = record.slice(0, used);
      this.#columns = names;
      return names;
    }
    const { length } = this.#columns;
    if (record.length === length) return record;
    if (record.length > length && used <= length) return record.slice(0, length);
    const place = `${this.#file}, line ${line + this.#start.skippedLines}`;
    const names = `the first line names ${length} column${length === 1 ? '' : 's'}`;
    const separated = `separated by ${this.#start.separatorName}`;
    const message = `has ${record.length} values, and ${names}, ${separated}`;
    const want = 'Want a first line of names, and values that hold a separator in double quotes';
    // Spark and MySQL escape quotes so by default.
    const isEscaped = record.some((value) => value.includes('\\"'));
    const twice = isEscaped ? '; a quote within quotes is written twice, not \\"' : '';
    throw refusal(`${place}: ${message}. ${want}${twice}`);
  }
}

/** Matches `3,14`, but not `1.234,5`: there points separate thousands. */
const DECIMAL_COMMA = /^\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*$/;

async function* rowsOf(
  columns: readonly string[],
  records: AsyncIterable<string[]>,
  { delimiter }: CsvStart,
): AsyncGenerator<TableRow, void, undefined> {
  const cell =
    delimiter === ';'
      ? (value = '') => (DECIMAL_COMMA.test(value) ? value.replace(',', '.') : value)
      : (value: string | undefined) => value;
  let row = 0;
  for await (const record of records) {
    row += 1;
    const values = Object.fromEntries(columns.map((name, index) => [name, cell(record[index])]));
    yield { where: `row ${row}`, values };
  }
}

async function* checked(
  records: AsyncIterable<string[]>,
  file: string,
): AsyncGenerator<string[], void, undefined> {
  try {
    yield* records;
  } catch (err) {
    if (err instanceof LyceumError) throw err;
    const cause = err instanceof Error ? err.message : String(err);
    throw new LyceumError('INVALID_ARGUMENT', `${file}: ${cause}`, { cause: err });
  }
}

function refusal(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
