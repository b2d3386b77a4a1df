/**
 * Cross entropy and distillation against vectors computed with 60 digits (label-vectors.json), gradients included, and
 * edge cases of labels by hand.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy } from '../../src/objectives/losses/cross-entropy.js';
import { hardLabel } from '../../src/objectives/terms/hard-label.js';
import { distillation } from '../../src/objectives/terms/kd.js';
import { type Engine, openEngine } from '../../src/tensorflow/engine/engine.js';
import type { Scalar, Tensor2D } from '../../src/tensorflow/index.js';

interface Case {
  id: string;
  input: {
    studentLogits: number[][];
    labels: number[];
    smoothing: number;
    teacherProbs: number[][];
    tau: number;
    tauSquared: boolean;
  };
  expected: { loss: number; grad: { studentLogits: number[][] } };
}

const vectors = JSON.parse(
  readFileSync(new URL('label-vectors.json', import.meta.url), 'utf8'),
) as { objectives: Record<'ce' | 'kl_forward', Case[]> };
const { ce, kl_forward: klForward } = vectors.objectives;

let engine: Engine;
let tf: Engine['tf'];

beforeAll(async () => {
  engine = await openEngine();
  tf = engine.tf;
});

/** Compares relative to max(1, |value|), as far as float32 allows. */
function expectNear(got: number, want: number): void {
  expect(Math.abs(got - want)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(want)));
}

function check(c: Case, loss: (logits: Tensor2D) => Scalar): void {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const { value, grad } = tf.valueAndGrad((z) => loss(z as Tensor2D))(
      tf.tensor2d(c.input.studentLogits),
    );
    expectNear(value.dataSync()[0] as number, c.expected.loss);
    const want = c.expected.grad.studentLogits.flat();
    for (const [i, g] of [...grad.dataSync()].entries()) expectNear(g, want[i] as number);
  });
  expect(tf.memory().numTensors).toBe(before);
}

/** One-hot rows, smoothed by the smoothing of the case. */
function hardLabels({ labels, studentLogits, smoothing = 0 }: Partial<Case['input']>): Tensor2D {
  const classCount = studentLogits?.[0]?.length ?? 0;
  const rows = (labels ?? []).map((label) =>
    Array.from(
      { length: classCount },
      (_, c) => (c === label ? 1 - smoothing : 0) + smoothing / classCount,
    ),
  );
  return tf.tensor2d(rows);
}

describe('crossEntropy', () => {
  it.each(ce)('has the loss and gradient of the vector $id', (c) => {
    check(c, (z) => crossEntropy(tf, z, hardLabels(c.input)));
  });

  it('is the mean over labelled rows, with a gradient of 0 for the others', () => {
    const z = [[1, 2], [3, -1], [0.5, 0]]; // biome-ignore format: short
    const logSoftmax0 = (a: number, b: number) => -Math.log1p(Math.exp(b - a));
    tf.tidy(() => {
      const y = tf.tensor2d([[1, 0], [0, 0], [1, 0]]); // biome-ignore format: short
      const f = tf.valueAndGrad((logits) => crossEntropy(tf, logits as Tensor2D, y));
      const { value, grad } = f(tf.tensor2d(z));
      const want = -(logSoftmax0(1, 2) + logSoftmax0(0.5, 0)) / 2;
      expectNear(value.dataSync()[0] as number, want);
      expect([...grad.dataSync()].slice(2, 4).map(Math.abs)).toEqual([0, 0]);
    });
  });

  it('is 0 with a gradient of 0 when no row has a label', () => {
    tf.tidy(() => {
      const y = tf.zeros([2, 2]) as Tensor2D;
      const f = tf.valueAndGrad((logits) => crossEntropy(tf, logits as Tensor2D, y));
      const { value, grad } = f(tf.tensor2d([[1, 2], [900, -900]])); // biome-ignore format: short
      expect([...value.dataSync(), ...grad.dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
    });
  });
});

describe('distillation', () => {
  it.each(klForward)('has the loss and gradient of the vector $id', ({ input, ...c }) => {
    const weight = input.tauSquared ? 1 : input.tau ** -2;
    check({ input, ...c }, (z) =>
      distillation(tf, z, tf.tensor2d(input.teacherProbs), weight, input.tau),
    );
  });
});

it('hardLabel takes the first of the most probable classes, and smooths over the others', () => {
  const z = [1, -1, 0.5];
  const logSum = Math.log(z.reduce((sum, own) => sum + Math.exp(own), 0));
  // 0.7 on the second class, which is the first of two equal ones, and 0.15 on each other class.
  const want = [0.15, 0.7, 0.15].reduce((sum, p, c) => sum - p * ((z[c] as number) - logSum), 0);
  tf.tidy(() => {
    const loss = hardLabel(tf, tf.tensor2d([z]), tf.tensor2d([[0.2, 0.4, 0.4]]), 0.3);
    expectNear(loss.dataSync()[0] as number, want);
  });
});
