/**
 * Raw samples in the form that an encoding takes: texts, one a line or in a table's column; or rows, of every kind of
 * table that a push takes. Read as a stream.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LyceumError } from '@lyceum/proto';
import type { Encoding } from '../datasets/encoding/index.js';
import { linesOf } from '../files/index.js';
import {
  objectOf,
  openParquetTable,
  parquetFiles,
  type Table,
  tableFileAt,
} from './tables/index.js';

export interface RawSample {
  /** Where the sample is from, for messages. */
  readonly where: string;
  /** A text, or an object with a value for each column. */
  readonly raw: unknown;
}

/** Greatest size of a line: room for the longest text of a set, and for half a million numbers. */
const LINE_MAX_BYTES = 8 * 1024 * 1024;

/**
 * @param source - a file: a table by its name, else texts or JSON lines; or a stream of bytes.
 * @param textColumn - for a table with texts; absent: its only column.
 * @throws {LyceumError} NOT_FOUND if the file does not exist, INVALID_ARGUMENT naming a line that cannot be read.
 */
export async function* rawSamples(
  encoding: Encoding,
  source: string | AsyncIterable<Buffer>,
  textColumn?: string,
): AsyncGenerator<RawSample, void, undefined> {
  const name = typeof source === 'string' ? source : 'standard input';
  const table = typeof source === 'string' ? await tableOf(source, encoding) : undefined;
  if (table !== undefined) {
    const text = encoding.kind === 'text' ? chosenText(table, textColumn, name) : undefined;
    for await (const { where, values } of table.rows(text === undefined ? table.columns : [text])) {
      const raw = text === undefined ? withMissing(encoding, values) : values[text];
      yield { where: `${name}, ${where}`, raw };
    }
    return;
  }
  if (textColumn !== undefined) {
    throw new LyceumError('INVALID_ARGUMENT', `--text: ${name} is no table with columns of texts`);
  }
  const bytes = typeof source === 'string' ? createReadStream(source) : source;
  let line = 0;
  for await (const text of linesOf(name, LINE_MAX_BYTES, bytes)) {
    line += 1;
    const where = `${name}, line ${line}`;
    if (encoding.kind === 'text') yield { where, raw: text };
    else if (text.trim() !== '') {
      yield { where, raw: withMissing(encoding, objectOf(text, where)) };
    }
  }
}

/** The file as a table; undefined: it is read line by line. */
async function tableOf(source: string, encoding: Encoding): Promise<Table | undefined> {
  if (!(await stat(source).catch(() => undefined))?.isFile()) {
    throw new LyceumError('NOT_FOUND', `${source}: no such file`);
  }
  const parquet = await parquetFiles(source);
  if (parquet.length > 0) return openParquetTable(parquet);
  const file = tableFileAt(source);
  const isStreamed = file?.kind === 'json-lines' && encoding.kind === 'table';
  return isStreamed && !source.toLowerCase().endsWith('.gz') ? undefined : file?.open(source);
}

function chosenText({ columns }: Table, given: string | undefined, name: string): string {
  const [only = '', ...others] = columns;
  const column = given ?? (others.length === 0 ? only : undefined);
  if (column !== undefined && columns.includes(column)) return column;
  const problem = given === undefined ? 'is a table' : `has no column "${given}"`;
  const message = `${name}: ${problem}; --text names the column of texts, of ${columns.slice(0, COLUMNS_SHOWN).join(', ')}`;
  throw new LyceumError('INVALID_ARGUMENT', message);
}

/** How many columns a message names. */
const COLUMNS_SHOWN = 20;

/** Adds null for keys that the row leaves out, in columns that had missing cells in training too. */
function withMissing(
  encoding: Encoding,
  row: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const full: Record<string, unknown> = Object.assign(Object.create(null), row);
  for (const column of encoding.kind === 'table' ? encoding.columns : []) {
    const mayMiss = column.kind === 'number' ? column.missing : column.values.includes('');
    if (mayMiss) full[column.name] ??= null;
  }
  return full;
}
