/**
 * The reference code, whose values the vectors check: gradients against values, large and equal inputs, a batch of
 * one, and edge cases by hand.
 */
import { crossEntropy, forwardKl, softTargetOf, weightedKl } from '@lyceum/learning/objectives';
import {
  openEngine,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@lyceum/learning/tensorflow';
import { describe, expect, it } from 'vitest';
import { contrastiveStudentHalf } from '../../../src/conformance/reference/contrastive.js';
import { normalizedMinNormWeights } from '../../../src/conformance/reference/normalized-min-norm.js';
import {
  confidenceWeights,
  entropyWeights,
  equalShares,
  meanLogits,
  meanProbabilities,
} from '../../../src/conformance/reference/several-teachers.js';
import { smoothedLabels } from '../../../src/conformance/reference/smoothed-labels.js';
import { sequenceNll, tokenKl } from '../../../src/conformance/reference/tokens.js';

const { tf } = await openEngine();

/** Numbers between −2 and 2 with a long period. */
function wave(shape: readonly number[], phase: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(phase + 1.7 * i));
  return tf.tensor(values, [...shape]);
}

function numberOf(compute: () => Scalar): number {
  return tf.tidy(() => compute().dataSync()[0] as number);
}

function listOf(compute: () => Tensor): unknown {
  return tf.tidy(() => compute().arraySync());
}

/** Losses as functions of one tensor. */
function examples(rows: number): [name: string, at: Tensor, loss: (x: Tensor) => Scalar][] {
  const logits = wave([rows, 5], 1);
  const teachers = wave([3, rows, 5], 3) as Tensor3D;
  const labels = tf.tidy(() => tf.oneHot(tf.range(0, rows, 1, 'int32'), 5).toFloat() as Tensor2D);
  const tokens = wave([rows, 3, 5], 8);
  const memory = wave([rows, 4, 6], 9) as Tensor3D;
  const words = tf.tensor2d(
    Array.from({ length: rows }, () => [1, 2, -1]),
    undefined,
    'int32',
  );
  const shares = tf.tensor2d([[0.2, 0.3, 0.5]]);
  const even = Array.from({ length: rows }, () => 1 / rows);
  const settings = { temperature: 0.5, normalizer: 10, sampleCount: 100 };
  const pooled = (of: typeof meanLogits) => (z: Tensor) =>
    forwardKl(tf, z as Tensor2D, softTargetOf(tf, of(tf, teachers, shares, 2)), 2);
  return [
    [
      'smoothedLabels',
      logits,
      (z) => crossEntropy(tf, z as Tensor2D, smoothedLabels(tf, labels, 0.1)),
    ],
    [
      'contrastive',
      wave([rows, 6], 4),
      (x) => contrastiveStudentHalf(tf, x as Tensor2D, memory, settings),
    ],
    [
      'tokenKl',
      tokens,
      (x) => tokenKl(tf, x as Tensor3D, wave([rows, 3, 5], 11) as Tensor3D, tf.ones([rows, 3]), 2),
    ],
    ['sequenceNll', tokens, (x) => sequenceNll(tf, x as Tensor3D, words, even, 'tokenMean')],
    [
      'entropyWeights',
      logits,
      (z) => weightedKl(tf, z as Tensor2D, teachers, entropyWeights(tf, teachers), 2),
    ],
    [
      'confidenceWeights',
      logits,
      (z) => weightedKl(tf, z as Tensor2D, teachers, confidenceWeights(tf, teachers, labels), 2),
    ],
    ['meanProbabilities', logits, pooled(meanProbabilities)],
    ['meanLogits', logits, pooled(meanLogits)],
  ];
}

/** [value, …gradient]. */
function numbersAt(loss: (x: Tensor) => Scalar, at: Tensor): number[] {
  return tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad(loss)(at);
    return [...value.dataSync(), ...grad.dataSync()];
  });
}

it.each(examples(4))('%s has a gradient equal to the slope of its values', (_, at, loss) => {
  const gradient = numbersAt(loss, at).slice(1);
  const norm = Math.hypot(...gradient);
  const step = 0.01;
  const valueAt = (sign: number) =>
    numberOf(() => loss(at.add(tf.tensor(gradient, at.shape).mul((sign * step) / norm))));
  const seen = (valueAt(1) - valueAt(-1)) / (2 * step);
  expect(Math.abs(seen - norm)).toBeLessThan(0.01 * Math.max(0.1, norm));
});

it.each([...examples(4), ...examples(1)])(
  '%s has a finite value and gradient at large and at equal inputs',
  (_, at, loss) => {
    for (const scale of [60, 1, 0]) {
      expect(tf.tidy(() => numbersAt(loss, at.mul(scale))).every(Number.isFinite)).toBe(true);
    }
  },
);

describe('losses of several teachers', () => {
  it('weightedKl has the gradient of the divergence to the mean of the teachers', () => {
    const teachers = wave([3, 2, 4], 1) as Tensor3D;
    const shares = equalShares(tf, 3, [1, 2, 5]);
    const z = wave([2, 4], 5);
    const each = numbersAt((x) => weightedKl(tf, x as Tensor2D, teachers, shares, 2), z).slice(1);
    const pooled = numbersAt((x) => {
      const target = softTargetOf(tf, meanProbabilities(tf, teachers, shares, 2));
      return forwardKl(tf, x as Tensor2D, target, 2).mul(4);
    }, z).slice(1);
    for (const [i, g] of each.entries()) expect(g).toBeCloseTo(pooled[i] as number, 6);
  });

  it('entropyWeights and confidenceWeights are equal for equally certain teachers', () => {
    const sure = tf.tensor3d([[[500, 0]], [[0, 500]]]);
    expect(listOf(() => entropyWeights(tf, sure))).toEqual([[0.5, 0.5]]);
    expect(listOf(() => confidenceWeights(tf, sure, tf.zeros([1, 2])))).toEqual([[0.5, 0.5]]);
    const one = tf.slice(sure, [0, 0, 0], [1, 1, 2]);
    expect(listOf(() => entropyWeights(tf, one))).toEqual([[1]]);
    expect(listOf(() => confidenceWeights(tf, one, tf.zeros([1, 2])))).toEqual([[1]]);
    tf.dispose([sure, one]);
  });
});

describe('normalizedMinNormWeights', () => {
  const weightsOf = (gradients: number[][], bound: number): number[] =>
    tf.tidy(() => [...normalizedMinNormWeights(tf, tf.tensor2d(gradients), bound).dataSync()]);

  it('ignores the lengths of the gradients', () => {
    const [g, h] = [[0.3, -0.2, 0.5], [0.1, 0.4, -0.3]]; // biome-ignore format: rows
    const [a = 0, b = 0] = weightsOf([g, h], 1);
    const [c = 0, d = 0] = weightsOf([g.map((x) => 10 * x), h], 1);
    expect((10 * c) / d).toBeCloseTo(a / b, 4);
  });

  it('gives finite weights for gradients of 0', () => {
    const weights = weightsOf([[0, 0, 0], [0, 0, 0]], 0.6); // biome-ignore format: rows
    expect(weights.every(Number.isFinite)).toBe(true);
    expect((weights[0] ?? 0) + (weights[1] ?? 0)).toBeCloseTo(1, 6);
  });
});

describe('losses of sequences', () => {
  it('ignore padding (sequenceNll), and are 0 for an empty mask (tokenKl)', () => {
    const logits = tf.tensor3d([[[0, 0], [0, 0], [9, -9]]]); // biome-ignore format: rows
    const tokens = tf.tensor2d([[0, 1, -1]], undefined, 'int32');
    const nll = (reduction: 'sequenceSum' | 'tokenMean') =>
      numberOf(() => sequenceNll(tf, logits, tokens, [1], reduction));
    expect(nll('sequenceSum')).toBeCloseTo(2 * Math.log(2), 6);
    expect(nll('tokenMean')).toBeCloseTo(Math.log(2), 6);
    expect(numberOf(() => tokenKl(tf, logits, logits, tf.zeros([1, 3]), 1))).toBe(0);
    tf.dispose([logits, tokens]);
  });
});
