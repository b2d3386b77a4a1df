/**
 * Rows of a table, from whatever format, to samples: each an image, a text or numbers, and its class.
 *
 * Numbers: all columns but those of the class and the split, in the order of the source's columns; a column may
 * hold a list of numbers. An image is a file's path, relative to the table's folder; or its bytes; or the
 * struct of both that Hugging Face writes. A text is encoded, and kept beside its numbers. An empty class is unlabelled,
 * and so is all of a table without a column of classes, if they are named.
 */
import type { SplitName } from '../dataset.js';
import { encodeText, textEncoding } from '../encoding/text-encoding.js';
import { readWithin } from './files-within.js';
import { type ImageDecoder, openImageDecoder } from './image-decoder.js';
import type { ImportOptions } from './import-options.js';
import { mapInOrder } from './map-in-order.js';
import { orRefused, type RefusedSample, SampleRefusedError } from './refusals.js';
import type { Sample } from './samples.js';
import { splitNamed } from './split-names.js';
import { type Columns, chosenColumns } from './table-columns.js';
import { classText, imageBytes, rowNumbers, rowText } from './table-values.js';

export interface TableRow {
  /** `row 17`, `line 3`, with the file where there are several. */
  readonly where: string;
  readonly values: RowValues;
  /** From the name of the row's file. */
  readonly split?: SplitName | undefined;
}

type RowValues = Readonly<Record<string, unknown>>;

export interface Table {
  /** In the order of the source. */
  readonly columns: readonly string[];
  /** Called once. Other columns than the wanted may be missing in what comes. */
  rows(wanted: readonly string[]): AsyncIterable<TableRow>;
  /** For paths of images. Undefined: there can be none. */
  readonly folder: string | undefined;
  /** The column of the class, its names by number, and that of the image, where the source says so. */
  readonly label?: string | undefined;
  readonly classNames?: readonly string[] | undefined;
  readonly image?: string | undefined;
}

/** What a row becomes, but for its class and its split. */
type Content = Pick<Sample, 'shape' | 'values' | 'text'>;

/** Images in hand at once: enough for a few cores, few enough for memory. */
const DECODED_AT_ONCE = 4;

/**
 * Samples, and in their places the rows that cannot be taken.
 *
 * @throws {LyceumError} INVALID_ARGUMENT naming a column that is not there.
 */
export async function* tableSamples(
  table: Table,
  options: ImportOptions,
): AsyncGenerator<Sample | RefusedSample, void, undefined> {
  const columns = chosenColumns(table, options);
  const contentOf = await contentReader(table, columns, options);
  const sampleOf = async ({ where, values, split }: TableRow): Promise<Sample> => {
    const label = labelOf(table, columns, values);
    const from = { where, label, split: splitOf(values, columns.split) ?? split };
    return { ...from, ...(await contentOf(values)) };
  };
  const { label, split, image, text, numbers } = columns;
  const wanted = [label, split, image, text, ...numbers];
  const rows = table.rows(wanted.filter((column) => column !== undefined));
  const read = (row: TableRow) => orRefused(row.where, () => sampleOf(row));
  yield* mapInOrder(rows, DECODED_AT_ONCE, read);
}

function labelOf({ classNames }: Table, { label }: Columns, values: RowValues): string | undefined {
  return label === undefined ? undefined : classText(values[label], label, classNames);
}

async function contentReader(
  table: Table,
  { image, text, numbers }: Columns,
  options: ImportOptions,
): Promise<(values: RowValues) => Content | Promise<Content>> {
  if (image !== undefined) {
    const decode = await openImageDecoder(options);
    return (values) => imageContent(table, image, values, decode);
  }
  if (text !== undefined) {
    const encoding = textEncoding(options);
    return (values) => {
      const own = rowText(values[text], text);
      return { shape: [encoding.buckets], values: encodeText(encoding, own), text: own };
    };
  }
  return (values) => {
    const row = rowNumbers(values, numbers);
    return { shape: [row.length], values: row };
  };
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

function splitOf(values: RowValues, column: string | undefined): SplitName | undefined {
  if (column === undefined) return undefined;
  const split = splitNamed(String(values[column]));
  if (split !== undefined) return split;
  const message = `column ${column}: is ${JSON.stringify(values[column])}; want train, validation or test`;
  throw new SampleRefusedError('no split', message);
}
