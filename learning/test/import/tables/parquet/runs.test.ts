/** Pages written by hand by Encodings.md of parquet-format: a run of n equal values is the varint 2n and the value. */
import type { PageHeader } from 'hyparquet';
import { expect, test } from 'vitest';
import { checkRuns } from '../../../../src/import/tables/parquet/runs.js';

const COUNT = 3;
const nullable = { repetition: 0, definition: 1, isBoolean: false, unpack: (b: Uint8Array) => b };
/** Three levels of 1, and 2 ** 30 levels of 1. */
const SOUND = [0x06, 1];
const LONG = [0x80, 0x80, 0x80, 0x80, 0x08, 1];
const LEVEL_BYTES = SOUND.length;

function first(encoding: 'PLAIN' | 'RLE_DICTIONARY', bytes: Uint8Array): PageHeader {
  return {
    type: 'DATA_PAGE',
    uncompressed_page_size: bytes.length,
    compressed_page_size: bytes.length,
    data_page_header: {
      num_values: COUNT,
      encoding,
      definition_level_encoding: 'RLE',
      repetition_level_encoding: 'RLE',
    },
  };
}

function second(nullCount: number, bytes: Uint8Array, levelBytes: number): PageHeader {
  return {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: bytes.length,
    compressed_page_size: bytes.length,
    data_page_header_v2: {
      num_values: COUNT,
      num_nulls: nullCount,
      num_rows: COUNT,
      encoding: 'RLE_DICTIONARY',
      definition_levels_byte_length: levelBytes,
      repetition_levels_byte_length: 0,
    },
  };
}

const withLength = (runs: readonly number[]) => [runs.length, 0, 0, 0, ...runs];

test.each([
  ['levels', 'PLAIN', [...withLength(SOUND)], [...withLength(LONG)]],
  [
    'places',
    'RLE_DICTIONARY',
    [...withLength(SOUND), 1, ...SOUND],
    [...withLength(SOUND), 1, ...LONG],
  ],
] as const)('checkRuns refuses a run of %s longer than its page', (_, encoding, sound, long) => {
  const check = (values: readonly number[]) => {
    const bytes = Uint8Array.from(values);
    return () => checkRuns(first(encoding, bytes), bytes, nullable);
  };
  expect(check(sound)).not.toThrow();
  expect(check(long)).toThrowError('a page has a run of 1073741824 values, and 3 are missing');
  expect(check(long.slice(0, -2))).toThrowError('the runs of a page end too early');
});

test('checkRuns refuses a long run and a wrong null count in a page of version 2', () => {
  const check = (values: readonly number[], levelBytes = LEVEL_BYTES, nullCount = 0) => {
    const bytes = Uint8Array.from(values);
    return () => checkRuns(second(nullCount, bytes, levelBytes), bytes, nullable);
  };
  expect(check([...SOUND, 1, ...SOUND])).not.toThrow();
  expect(check([...LONG, 1, ...SOUND], LONG.length)).toThrowError('a page has a run of');
  expect(check([...SOUND, 1, ...LONG])).toThrowError('a page has a run of');
  expect(check([...SOUND, 1, ...SOUND], LEVEL_BYTES, 1)).toThrowError(
    'a page says that it has 1 nulls, and 0 are there',
  );
});

test('checkRuns accepts bit-packed runs padded by some groups, and refuses many groups', () => {
  const check = (groups: number) => {
    // Groups of eight bits; three are levels.
    const bytes = Uint8Array.from(
      withLength([...varint(2 * groups + 1), ...Array(groups).fill(7)]),
    );
    return () => checkRuns(first('PLAIN', bytes), bytes, nullable);
  };
  expect(check(4)).not.toThrow();
  expect(check(1000)).toThrowError('a page has a run of 8000 values, and 3 are missing');
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
