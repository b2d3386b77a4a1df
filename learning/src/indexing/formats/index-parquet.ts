/**
 * Indexes Parquet files with a picture's bytes in each row, as Hugging Face writes them: a struct of bytes and path.
 */
import type { AsyncBuffer } from 'hyparquet';
import { SampleRefusedError } from '../../datasets/encoding/index.js';
import { classText, imageBytes } from '../../import/columns/index.js';
import { OpenParquet } from '../../import/tables/index.js';
import { type IndexOptions, RowsBuilder, type ShardRows } from './rows/index.js';

/** The column of classes in files that do not say which column it is. */
const LABEL_COLUMN = 'label';

/**
 * @param url - for messages.
 * @throws {LyceumError} INVALID_ARGUMENT if the file cannot be taken; the errors of reading its bytes.
 */
export async function indexParquet(
  url: string,
  bytes: AsyncBuffer,
  { label, image, decode }: IndexOptions,
): Promise<ShardRows> {
  const file = await OpenParquet.open(url, bytes);
  const { columns } = file.features;
  const column = imageColumn(file, image);
  const classes = labelColumn(file, label);
  const rows = new RowsBuilder(decode);
  const names = classes === undefined ? undefined : file.features.classNamesOf.get(classes);
  rows.classNames = names;
  if (classes === undefined)
    for (const other of columns) if (other !== column) rows.unread.add(other);
  let mayBeNumbers = true;
  for (const [group, { rowStart, rowEnd }] of file.groups.entries()) {
    const data = await file.readGroup(group, classes === undefined ? [column] : [column, classes]);
    for (let row = rowStart; row < rowEnd; row++) {
      const where = `${url}: row ${row + 1}`;
      try {
        const picture = pictureBytes(data.get(column)?.[row - rowStart], column);
        const value = classes === undefined ? null : data.get(classes)?.[row - rowStart];
        const text = classText(value, classes ?? column, names);
        if (text !== undefined && (typeof value === 'string' || names !== undefined))
          mayBeNumbers = false;
        await rows.add({
          where,
          offset: row,
          bytes: picture,
          label: names === undefined && text === '-1' ? undefined : text,
          group,
        });
      } catch (err) {
        if (!(err instanceof SampleRefusedError) || err.reason === 'too many classes') throw err;
        rows.refusals.add({ where, refusal: err });
      }
    }
  }
  return { ...rows.finish(mayBeNumbers), column };
}

function imageColumn(file: OpenParquet, named: string | undefined): string {
  const { columns, image, images } = file.features;
  const column = named ?? image;
  if (column !== undefined && columns.includes(column)) return column;
  const have = `its columns are ${columns.join(', ')}`;
  if (named !== undefined) throw file.refusal(`has no column ${named}; ${have}`);
  const lack =
    images.length > 1
      ? `has ${images.length} columns of pictures, ${images.join(', ')}`
      : `has no column of pictures, a struct of bytes and path; ${have}`;
  throw file.refusal(`${lack}. --image COLUMN names one`);
}

function labelColumn(file: OpenParquet, place: IndexOptions['label']): string | undefined {
  const { columns, label } = file.features;
  if (place === undefined) {
    return label ?? (columns.includes(LABEL_COLUMN) ? LABEL_COLUMN : undefined);
  }
  const column = place.by === 'ending' ? place.ending : `json:${place.field}`;
  if (columns.includes(column)) return column;
  throw file.refusal(`has no column ${column} for --label; its columns are ${columns.join(', ')}`);
}

function pictureBytes(value: unknown, column: string): Uint8Array {
  // hyparquet gives undefined for a struct that is null.
  const found = imageBytes(value ?? null, column);
  if (found instanceof Uint8Array) return found;
  const message = `column ${column}: has the path of a file elsewhere, and no bytes; datasets' embed_table_storage writes them`;
  throw new SampleRefusedError('no bytes', message);
}
