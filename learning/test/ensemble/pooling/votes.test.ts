/** Votes counted by hand; for Dawid–Skene a crowd with one teacher that is always wrong in the same way. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import { dawidSkene } from '../../../src/ensemble/pooling/confusions.js';
import { majorityVote, voteFractions } from '../../../src/ensemble/pooling/vote-fractions.js';

describe('majorityVote', () => {
  it('counts weights, and leaves out who abstains', () => {
    expect([...(voteFractions([1, -1, 0, 1], 3, [1, 8, 2, 1]) ?? [])]).toEqual([0.5, 0.5, 0]);
    expect(majorityVote([1, -1, 0, 1], 3, [1, 8, 2, 1])).toBe(0);
    expect(majorityVote([1, -1, 0, 1], 3)).toBe(1);
  });

  it('is null without votes, and with votes of weight 0 only', () => {
    expect(majorityVote([-1, -1], 3)).toBeNull();
    expect(voteFractions([1, -1], 3, [0, 1])).toBeNull();
    expect(voteFractions([], 3)).toBeNull();
  });

  it.each([
    [[3], undefined],
    [[-2], undefined],
    [[0.5], undefined],
    [[0, 1], [1]],
    [[0], [-1]],
  ])('refuses votes %j with weights %j', (votes, weights) => {
    expect(() => voteFractions(votes, 3, weights)).toThrow(/teacher/);
  });
});

describe('dawidSkene', () => {
  const truth = Int32Array.from({ length: 200 }, (_, n) => n % 3);
  const noisy = (seed: number) =>
    truth.map((label, n) => (mulberry32(seed, n) < 0.2 ? (label + 1) % 3 : label));
  const contrary = truth.map((label) => (label + 2) % 3);
  const votes = [noisy(1), noisy(2), noisy(3), contrary];

  it('learns from a teacher that is wrong in a fixed way', () => {
    const { posterior, confusions } = dawidSkene(votes, 3);
    const right = truth.filter((label, n) => {
      const row = [...posterior.subarray(n * 3, n * 3 + 3)];
      return row.indexOf(Math.max(...row)) === label;
    }).length;
    expect(right).toBe(truth.length);
    // Observed (c + 2) mod 3 where the truth is c.
    for (let c = 0; c < 3; c++) expect(confusions[3]?.[((c + 2) % 3) * 3 + c]).toBeGreaterThan(0.9);
  });

  it('keeps distributions', () => {
    const { posterior, priors, confusions } = dawidSkene(votes, 3);
    for (let n = 0; n < truth.length; n++) {
      expect(posterior.subarray(n * 3, n * 3 + 3).reduce((s, p) => s + p, 0)).toBeCloseTo(1, 12);
    }
    expect(priors.reduce((s, p) => s + p, 0)).toBeCloseTo(1, 12);
    for (const own of confusions) {
      for (let c = 0; c < 3; c++) {
        expect((own[c] ?? 0) + (own[3 + c] ?? 0) + (own[6 + c] ?? 0)).toBeCloseTo(1, 12);
      }
    }
  });

  it('leaves a sample without votes to the priors, and a known one as it is', () => {
    const own = votes.map((all) => all.map((vote, n) => (n === 5 ? -1 : vote)));
    const knownLabels = new Int32Array(truth.length).fill(-1);
    knownLabels[7] = 0;
    const { posterior, priors } = dawidSkene(own, 3, { knownLabels, tolerance: 1e-14 });
    for (let c = 0; c < 3; c++) expect(posterior[15 + c]).toBeCloseTo(priors[c] as number, 6);
    expect([...posterior.subarray(21, 24)]).toEqual([1, 0, 0]);
  });

  it('stays with the votes before the first round', () => {
    const { posterior } = dawidSkene([[0], [0], [1], [-1]], 2, { iterationCount: 0 });
    expect(posterior[0]).toBeCloseTo(2 / 3, 15);
  });

  it('refuses lengths that differ, and no votes', () => {
    expect(() => dawidSkene([[0, 1], [0]], 2)).toThrow(/\[2, 1\]/);
    expect(() => dawidSkene([], 2)).toThrow(/one vote a sample/);
  });
});
