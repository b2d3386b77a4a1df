/** Votes counted by hand; for Dawid–Skene, a crowd with a teacher that is always wrong, and the published table. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/arrays/hashing.js';
import { dawidSkene, dawidSkeneOfCounts } from '../../../src/ensemble/pooling/confusions.js';
import { majorityVote, voteFractions } from '../../../src/ensemble/pooling/vote-fractions.js';

describe('majorityVote', () => {
  it('counts votes by weight and ignores abstentions', () => {
    expect([...(voteFractions([1, -1, 0, 1], 3, [1, 8, 2, 1]) ?? [])]).toEqual([0.5, 0.5, 0]);
    expect(majorityVote([1, -1, 0, 1], 3, [1, 8, 2, 1])).toBe(0);
    expect(majorityVote([1, -1, 0, 1], 3)).toBe(1);
  });

  it('is null without votes, and voteFractions with votes of weight 0 only', () => {
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

  it('learns from a teacher that is always wrong in the same way', () => {
    const { posterior, confusions } = dawidSkene(votes, 3);
    const right = truth.filter((label, n) => {
      const row = [...posterior.subarray(n * 3, n * 3 + 3)];
      return row.indexOf(Math.max(...row)) === label;
    }).length;
    expect(right).toBe(truth.length);
    // Observed (c + 2) mod 3 where the truth is c.
    for (let c = 0; c < 3; c++) expect(confusions[3]?.[((c + 2) % 3) * 3 + c]).toBeGreaterThan(0.9);
  });

  it('returns distributions', () => {
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

  it('gives a sample without votes the priors, and keeps a known label', () => {
    const own = votes.map((all) => all.map((vote, n) => (n === 5 ? -1 : vote)));
    const knownLabels = new Int32Array(truth.length).fill(-1);
    knownLabels[7] = 0;
    const { posterior, priors } = dawidSkene(own, 3, { knownLabels, tolerance: 1e-14 });
    for (let c = 0; c < 3; c++) expect(posterior[15 + c]).toBeCloseTo(priors[c] as number, 6);
    expect([...posterior.subarray(21, 24)]).toEqual([1, 0, 0]);
  });

  it('is the share of the votes before the first round', () => {
    const { posterior } = dawidSkene([[0], [0], [1], [-1]], 2, { iterationCount: 0 });
    expect(posterior[0]).toBeCloseTo(2 / 3, 15);
  });

  it('refuses votes of different lengths and an empty list', () => {
    expect(() => dawidSkene([[0, 1], [0]], 2)).toThrow(/\[2, 1\]/);
    expect(() => dawidSkene([], 2)).toThrow(/one vote a sample/);
  });
});

describe('dawidSkeneOfCounts', () => {
  /**
   * Dawid & Skene 1979, table 1: for each of 45 patients, how five anaesthetists rated the fitness for a general
   * anaesthetic, 1 to 4. The first anaesthetist answered three times.
   */
  const PATIENTS = [
    '111 1111', '333 4334', '112 2122', '222 3121', '222 3222', '222 3322', '122 2111', '333 3433', '222 2223',
    '232 2223', '444 4444', '222 3343', '111 1111', '222 3212', '121 1111', '111 2111', '111 1111', '111 1111',
    '222 2221', '222 1322', '222 2222', '222 2221', '222 3222', '221 2222', '111 1111', '111 1111', '232 2222',
    '111 1111', '111 1111', '112 1121', '111 1111', '333 3233', '111 1111', '222 2222', '222 3232', '433 4343',
    '221 2232', '232 3233', '333 3432', '111 1111', '111 1111', '121 2111', '232 2222', '121 1111', '222 2222',
  ]; // biome-ignore format: a table
  const said = PATIENTS.map((row) => {
    const [first = '', others = ''] = row.split(' ');
    return [first, ...others].map((own) => [...own].map((digit) => Number(digit) - 1));
  });
  const counts = [0, 1, 2, 3, 4].map((k) =>
    Float64Array.from(said.flatMap((of) => [0, 1, 2, 3].map((c) => (of[k] ?? []).filter((own) => own === c).length))),
  ); // biome-ignore format: one line

  it('finds the published result for the anaesthetists', () => {
    const plain = { smoothing: 0, iterationCount: 1000, tolerance: 1e-12 };
    const { priors, confusions, posterior } = dawidSkeneOfCounts(counts, 4, plain);
    const rounded = (values: Iterable<number>) => [...values].map((p) => Number(p.toFixed(2)));
    expect(rounded(priors)).toEqual([0.4, 0.42, 0.11, 0.07]);
    // The first anaesthetist's answers, by the true class.
    const byTruth = [0, 1, 2, 3].map((c) => [0, 1, 2, 3].map((v) => confusions[0]?.[v * 4 + c] ?? -1));
    expect(byTruth.map(rounded)).toEqual([
      [0.89, 0.11, 0, 0],
      [0.07, 0.88, 0.05, 0],
      [0, 0.34, 0.66, 0],
      [0, 0, 0.56, 0.44],
    ]);
    // Patient 36: two anaesthetists say 4, and the first says it once. The class is 4.
    expect(posterior[35 * 4 + 3]).toBeGreaterThan(0.99);
  }); // biome-ignore format: rows

  it('agrees with dawidSkene where each teacher answers once or not at all', () => {
    const votes = said.map((of) => of.slice(1).map(([own = -1], k) => (k === 2 && own === 2 ? -1 : own)));
    const byTeacher = [0, 1, 2, 3].map((k) => votes.map((of) => of[k] as number));
    const once = byTeacher.map((own) => Float64Array.from(own.flatMap((v) => [0, 1, 2, 3].map((c) => (c === v ? 1 : 0)))));
    expect(dawidSkeneOfCounts(once, 4)).toEqual(dawidSkene(byTeacher, 4));
  }); // biome-ignore format: rows

  it('starts from the shares of all answers', () => {
    const { posterior } = dawidSkeneOfCounts(
      [Float64Array.of(3, 0, 0, 0), Float64Array.of(0, 1, 0, 0)],
      2,
      { iterationCount: 0 },
    );
    expect([...posterior]).toEqual([3 / 4, 1 / 4, 1 / 2, 1 / 2]);
  });

  it('refuses counts of different lengths, negative counts and an empty list', () => {
    expect(() => dawidSkeneOfCounts([new Float64Array(4), new Float64Array(2)], 2)).toThrow(
      /\[4, 2\]/,
    );
    expect(() => dawidSkeneOfCounts([Float64Array.of(1, -1)], 2)).toThrow(/2 counts ≥ 0 a sample/);
    expect(() => dawidSkeneOfCounts([], 2)).toThrow(/2 counts ≥ 0 a sample/);
  });
});
