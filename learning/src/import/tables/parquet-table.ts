/**
 * Parquet files as one table, by hyparquet. One row group is in memory at a time, and of it the columns that are
 * wanted. What a file says of sizes is checked before anything is unpacked.
 */
import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import type { AsyncBuffer, Compressors, DecodedArray, FileMetaData } from 'hyparquet';
import { type ParquetFeatures, parquetFeatures } from './parquet-features.js';
import type { ParquetFile } from './parquet-files.js';
import { checkPages } from './parquet-pages.js';
import type { Table, TableRow } from './table.js';

/** The wanted columns of one row group, unpacked. Writers make groups of 1 MiB to 512 MiB. */
const GROUP_MAX_BYTES = 1024 * 1024 * 1024;
/** Writers make groups of a hundred rows to a million. */
const GROUP_MAX_ROWS = 10_000_000;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

interface OpenFile extends ParquetFeatures {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/**
 * @param files - one or more; the first says what the columns are.
 * @throws {LyceumError} INVALID_ARGUMENT naming the file that cannot be read, on reading too.
 */
export async function openParquetTable(files: readonly ParquetFile[]): Promise<Table> {
  const [first] = files;
  if (first === undefined) throw new LyceumError('INVALID_ARGUMENT', 'there is no Parquet file');
  const { columns, image, label, classNames } = await openFile(first.path);
  return {
    columns,
    image,
    label,
    classNames,
    folder: undefined,
    rows: (wanted) => rowsOf(files, wanted),
  };
}

async function openFile(path: string): Promise<OpenFile> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } = await import('hyparquet');
  return explained(path, async () => {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const features = parquetFeatures(metadata, parquetSchema(metadata));
    if (features.columns.some((name) => typeof name !== 'string')) {
      throw new Error('a column has no name');
    }
    return { file, metadata, ...features };
  });
}

async function* rowsOf(
  files: readonly ParquetFile[],
  wanted: readonly string[],
): AsyncGenerator<TableRow, void, undefined> {
  const compressors = await limitedCompressors();
  const { parquetScan } = await import('hyparquet');
  for (const { path, split } of files) {
    const { file, metadata, columns } = await openFile(path);
    const missing = wanted.find((column) => !columns.includes(column));
    if (missing !== undefined)
      throw refusal(path, `has no column ${missing}, and the first file has`);
    refuseLargeGroups(path, metadata, wanted);
    await refuseFalsePages(path, file, metadata, wanted);
    const scan = await explained(path, () =>
      parquetScan({
        file,
        metadata,
        columns: [...wanted],
        compressors,
        utf8: false,
        parsers: { stringFromBytes },
        geoparquet: false,
      }),
    );
    for (const { rowStart, rowEnd } of scan.ranges) {
      const data = new Map<string, DecodedArray>();
      for (const column of wanted) {
        const read = () => scan.readColumn({ column, rowStart, rowEnd });
        const values = await explained(`${path}, column ${column}`, read);
        if (values.length !== rowEnd - rowStart) {
          throw refusal(path, `column ${column} has ${values.length} of ${rowEnd - rowStart} rows`);
        }
        data.set(column, values);
      }
      for (let row = rowStart; row < rowEnd; row++) {
        const entries = wanted.map((name) => [name, data.get(name)?.[row - rowStart] ?? null]);
        yield {
          where: `${basename(path)} row ${row + 1}`,
          values: Object.fromEntries(entries),
          split,
        };
      }
    }
  }
}

function refuseLargeGroups(path: string, metadata: FileMetaData, wanted: readonly string[]): void {
  for (const [index, { columns, num_rows }] of metadata.row_groups.entries()) {
    const bytes = columns
      .flatMap(({ meta_data: meta }) => (meta === undefined ? [] : [meta]))
      .filter(({ path_in_schema: [name] }) => name !== undefined && wanted.includes(name))
      .reduce((sum, meta) => sum + Number(meta.total_uncompressed_size), 0);
    if (bytes >= 0 && bytes <= GROUP_MAX_BYTES && num_rows <= GROUP_MAX_ROWS) continue;
    const limits = `at most ${GROUP_MAX_BYTES} bytes and ${GROUP_MAX_ROWS} rows are read`;
    const got = `row group ${index} has ${bytes} bytes of the wanted columns and ${num_rows} rows`;
    throw refusal(path, `${got}; ${limits}. Write it with smaller row groups`);
  }
}

/** Before the library allocates what pages say of themselves. */
async function refuseFalsePages(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  wanted: readonly string[],
): Promise<void> {
  const { parquetHeader } = await import('hyparquet/src/column.js');
  const { parquetSchema } = await import('hyparquet');
  const { getTreePath, isFlatColumn } = await import('hyparquet/src/schema.js');
  const schema = parquetSchema(metadata);
  for (const { columns, num_rows } of metadata.row_groups) {
    for (const { meta_data: column } of columns) {
      const [name] = column?.path_in_schema ?? [];
      if (column === undefined || name === undefined || !wanted.includes(name)) continue;
      await explained(`${path}, column ${name}`, async () => {
        const isFlat = isFlatColumn(getTreePath(schema, column.path_in_schema));
        const rowCount = Number(num_rows);
        await checkPages({ file, column, rowCount, isFlat, readHeader: parquetHeader });
      });
    }
  }
}

/** Bytes that are not UTF-8 stay what they are, so that the row is refused, not misread. */
function stringFromBytes(bytes: Uint8Array): string | Uint8Array {
  return isUtf8(bytes) ? decoder.decode(bytes) : bytes;
}

/** A page says how large it will be; that is believed up to the limit of its group. */
export async function limitedCompressors(): Promise<Compressors> {
  const { compressors, decompressZstd } = await import('hyparquet-compressors');
  const bounded: Compressors = {
    ...compressors,
    // Without a place to write to it would trust the frame's own size.
    ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  };
  const entries = Object.entries(bounded).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number) => {
      if (length <= GROUP_MAX_BYTES) return unpack(input, length);
      throw new Error(`a page unpacks to ${length} bytes; at most ${GROUP_MAX_BYTES} are read`);
    },
  ]);
  return Object.fromEntries(entries) as Compressors;
}

/** @throws {LyceumError} INVALID_ARGUMENT naming the file, for whatever the library says of it. */
async function explained<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    const cause = err instanceof Error ? err.message : String(err);
    // The library takes a file's numbers at their word; what the runtime says of them says nothing to a person.
    const reason = isRuntimeError(err) ? 'it is damaged, or ends too early' : cause;
    throw new LyceumError('INVALID_ARGUMENT', `${where}: cannot be read as Parquet: ${reason}`, {
      cause: err,
    });
  }
}

function isRuntimeError(err: unknown): boolean {
  return err instanceof RangeError || err instanceof TypeError || err instanceof SyntaxError;
}

function refusal(path: string, message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', `${path}: ${message}`);
}
