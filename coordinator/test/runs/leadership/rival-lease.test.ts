// The clock is a number that the test moves.
import { describe, expect, it } from 'vitest';
import { LEASE_MS, RivalLease } from '../../../src/runs/leadership/rival-lease.js';

describe('RivalLease', () => {
  it('is abandoned once its revision has stayed the same for LEASE_MS', () => {
    const rival = new RivalLease();
    expect(rival.isAbandoned(7, 100)).toBe(false);
    expect(rival.isAbandoned(7, 100 + LEASE_MS - 1)).toBe(false);
    expect(rival.isAbandoned(7, 100 + LEASE_MS)).toBe(true);
  });

  it('counts LEASE_MS anew from each renewal', () => {
    const rival = new RivalLease();
    rival.isAbandoned(7, 0);
    expect(rival.isAbandoned(8, LEASE_MS)).toBe(false);
    expect(rival.isAbandoned(8, 2 * LEASE_MS - 1)).toBe(false);
    expect(rival.isAbandoned(8, 2 * LEASE_MS)).toBe(true);
  });
});
