/** Metrics against reference values (fixtures/metrics.json), and by hand for rows without a label. */
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  agreement,
  agreementWhereTeacherWrong,
  brier,
  ece,
  gapClosed,
  klDivergence,
  nll,
  recalls,
  topKAccuracy,
  totalVariation,
} from '../../../src/ensemble/metrics/metrics.js';
import reference from './fixtures/metrics.json' with { type: 'json' };

describe.each(reference.cases)('metrics of the reference case $id', ({ input, expected }) => {
  const rows = input.labels.length;
  const classes = input.studentLogits[0]?.length ?? 0;
  const student = Float64Array.from(input.studentLogits.flat());
  const teacher = Float64Array.from(input.teacherLogits.flat());
  const labels = Int32Array.from(input.labels);

  it.each([
    ['accuracy', accuracy(student, labels, classes)],
    ['teacherAccuracy', accuracy(teacher, labels, classes)],
    ['nll', nll(student, labels, classes)],
    ['brier', brier(student, labels, classes)],
    ['ece10', ece(student, labels, classes, 10)],
    ['ece15', ece(student, labels, classes)],
    ['agreement', agreement(student, teacher, rows, classes)],
    ['klTeacherStudent', klDivergence(teacher, student, rows, classes)],
    ['klStudentTeacher', klDivergence(student, teacher, rows, classes)],
  ] as const)('have the reference value of %s', (name, got) => {
    expect(got).toBeCloseTo(expected[name], 13);
  });
});

describe('metrics of rows without a label', () => {
  const logits = Float32Array.of(5, 0, 0, 5, 0, 5);
  const labels = Int32Array.of(0, -1, 0);

  it('are computed from the other rows', () => {
    const two = Float32Array.of(5, 0, 0, 5);
    const both = Int32Array.of(0, 0);
    expect(accuracy(logits, labels, 2)).toBe(0.5);
    for (const metric of [nll, brier, ece]) {
      expect(metric(logits, labels, 2)).toBe(metric(two, both, 2));
    }
  });

  it('are NaN where no row has a label', () => {
    const none = Int32Array.of(-1, -1, -1);
    for (const metric of [accuracy, nll, brier, ece]) expect(metric(logits, none, 2)).toBeNaN();
  });
});

describe('metrics of rows without an answer', () => {
  const NONE = Number.NEGATIVE_INFINITY;
  // Rows: no answer of either, none of `a`, none of `b`, the same answer, different answers.
  const a = Float32Array.of(NONE, NONE, NONE, NONE, 3, 0, 3, 0, 3, 0);
  const b = Float32Array.of(NONE, NONE, 0, 3, NONE, NONE, 3, 0, 0, 3);

  it('are wrong, with equal probabilities', () => {
    const even = a.map((value) => (value === NONE ? 0 : value));
    // Equal logits are taken for class 0, so the labels there are 1.
    const labels = Int32Array.of(1, 1, 0, 0, 1);
    for (const metric of [accuracy, nll, brier, ece]) {
      expect(metric(a, labels, 2)).toBe(metric(even, labels, 2));
    }
    expect(accuracy(a, Int32Array.of(0, 0, 0, 0, 0), 2)).toBe(0.6);
  });

  it('do not count where two models are compared', () => {
    expect(agreement(a, b, 5, 2)).toBe(0.5);
    expect(agreement(a.subarray(0, 6), b.subarray(0, 6), 3, 2)).toBeNaN();
    expect(agreementWhereTeacherWrong(a, b, Int32Array.of(1, 0, 1, 1, 0), 2)).toBe(0.5);
    const [one, other] = [Float32Array.of(3, 0), Float32Array.of(0, 1)];
    const kl = klDivergence(one, other, 1, 2);
    expect(
      klDivergence(Float32Array.of(NONE, NONE, ...one), Float32Array.of(1, 0, ...other), 2, 2),
    ).toBe(kl);
  });
});

it('accuracy and agreement take the lowest class of equal logits', () => {
  expect(accuracy(Float32Array.of(1, 1), Int32Array.of(0), 2)).toBe(1);
  expect(agreement(Float32Array.of(1, 1), Float32Array.of(2, 0), 1, 2)).toBe(1);
});

it('ece puts a confidence on the edge of a bin into the lower bin', () => {
  // Confidences ½ (right) and ½ + 2.5e-5 (wrong) share no bin of two: |½ − 1| + |½ + 2.5e-5 − 0|, each of weight ½.
  const logits = Float64Array.of(0, 0, 1e-4, 0);
  expect(ece(logits, Int32Array.of(0, 1), 2, 2)).toBeCloseTo(0.5 + 1.25e-5, 8);
});

it('ece puts 4 of 5 votes and 3 of 4 into one bin, from logarithms in float32 too', () => {
  const logs = Float32Array.from([0.8, 0.2, 0.25, 0.75], Math.log);
  expect(ece(logs, Int32Array.of(0, 0), 2)).toBeCloseTo((0.8 + 0.75 - 1) / 2, 6);
});

it('klDivergence is infinite where the second distribution gives 0 to a possible class', () => {
  const sure = Float64Array.of(0, Number.NEGATIVE_INFINITY);
  const even = Float64Array.of(0, 0);
  expect(klDivergence(even, sure, 1, 2)).toBe(Number.POSITIVE_INFINITY);
  expect(klDivergence(sure, even, 1, 2)).toBeCloseTo(Math.LN2, 14);
});

it('gapClosed is 1 at the ensemble, 0 at the student alone, and null without a gap', () => {
  expect(gapClosed(0.9, 0.8, 0.9)).toBe(1);
  expect(gapClosed(0.8, 0.8, 0.9)).toBe(0);
  expect(gapClosed(0.85, 0.8, 0.8)).toBeNull();
});

describe('topKAccuracy', () => {
  const logits = Float64Array.of(3, 3, 1, 3, 3, 1, 1, 2, 3);

  it('ranks the lower class first of equal logits', () => {
    const labels = Int32Array.of(0, 0, 0);
    expect([1, 2, 3].map((k) => topKAccuracy(logits, labels, 3, k))).toEqual([2 / 3, 2 / 3, 1]);
    expect(topKAccuracy(logits, labels, 3, 1)).toBe(accuracy(logits, labels, 3));
  });

  it('counts a label of probability 0 as wrong, and a row without an answer', () => {
    const none = Number.NEGATIVE_INFINITY;
    const rows = Float64Array.of(none, none, none, none, none, 0, 0, none, none);
    expect(topKAccuracy(rows, Int32Array.of(0, 0, 0), 3, 2)).toBeCloseTo(1 / 3);
  });
});

describe('recalls', () => {
  it('are computed per class, NaN for a class without rows', () => {
    const logits = Float64Array.of(1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0);
    const [first, second, third] = recalls(logits, Int32Array.of(0, 0, 1, -1), 3);
    expect([first, second]).toEqual([0.5, 0]);
    expect(third).toBeNaN();
  });
});

describe('agreementWhereTeacherWrong', () => {
  const teacher = Float64Array.of(1, 0, 1, 0, 1, 0);

  it('is the agreement on the rows that the teacher gets wrong', () => {
    const student = Float64Array.of(1, 0, 1, 0, 0, 1);
    expect(agreementWhereTeacherWrong(student, teacher, Int32Array.of(0, 1, 1), 2)).toBe(0.5);
    expect(agreementWhereTeacherWrong(student, teacher, Int32Array.of(0, 1, -1), 2)).toBe(1);
  });

  it('is NaN for a teacher that is never wrong', () => {
    expect(agreementWhereTeacherWrong(teacher, teacher, Int32Array.of(0, 0, -1), 2)).toBeNaN();
  });
});

describe('totalVariation', () => {
  it('is 1 for distributions without a common class, 0 for equal ones', () => {
    const infinite = Number.NEGATIVE_INFINITY;
    const one = Float64Array.of(0, infinite);
    expect(totalVariation(one, Float64Array.of(infinite, 0), 1, 2)).toBe(1);
    expect(totalVariation(one, one, 1, 2)).toBe(0);
    expect(totalVariation(one, Float64Array.of(0, 0), 1, 2)).toBeCloseTo(0.5, 15);
  });
});
