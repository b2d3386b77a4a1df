/** Parquet files of hyparquet-writer, read through a buffer that counts the bytes that are read. */
import { gzipSync } from 'node:zlib';
import type { AsyncBuffer, ColumnMetaData, RowGroup } from 'hyparquet';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { OpenParquet } from '../../../../src/import/tables/index.js';
import { limitedCompressors } from '../../../../src/import/tables/parquet/codecs.js';
import { refuseFalseGroups } from '../../../../src/import/tables/parquet/groups.js';
import { valuesProblem } from '../../../../src/import/tables/parquet/values.js';

const ROWS = 300;
const texts = Array.from({ length: ROWS }, (_, row) => `${row}`.repeat(500));

const bytes = parquetWriteBuffer({
  columnData: [
    { name: 'text', data: texts, type: 'STRING' },
    { name: 'number', data: Int32Array.from(texts.keys()), type: 'INT32' },
  ],
  rowGroupSize: 100,
  codec: 'UNCOMPRESSED',
});

function counted(): { readonly file: AsyncBuffer; readonly reads: { bytes: number } } {
  const reads = { bytes: 0 };
  const slice = async (start: number, end = bytes.byteLength) => {
    reads.bytes += end - start;
    return bytes.slice(start, end);
  };
  return { file: { byteLength: bytes.byteLength, slice }, reads };
}

test('OpenParquet reads row groups one by one, in fewer bytes than the file has', async () => {
  const { file, reads } = counted();
  const open = await OpenParquet.open('numbers.parquet', file);
  expect(open.groups).toEqual(
    [0, 100, 200].map((from) => ({ rowStart: from, rowEnd: from + 100 })),
  );
  const footerBytes = reads.bytes;
  reads.bytes = 0;
  const found: unknown[] = [];
  for (const group of open.groups.keys()) {
    const data = await open.readGroup(group, ['text', 'number']);
    found.push(...(data.get('text') as string[]));
    expect(data.get('number')?.[7]).toBe(100 * group + 7);
  }
  expect(found).toEqual(texts);
  expect(reads.bytes).toBeLessThan(bytes.byteLength);
  expect(footerBytes).toBeLessThanOrEqual(bytes.byteLength);
});

test('OpenParquet reads decimal numbers as they are written', async () => {
  const data = [1.15, -0.07, null, 8.2, 1234567.89];
  const decimal = { converted_type: 'DECIMAL', scale: 2, precision: 12 } as const;
  const column = { name: 'price', type: 'INT64', repetition_type: 'OPTIONAL', ...decimal } as const;
  const written = parquetWriteBuffer({
    columnData: [
      { name: 'price', data: data.map((x) => (x === null ? null : BigInt(Math.round(x * 100)))) },
    ],
    schema: [{ name: 'root', num_children: 1 }, column],
  });
  const slice = async (start: number, end?: number) => written.slice(start, end);
  const open = await OpenParquet.open('prices.parquet', { byteLength: written.byteLength, slice });
  expect([...((await open.readGroup(0, ['price'])).get('price') ?? [])]).toEqual(data);
});

test('OpenParquet reads 8000 row groups quickly', async () => {
  const count = 8000;
  const data = Int32Array.from({ length: count }, (_, row) => 3 * row);
  const columnData = [{ name: 'number', data, type: 'INT32' } as const];
  const many = parquetWriteBuffer({ columnData, rowGroupSize: 1, codec: 'UNCOMPRESSED' });
  const slice = async (start: number, end?: number) => many.slice(start, end);
  const open = await OpenParquet.open('many.parquet', { byteLength: many.byteLength, slice });
  const found: unknown[] = [];
  for (const group of open.groups.keys()) {
    found.push((await open.readGroup(group, ['number'])).get('number')?.[0]);
  }
  expect(found).toEqual([...data]);
}, 20_000);

test('OpenParquet passes on an error of the file reader unchanged', async () => {
  const { file } = counted();
  const open = await OpenParquet.open('numbers.parquet', file);
  const away = new Error('the disk is gone');
  file.slice = () => Promise.reject(away);
  await expect(open.readGroup(0, ['text'])).rejects.toBe(away);
});

test('OpenParquet refuses a footer of 2 GiB after reading 64 KiB', async () => {
  const byteLength = 3 * 1024 ** 3;
  let most = 0;
  const slice = async (start: number, end = byteLength) => {
    most = Math.max(most, end - start);
    const found = Buffer.alloc(end - start);
    found.writeUInt32LE(2 * 1024 ** 3, found.length - 8);
    found.write('PAR1', found.length - 4);
    return Uint8Array.from(found).buffer;
  };
  await expect(OpenParquet.open('large.parquet', { byteLength, slice })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/^large\.parquet: its footer has \d+ bytes or more/),
  });
  expect(most).toBe(64 * 1024);
});

test('OpenParquet refuses a column with a negative size', async () => {
  const { total_compressed_size: size = 0n } =
    parquetMetadata(bytes).row_groups[0]?.columns[0]?.meta_data ?? {};
  const lying = Buffer.from(bytes.slice(0));
  // Thrift's zigzag has the sign in the lowest bit.
  const footer = lying.length - 8 - lying.readUInt32LE(lying.length - 8);
  const at = lying.indexOf(varint(2 * Number(size)), footer);
  lying[at] = (lying[at] as number) | 1;
  const slice = async (start: number, end = lying.length) =>
    Uint8Array.from(lying.subarray(start, end)).buffer;
  const open = await OpenParquet.open('lying.parquet', { byteLength: lying.length, slice });
  const refused = /^lying\.parquet: row group 0 says that a column has -\d+ bytes/;
  expect(() => open.groupBytes(0, ['text', 'number'])).toThrowError(refused);
  await expect(open.readGroup(0, ['text', 'number'])).rejects.toThrowError(refused);
});

test('OpenParquet reports a damaged gzip page by its checksum', async () => {
  const file = Buffer.from(
    parquetWriteBuffer({
      columnData: [{ name: 'text', data: ['sound', 'words'], type: 'STRING' }],
      codec: 'GZIP',
      // Stored, so that a changed byte gives another text.
      compressors: { GZIP: (input) => gzipSync(input, { level: 0 }) },
    }),
  );
  expect(await textsOf(file)).toEqual(['sound', 'words']);
  file[file.indexOf('sound')] = 'f'.charCodeAt(0);
  await expect(textsOf(file)).rejects.toThrowError(
    'f.parquet, column text: cannot be read as Parquet: incorrect data check',
  );
});

test('OpenParquet refuses integers outside the statistics of their column', async () => {
  const numbers = Int32Array.of(7, 8, 9);
  const file = Buffer.from(
    parquetWriteBuffer({
      columnData: [{ name: 'text', data: numbers, type: 'INT32', encoding: 'PLAIN' }],
      codec: 'UNCOMPRESSED',
    }),
  );
  expect(await textsOf(file)).toEqual([...numbers]);
  const at = file.indexOf(Buffer.from(numbers.buffer));
  file[at + 3] = 1;
  await expect(textsOf(file)).rejects.toThrowError(
    'f.parquet: column text is damaged: 16777223 was read, or misread, and its statistics say 7 to 9',
  );
});

test('refuseFalseGroups refuses row groups with other rows or columns than the file', () => {
  const metadata = parquetMetadata(bytes);
  const leaves = ['text', 'number'];
  expect(() => refuseFalseGroups(metadata, leaves)).not.toThrow();
  const [one, , ...others] = metadata.row_groups as [RowGroup, RowGroup, ...RowGroup[]];
  expect(() => refuseFalseGroups({ ...metadata, row_groups: [one, ...others] }, leaves)).toThrow(
    'its row groups have 200 rows, and the file 300',
  );
  expect(() => refuseFalseGroups({ ...metadata, num_rows: 0n }, leaves)).not.toThrow();
  const lacking = { ...one, columns: one.columns.slice(1) };
  expect(() => refuseFalseGroups({ ...metadata, row_groups: [one, lacking] }, leaves)).toThrow(
    'row group 1 has other columns than the schema',
  );
});

test('valuesProblem reports an index beyond the dictionary, and accepts null', () => {
  const column = { path_in_schema: ['text'], type: 'BYTE_ARRAY' } as ColumnMetaData;
  expect(valuesProblem(column, ['a', null])).toBe(undefined);
  expect(valuesProblem(column, ['a', undefined])).toBe('a value is not in its dictionary');
});

test('the LZ4 decompressors accept an empty page', async () => {
  const { LZ4, LZ4_RAW } = await limitedCompressors();
  for (const unpack of [LZ4, LZ4_RAW]) {
    expect(unpack?.(Uint8Array.of(0), 0)).toEqual(new Uint8Array(0));
  }
});

test('OpenParquet refuses an endless number and a list longer than the footer', async () => {
  const footer = (...parts: readonly Uint8Array[]) => {
    const end = Buffer.from('0000PAR1');
    end.writeUInt32LE(parts.reduce((sum, { length }) => sum + length, 0));
    return Buffer.concat([...parts, end]);
  };
  const number = footer(Buffer.of(0x16), Buffer.alloc(2_000_000, 0xff));
  await expect(textsOf(number)).rejects.toThrowError(
    'f.parquet: cannot be read as Parquet: it has a number of more than 10 bytes',
  );
  // Nested lists, each of thirty million members.
  const lists = Buffer.alloc(1000, Buffer.of(0xf9, 0x80, 0x87, 0xa7, 0x0e));
  await expect(textsOf(footer(Buffer.of(0x19), lists))).rejects.toThrowError(
    'f.parquet: cannot be read as Parquet: it has a list of 30000000 members in 995 bytes',
  );
}, 10_000);

async function textsOf(file: Buffer): Promise<unknown[]> {
  const slice = async (start: number, end = file.length) =>
    Uint8Array.from(file.subarray(start, end)).buffer;
  const open = await OpenParquet.open('f.parquet', { byteLength: file.length, slice });
  return [...((await open.readGroup(0, ['text'])).get('text') ?? [])];
}

function varint(value: number): Buffer {
  const found: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 128)) {
    found.push((rest % 128) | (rest < 128 ? 0 : 128));
  }
  return Buffer.from(found);
}
