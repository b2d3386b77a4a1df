/** Chunks compared with the joined bytes. */
import { expect, test } from 'vitest';
import { CHUNK_BYTES, chunksOf } from '../src/index.js';

test.each([
  [0, []],
  [1, [1]],
  [CHUNK_BYTES, [CHUNK_BYTES]],
  [2 * CHUNK_BYTES + 7, [CHUNK_BYTES, CHUNK_BYTES, 7]],
])('chunksOf %d bytes gives chunks of %j bytes without copying', (size, lengths) => {
  const within = Uint8Array.from({ length: size + 5 }, (_, i) => i % 251);
  const bytes = within.subarray(3, size + 3);
  const chunks = [...chunksOf(bytes)];
  expect(chunks.map(({ length }) => length)).toEqual(lengths);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  expect(chunks.every(({ buffer }) => buffer === within.buffer)).toBe(true);
});
