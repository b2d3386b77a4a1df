/**
 * Checks what the pages of a Parquet column claim, before the library believes it: sizes and counts against those of
 * the column and its rows, and checksums where pages have them. A flipped byte in a page's header can claim hundreds
 * of millions of values.
 *
 * https://github.com/apache/parquet-format: PageHeader in src/main/thrift/parquet.thrift
 */
import { crc32 } from 'node:zlib';
import type { AsyncBuffer, ColumnMetaData } from 'hyparquet';
import type { parquetHeader } from 'hyparquet/src/column.js';
import { checkRuns, type PageForm } from './runs.js';
import { checkThrift } from './thrift.js';

/** Greatest number of values of a nested column for each unpacked byte: a run of one value takes few bytes. */
const VALUES_PER_BYTE = 64;

export interface PagedColumn {
  readonly file: AsyncBuffer;
  readonly column: ColumnMetaData;
  readonly rowCount: number;
  /** Whether each row has exactly one value. */
  readonly isFlat: boolean;
  readonly form: PageForm;
  readonly readHeader: typeof parquetHeader;
}

/** @throws {Error} saying what does not fit. */
export async function checkPages({
  file,
  column,
  rowCount,
  isFlat,
  form,
  readHeader,
}: PagedColumn): Promise<void> {
  const unpackedBytes = Number(column.total_uncompressed_size);
  const valueCount = Number(column.num_values);
  if (isFlat ? valueCount !== rowCount : valueCount > rowCount + VALUES_PER_BYTE * unpackedBytes) {
    throw new Error(`it says that it has ${valueCount} values in ${rowCount} rows`);
  }
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  if (!(start >= 0 && end >= start && end <= file.byteLength)) {
    throw new Error(`its pages are from byte ${start} to ${end} of ${file.byteLength}`);
  }
  const view = new DataView(await file.slice(start, end));
  const reader = { view, offset: 0 };
  let values = 0;
  let unpacked = 0;
  while (reader.offset < view.byteLength && values < valueCount) {
    checkThrift(view, reader.offset);
    const header = readHeader(reader);
    const packedBytes = header.compressed_page_size;
    unpacked += header.uncompressed_page_size;
    const left = view.byteLength - reader.offset;
    if (!(Number.isInteger(packedBytes) && packedBytes >= 0 && packedBytes <= left)) {
      const said = typeof packedBytes === 'number' ? packedBytes : 'no number of';
      throw new Error(`a page says that it has ${said} bytes, and ${left} are left`);
    }
    if (!(header.uncompressed_page_size >= 0 && unpacked <= unpackedBytes)) {
      throw new Error(`its pages unpack to ${unpacked} bytes, and the column to ${unpackedBytes}`);
    }
    const { dictionary_page_header: dictionary } = header;
    if (
      dictionary !== undefined &&
      !(dictionary.num_values >= 0 && dictionary.num_values <= VALUES_PER_BYTE * unpacked)
    ) {
      throw new Error(`its dictionary says that it has ${dictionary.num_values} values`);
    }
    const data = header.data_page_header ?? header.data_page_header_v2;
    const pageValues = data?.num_values ?? 0;
    values += pageValues;
    if (!(Number.isInteger(pageValues) && pageValues >= 0 && values <= valueCount)) {
      throw new Error(`its pages have ${values} values or more, and the column ${valueCount}`);
    }
    const { data_page_header_v2: second } = header;
    if (second !== undefined) refuseFalseCounts(second, rowCount, packedBytes);
    const page = new Uint8Array(view.buffer, view.byteOffset + reader.offset, packedBytes);
    if (header.crc !== undefined && crc32(page) !== header.crc >>> 0) {
      throw new Error('a page does not have its checksum (CRC-32)');
    }
    checkRuns(header, page, form);
    reader.offset += packedBytes;
  }
  if (values !== valueCount)
    throw new Error(`its pages have ${values} values, and the column ${valueCount}`);
}

/** For pages of the second version, whose levels are not compressed. */
function refuseFalseCounts(
  page: NonNullable<ReturnType<typeof parquetHeader>['data_page_header_v2']>,
  rowCount: number,
  packedBytes: number,
): void {
  const claims = [
    ['nulls', page.num_nulls, page.num_values],
    ['rows', page.num_rows, rowCount],
    ['bytes of definition levels', page.definition_levels_byte_length, packedBytes],
    ['bytes of repetition levels', page.repetition_levels_byte_length, packedBytes],
  ] as const;
  const wrong = claims.find(([, n, most]) => !(Number.isInteger(n) && n >= 0 && n <= most));
  if (wrong === undefined) return;
  const [what, claim, most] = wrong;
  throw new Error(`a page says that it has ${claim} ${what}, and ${most} is the most it can have`);
}
