/**
 * Rows of a table, from whatever format, to samples: each an image and its class, or numbers and their class.
 *
 * Numbers: all columns but those of the class and the split, in the order of the source's columns; a column may
 * hold a list of numbers. An image is a file's path, relative to the table's folder; or its bytes; or the
 * struct of both that Hugging Face writes. An empty class is unlabelled.
 */
import { LyceumError } from '@lyceum/proto';
import type { SplitName } from '../dataset.js';
import { readWithin } from './files-within.js';
import { type ImageDecoder, openImageDecoder } from './image-decoder.js';
import type { ImportOptions } from './import-options.js';
import { mapInOrder } from './map-in-order.js';
import { orRefused, type RefusedSample, SampleRefusedError } from './refusals.js';
import type { Sample } from './samples.js';
import { splitNamed } from './split-names.js';
import { classText, imageBytes, rowNumbers } from './table-values.js';

export interface TableRow {
  /** `row 17`, `line 3`, with the file where there are several. */
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** From the name of the row's file. */
  readonly split?: SplitName | undefined;
}

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

interface Columns {
  readonly label: string;
  readonly split: string | undefined;
  readonly image: string | undefined;
  /** Of numbers; none if there is an image. */
  readonly numbers: readonly string[];
}

/** Images in hand at once: enough for a few cores, few enough for memory. */
const DECODED_AT_ONCE = 4;

/** In a message. */
const COLUMNS_SHOWN = 20;

/** Where nobody says which column the class is in. */
const USUAL_LABEL = 'label';

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
  const decode = columns.image === undefined ? undefined : await openImageDecoder(options);
  const read = (row: TableRow) => orRefused(row.where, () => sampleOf(table, columns, row, decode));
  const wanted = [columns.label, columns.split, columns.image, ...columns.numbers];
  const rows = table.rows(wanted.filter((column) => column !== undefined));
  yield* mapInOrder(rows, DECODED_AT_ONCE, read);
}

function chosenColumns(table: Table, { label, image, split, ...rest }: ImportOptions): Columns {
  const chosen = {
    label: label ?? table.label ?? USUAL_LABEL,
    split: split?.by === 'column' ? split.column : undefined,
    image: image ?? table.image,
  };
  for (const [option, column] of Object.entries(chosen)) {
    if (column === undefined || table.columns.includes(column)) continue;
    const known = table.columns.slice(0, COLUMNS_SHOWN).join(', ');
    const more = table.columns.length > COLUMNS_SHOWN ? ', …' : '';
    const message = `there is no column "${column}" of the ${option}; the columns are: ${known}${more}. --${option} names another`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (chosen.image !== undefined) return { ...chosen, numbers: [] };
  for (const option of ['size', 'channels', 'fit'] as const) {
    if (rest[option] === undefined) continue;
    const message = `--${option} means nothing without images; --image names their column`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const used = [chosen.label, chosen.split];
  const numbers = table.columns.filter((column) => !used.includes(column));
  if (numbers.length === 0) {
    throw new LyceumError('INVALID_ARGUMENT', 'there is no column of numbers beside the class');
  }
  return { ...chosen, numbers };
}

async function sampleOf(
  table: Table,
  columns: Columns,
  { where, values, split }: TableRow,
  decode: ImageDecoder | undefined,
): Promise<Sample> {
  const label = classText(values[columns.label], columns.label, table.classNames);
  const from = { where, label, split: splitOf(values, columns.split) ?? split };
  if (decode === undefined || columns.image === undefined) {
    const numbers = rowNumbers(values, columns.numbers);
    return { ...from, shape: [numbers.length], values: numbers };
  }
  const image = imageBytes(values[columns.image], columns.image);
  if (typeof image !== 'string') return { ...from, ...(await decode(image)) };
  if (table.folder === undefined) {
    const message = `column ${columns.image}: has a path, "${image}", and no bytes`;
    throw new SampleRefusedError('no bytes', message);
  }
  return { ...from, ...(await decode(await readWithin(table.folder, image))) };
}

function splitOf(values: TableRow['values'], column: string | undefined): SplitName | undefined {
  if (column === undefined) return undefined;
  const split = splitNamed(String(values[column]));
  if (split !== undefined) return split;
  const message = `column ${column}: is ${JSON.stringify(values[column])}; want train, validation or test`;
  throw new SampleRefusedError('no split', message);
}
