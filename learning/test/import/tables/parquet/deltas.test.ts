/** Pages that hyparquet-writer wrote, read back, and pages written by hand by Encodings.md of parquet-format. */
import type { PageHeader } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { OpenParquet } from '../../../../src/import/tables/index.js';
import { checkRuns } from '../../../../src/import/tables/parquet/runs.js';

const ROWS = 1000;
const texts = Array.from({ length: ROWS }, (_, n) => `${n % 7}`.repeat(n % 50));
const numbers = Array.from({ length: ROWS }, (_, n) => (n % 3 === 0 ? -1 : 1) * n * 2_000_003);

test.each([
  ['INT32', 'DELTA_BINARY_PACKED', Int32Array.from(numbers)],
  ['INT64', 'DELTA_BINARY_PACKED', BigInt64Array.from(numbers, (n) => BigInt(n) * 10n ** 9n)],
  ['STRING', 'DELTA_LENGTH_BYTE_ARRAY', texts],
  ['STRING', 'DELTA_BYTE_ARRAY', texts],
] as const)('OpenParquet reads delta encoded values: %s, %s', async (type, encoding, data) => {
  const columnData = [{ name: 'a', data, type, encoding }];
  const file = parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED' });
  const slice = async (start: number, end?: number) => file.slice(start, end);
  const open = await OpenParquet.open('a.parquet', { byteLength: file.byteLength, slice });
  expect([...((await open.readGroup(0, ['a'])).get('a') ?? [])]).toEqual([...data]);
});

describe('checkRuns of a delta encoded page refuses', () => {
  const COUNT = 3;
  const page = (encoding: string, bytes: readonly number[]) => {
    const header = {
      type: 'DATA_PAGE',
      uncompressed_page_size: bytes.length,
      compressed_page_size: bytes.length,
      data_page_header: { num_values: COUNT, encoding },
    } as PageHeader;
    const form = { repetition: 0, definition: 0, isBoolean: false, unpack: (b: Uint8Array) => b };
    return () => checkRuns(header, Uint8Array.from(bytes), form);
  };
  /** A block of 128 differences in 4 parts: the first value, the least difference, the bit width of each part. */
  const deltas = (first: number, least: number) => [
    0x80,
    1,
    4,
    COUNT,
    2 * first,
    2 * least,
    0,
    0,
    0,
    0,
  ];

  test('more parts than a block has differences, on which the library loops forever', () => {
    const parts = [0xfb, 0xff, 0xff, 0xff, 0x0f];
    expect(page('DELTA_BINARY_PACKED', deltas(5, 0))).not.toThrow();
    expect(page('DELTA_BINARY_PACKED', [0x80, 1, ...parts, COUNT, 0, 0, 0, 0])).toThrowError(
      'blocks of 128 differences in 4294967291 parts',
    );
    expect(page('DELTA_BINARY_PACKED', [0x80, 1, 4, COUNT, 0])).toThrowError('end too early');
  });

  test('texts longer than the page', () => {
    const encoding = 'DELTA_LENGTH_BYTE_ARRAY';
    expect(page(encoding, [...deltas(1, 0), 65, 66, 67])).not.toThrow();
    expect(page(encoding, [...deltas(1, 0), 65])).toThrowError('values of 3 bytes in 1');
  });

  test('texts that share more bytes than the text before has', () => {
    const encoding = 'DELTA_BYTE_ARRAY';
    // Each text shares one more byte than the one before.
    expect(page(encoding, [...deltas(0, 1), ...deltas(1, 0), 65, 66, 67])).not.toThrow();
    expect(page(encoding, [...deltas(0, 2), ...deltas(1, 0), 65, 66, 67])).toThrowError(
      'a value of 2 bytes of the one before',
    );
  });
});
