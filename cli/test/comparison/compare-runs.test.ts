/** Counts, intervals and p-values against arithmetic on runs whose right answers are written out. */
import { expect, test } from 'vitest';
import { DIGEST } from '../../../coordinator/test/support.js';
import { type ComparedRun, compareRuns } from '../../src/comparison/compare-runs.js';
import { comparisonLines } from '../../src/printing/comparison-lines.js';

/** A run whose answers are right where `right` has 1; of two classes. */
function run(runId: string, right: string, changes: Partial<ComparedRun> = {}): ComparedRun {
  const own = [...right].map(Number);
  return {
    runId,
    datasetDigest: DIGEST.a,
    specification: specification(1, runId),
    sampleIds: Int32Array.from(own, (_, i) => i),
    labels: Int32Array.from(own, (_, i) => i % 2),
    logits: Float32Array.from(own.flatMap((r, i) => ((i + r) % 2 === 1 ? [1, 0] : [0, 1]))),
    ...changes,
  };
}

function specification(seed: number, model: string): Record<string, unknown> {
  return { metadata: { name: `${model}-${seed}` }, spec: { model, training: { seed } } };
}

const compare = (...runs: ComparedRun[]) => compareRuns(runs, { seed: 1, resampleCount: 500 });

test('compareRuns gives the difference of two runs, samples that one alone gets right, and the exact p', () => {
  const { pairs, arms, sampleCount } = compare(run('a', '1100000000'), run('b', '1011111000'));
  expect(sampleCount).toBe(10);
  const [pair] = pairs;
  expect(pair).toMatchObject({
    reference: 'a',
    run: 'b',
    referenceAccuracy: 0.2,
    accuracy: 0.6,
    onlyReferenceRight: 1,
    onlyRunRight: 5,
  });
  expect(pair?.difference).toBeCloseTo(0.4, 12);
  // Two classes, one logit ahead: log(1 + 1/e) where it is right, one more where it is not.
  const ahead = Math.log(1 + Math.exp(-1));
  expect(pair?.nll.reference).toBeCloseTo(ahead + 0.8, 12);
  expect(pair?.nll.run).toBeCloseTo(ahead + 0.4, 12);
  expect(pair?.nll.difference).toBeCloseTo(-0.4, 12);
  expect(pair?.nll.low).toBeLessThan(-0.4);
  expect(pair?.nll.high).toBeGreaterThan(-0.4);
  // Six coins, one or none on one side, either side: 2 · 7/64.
  expect(pair?.p).toBeCloseTo(14 / 64, 12);
  expect(pair?.adjustedP).toBe(pair?.p);
  // Of 12, with one more on either side: 2/12 and 6/12, and 1.96 √((8/12 − (4/12)²)/12) beside 4/12.
  const margin = 1.959964 * Math.sqrt((8 / 12 - 1 / 9) / 12);
  expect(pair?.low).toBeCloseTo(1 / 3 - margin, 12);
  expect(pair?.high).toBeCloseTo(1 / 3 + margin, 12);
  expect(arms).toEqual([]);
});

test('compareRuns of few samples gives an interval that contains 0', () => {
  // b alone is right on three of five samples, p = 2/8; a and c say the same of all samples.
  const { pairs } = compare(run('a', '00010'), run('b', '11110'), run('c', '00010'));
  expect(pairs.map(({ p }) => p)).toEqual([expect.closeTo(0.25, 12), 1]);
  for (const { low, high } of pairs) expect([low < 0, high > 0]).toEqual([true, true]);
});

test('compareRuns resamples the interval of losses by the seed', () => {
  const [a, b] = [run('a', '1100000'.repeat(30)), run('b', '1011111'.repeat(30))];
  const low = (seed: number) => compareRuns([a, b], { seed, resampleCount: 1 }).pairs[0]?.nll.low;
  expect(low(7)).toBe(low(7));
  expect(low(8)).not.toBe(low(7));
});

test('compareRuns does not count samples without a label', () => {
  const labels = Int32Array.of(-1, 1, 0, 1);
  const { pairs, sampleCount } = compare(
    run('a', '1000', { labels }),
    run('b', '0111', { labels }),
  );
  expect(sampleCount).toBe(3);
  expect(pairs[0]).toMatchObject({ referenceAccuracy: 0, accuracy: 1 });
});

test("compareRuns compares several runs with the first, and adjusts p-values by Holm's method", () => {
  const { pairs } = compare(
    run('a', '0000000000'),
    run('b', '1111111000'),
    run('c', '1111100000'),
    run('d', '1000000000'),
  );
  // p of 7, 5 and 1 coins all on one side: 2/128, 2/32, 1; times 3, 2, 1.
  expect(pairs.map(({ run: id, p }) => [id, p])).toEqual([
    ['b', expect.closeTo(2 / 128, 12)],
    ['c', expect.closeTo(2 / 32, 12)],
    ['d', 1],
  ]);
  expect(pairs.map(({ adjustedP }) => adjustedP)).toEqual([
    expect.closeTo(6 / 128, 12),
    expect.closeTo(4 / 32, 12),
    1,
  ]);
});

test('compareRuns pairs runs that differ only in seeds, and gives the number of seeds needed', () => {
  const of = (model: string, seed: number, right: string) =>
    run(`${model}-${seed}`, right, { specification: specification(seed, model) });
  const { pairs, arms } = compare(
    of('a', 1, '1000000000'),
    of('a', 2, '1100000000'),
    of('a', 3, '1110000000'),
    of('b', 3, '1111110000'),
    of('b', 1, '1110000000'),
    of('b', 2, '1111110000'),
  );
  expect(pairs.map(({ reference, run: id }) => [reference, id])).toEqual([
    ['a-3', 'b-3'],
    ['a-1', 'b-1'],
    ['a-2', 'b-2'],
  ]);
  // Differences 0.3, 0.2, 0.4: mean 0.3, deviation 0.1, and t at two degrees of freedom is 4.3027.
  const [arm] = arms;
  expect(arm?.difference).toBeCloseTo(0.3, 12);
  expect(arm?.standardDeviation).toBeCloseTo(0.1, 12);
  expect(arm?.low).toBeCloseTo(0.3 - (4.302653 * 0.1) / Math.sqrt(3), 5);
  // ((4.303 + 1.061)/3)² = 3.2 at 3 seeds, ((3.182 + 0.978)/3)² = 1.9 at 4.
  expect(arm?.seedsNeeded).toBe(4);
  expect(arm?.nll.difference).toBeCloseTo(-0.3, 12);
  expect(arm?.nll.high).toBeCloseTo(-(arm?.low ?? 0), 12);
  expect(arm?.nll.seedsNeeded).toBe(4);
});

test('compareRuns takes differences of seeds that cancel out as none, in spite of rounding', () => {
  const of = (model: string, seed: number, right: string) =>
    run(`${model}-${seed}`, right, { specification: specification(seed, model) });
  const { arms } = compare(
    of('a', 1, '0000000000'),
    of('a', 2, '0000000000'),
    of('a', 3, '1110000000'),
    of('b', 1, '1000000000'),
    of('b', 2, '1100000000'),
    of('b', 3, '0000000000'),
  );
  expect(0.1 + 0.2 - 0.3).not.toBe(0);
  expect(arms[0]?.seedsNeeded).toBeNull();
});

test.each([2, 3])(
  'comparisonLines says that %i seeds with the same difference prove nothing yet',
  (count) => {
    const seeds = Array.from({ length: count }, (_, seed) => seed);
    const of = (model: string, right: string) =>
      seeds.map((seed) =>
        run(`${model}-${seed}`, right, { specification: specification(seed, model) }),
      );
    const comparison = compare(...of('a', '1000000000'), ...of('b', '1100000000'));
    expect(comparisonLines(comparison).join('\n')).toContain(
      'over seeds: +10.00 (+10.00 to +10.00) points, the same with each seed: more seeds are needed to tell; NLL',
    );
  },
);

test('compareRuns has no arms with one reference for several seeds', () => {
  const { pairs, arms } = compare(
    run('a', '1000'),
    run('b-1', '1100', { specification: specification(1, 'b') }),
    run('b-2', '1110', { specification: specification(2, 'b') }),
  );
  expect(pairs).toHaveLength(2);
  expect(arms).toEqual([]);
});

test('compareRuns compares seeds of the same run as single runs', () => {
  const [a, b] = [1, 2].map((seed) =>
    run(`s${seed}`, '1010', { specification: specification(seed, 'm') }),
  ) as [ComparedRun, ComparedRun];
  const { pairs, arms } = compare(a, b);
  expect(pairs).toMatchObject([{ reference: 's1', run: 's2', difference: 0, p: 1 }]);
  expect(arms).toEqual([]);
});

test.each([
  [[run('a', '10'), run('b', '10', { datasetDigest: DIGEST.b })], /run b is on the data set b{12}/],
  [
    [run('a', '10'), run('b', '10', { sampleIds: Int32Array.of(4, 5) })],
    /run b was scored on other test samples or labels than run a/,
  ],
  [[run('a', '10'), run('b', '100')], /run b was scored on other/],
  [[run('a', '10'), run('a', '10')], /run a is named twice/],
  [[run('a', '10')], /want two runs/],
  [
    [
      run('a-1', '10', { specification: specification(1, 'a') }),
      run('a-2', '10', { specification: specification(2, 'a') }),
      run('b-3', '10', { specification: specification(3, 'b') }),
    ],
    /run b-3 has training seed 3, and 0 of a-1 \(1\), a-2 \(2\) have it/,
  ],
])('compareRuns refuses runs that cannot be compared (%#)', (runs, told) => {
  expect(() => compare(...runs)).toThrow(told);
});
test('compareRuns finds an arm in spite of another order of fields', () => {
  const written = (seed: number, spec: object) => ({
    specification: { metadata: {}, spec: { ...spec, training: { seed } } },
  });
  const [one, other] = [
    { term: 'kd', weight: 1 },
    { weight: 1, term: 'kd' },
  ];
  const { arms } = compare(
    run('a1', '110', written(1, { model: 'a', objective: [one] })),
    run('a2', '100', written(2, { objective: [other], model: 'a' })),
    run('b1', '111', written(1, { model: 'b', objective: [one] })),
    run('b2', '110', written(2, { objective: [other], model: 'b' })),
  );
  expect(arms).toMatchObject([{ reference: ['a1', 'a2'], runs: ['b1', 'b2'] }]);
});
