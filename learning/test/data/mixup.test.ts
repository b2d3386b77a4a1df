/** What two programs must agree on: seeds of a pair in either order, partners of a batch, shares of at least a half. */
import { describe, expect, it } from 'vitest';
import { fnv1a32, mix, mixupPartner, mixupShare, pairSeed } from '../../src/data/index.js';

describe('mixup', () => {
  it('mixes each row with the one before it, and the first with the last', () => {
    expect([0, 1, 2, 3].map((row) => mixupPartner(row, 4))).toEqual([3, 0, 1, 2]);
    expect(mixupPartner(0, 1)).toBe(0);
  });

  it('gives a pair one unsigned seed', () => {
    expect(pairSeed(0xffffffff, 1)).toBe(0xfffffffe);
    expect(pairSeed(1, 0xffffffff)).toBe(0xfffffffe);
  });

  it('leaves a row mostly itself', () => {
    for (let seed = 0; seed < 1000; seed++) {
      const share = mixupShare(seed);
      expect(share).toBeGreaterThanOrEqual(0.5);
      expect(share).toBeLessThanOrEqual(1);
    }
  });

  it('is the weighted mean', () => {
    const out = new Float32Array(2);
    mix([4, 0], [0, 8], 0.75, out);
    expect([...out]).toEqual([3, 2]);
  });
});

describe('fnv1a32', () => {
  it('goes over UTF-8 bytes', () => {
    const bytes = fnv1a32('é');
    let hash = 0x811c9dc5;
    for (const byte of [0xc3, 0xa9]) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    expect(bytes).toBe(hash);
  });
});
