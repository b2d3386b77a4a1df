/** Teacher weights and pools of the rules, against reference values and arithmetic that can be done by hand. */
import { describe, expect, it } from 'vitest';
import { argmaxRows } from '../../src/arrays/index.js';
import { combined } from '../../src/ensemble/combination.js';
import { fitCombination, fitNumberCount, needsFit } from '../../src/ensemble/fit-combination.js';
import type { BatchAnswers, Combination, CombinationFit } from '../../src/ensemble/rules/index.js';

/** 60-digit reference: three teachers' logits for one sample, and the teachers' shares if its label is 0 or 1. */
const LOGITS = [
  [2.0, 0.5, -1.0, 0.0],
  [0.2, 1.7, 0.1, -0.4],
  [3.0, 2.9, -2.0, 1.0],
];
const CA_MKD_SHARES = [
  [0.43223365874297787, 0.16626547003950853, 0.40150087121751354],
  [0.1882058112300013, 0.42355102344376344, 0.3882431653262352],
];
/** 60-digit reference: three teachers' probabilities for one sample, and their shares by entropy. */
const PROBABILITIES = [
  [0.7100999228861743, 0.15844470951497971, 0.03535379340874887, 0.09610157419009724],
  [0.144189076589067, 0.6462106086113596, 0.13046767176984062, 0.07913264302973273],
  [0.48854110991330585, 0.4420502764983775, 0.0032917641054702423, 0.06611684948284638],
];
const ENTROPY_SHARES = {
  ebkd: [0.3440192196906409, 0.31745786136672394, 0.3385229189426352],
  softmax: [0.3532803011127067, 0.30420527564591954, 0.3425144232413739],
  inverse: [0.3545527939601799, 0.3029625435483116, 0.3424846624915085],
  greatest: [0.3849089579599633, 0.35027781860939977, 0.26481322343063685],
  margin: [0.5014283496416871, 0.4563136941065187, 0.042257956251794154],
} as const;

function softmax(logits: readonly number[]): number[] {
  const sum = logits.reduce((total, v) => total + Math.exp(v), 0);
  return logits.map((v) => Math.exp(v) / sum);
}

function mean(shares: readonly number[], rows: readonly (readonly number[])[]): number[] {
  return (rows[0] ?? []).map((_, c) =>
    rows.reduce((sum, row, k) => sum + (shares[k] ?? 0) * (row[c] ?? 0), 0),
  );
}

/** Answers from the rows of each teacher. */
function answers(teachers: number[][], classCount: number, labels?: number[]): BatchAnswers {
  return {
    teacherLogits: teachers.map((values) => Float64Array.from(values)),
    teacherWeights: teachers.map(() => 1),
    rowCount: (teachers[0]?.length ?? 0) / classCount,
    classCount,
    ...(labels && { labels: Int32Array.from(labels) }),
  };
}

function probabilities(
  combination: Combination,
  batch: BatchAnswers,
  { temperature = 1, fit }: { temperature?: number; fit?: CombinationFit } = {},
): number[] {
  const out = new Float64Array(batch.rowCount * batch.classCount);
  combined(combination, batch, fit).probabilities(temperature, out);
  return [...out];
}

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 12);
}

describe('combination rules without a fit', () => {
  it('ca-mkd weighs teachers by the label of each sample, with the same weights at any temperature', () => {
    const batch = answers(
      LOGITS.map((row) => [...row, ...row]),
      4,
      [0, 1],
    );
    for (const temperature of [1, 4]) {
      const tempered = LOGITS.map((row) => softmax(row.map((v) => v / temperature)));
      const want = CA_MKD_SHARES.flatMap((shares) => mean(shares, tempered));
      expectClose(probabilities({ combine: 'ca-mkd' }, batch, { temperature }), want);
    }
  });

  it('ca-mkd refuses a sample without a label and names it', () => {
    const batch = answers(LOGITS, 4, [-1]);
    expect(() => probabilities({ combine: 'ca-mkd' }, batch)).toThrow(/sample 0 needs a label/);
  });

  it.each(Object.entries(ENTROPY_SHARES))('entropy weighs teachers by %s', (weighting, shares) => {
    const batch = answers(
      PROBABILITIES.map((row) => row.map(Math.log)),
      4,
    );
    const combination = { combine: 'entropy', weighting } as Combination;
    expectClose(probabilities(combination, batch), mean(shares, PROBABILITIES));
  });

  it('entropy weighs the teachers of each sample separately', () => {
    const [sure, even] = [8, 0].map((v) => [v, 0]) as [number[], number[]];
    const batch = answers(
      [
        [...sure, ...even],
        [...even, ...sure],
      ],
      2,
    );
    const [first = 0, , second = 0] = probabilities(
      { combine: 'entropy', weighting: 'inverse' },
      batch,
    );
    // Each sample has one certain teacher, which gets nearly all of the weight.
    expect(first).toBeGreaterThan(0.99);
    expect(second).toBe(first);
  });

  it('majority-vote gives the weighted shares of the votes at any temperature', () => {
    const votes = [2, 2, 0].map((vote) => [0, 1, 2].map((c) => (c === vote ? 3 : 0)));
    const batch = answers(votes, 3);
    for (const temperature of [1, 20]) {
      expectClose(probabilities({ combine: 'majority-vote' }, batch, { temperature }), [
        1 / 3,
        0,
        2 / 3,
      ]);
    }
    const weighted = { ...batch, teacherWeights: [1, 0, 3] };
    expectClose(probabilities({ combine: 'majority-vote' }, weighted), [0.75, 0, 0.25]);
  });

  it('majority-vote gives uniform probabilities where no teacher votes', () => {
    const nothing = Array(4).fill(Number.NEGATIVE_INFINITY);
    const batch = answers([[...nothing, 0, 0, 3, 0], [...nothing, 0, 0, 3, 0]], 4); // biome-ignore format: rows
    const want = [0.25, 0.25, 0.25, 0.25, 0, 0, 1, 0];
    expectClose(probabilities({ combine: 'majority-vote' }, batch), want);
  });

  it('majority-vote gives uniform probabilities where only teachers of weight 0 vote', () => {
    const nothing = Array(4).fill(Number.NEGATIVE_INFINITY);
    const rows = [[...nothing, 0, 0, 3, 0], [3, 0, 0, 0, 3, 0, 0, 0]]; // biome-ignore format: rows
    const batch = { ...answers(rows, 4), teacherWeights: [1, 0] };
    const want = [0.25, 0.25, 0.25, 0.25, 0, 0, 1, 0];
    expectClose(probabilities({ combine: 'majority-vote' }, batch), want);
    const weightless = { ...batch, teacherWeights: [0, 0] };
    expect(() => probabilities({ combine: 'majority-vote' }, weightless)).toThrow('sum > 0');
  });

  it('majority-vote has no answer in its logarithms where no teacher votes', () => {
    const batch = answers([[...Array(4).fill(Number.NEGATIVE_INFINITY), 0, 0, 3, 0]], 4);
    const logs = new Float64Array(8);
    combined({ combine: 'majority-vote' }, batch).logProbabilities(1, logs);
    expect([...argmaxRows(logs, 2, 4)]).toEqual([-1, 2]);
  });

  it('mean-logit is the softmax of the weighted mean logits over the temperature', () => {
    const batch = { ...answers(LOGITS, 4), teacherWeights: [2, 1, 1] };
    const want = softmax(mean([0.25, 0.125, 0.125], LOGITS));
    expectClose(probabilities({ combine: 'mean-logit' }, batch, { temperature: 2 }), want);
  });

  it.each<Combination>([
    { combine: 'arithmetic' },
    { combine: 'geometric' },
    { combine: 'entropy', weighting: 'ebkd' },
    { combine: 'majority-vote' },
  ])('%j returns log-probabilities that match its probabilities', (combination) => {
    const batch = answers(LOGITS, 4);
    const logs = new Float64Array(4);
    combined(combination, batch).logProbabilities(2, logs);
    expectClose([...logs.map(Math.exp)], probabilities(combination, batch, { temperature: 2 }));
  });
});

describe('combination rules with a fit', () => {
  // Two classes; the first teacher is right on 3 of 4 labelled rows, the second on 1; the last row has no label.
  const right = [2, 0, 2, 0, 0, 2, 2, 0, 2, 0];
  const wrong = [0, 2, 0, 2, 0, 2, 2, 0, 0, 2];
  const labels = Int32Array.of(0, 0, 1, 1, -1);
  const held = [right, wrong].map((values) => Float64Array.from(values));
  const batch = answers(
    [
      [1, 0],
      [0, 1],
    ],
    2,
  );
  const [a = 0, b = 0] = softmax([1, 0]);

  it('accuracy weighs teachers by their accuracy on labelled rows', () => {
    const rule: Combination = { combine: 'accuracy', weighting: 'linear' };
    const fit = fitCombination(rule, held, labels, 2);
    expectClose(fit.weights as number[], [0.75, 0.25]);
    expectClose(
      probabilities(rule, batch, { fit }),
      mean(
        [0.75, 0.25],
        [
          [a, b],
          [b, a],
        ],
      ),
    );
  });

  it('per-class weighs teachers by their smoothed recall of each class', () => {
    const fit = fitCombination({ combine: 'per-class' }, held, labels, 2);
    expect(fit.classWeights).toEqual([
      [3 / 4, 2 / 4],
      [1 / 4, 2 / 4],
    ]);
    const [p = 0, q = 0] = [(3 * a + b) / 4, (b + a) / 2];
    expectClose(probabilities({ combine: 'per-class' }, batch, { fit }), [
      p / (p + q),
      q / (p + q),
    ]);
  });

  it('per-class pools by given class weights to the reference probabilities', () => {
    const classWeights = [
      [1, 0, 0, 0],
      [0, 1, 1, 0],
      [1, 1, 1, 0],
    ];
    const own = answers(
      PROBABILITIES.map((row) => row.map(Math.log)),
      4,
    );
    expectClose(
      probabilities({ combine: 'per-class' }, own, { fit: { classWeights } }),
      [0.46430843135153876, 0.4215513157316287, 0.05181337210247326, 0.0623268808143591],
    );
  });

  it('mixture-em fits the reference weights', () => {
    const ofLabel = [
      [0.882, 0.715, 0.285, 0.538],
      [0.661, 0.715, 0.861, 0.554],
    ];
    const logits = ofLabel.map((row) =>
      Float64Array.from(row.flatMap((p) => [Math.log(p), Math.log(1 - p)])),
    );
    const fit = fitCombination({ combine: 'mixture-em' }, logits, new Int32Array(4), 2);
    expectClose(fit.weights as number[], [0, 1]);
    expectClose(probabilities({ combine: 'mixture-em' }, batch, { fit }), [b, a]);
  });

  it('dawid-skene inverts the votes of a teacher that is always wrong', () => {
    const liar = [...Array(8).keys()].flatMap((row) => (row % 2 === 0 ? [0, 1] : [1, 0]));
    const own = Int32Array.from(Array(8).keys(), (row) => row % 2);
    const rule: Combination = { combine: 'dawid-skene' };
    const fit = fitCombination(rule, [Float64Array.from(liar)], own, 2);
    // Four of each class: counts of ½ and 4½, priors of ½.
    expectClose(probabilities(rule, answers([[0, 1]], 2), { fit }), [0.9, 0.1]);
  });

  it('calibrate divides logits by the fitted temperatures before the pool', () => {
    const fit = { temperatures: [1.5, 0.8, 2.5] };
    const own = answers(LOGITS, 4);
    expectClose(
      probabilities({ combine: 'arithmetic', calibrate: true }, own, { fit }),
      [0.35717196187552, 0.44011777760480303, 0.07639821875106373, 0.12631204176861316],
    );
    expectClose(
      probabilities({ combine: 'geometric', calibrate: true }, own, { fit }),
      [0.33826824828285046, 0.44682747048077326, 0.08552760716941556, 0.12937667406696068],
    );
    const { temperatures = [] } = fitCombination(
      { combine: 'arithmetic', calibrate: true },
      held,
      labels,
      2,
    );
    // Right on 3 of 4 with log-odds 2/T: 2/T = ln 3. Right on 1 of 4: T is the greatest that is allowed.
    expect(temperatures[0]).toBeCloseTo(2 / Math.log(3), 9);
    expect(temperatures[1]).toBe(20);
  });

  it('need a fit of fitNumberCount numbers, from labelled samples', () => {
    expect(needsFit({ combine: 'mixture-em' })).toBe(true);
    expect(needsFit({ combine: 'geometric' })).toBe(false);
    // Priors of 3 classes and a confusion of 3 by 3 for each teacher.
    expect(fitNumberCount({ combine: 'dawid-skene' }, 2, 3)).toBe(3 + 2 * 9);
    expect(fitNumberCount({ combine: 'per-class', calibrate: true }, 2, 3)).toBe(2 + 2 * 3);
    expect(fitNumberCount({ combine: 'geometric' }, 2, 3)).toBe(0);
    expect(() => probabilities({ combine: 'mixture-em' }, batch)).toThrow(/not been fitted/);
    expect(() => probabilities({ combine: 'arithmetic', calibrate: true }, batch)).toThrow(
      /calibrate has not been fitted/,
    );
    expect(() =>
      fitCombination(
        { combine: 'per-class' },
        held,
        labels.map(() => -1),
        2,
      ),
    ).toThrow(/per-class: no held-out sample has a label/);
  });
});
