/** Two rows of three classes from three teachers, checked by arithmetic that can be done by hand. */
import { describe, expect, it } from 'vitest';
import { greatestClasses } from '../../src/arrays/greatest-classes.js';
import { mulberry32 } from '../../src/arrays/hashing.js';
import {
  certainLogits,
  combineTargets,
  type TeacherAnswers,
} from '../../src/ensemble/combine-targets.js';
import { standardizedLogits } from '../../src/ensemble/pooling/standardized-logits.js';
import type { TargetPlan, TargetTensor } from '../../src/ensemble/target-plan.js';

const log = (...odds: number[]) => odds.map(Math.log);
/** Probabilities 1 : 2 : 1 and 1 : 1 : 2; 3 : 1 : 4 and 1 : 6 : 1. */
const FIRST = Float64Array.from([...log(1, 2, 1), ...log(1, 1, 2)]);
const SECOND = Float64Array.from([...log(3, 1, 4), ...log(1, 6, 1)]);
/** Final answers: the classes 2 and 0. */
const THIRD = new Float64Array(6);
certainLogits([2, 0], 3, THIRD);

function targets(
  tensor: TargetTensor,
  changes: Partial<TeacherAnswers> = {},
  plan: Partial<TargetPlan> = {},
): number[] {
  const whole: TargetPlan = {
    combination: { combine: 'arithmetic' },
    teacherWeights: [3, 1, 1],
    tensors: [tensor],
    ...plan,
  };
  const answers = { teacherLogits: [FIRST, SECOND, THIRD], rowCount: 2, classCount: 3, ...changes };
  const [values = new Float32Array(), ...others] = combineTargets(whole, answers);
  expect(others).toEqual([]);
  return [...values];
}

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(want[i] ?? Number.NaN, 6);
}

const pooled = { kind: 'pooled', name: 'p', temperature: 1, standardized: false } as const;

describe('a pooled target', () => {
  it('pools the teachers that the term names, by their weights among themselves', () => {
    expectClose(targets({ ...pooled, teachers: [0, 1] }), [
      ...[(3 * 2 + 3) / 32, (3 * 4 + 1) / 32, (3 * 2 + 4) / 32],
      ...[(3 * 2 + 1) / 32, (3 * 2 + 6) / 32, (3 * 4 + 1) / 32],
    ]);
    expectClose(targets({ ...pooled, teachers: [1] }), [3 / 8, 1 / 8, 4 / 8, 1 / 8, 6 / 8, 1 / 8]);
  });

  it('leaves out a teacher that has not answered', () => {
    const changes = { teacherLogits: [undefined, SECOND, THIRD] };
    const want = [3 / 8, 1 / 8, 4 / 8, 1 / 8, 6 / 8, 1 / 8];
    expectClose(targets({ ...pooled, teachers: [0, 1] }, changes), want);
  });

  it('uses the fitted weights of its own teachers, or equal weights if all are 0', () => {
    const plan = { combination: { combine: 'accuracy', weighting: 'linear' } } as const;
    const fitted = { fit: { weights: [0.5, 0, 0.5] } };
    const certain = [0, 0, 1, 1, 0, 0];
    expectClose(
      targets({ ...pooled, teachers: [0, 2] }, fitted, plan),
      [...FIRST].map((v, i) => (Math.exp(v) / 4 + (certain[i] as number)) / 2),
    );
    // None of these teachers has any weight: they get equal shares.
    expectClose(
      targets({ ...pooled, teachers: [1] }, fitted, plan),
      [3, 1, 4, 1, 6, 1].map((x) => x / 8),
    );
  });

  it('standardises logits before the softmax, and refuses majority-vote', () => {
    const tensor = { ...pooled, teachers: [0], standardized: true };
    // log(1, 2, 1) less its mean is log 2 · (−1, 2, −1) / 3, of deviation log 2 / √3.
    const p =
      Math.exp(2 / Math.sqrt(3)) / (Math.exp(2 / Math.sqrt(3)) + 2 * Math.exp(-1 / Math.sqrt(3)));
    expectClose(targets(tensor), [(1 - p) / 2, p, (1 - p) / 2, (1 - p) / 2, (1 - p) / 2, p]);
    expect(() => targets(tensor, {}, { combination: { combine: 'majority-vote' } })).toThrow(
      'majority-vote has no standardised logits',
    );
  });
});

it('mean logits are weighted by the rule and calibrated, and majority-vote has none', () => {
  const tensor = { kind: 'mean-logits', name: 'm', teachers: [0, 1] } as const;
  const want = [...FIRST].map((v, i) => (3 * v + (SECOND[i] as number)) / 4);
  expectClose(targets(tensor), want);
  const calibrated = { combination: { combine: 'arithmetic', calibrate: true } } as const;
  const temperatures = [2, 4, 1];
  expectClose(
    targets(tensor, { fit: { temperatures } }, calibrated),
    [...FIRST].map((v, i) => ((3 * v) / 2 + (SECOND[i] as number) / 4) / 4),
  );
  expect(() => targets(tensor, {}, { combination: { combine: 'majority-vote' } })).toThrow(
    'majority-vote has no mean logits',
  );
});

it('top-k targets list classes by falling probability, equal ones by class number', () => {
  const tensor = { kind: 'top-k', name: 't', count: 2, teachers: [0] } as const;
  expectClose(targets(tensor), [1, 0, 0.5, 0.25, 2, 0, 0.5, 0.25]);
});

it('logits targets hold the logits of each teacher by row, calibrated where the rule is', () => {
  const tensor = { kind: 'logits', name: 'l', teachers: [0, 1] } as const;
  const rows = (a: number, b: number) => [
    ...[...FIRST.subarray(0, 3)].map((v) => v / a),
    ...[...SECOND.subarray(0, 3)].map((v) => v / b),
    ...[...FIRST.subarray(3)].map((v) => v / a),
    ...[...SECOND.subarray(3)].map((v) => v / b),
  ];
  expectClose(targets(tensor), rows(1, 1));
  const plan = { combination: { combine: 'aekd', bound: 0.6, calibrate: true } } as const;
  expectClose(targets(tensor, { fit: { temperatures: [2, 4, 1] } }, plan), rows(2, 4));
  expect(() => targets(tensor, { teacherLogits: [FIRST, undefined, THIRD] })).toThrow(/teacher 1/);
});

it('votes targets hold class numbers, and -1 for a teacher that has not answered', () => {
  const tensor = { kind: 'votes', name: 'v', teachers: [0, 1, 2] } as const;
  expect(targets(tensor)).toEqual([1, 2, 2, 2, 1, 0]);
  expect(targets(tensor, { teacherLogits: [FIRST, undefined, THIRD] })).toEqual([
    1, -1, 2, 2, -1, 0,
  ]);
});

it('a final answer has probability 1 at any temperature', () => {
  for (const temperature of [0.5, 1, 20]) {
    const values = targets({ ...pooled, temperature, teachers: [2] });
    expect(values).toEqual([0, 0, 1, 1, 0, 0]);
  }
});

it('standardizedLogits of equal values are zeros', () => {
  expect(
    [...standardizedLogits(Float32Array.of(5, 5, 5, 1, 2, 3), 2, 3)].map((x) => x || 0),
  ).toEqual([0, 0, 0, expect.closeTo(-1, 6), 0, expect.closeTo(1, 6)]);
});

it('greatestClasses orders classes like a stable sort', () => {
  for (let seed = 1; seed <= 50; seed++) {
    // Rounded, so that many values are equal.
    const row = Float64Array.from({ length: 40 }, (_, i) => Math.floor(8 * mulberry32(seed, i)));
    const sorted = [...row.keys()].sort((a, b) => (row[b] as number) - (row[a] as number) || a - b);
    for (const k of [1, 3, 17, 40])
      expect([...greatestClasses(row, k)]).toEqual(sorted.slice(0, k));
  }
});
