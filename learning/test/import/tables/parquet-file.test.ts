/** Parquet files written by hyparquet-writer, read through a buffer that counts what is asked of it. */
import type { AsyncBuffer } from 'hyparquet';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { OpenParquet } from '../../../src/import/tables/index.js';

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

test('row groups are read one by one, their bytes once', async () => {
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

test('what the reading of bytes throws is no fault of the file', async () => {
  const { file } = counted();
  const open = await OpenParquet.open('numbers.parquet', file);
  const away = new Error('the disk is gone');
  file.slice = () => Promise.reject(away);
  await expect(open.readGroup(0, ['text'])).rejects.toBe(away);
});

test('a footer that says it is most of a large file is not read', async () => {
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

test('a column of fewer than no bytes is refused, whatever else there is', async () => {
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

function varint(value: number): Buffer {
  const found: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 128)) {
    found.push((rest % 128) | (rest < 128 ? 0 : 128));
  }
  return Buffer.from(found);
}
