/**
 * Rows of a table, from whatever format, to samples: each an image, a text, or numbers and categories, and its class.
 *
 * Numbers and categories are all columns but those of class, split and id, in the order of the source's columns. They
 * are encoded; or raw, numbers as they are, where a cell may hold a list. An image is a file's path, relative to the
 * table's folder; or its bytes; or Hugging Face's struct of both. A text is encoded, and kept beside its numbers. A
 * sample with an empty class is unlabelled. If the user names the classes and the table has no column of classes, all
 * samples are unlabelled.
 */
import {
  encodeText,
  SampleRefusedError,
  type TextEncoding,
  textEncoding,
} from '../../datasets/encoding/index.js';
import { type SplitName, splitNamed } from '../../datasets/index.js';
import { type ImageDecoder, openImageDecoder } from '../../pictures/index.js';
import { mapInOrder, readWithin } from '../images/index.js';
import {
  type ImportOptions,
  type OpenSamples,
  orRefused,
  type RefusedSample,
  type Sample,
  type SampleSink,
} from '../samples/index.js';
import type { LabelledRow, RowValues, Table } from '../tables/index.js';
import type { FittedColumn } from './fit-table.js';
import { fittedSamples } from './fitted-rows.js';
import type { Columns } from './table-columns.js';
import { classText, idText, imageBytes, rowNumbers, rowText } from './table-values.js';

/** Samples of a table, with refusals in place of rows that cannot be taken. */
export interface OpenTable extends OpenSamples {
  /** What became of each column, if columns are encoded. */
  readonly columns?: readonly FittedColumn[];
  /** The columns whose numbers are taken as they are. */
  readonly rawColumns?: readonly string[];
}

/** A sample's content, without class and split. */
type Content = Pick<Sample, 'shape' | 'values' | 'raw'>;

/** Images decoded at once: enough for a few cores, few enough for memory. */
const DECODED_AT_ONCE = 4;

/** @throws {LyceumError} INVALID_ARGUMENT naming a column that cannot be used. */
export async function openTable(
  table: Table,
  columns: Columns,
  options: ImportOptions,
  sink: SampleSink,
): Promise<OpenTable> {
  const rows = labelledRows(table, columns);
  const { image, text, cells } = columns;
  if (image !== undefined) {
    const decode = await openImageDecoder(options);
    return { samples: samplesOf(rows, (values) => imageContent(table, image, values, decode)) };
  }
  if (text !== undefined) {
    const { ngrams, buckets } = options;
    const encoding = textEncoding({
      ...(ngrams !== undefined && { ngrams }),
      ...(buckets !== undefined && { buckets }),
    });
    return { encoding, samples: samplesOf(rows, (values) => textContent(encoding, text, values)) };
  }
  if (options.raw === true) {
    return { rawColumns: cells, samples: samplesOf(rows, (values) => rawContent(cells, values)) };
  }
  return fittedSamples(rows, cells, options.columns ?? new Map(), sink);
}

/** Rows with class and split, and refusals in place of rows that cannot be taken. */
export async function* labelledRows(
  table: Table,
  { label, split, id, image, text, read }: Columns,
): AsyncGenerator<LabelledRow | RefusedSample, void, undefined> {
  const all = [label, split, id, image, text, ...read];
  const wanted = all.filter((column) => column !== undefined);
  const classNames = label === undefined ? undefined : table.classNamesOf?.get(label);
  for await (const row of table.rows(wanted)) {
    const { where, values } = row;
    yield orRefused(where, async () => ({
      where,
      values,
      id: id === undefined ? undefined : idText(values[id], id),
      label: label === undefined ? undefined : classText(values[label], label, classNames),
      split: splitOf(values, split) ?? row.split,
    }));
  }
}

function samplesOf(
  rows: AsyncIterable<LabelledRow | RefusedSample>,
  contentOf: (values: RowValues) => Content | Promise<Content>,
): AsyncGenerator<Sample | RefusedSample, void, undefined> {
  return mapInOrder(rows, DECODED_AT_ONCE, async (row) => {
    if ('refusal' in row) return row;
    const { values, ...known } = row;
    return orRefused(row.where, async () => ({ ...known, ...(await contentOf(values)) }));
  });
}

async function imageContent(
  { folder }: Table,
  column: string,
  values: RowValues,
  decode: ImageDecoder,
): Promise<Content> {
  const image = imageBytes(values[column], column);
  if (typeof image !== 'string') return decode(image);
  if (folder === undefined) {
    const message = `column ${column}: has a path, "${image}", and no bytes`;
    throw new SampleRefusedError('no bytes', message);
  }
  return decode(await readWithin(folder, image));
}

function textContent(encoding: TextEncoding, column: string, values: RowValues): Content {
  const text = rowText(values[column], column);
  const raw = { texts: [text], numbers: [] };
  return { shape: [encoding.buckets], values: encodeText(encoding, text), raw };
}

function rawContent(columns: readonly string[], values: RowValues): Content {
  const row = rowNumbers(values, columns);
  return { shape: [row.length], values: row };
}

function splitOf(values: RowValues, column: string | undefined): SplitName | undefined {
  if (column === undefined) return undefined;
  const value = String(values[column] ?? '');
  const split = splitNamed(value) ?? splitByTruth(value, column);
  if (split !== undefined) return split;
  const message = `column ${column}: is ${JSON.stringify(value)}; want train, validation or test`;
  throw new SampleRefusedError('no split', message);
}

const TRUE = /^(true|yes|1)$/i;
const FALSE = /^(false|no|0)$/i;

/** In a column `is_test` true means test and false means train; in `is_train` false means test. */
function splitByTruth(value: string, column: string): SplitName | undefined {
  const own = splitNamed(column.replace(/^is[\s_.-]?/i, ''));
  if (own === undefined) return undefined;
  if (TRUE.test(value)) return own;
  return FALSE.test(value) ? (own === 'train' ? 'test' : 'train') : undefined;
}
