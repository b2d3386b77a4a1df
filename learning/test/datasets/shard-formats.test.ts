/** File and folder names, and the shard formats that they stand for. */
import { expect, test } from 'vitest';
import { shardFormatOf } from '../../src/datasets/index.js';

test.each([
  ['pets-000.TAR', 'tar'],
  ['train.parquet', 'parquet'],
  ['pets/', undefined],
  ['pets.tar/', undefined],
  ['pets.tar.gz', undefined],
])('shardFormatOf(%s)', (path, format) => {
  expect(shardFormatOf(path)).toBe(format);
});
