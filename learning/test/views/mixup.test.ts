/** Seeds and shares of pairs, on which two programs must agree. views.test.ts tests the partners. */
import { describe, expect, it } from 'vitest';
import { fnv1a32 } from '../../src/arrays/hashing.js';
import { mixupShare, pairSeed } from '../../src/views/mixup.js';

describe('pairs of samples in mixup', () => {
  it('have the same unsigned seed in either order', () => {
    expect(pairSeed(0xffffffff, 1)).toBe(0xfffffffe);
    expect(pairSeed(1, 0xffffffff)).toBe(0xfffffffe);
  });

  it('have a share of at least a half for the sample itself', () => {
    for (let seed = 0; seed < 1000; seed++) {
      const share = mixupShare(seed);
      expect(share).toBeGreaterThanOrEqual(0.5);
      expect(share).toBeLessThanOrEqual(1);
    }
  });
});

describe('fnv1a32', () => {
  it('hashes UTF-8 bytes', () => {
    const bytes = fnv1a32('é');
    let hash = 0x811c9dc5;
    for (const byte of [0xc3, 0xa9]) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    expect(bytes).toBe(hash);
  });
});
