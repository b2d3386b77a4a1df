/** Plans of reads: every picture is in one range, and gaps and sizes are within their limits. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import type { ShardIndex } from '../../src/datasets/shards/shard-index.js';
import { GAP_BYTES, pictureRanges, REQUEST_MAX_BYTES } from '../../src/shards/picture-ranges.js';
import { pieceEnds, wantedPieces } from '../../src/windows/pieces/pieces.js';

/** Pictures one after another in one shard, with a gap before each. */
function indexOf(lengths: number[], gaps: number[], format: 'tar' | 'parquet' = 'tar'): ShardIndex {
  let at = 0;
  const offsets = lengths.map((length, i) => {
    const start = at + (gaps[i] as number);
    at = start + length;
    return start;
  });
  return {
    shards: [{ url: 'a.tar', format, sizeBytes: at }],
    grid: { height: 1, width: 1, channels: 1, fit: 'cover' },
    decoder: '',
    canary: { samples: [0], digest: '' },
    shardOf: new Uint32Array(lengths.length),
    offsets: Float64Array.from(offsets),
    lengths: Uint32Array.from(lengths),
    digests: new Uint8Array(lengths.length * 16),
    paths: undefined,
  };
}

describe('pictureRanges', () => {
  it('joins pictures over gaps below 64 KiB, into at most 16 MiB', () => {
    const near = indexOf([10, 10, 10], [0, GAP_BYTES - 1, GAP_BYTES]);
    const ranges = pictureRanges(near, Uint32Array.of(0, 1, 2));
    expect(ranges.map(({ samples }) => samples)).toEqual([[0, 1], [2]]);
    expect(ranges[0]).toMatchObject({ start: 0, end: 10 + GAP_BYTES - 1 + 10 });
    const large = indexOf([REQUEST_MAX_BYTES - 10, 10, 1], [0, 0, 0]);
    expect(pictureRanges(large, Uint32Array.of(0, 1, 2)).map((r) => r.samples)).toEqual([
      [0, 1],
      [2],
    ]);
  });

  it('has every picture once, in ranges within the limit, for random shards', () => {
    for (let seed = 0; seed < 50; seed++) {
      let draws = 0;
      const random = (below: number) => Math.floor(mulberry32(seed, draws++) * below);
      const lengths = Array.from({ length: 100 }, () => 1 + random(2 * 1024 * 1024));
      const gaps = lengths.map(() => random(2 * GAP_BYTES));
      const index = indexOf(lengths, gaps);
      const samples = Uint32Array.from(lengths.keys()).filter(() => random(3) > 0);
      const ranges = pictureRanges(index, samples);
      expect(ranges.flatMap((range) => range.samples).sort((a, b) => a - b)).toEqual([...samples]);
      for (const { start, end, samples: own } of ranges) {
        for (const sample of own) {
          expect(index.offsets[sample]).toBeGreaterThanOrEqual(start);
          expect(
            (index.offsets[sample] as number) + (lengths[sample] as number),
          ).toBeLessThanOrEqual(end);
        }
        expect(end - start).toBeLessThanOrEqual(REQUEST_MAX_BYTES);
      }
    }
  });
});

describe('pieces of chunks', () => {
  it('are cut where a chunk exceeds a request, but not in Parquet (pieceEnds)', () => {
    const lengths = [REQUEST_MAX_BYTES / 2, REQUEST_MAX_BYTES / 2, 1, 5, REQUEST_MAX_BYTES + 1];
    const ends = Uint32Array.of(4, 5);
    expect([...pieceEnds(indexOf(lengths, [0, 0, 0, 0, 0]), ends)]).toEqual([2, 4, 5]);
    expect([...pieceEnds(indexOf(lengths, [0, 0, 0, 0, 0], 'parquet'), ends)]).toEqual([4, 5]);
  });

  it('list the rows of their samples in a window, in any order and twice too (wantedPieces)', () => {
    const wanted = wantedPieces(Uint32Array.of(3, 5, 9), Uint32Array.of(8, 0, 4, 2, 8, 3));
    expect(wanted.map(({ piece, samples, rows }) => [piece, [...samples], [...rows]])).toEqual([
      [0, [0, 2], [1, 3]],
      [1, [3, 4], [5, 2]],
      [2, [8, 8], [0, 4]],
    ]);
  });
});
