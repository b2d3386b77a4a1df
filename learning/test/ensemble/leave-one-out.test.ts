/** Losses on a few samples of two classes, against arithmetic written out here. */
import { expect, test } from 'vitest';
import { certainLogits } from '../../src/ensemble/combine-targets.js';
import { fitCombination } from '../../src/ensemble/fit-combination.js';
import { type EnsembleLoss, leaveOneOut } from '../../src/ensemble/leave-one-out.js';
import { parseRule } from '../../src/ensemble/rule-text.js';

/** Logits [N, 2] whose softmax gives class 0 these probabilities. */
function logitsOf(...ofClass0: number[]): Float32Array {
  return Float32Array.from(ofClass0.flatMap((p) => [Math.log(p), Math.log(1 - p)]));
}

const LABELS = Int32Array.of(0, 0, 1, 1, -1);
const HELD_OUT = Int32Array.of(0, 1);

/** GOOD is right everywhere, BAD on half. Their mean is right on the first three samples. */
const GOOD = {
  weight: 1,
  logits: logitsOf(0.9, 0.8, 0.2, 0.4, 0.5),
  heldOutLogits: logitsOf(0.9, 0.1),
};
const BAD = {
  weight: 1,
  logits: logitsOf(0.6, 0.3, 0.4, 0.9, 0.1),
  heldOutLogits: logitsOf(0.2, 0.7),
};

/** A teacher of final answers; −1: no answer. */
function final(...classes: number[]): typeof GOOD {
  const logits = new Float32Array(2 * classes.length);
  certainLogits(classes, 2, logits);
  return { weight: 1, logits, heldOutLogits: logitsOf(0.5, 0.5) };
}

function left(rule: string, teachers: (typeof GOOD & { readonly knownClasses?: number[] })[]) {
  const combination = parseRule(rule);
  const heldOut = teachers.map(({ heldOutLogits }) => heldOutLogits);
  const answers = { combination, classCount: 2, labels: LABELS, heldOutLabels: HELD_OUT };
  const fit = fitCombination(combination, heldOut, HELD_OUT, 2);
  const found = leaveOneOut({ ...answers, fit, teachers });
  return { ...found, without: (found?.without ?? []) as EnsembleLoss[] };
}

const mean = (...values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
const nll = (...ofLabel: number[]) => mean(...ofLabel.map((p) => -Math.log(p)));

test('leaveOneOut compares the ensemble with the ensemble without each teacher', () => {
  const { sampleCount, all, without } = left('arithmetic', [GOOD, BAD]);
  // Means of class 0: 0.75, 0.55, 0.3, 0.65. The sample without a label does not count.
  expect(sampleCount).toBe(4);
  expect(all?.accuracy).toBe(0.75);
  expect(all?.nll).toBeCloseTo(nll(0.75, 0.55, 0.7, 0.35), 6);
  const [withoutGood, withoutBad] = without;
  expect(withoutGood).toMatchObject({ accuracy: 0.5, onlyWith: 1, onlyWithout: 0, p: 1 });
  expect(withoutGood?.nll).toBeCloseTo(nll(0.6, 0.3, 0.6, 0.1), 6);
  expect(withoutBad).toMatchObject({ accuracy: 1, onlyWith: 0, onlyWithout: 1, p: 1 });
  expect(withoutGood?.accuracyLoss.mean).toBe(0.25);
  expect(withoutBad?.accuracyLoss.mean).toBe(-0.25);
  // Bonett and Price: (1 − 0)/6 ± 1.96 √((2/6 + 1/6 − (1/6)²)/6).
  const margin = 1.959964 * Math.sqrt((3 / 6 - 1 / 36) / 6);
  expect(withoutGood?.accuracyLoss.low).toBeCloseTo(1 / 6 - margin, 12);
  expect(withoutGood?.accuracyLoss.high).toBeCloseTo(1 / 6 + margin, 12);
  expect(withoutBad?.accuracyLoss.high).toBeCloseTo(margin - 1 / 6, 12);
  const lost = nll(0.9, 0.8, 0.8, 0.6) - nll(0.75, 0.55, 0.7, 0.35);
  expect(withoutBad?.nllLoss?.mean).toBeCloseTo(lost, 6);
  expect(withoutBad?.nllLoss?.low).toBeLessThan(lost);
  expect(withoutBad?.nllLoss?.high).toBeGreaterThan(lost);
});

test('leaveOneOut keeps the weights of the remaining teachers', () => {
  const { all, without } = left('arithmetic', [{ ...GOOD, weight: 3 }, BAD, BAD]);
  expect(all?.nll).toBeCloseTo(nll(0.78, 0.6, 0.72, 0.4), 6);
  // 3 to 1, not 1 to 1.
  expect(without[1]?.nll).toBeCloseTo(nll(0.825, 0.675, 0.75, 0.475), 6);
});

test('leaveOneOut fits the rule again to the remaining teachers', () => {
  // Among all three, the good teacher has all the weight. Without it, the better of the other two has the weight.
  const better = {
    ...BAD,
    logits: logitsOf(0.7, 0.6, 0.8, 0.4, 0.5),
    heldOutLogits: logitsOf(0.4, 0.5),
  };
  const { all, without } = left('mixture-em', [GOOD, BAD, better]);
  expect(all?.accuracy).toBe(1);
  expect(without[0]?.nll).toBeCloseTo(nll(0.7, 0.6, 0.2, 0.6), 4);
  expect(without[1]?.accuracyLoss.mean).toBe(0);
});

test('leaveOneOut keeps the fitted temperature of each teacher', () => {
  const combination = parseRule('arithmetic+calibrate');
  const sharp = { ...BAD, logits: BAD.logits.map((z) => 2 * z) };
  const found = leaveOneOut({
    combination,
    fit: { temperatures: [1, 2] },
    classCount: 2,
    teachers: [GOOD, sharp],
    labels: LABELS,
    heldOutLabels: HELD_OUT,
  });
  expect(found?.all.nll).toBeCloseTo(nll(0.75, 0.55, 0.7, 0.35), 6);
  expect(found?.without[0]).toMatchObject({ nll: expect.closeTo(nll(0.6, 0.3, 0.6, 0.1), 6) });
});

test('leaveOneOut of final answers gives no NLL where a label is excluded, and ignores abstentions', () => {
  const boxes = [final(0, 0, 1, 1, 0), final(0, 1, -1, 0, 0), final(0, 0, 1, 0, 0)];
  const { all, without } = left('majority-vote', boxes);
  // Votes 0, 0, 1, 0: the last is wrong. On the third sample the second teacher gives no answer.
  expect(all?.accuracy).toBe(0.75);
  expect(all?.nll).toBeCloseTo(nll(1, 2 / 3, 1, 1 / 3), 6);
  // Of two different votes, the lower class wins: 0, 0, 1, 0.
  expect(without.map(({ accuracy }) => accuracy)).toEqual([0.75, 0.75, 0.75]);
  // Both other teachers exclude the last sample's label.
  expect(without[0]).toMatchObject({ nll: null, nllLoss: null });
});

test('leaveOneOut counts samples as wrong that only the left-out teacher answers', () => {
  const { all, without } = left('majority-vote', [final(0, 0, 1, 1, 0), final(0, -1, 1, -1, 0)]);
  expect(all).toEqual({ accuracy: 1, nll: 0 });
  // No answer has equal probabilities.
  expect(without[0]).toMatchObject({ accuracy: 0.5, nll: expect.closeTo(nll(1, 0.5, 1, 0.5), 6) });
});

test('leaveOneOut counts samples of a class as wrong when only the left-out teacher knows the class', () => {
  const first = { ...GOOD, knownClasses: [0] };
  first.logits = first.logits.map((z, i) => (i % 2 === 0 ? z : Number.NEGATIVE_INFINITY));
  const { all, without } = left('arithmetic', [first, { ...GOOD, knownClasses: [0, 1] }]);
  // Class 0 is the mean of 1 and the second's, class 1 the second's, over their sum.
  expect(all?.nll).toBeCloseTo(nll(0.95 / 1.05, 0.9 / 1.1, 0.8 / 1.4, 0.6 / 1.3), 6);
  expect(without[1]).toMatchObject({ accuracy: 0.5, nll: null, nllLoss: null });
});

test('leaveOneOut reports an ensemble without any weight, and returns undefined without labels', () => {
  const { all, without } = left('arithmetic', [GOOD, { ...BAD, weight: 0 }]);
  expect(all?.accuracy).toBe(1);
  expect(without[0]).toEqual({ missing: expect.stringContaining('weight') });
  expect(without[1]?.accuracyLoss.mean).toBe(0);
  const answers = { combination: parseRule('arithmetic'), fit: {}, classCount: 2 };
  const labels = Int32Array.of(-1, -1, -1, -1, -1);
  expect(
    leaveOneOut({ ...answers, teachers: [GOOD, BAD], labels, heldOutLabels: HELD_OUT }),
  ).toBeUndefined();
});
