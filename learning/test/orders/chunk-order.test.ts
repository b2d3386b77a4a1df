/**
 * The order by chunks on many random sets, against a second implementation that lists whole epochs: chunks one after
 * another, cut into blocks, with each block shuffled.
 */

import { describe, expect, it } from 'vitest';
import { keyedPermutation, orderedSamples } from '../../src/orders/index.js';

interface RandomSet {
  readonly chunkEnds: Uint32Array;
  /** All or some samples of a split. */
  readonly samples: Uint32Array;
  readonly order: {
    readonly seed: number;
    readonly epoch: number;
    readonly blockPositions: number;
  };
}

/** Reproducible whole numbers below `end`. */
function numbersFrom(seed: number): (end: number) => number {
  let count = 0;
  return (end) => keyedPermutation(2 ** 20, seed, count++)(seed % 1000) % end;
}

function randomSet(seed: number): RandomSet {
  const below = numbersFrom(seed);
  const largest = 1 + below(60);
  const ends: number[] = [];
  const splits: boolean[] = [];
  for (let chunk = 0; chunk < 1 + below(80); chunk++) {
    const size = 1 + below(largest);
    ends.push(splits.length + size);
    splits.push(...Array(size).fill(chunk === 0 || below(4) > 0));
  }
  const everyNth = 1 + below(3);
  const inSplit = [...splits.keys()].filter((sample) => splits[sample]);
  return {
    chunkEnds: Uint32Array.from(ends),
    samples: Uint32Array.from(inSplit.filter((_, row) => row % everyNth === 0)),
    order: { seed: below(2 ** 20), epoch: below(30), blockPositions: 1 + below(300) },
  };
}

/** The chunks of a set that have a visited sample, each as its visited samples. */
function chunksOf({ chunkEnds, samples }: RandomSet): number[][] {
  return [...chunkEnds]
    .map((end, chunk) => [...samples].filter((s) => s >= (chunkEnds[chunk - 1] ?? 0) && s < end))
    .filter(({ length }) => length > 0);
}

/** The order of a whole epoch, as a list. */
function listed(set: RandomSet): number[] {
  const { seed, epoch, blockPositions } = set.order;
  const chunks = chunksOf(set);
  const chunkAt = keyedPermutation(chunks.length, (seed ^ 0x6368756e) >>> 0, epoch);
  const inChunks = chunks.flatMap((_, place) => chunks[chunkAt(place)] as number[]);
  const blockCount = Math.ceil(inChunks.length / blockPositions);
  return Array.from({ length: blockCount }, (_, block) => {
    const own = inChunks.slice(block * blockPositions, (block + 1) * blockPositions);
    const placeAt = keyedPermutation(own.length, seed, epoch * blockCount + block);
    return own.map((_, position) => own[placeAt(position)] as number);
  }).flat();
}

const SETS = Array.from({ length: 150 }, (_, n) => randomSet(n + 1));

function visited({ samples, chunkEnds, order }: RandomSet, first = 0, count = samples.length) {
  return [...orderedSamples(samples, chunkEnds, order, first, count)];
}

describe('orderedSamples by chunks, on random sets', () => {
  it('agrees with a plain listing of the epoch', () => {
    for (const set of SETS) {
      // A copy of the arrays, for which no layout is cached.
      const copy = { ...set, samples: set.samples.slice(), chunkEnds: set.chunkEnds.slice() };
      expect(visited(set)).toEqual(listed(set));
      expect(visited(copy)).toEqual(listed(set));
    }
  });

  it('visits each sample once', () => {
    for (const set of SETS) {
      expect(visited(set).sort((a, b) => a - b)).toEqual([...set.samples]);
    }
  });

  it('gives any part of the order from any position', () => {
    for (const [n, set] of SETS.entries()) {
      const below = numbersFrom(n + 5_000);
      const all = listed(set);
      for (let again = 0; again < 5; again++) {
        const first = below(all.length);
        const count = below(all.length - first + 1);
        // Another epoch and seed come between, since only the last layout is cached.
        const { epoch, seed } = set.order;
        visited({ ...set, order: { ...set.order, epoch: epoch + 1, seed: seed + 1 } }, 0, 1);
        expect(visited(set, first, count)).toEqual(all.slice(first, first + count));
      }
    }
  });

  it('has whole chunks in a block, and parts of at most two', () => {
    for (const set of SETS) {
      const chunks = chunksOf(set);
      const { blockPositions } = set.order;
      for (let first = 0; first < set.samples.length; first += blockPositions) {
        const count = Math.min(blockPositions, set.samples.length - first);
        const span = new Set(visited(set, first, count));
        const touched = chunks.filter((chunk) => chunk.some((sample) => span.has(sample)));
        const cut = touched.filter((chunk) => !chunk.every((sample) => span.has(sample)));
        expect(cut.length).toBeLessThanOrEqual(2);
        // Whole chunks have no more rows than the block, so nothing is read in vain.
        const whole = touched.filter((chunk) => !cut.includes(chunk)).flat().length;
        expect(whole).toBeLessThanOrEqual(count);
      }
    }
  });

  it('groups other chunks in each epoch', () => {
    const set = SETS.find((s) => chunksOf(s).length > 20 && s.samples.length > 200) as RandomSet;
    const firstBlocks = Array.from({ length: 10 }, (_, epoch) => {
      const block = { ...set, order: { ...set.order, epoch, blockPositions: 50 } };
      return `${visited(block, 0, 50).sort((a, b) => a - b)}`;
    });
    expect(new Set(firstBlocks).size).toBe(10);
  });

  it.each([0, -1, 1.5])('refuses blocks of %d positions', (blockPositions) => {
    const [{ samples, chunkEnds }] = SETS as [RandomSet];
    const order = { seed: 1, epoch: 0, blockPositions };
    expect(() => orderedSamples(samples, chunkEnds, order, 0, 1)).toThrowError(
      /want blocks of one position or more/,
    );
  });
});
