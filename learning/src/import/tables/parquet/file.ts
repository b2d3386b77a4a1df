/**
 * One Parquet file, by hyparquet, from any source that can be read by range. Memory holds one row group at a time, and
 * of it the wanted columns; their bytes are read once. Sizes that the file claims are checked before anything is
 * unpacked.
 */
import { isUtf8 } from 'node:buffer';
import { LyceumError } from '@lyceum/proto';
import type {
  AsyncBuffer,
  ColumnMetaData,
  DecodedArray,
  FileMetaData,
  ParquetScan,
  RowGroup,
} from 'hyparquet';
import { GROUP_MAX_BYTES, limitedCompressors, unpackerOf } from './codecs.js';
import { type ParquetFeatures, parquetFeatures } from './features.js';
import { refuseFalseGroups } from './groups.js';
import { HeldRanges } from './held-ranges.js';
import { checkPages } from './pages.js';
import { checkThrift } from './thrift.js';
import { nearestDecimals, valuesProblem } from './values.js';

/** Writers make groups of a hundred to a million rows. */
const GROUP_MAX_ROWS = 10_000_000;

/** Bytes that are read first, from the file's end. The footer has some tens of bytes for each column of each group. */
const FOOTER_BYTES = 64 * 1024;

/** Enough for a million groups. The footer is read whole, and a file may claim that all of it is footer. */
const FOOTER_MAX_BYTES = 64 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Rows [rowStart, rowEnd) of the file. */
export interface RowRange {
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** The file cannot be read as Parquet: another try would fail in the same way. */
export class ParquetRefusedError extends LyceumError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_ARGUMENT', message, options);
  }
}

export class OpenParquet {
  readonly features: ParquetFeatures;
  /** The row groups that have rows, in their order. */
  readonly groups: readonly RowRange[];
  readonly #name: string;
  readonly #bytes: AsyncBuffer;
  readonly #metadata: FileMetaData;
  /** The library's descriptions of {@link groups}. */
  readonly #rowGroups: readonly RowGroup[];

  private constructor(
    name: string,
    bytes: AsyncBuffer,
    metadata: FileMetaData,
    features: ParquetFeatures,
    groups: readonly RowRange[],
  ) {
    this.#name = name;
    this.#bytes = bytes;
    this.#metadata = metadata;
    this.#rowGroups = metadata.row_groups.filter(({ num_rows }) => num_rows > 0);
    this.features = features;
    this.groups = groups;
  }

  /**
   * @param name - for messages.
   * @throws {LyceumError} INVALID_ARGUMENT naming the file that cannot be read as Parquet; what reading its bytes
   *   throws.
   */
  static async open(name: string, bytes: AsyncBuffer): Promise<OpenParquet> {
    const { parquetMetadata, parquetSchema } = await import('hyparquet');
    const { getPhysicalColumns } = await import('hyparquet/src/schema.js');
    return explained(name, async () => {
      const footer = await footerOf(name, bytes);
      const metadata = parquetMetadata(footer);
      const schema = parquetSchema(metadata);
      const features = parquetFeatures(metadata, schema);
      if (features.columns.some((column) => typeof column !== 'string')) {
        throw new Error('a column has no name');
      }
      refuseFalseGroups(metadata, getPhysicalColumns(schema));
      const { ranges } = await scanOf(bytes, metadata);
      return new OpenParquet(name, bytes, metadata, features, ranges);
    });
  }

  /**
   * Greatest memory of {@link readGroup}: the columns as they are read, and unpacked.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if this is more than the limit.
   */
  groupBytes(group: number, wanted: readonly string[]): number {
    const columns = this.#columns(group, wanted);
    const { rowStart, rowEnd } = this.groups[group] as RowRange;
    this.#refuseLarge(group, columns, rowEnd - rowStart);
    return sumOf(
      columns.map(
        (column) => Number(column.total_compressed_size) + Number(column.total_uncompressed_size),
      ),
    );
  }

  /**
   * Keeps nothing. Several groups may be read at once.
   *
   * @param group - index into {@link groups}.
   * @returns the group's values, by wanted column.
   * @throws {LyceumError} INVALID_ARGUMENT naming file and column; what reading the bytes throws.
   */
  async readGroup(
    group: number,
    wanted: readonly string[],
  ): Promise<ReadonlyMap<string, DecodedArray>> {
    const { rowStart, rowEnd } = this.groups[group] as RowRange;
    const columns = this.#columns(group, wanted);
    this.#refuseLarge(group, columns, rowEnd - rowStart);
    const file = new HeldRanges(this.#bytes);
    await file.hold(columns.map(columnBytes));
    await this.#refuseFalsePages(file, columns, rowEnd - rowStart);
    // Metadata of this group alone: the library goes through all groups that it is given, and there may be thousands.
    const own = this.#rowGroups[group] as RowGroup;
    const metadata = { ...this.#metadata, num_rows: own.num_rows, row_groups: [own] };
    const scan = await scanOf(file, metadata);
    const data = new Map<string, DecodedArray>();
    for (const column of wanted) {
      const read = () => scan.readColumn({ column, rowStart: 0, rowEnd: rowEnd - rowStart });
      const values = await explained(`${this.#name}, column ${column}`, read);
      if (values.length !== rowEnd - rowStart) {
        throw this.refusal(`column ${column} has ${values.length} of ${rowEnd - rowStart} rows`);
      }
      const stored = columns.find(({ path_in_schema: path }) => path[0] === column);
      const problem = stored && valuesProblem(stored, values);
      if (problem !== undefined) throw this.refusal(`column ${column} is damaged: ${problem}`);
      const scale = this.features.scales.get(column);
      data.set(column, scale === undefined ? values : nearestDecimals(values, scale));
    }
    return data;
  }

  #columns(group: number, wanted: readonly string[]): ColumnMetaData[] {
    const rows = this.#rowGroups[group] as RowGroup;
    const isEncrypted = ({ meta_data, crypto_metadata }: RowGroup['columns'][number]) =>
      crypto_metadata !== undefined && wanted.includes(meta_data?.path_in_schema[0] as string);
    if (rows.columns.some(isEncrypted))
      throw this.refusal(`its ${wanted.join(' or ')} is encrypted`);
    return wantedColumns(rows, wanted);
  }

  refusal(message: string): LyceumError {
    return new ParquetRefusedError(`${this.#name}: ${message}`);
  }

  #refuseLarge(group: number, columns: readonly ColumnMetaData[], rowCount: number): void {
    const packed = columns.map((column) => Number(column.total_compressed_size));
    const unpacked = columns.map((column) => Number(column.total_uncompressed_size));
    const wrong = [...packed, ...unpacked].find((size) => !(size >= 0));
    if (wrong !== undefined) {
      throw this.refusal(`row group ${group} says that a column has ${wrong} bytes`);
    }
    const bytes = Math.max(sumOf(packed), sumOf(unpacked));
    if (bytes <= GROUP_MAX_BYTES && rowCount <= GROUP_MAX_ROWS) return;
    const limits = `at most ${GROUP_MAX_BYTES} bytes and ${GROUP_MAX_ROWS} rows are read`;
    const got = `row group ${group} has ${bytes} bytes of the wanted columns and ${rowCount} rows`;
    throw this.refusal(`${got}; ${limits}. Write it with smaller row groups`);
  }

  /** Checks pages before the library allocates what they claim. */
  async #refuseFalsePages(
    file: AsyncBuffer,
    columns: readonly ColumnMetaData[],
    rowCount: number,
  ): Promise<void> {
    const { parquetHeader } = await import('hyparquet/src/column.js');
    const { parquetSchema } = await import('hyparquet');
    const { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath, isFlatColumn } =
      await import('hyparquet/src/schema.js');
    const schema = parquetSchema(this.#metadata);
    const unpackers = await limitedCompressors();
    for (const column of columns) {
      await explained(`${this.#name}, column ${column.path_in_schema[0]}`, async () => {
        const path = getTreePath(schema, column.path_in_schema);
        const form = {
          repetition: getMaxRepetitionLevel(path),
          definition: getMaxDefinitionLevel(path),
          isBoolean: column.type === 'BOOLEAN',
          unpack: unpackerOf(column.codec, unpackers),
        };
        const isFlat = isFlatColumn(path);
        await checkPages({ file, column, rowCount, isFlat, form, readHeader: parquetHeader });
      });
    }
  }
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The last bytes of a file: the footer's length and the signature. */
const END_BYTES = 8;

/** The end of a file, from the footer on. */
async function footerOf(name: string, bytes: AsyncBuffer): Promise<ArrayBuffer> {
  const { byteLength } = bytes;
  const tail = await bytes.slice(Math.max(0, byteLength - FOOTER_BYTES), byteLength);
  const signature = Buffer.from(tail).subarray(-4).toString('latin1');
  // If the footer itself is encrypted, the file has another signature.
  if (signature === 'PARE') throw new Error('it is encrypted');
  if (signature !== 'PAR1' || tail.byteLength < END_BYTES) throw new Error('its end is missing');
  const length = new DataView(tail).getUint32(tail.byteLength - END_BYTES, true);
  if (length > FOOTER_MAX_BYTES && length <= byteLength - END_BYTES) {
    const limit = `at most ${FOOTER_MAX_BYTES} are read`;
    throw new ParquetRefusedError(`${name}: its footer has ${length} bytes or more; ${limit}`);
  }
  if (length > byteLength - END_BYTES) {
    throw new Error(`its footer has ${length} bytes, and the file ${byteLength}`);
  }
  const start = byteLength - END_BYTES - length;
  const isWhole = start >= byteLength - tail.byteLength;
  const footer = isWhole ? tail : await joined(bytes, start, tail);
  const end = footer.byteLength - END_BYTES;
  checkThrift(new DataView(footer), end - length, end);
  return footer;
}

/** @param tail - the end of the file, which has been read already. */
async function joined(bytes: AsyncBuffer, start: number, tail: ArrayBuffer): Promise<ArrayBuffer> {
  const head = await bytes.slice(start, bytes.byteLength - tail.byteLength);
  const both = new Uint8Array(head.byteLength + tail.byteLength);
  both.set(new Uint8Array(head));
  both.set(new Uint8Array(tail), head.byteLength);
  return both.buffer;
}

async function scanOf(file: AsyncBuffer, metadata: FileMetaData): Promise<ParquetScan> {
  const { parquetScan } = await import('hyparquet');
  return parquetScan({
    file,
    metadata,
    compressors: await limitedCompressors(),
    utf8: false,
    parsers: { stringFromBytes },
    geoparquet: false,
  });
}

function wantedColumns({ columns }: RowGroup, wanted: readonly string[]): ColumnMetaData[] {
  return columns.flatMap(({ meta_data: column }) => {
    const name = column?.path_in_schema[0];
    return column !== undefined && name !== undefined && wanted.includes(name) ? [column] : [];
  });
}

function columnBytes(column: ColumnMetaData): { start: number; end: number } {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  return { start, end: start + Number(column.total_compressed_size) };
}

/** Bytes that are not UTF-8 stay bytes: the row is then refused, not misread. */
function stringFromBytes(bytes: Uint8Array): string | Uint8Array {
  return isUtf8(bytes) ? decoder.decode(bytes) : bytes;
}

/** @throws {LyceumError} INVALID_ARGUMENT naming the file, in place of any error of the library. */
async function explained<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    // Errors of a server or a disk are not about the file's content.
    if (err instanceof LyceumError) throw err;
    const cause = err instanceof Error ? err.message : String(err);
    // The library believes a file's numbers. The errors of the runtime that follow from this mean nothing to a person.
    const reason = isRuntimeError(err) ? 'it is damaged, or ends too early' : cause;
    throw new ParquetRefusedError(`${where}: cannot be read as Parquet: ${reason}`, {
      cause: err,
    });
  }
}

function isRuntimeError(err: unknown): boolean {
  return err instanceof RangeError || err instanceof TypeError || err instanceof SyntaxError;
}
