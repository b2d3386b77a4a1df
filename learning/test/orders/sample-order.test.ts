import { describe, expect, it } from 'vitest';
import { chunkOf, orderedRows, orderedSamples } from '../../src/orders/index.js';

const CHUNK_ENDS = Uint32Array.from([5, 12, 13, 40, 64, 100, 131, 200]);
/** All samples except every seventh, so that chunks are visited in part. */
const SAMPLES = Uint32Array.from({ length: 200 }, (_, sample) => sample).filter(
  (sample) => sample % 7 !== 0,
);
const order = (epoch: number, blockPositions = 32) => ({ seed: 9, epoch, blockPositions });

describe('orderedSamples by blocks', () => {
  it('visits each sample once, in another order in each epoch', () => {
    const epochs = [0, 1, 2].map((epoch) =>
      orderedSamples(SAMPLES, CHUNK_ENDS, order(epoch), 0, SAMPLES.length),
    );
    for (const visited of epochs) expect([...visited].sort((a, b) => a - b)).toEqual([...SAMPLES]);
    expect(new Set(epochs.map(String)).size).toBe(3);
  });

  it('gives any part of the order from any position', () => {
    const all = orderedSamples(SAMPLES, CHUNK_ENDS, order(3), 0, SAMPLES.length);
    for (const [first, count] of [
      [0, 1],
      [31, 2],
      [33, 90],
      [170, 1],
    ] as const) {
      const part = orderedSamples(SAMPLES, CHUNK_ENDS, order(3), first, count);
      expect([...part]).toEqual([...all.subarray(first, first + count)]);
    }
  });

  it('has whole chunks in a block, and parts of at most two', () => {
    const all = orderedSamples(SAMPLES, CHUNK_ENDS, order(1), 0, SAMPLES.length);
    const inChunk = (samples: Iterable<number>) => {
      const counts = new Map<number, number>();
      for (const sample of samples) {
        const chunk = chunkOf(CHUNK_ENDS, sample);
        counts.set(chunk, (counts.get(chunk) ?? 0) + 1);
      }
      return counts;
    };
    const sizes = inChunk(SAMPLES);
    for (let first = 0; first < all.length; first += 32) {
      const counts = inChunk(all.subarray(first, first + 32));
      const partly = [...counts].filter(([chunk, count]) => count < (sizes.get(chunk) ?? 0));
      expect(partly.length).toBeLessThanOrEqual(2);
    }
  });

  it('shuffles the samples of a block', () => {
    const block = [...orderedSamples(SAMPLES, CHUNK_ENDS, order(0, 64), 0, 64)];
    const next = block.filter((sample, i) => sample - (block[i - 1] ?? -9) === 1);
    expect(next.length).toBeLessThan(8);
  });

  it('is refused for a data set without chunks', () => {
    expect(() => orderedSamples(SAMPLES, undefined, order(0), 0, 1)).toThrowError(/one file/);
  });

  it('is the full order without blockPositions', () => {
    const full = { seed: 9, epoch: 2 };
    const rows = orderedRows(SAMPLES.length, full, 10, 50);
    expect([...orderedSamples(SAMPLES, CHUNK_ENDS, full, 10, 50)]).toEqual(
      [...rows].map((row) => SAMPLES[row]),
    );
  });
});
