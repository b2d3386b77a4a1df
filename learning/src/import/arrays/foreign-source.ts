/** Advice about files that cannot be a source of a data set. Pure. */
import { SHARD_FORMATS, shardFormatOf } from '../../datasets/index.js';
import { TABLE_ENDINGS } from '../tables/index.js';

const WANTED = `want an .npz, a table in ${TABLE_ENDINGS} or .parquet, or a folder with a folder of images for each class`;

/** By the end of a path: what such a file is, and what to do. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/\.(gz|tgz|bz2|xz|zst|7z|rar)$/, 'is compressed; unpack it first'],
  [/\.(xlsx?|xlsm|ods)$/, 'is a spreadsheet; save the sheet as CSV in UTF-8'],
  [/\.(arrow|feather)$/, 'is Arrow; want Parquet, as to_parquet of pandas or datasets writes it'],
  [
    /\.(pkl|pickle|h5|hdf5|arff|sqlite3?|db|duckdb)$/,
    'is read by other programs; save it as CSV or Parquet',
  ],
  [
    /\.(txt|data|dat)$/,
    'has an ending that is not read; call a table .csv or .tsv, and put texts of classes into folders',
  ],
  [/\.npy$/, 'is a single array; want an .npz with inputs and labels, as numpy.savez writes it'],
];

/**
 * @param path - as the user gave it.
 * @param bytes - the file, or its beginning.
 * @returns why the file cannot be a source; undefined: it may be an NPZ.
 */
export function foreignSource(path: string, bytes: Uint8Array): string | undefined {
  const shard = shardFormatOf(path);
  if (shard !== undefined) {
    return `is ${SHARD_FORMATS[shard].text}; \`coordinator datasets register\` takes it as it is`;
  }
  const advice = ENDINGS.find(([pattern]) => pattern.test(path.toLowerCase()))?.[1];
  const mayBeNpz = path.toLowerCase().endsWith('.npz') || (bytes[0] === 0x50 && bytes[1] === 0x4b);
  return advice ?? (mayBeNpz ? undefined : `is of no kind that is read; ${WANTED}`);
}
