// Results computed by hand, on more rows than a function call may have arguments.
import { expect, test } from 'vitest';
import { arrangeChunks } from '../../src/indexing/arrange-chunks.js';

const COUNT = 200_000;

test.each([
  ['a row group of Parquet is one chunk, however long', 1, 1],
  ['a shard may have any number of chunks', 64 * 1024 * 1024, COUNT],
])('arrangeChunks: %s', (_, length, chunkCount) => {
  const { rows, chunkEnds } = arrangeChunks({
    lengths: new Uint32Array(COUNT).fill(length),
    splits: new Uint8Array(COUNT),
    shardOf: new Uint32Array(COUNT),
    groups:
      length === 1 ? new Float64Array(COUNT) : Float64Array.from({ length: COUNT }, (_, i) => i),
    areFiles: false,
  });
  expect(rows).toEqual(Uint32Array.from({ length: COUNT }, (_, row) => row));
  expect(chunkEnds.length).toBe(chunkCount);
  expect(chunkEnds.at(-1)).toBe(COUNT);
});
