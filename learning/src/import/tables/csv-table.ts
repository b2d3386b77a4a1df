/**
 * A CSV or TSV file in UTF-8, RFC 4180: the first record names the columns, every other has as many values. Read as a
 * stream; a quote that nobody closes ends at {@link RECORD_MAX_CHARACTERS}, not at the end of the file.
 */
import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream';
import { LyceumError } from '@lyceum/proto';
import { utf8Bytes } from '../../files/index.js';
import type { Table, TableRow } from './table.js';

/** Of one record: half a million numbers. */
const RECORD_MAX_CHARACTERS = 8 * 1024 * 1024;

/** @throws {LyceumError} INVALID_ARGUMENT if the file is no such table, on reading too, naming the line. */
export async function openCsvTable(file: string): Promise<Table> {
  const { parse } = await import('csv-parse');
  const delimiter = file.toLowerCase().endsWith('.tsv') ? '\t' : ',';
  const parser = parse({
    bom: true,
    delimiter,
    skip_empty_lines: true,
    max_record_size: RECORD_MAX_CHARACTERS,
    // By itself it takes those of the first line alone, and leaves a CR at the end of other lines' last values.
    record_delimiter: ['\r\n', '\n', '\r'],
  });
  // An error of the file ends the parser, and is thrown where rows are read.
  pipeline(
    createReadStream(file),
    (bytes) => delimited(utf8Bytes(bytes, file), delimiter, file),
    parser,
    () => undefined,
  );
  const records = checked(parser as AsyncIterable<string[]>, file);
  const header = await records.next();
  if (header.done === true) throw refusal(`${file}: is empty; want a first line of columns`);
  const columns = header.value;
  const names = new Set<string>();
  for (const name of columns) {
    if (names.has(name)) throw refusal(`${file}: has two columns "${name}"`);
    names.add(name);
  }
  return { columns, rows: () => rowsOf(columns, records), folder: dirname(await realpath(file)) };
}

/** The same bytes, if their first line is not one column with another separator in it. */
async function* delimited(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  file: string,
): AsyncGenerator<Buffer, void, undefined> {
  let isFirst = true;
  for await (const chunk of chunks) {
    const [line = ''] = isFirst ? chunk.toString('latin1').split('\n', 1) : [];
    const other = [';', '\t', ','].find((sign) => line.includes(sign));
    if (other !== undefined && !line.includes(delimiter)) {
      const want = `want ${SEPARATORS[delimiter]}, and numbers with a point`;
      throw refusal(`${file}: its columns are separated by ${SEPARATORS[other]}; ${want}`);
    }
    isFirst = false;
    yield chunk;
  }
}

const SEPARATORS: Readonly<Record<string, string>> = {
  ';': 'semicolons',
  '\t': 'tabs (.tsv)',
  ',': 'commas (.csv)',
};

async function* rowsOf(
  columns: readonly string[],
  records: AsyncIterable<string[]>,
): AsyncGenerator<TableRow, void, undefined> {
  let row = 0;
  for await (const record of records) {
    row += 1;
    const values = Object.fromEntries(columns.map((name, index) => [name, record[index]]));
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
