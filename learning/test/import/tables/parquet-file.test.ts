/** Parquet files written by hyparquet-writer, read through a buffer that counts what is asked of it. */
import type { AsyncBuffer } from 'hyparquet';
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
