/**
 * Teachers that know only some of the classes, against arithmetic on three classes and two teachers. Where all
 * teachers know all classes, the result is that of the plain pools.
 */
import { describe, expect, it } from 'vitest';
import { throughCodec } from '../../../src/codecs/answer-codec.js';
import type { AnswerCodec } from '../../../src/codecs/table.js';
import { combined } from '../../../src/ensemble/combination.js';
import { combineTargets } from '../../../src/ensemble/combine-targets.js';
import { fitCombination } from '../../../src/ensemble/fit-combination.js';
import type {
  BatchAnswers,
  Combination,
  CombinationFit,
} from '../../../src/ensemble/rules/index.js';
import { targetPlan } from '../../../src/ensemble/target-plan.js';
import { fitTemperature } from '../../../src/ensemble/teachers/calibration.js';
import {
  amongKnown,
  type KnownClasses,
  withoutUnknown,
} from '../../../src/ensemble/teachers/known-classes.js';

/**
 * `all` gives the three classes 0.5, 0.3 and 0.2; `few` gives the first two 0.8 and 0.2, and does not know the third.
 */
const ALL = [0.5, 0.3, 0.2];
const FEW = [0.8, 0.2, 0];
const KNOWN: KnownClasses[] = [undefined, [0, 1]];

const logits = (...rows: number[][]) => Float64Array.from(rows.flat(), Math.log);
const normal = (values: number[]) => values.map((v) => v / values.reduce((sum, w) => sum + w, 0));

interface Asked {
  readonly weights?: number[];
  readonly labels?: number[];
  readonly fit?: CombinationFit;
  readonly temperature?: number;
  readonly teachers?: Float64Array[];
  readonly known?: KnownClasses[];
}

function answersOf({ weights = [1, 1], labels, teachers, known = KNOWN }: Asked): BatchAnswers {
  return {
    teacherLogits: teachers ?? [logits(ALL), logits(FEW)],
    teacherWeights: weights,
    rowCount: (teachers?.[0]?.length ?? 3) / 3,
    classCount: 3,
    ...(labels && { labels: Int32Array.from(labels) }),
    knownClasses: known,
  };
}

function pooled(combination: Combination, asked: Asked = {}): number[] {
  const answers = answersOf(asked);
  const pool = combined(combination, answers, asked.fit);
  const [p, logs] = [0, 1].map(() => new Float64Array(answers.rowCount * 3));
  pool.probabilities(asked.temperature ?? 1, p as Float64Array);
  pool.logProbabilities(asked.temperature ?? 1, logs as Float64Array);
  for (const [i, log] of (logs as Float64Array).entries()) {
    expect(Math.exp(log)).toBeCloseTo(p?.[i] ?? Number.NaN, 12);
  }
  return [...(p as Float64Array)];
}

const close = (got: number[], want: number[]) => {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 12);
};

describe('pools where some teachers know only some classes', () => {
  it('arithmetic: a class is the mean over the teachers that know it, then rows are normalised', () => {
    // If the unknown class counted as probability 0, the third class would have 0.1.
    close(pooled({ combine: 'arithmetic' }), normal([0.65, 0.25, 0.2]));
    close(
      pooled({ combine: 'arithmetic' }, { weights: [3, 1] }),
      normal([(3 * 0.5 + 0.8) / 4, (3 * 0.3 + 0.2) / 4, 0.2]),
    );
  });

  it.each(['geometric', 'mean-logit'] as const)('%s: averages known logarithms', (combine) => {
    const want = normal([Math.sqrt(0.5 * 0.8), Math.sqrt(0.3 * 0.2), 0.2]);
    close(pooled({ combine }), want);
    // A constant added to a teacher's logits changes nothing.
    const shifted = logits(FEW).map((v) => v + 7);
    close(pooled({ combine }, { teachers: [logits(ALL), shifted] }), want);
  });

  it('arithmetic: tempers each teacher over its own classes first', () => {
    const hot = (p: number[]) => normal(p.map(Math.sqrt));
    const [a, f] = [hot(ALL), hot(FEW)] as [number[], number[]];
    close(
      pooled({ combine: 'arithmetic' }, { temperature: 2 }),
      normal([((a[0] ?? 0) + (f[0] ?? 0)) / 2, ((a[1] ?? 0) + (f[1] ?? 0)) / 2, a[2] ?? 0]),
    );
  });

  it('accuracy: a class known only by teachers of weight 0 is taken from them', () => {
    const fit = { weights: [0, 1] };
    close(pooled({ combine: 'accuracy', weighting: 'linear' }, { fit }), normal([0.8, 0.2, 0.2]));
  });

  it('ca-mkd: weights differ by row with the classes that the teachers know', () => {
    const teachers = [logits(ALL, ALL), logits(FEW, FEW)];
    const labels = [2, 0];
    // A teacher that does not know the label has share 0, so the other of K = 2 has 1. If both know the label, CA-MKD
    // weighs both.
    const [p, q] = [0.8, 0.5].map((of) => 1 / of) as [number, number];
    const share = [p / (p + q), q / (p + q)] as [number, number];
    close(pooled({ combine: 'ca-mkd' }, { teachers, labels }), [
      ...ALL,
      ...normal([share[0] * 0.5 + share[1] * 0.8, share[0] * 0.3 + share[1] * 0.2, 0.2]),
    ]);
  });

  it('ca-mkd: several teachers that do not know the label have no weight', () => {
    const teachers = [logits(ALL), logits(FEW), logits(FEW)];
    const known = [undefined, [0, 1], [0, 1]];
    const asked = { teachers, known, weights: [1, 1, 1], labels: [2] };
    close(pooled({ combine: 'ca-mkd' }, asked), ALL);
  });

  it('majority-vote: divides the votes for a class by the votes that could be cast for it', () => {
    const teachers = [logits([0.1, 0.2, 0.7]), logits(FEW)];
    close(pooled({ combine: 'majority-vote' }, { teachers }), [1 / 3, 0, 2 / 3]);
    // A teacher that abstains could not cast a vote for any class.
    const silent = new Float64Array(3).fill(Number.NEGATIVE_INFINITY);
    close(pooled({ combine: 'majority-vote' }, { teachers: [silent, logits(FEW)] }), [1, 0, 0]);
  });

  it('arithmetic: pools three teachers that know two classes each', () => {
    const teachers = [logits([0.9, 0.1, 0]), logits([0, 0.6, 0.4]), logits([0.3, 0, 0.7])];
    const known = [
      [0, 1],
      [1, 2],
      [0, 2],
    ];
    const asked = { teachers, known, weights: [1, 1, 1] };
    close(pooled({ combine: 'arithmetic' }, asked), normal([0.6, 0.35, 0.55]));
  });

  it('equals the plain pool where all teachers know all classes', () => {
    const teachers = [logits(ALL), logits([0.2, 0.5, 0.3])];
    const everything = [
      [0, 1, 2],
      [0, 1, 2],
    ];
    for (const combine of ['arithmetic', 'geometric', 'majority-vote'] as const) {
      const plain = pooled({ combine }, { teachers, known: [undefined, undefined] });
      close(pooled({ combine }, { teachers, known: everything }), plain);
      const { knownClasses: _, ...before } = answersOf({ teachers });
      const out = new Float64Array(3);
      combined({ combine }, before).probabilities(1, out);
      expect(plain).toEqual([...out]);
    }
  });

  it('have no mean logits and no standardised logits', () => {
    const pool = combined({ combine: 'arithmetic' }, answersOf({}));
    expect([pool.meanLogits, pool.standardized]).toEqual([undefined, undefined]);
  });
});

describe('fits where some teachers know only some classes', () => {
  const held = [
    logits(ALL, [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]),
    logits(FEW, [0.4, 0.6, 0], [0.3, 0.7, 0], [0.9, 0.1, 0]),
  ];
  const labels = Int32Array.of(0, 1, 0, 2);
  const fit = (combination: Combination) =>
    fitCombination(combination, held, labels, 3, { knownClasses: KNOWN });

  it('accuracy counts only samples of classes that the teacher knows', () => {
    // `few` is right on two of three rows; its answer to the fourth does not count.
    const { weights } = fit({ combine: 'accuracy', weighting: 'linear' });
    close(weights as number[], normal([1, 2 / 3]));
  });

  it('log-odds measure accuracy against chance among the known classes', () => {
    // Among two classes, 2/3 is log 2 above chance; among three it would be log 4.
    const few = fitCombination({ combine: 'accuracy', weighting: 'log-odds' }, held, labels, 3, {
      knownClasses: [KNOWN[1], KNOWN[1]],
    });
    const [first, second] = few.weights as [number, number];
    const sure = Math.log((1 - 1e-6) / 1e-6);
    expect(second / first).toBeCloseTo(Math.log(2) / sure, 9);
  });

  it('per-class weights are 0 for unknown classes', () => {
    const { classWeights } = fit({ combine: 'per-class' });
    expect(classWeights).toEqual([
      [3 / 4, 2 / 3, 2 / 3],
      [2 / 4, 2 / 3, 0],
    ]);
    const w = 3 / 4 / (3 / 4 + 1 / 2);
    close(
      pooled({ combine: 'per-class' }, { fit: { classWeights: classWeights as number[][] } }),
      normal([w * 0.5 + (1 - w) * 0.8, 0.25, 0.2]),
    );
  });

  it('calibrate fits a temperature to the known classes and their samples', () => {
    const { temperatures } = fit({ combine: 'arithmetic', calibrate: true });
    const own = Float64Array.of(0.8, 0.2, 0.4, 0.6, 0.3, 0.7).map(Math.log);
    expect(temperatures?.[1]).toBe(fitTemperature(own, Int32Array.of(0, 1, 0), 2));
    expect(temperatures?.[0]).toBe(fitTemperature(held[0] as Float64Array, labels, 3));
  });

  it('dawid-skene learns how a teacher votes on samples of an unknown class', () => {
    const combination = { combine: 'dawid-skene' } as const;
    const [, , third] = pooled(combination, {
      teachers: [logits([0.1, 0.2, 0.7]), logits([0.9, 0.1, 0])],
      fit: fit(combination),
    });
    expect(third).toBeGreaterThan(0.5);
  });
});

describe('answers of teachers that know only some classes', () => {
  it.each(['float32', 'float16', 'uint8-affine', 'top-k:2'] as AnswerCodec[])(
    'give no probability to unknown classes, stored as %s',
    (codec) => {
      // As the codec receives it: the third column has the least value of the others.
      const raw = Float32Array.of(Math.log(0.8), Math.log(0.2), Math.log(0.2));
      const stored = throughCodec(codec, raw, 1, 3);
      withoutUnknown(stored, 3, [0, 1]);
      const [target] = combineTargets(planOf('arithmetic'), {
        teacherLogits: [Float32Array.from(ALL, Math.log), stored],
        rowCount: 1,
        classCount: 3,
      });
      const [, , third] = normal([0.65, 0.25, 0.2]);
      expect(target?.[2]).toBeCloseTo(third ?? 0, 2);
    },
  );

  it('leave the other teachers their own classes when a teacher has not answered', () => {
    const [target] = combineTargets(planOf('arithmetic'), {
      teacherLogits: [undefined, logits(FEW)],
      rowCount: 1,
      classCount: 3,
    });
    close(
      Array.from(target ?? [], (p) => Math.round(p * 1e6) / 1e6),
      FEW,
    );
  });
});

it('combineTargets keeps the known classes of the teachers that answer', () => {
  const [target] = combineTargets(planOf('arithmetic', [[0, 1], undefined, undefined]), {
    teacherLogits: [undefined, logits(ALL), logits([0.1, 0.1, 0.8])],
    rowCount: 1,
    classCount: 3,
  });
  for (const [c, p] of [0.3, 0.2, 0.5].entries()) expect(target?.[c]).toBeCloseTo(p, 6);
});

it('amongKnown keeps the samples and columns of the known classes', () => {
  const { rows, labels, classCount, of } = amongKnown(Int32Array.of(2, 0, -1, 1), 3, [0, 2]);
  expect([[...rows], [...labels], classCount]).toEqual([[0, 1, 2], [1, 0, -1], 2]);
  expect([...of(Float32Array.from({ length: 12 }, (_, i) => i))]).toEqual([0, 2, 3, 5, 6, 8]);
});

function planOf(combine: 'arithmetic', known = KNOWN) {
  const plan = {
    teachers: known.map((_, k) => ({ name: `t${k}`, model: 'm', weight: 1 })),
    ensemble: { combine },
    objective: [{ term: 'kd', weight: 1, temperature: 1, standardize: false }],
  };
  return targetPlan(plan as unknown as Parameters<typeof targetPlan>[0], known);
}
