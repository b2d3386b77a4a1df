/** Against reference values (fixtures/metrics.json), and by counting rows by hand for what they leave out. */
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  agreement,
  brier,
  ece,
  gapClosed,
  klDivergence,
  nll,
} from '../../src/ensemble/index.js';
import reference from './fixtures/metrics.json' with { type: 'json' };

describe.each(reference.cases)('the reference set $id', ({ input, expected }) => {
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
  ] as const)('has its %s', (name, got) => {
    expect(got).toBeCloseTo(expected[name], 13);
  });
});

describe('rows without a label', () => {
  const logits = Float32Array.of(5, 0, 0, 5, 0, 5);
  const labels = Int32Array.of(0, -1, 0);

  it('do not count', () => {
    const two = Float32Array.of(5, 0, 0, 5);
    const both = Int32Array.of(0, 0);
    expect(accuracy(logits, labels, 2)).toBe(0.5);
    for (const metric of [nll, brier, ece]) {
      expect(metric(logits, labels, 2)).toBe(metric(two, both, 2));
    }
  });

  it('leave nothing to measure where no row has one', () => {
    const none = Int32Array.of(-1, -1, -1);
    for (const metric of [accuracy, nll, brier, ece]) expect(metric(logits, none, 2)).toBeNaN();
  });
});

it('gives ties of the argmax to the lowest class', () => {
  expect(accuracy(Float32Array.of(1, 1), Int32Array.of(0), 2)).toBe(1);
  expect(agreement(Float32Array.of(1, 1), Float32Array.of(2, 0), 1, 2)).toBe(1);
});

it('puts a confidence on the edge of a bin into the lower one', () => {
  // Confidences ½ (right) and ½ + a bit (wrong) share no bin of two: |½ − 1| + |½ − 0|, each of weight ½.
  const logits = Float64Array.of(0, 0, 1e-9, 0);
  expect(ece(logits, Int32Array.of(0, 1), 2, 2)).toBeCloseTo(0.5, 8);
});

it('is infinitely far from a distribution that rules out what happens, and not from one that allows more', () => {
  const sure = Float64Array.of(0, Number.NEGATIVE_INFINITY);
  const even = Float64Array.of(0, 0);
  expect(klDivergence(even, sure, 1, 2)).toBe(Number.POSITIVE_INFINITY);
  expect(klDivergence(sure, even, 1, 2)).toBeCloseTo(Math.LN2, 14);
});

it('closes the whole gap at the ensemble, none of it alone, and has none to close below', () => {
  expect(gapClosed(0.9, 0.8, 0.9)).toBe(1);
  expect(gapClosed(0.8, 0.8, 0.9)).toBe(0);
  expect(gapClosed(0.85, 0.8, 0.8)).toBeNull();
});
