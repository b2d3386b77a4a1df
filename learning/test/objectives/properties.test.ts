/** Properties of each term besides its formula: identities, invariances, bounds and edge cases, computed by hand. */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import * as o from '../../src/objectives/losses/index.js';
import { attentionTransfer } from '../../src/objectives/terms/attention-transfer.js';
import { type DecoupledWeights, decoupled } from '../../src/objectives/terms/dkd.js';
import { generalizedJensenShannon } from '../../src/objectives/terms/gjs.js';
import { hardLabel } from '../../src/objectives/terms/hard-label.js';
import { mseLogits } from '../../src/objectives/terms/mse-logits.js';
import { relationalDistances } from '../../src/objectives/terms/rkd.js';
import { similarityPreserving } from '../../src/objectives/terms/similarity-preserving.js';
import { skewForwardKl } from '../../src/objectives/terms/skew-fkl.js';
import { skewReverseKl } from '../../src/objectives/terms/skew-rkl.js';
import { type TailMode, topKKl } from '../../src/objectives/terms/topk-kd.js';
import { totalVariation } from '../../src/objectives/terms/tvd.js';
import { voteTarget } from '../../src/objectives/terms/vote.js';
import { openEngine } from '../../src/tensorflow/engine/engine.js';
import type { Scalar, Tensor, Tensor2D } from '../../src/tensorflow/index.js';
import { softTarget, wave } from './every-term.js';

const { tf } = await openEngine();

function numberOf(compute: () => Scalar): number {
  return tf.tidy(() => compute().dataSync()[0] as number);
}

function gradientOf(loss: (z: Tensor2D) => Scalar, at: readonly number[][]): number[] {
  return tf.tidy(() => [
    ...tf
      .grad((z) => loss(z as Tensor2D))(tf.tensor2d([...at]))
      .dataSync(),
  ]);
}

function listOf(compute: () => Tensor): unknown {
  return tf.tidy(() => compute().arraySync());
}

const targetOf = (rows: number[][], temperature = 1) =>
  softTarget(tf, tf.tensor2d(rows), temperature);
const Z = [[0.5, -1, 2, 0.3], [1, 0, -2, 0.7]]; // biome-ignore format: rows
const V = [[1, 1.5, -0.5, 0], [-1, 0.2, 0.4, 2]]; // biome-ignore format: rows

describe('decoupled', () => {
  const of = (z: number[][], v: number[][], y: number[][], temperature: number, weights: object) =>
    numberOf(() => {
      const both = weights as DecoupledWeights;
      const [logits, labels] = [tf.tensor2d(z), tf.tensor2d(y)];
      return decoupled(tf, logits, targetOf(v, temperature), labels, temperature, both);
    });

  it.each([1, 60])('sums to the divergence, also at logits %i times as large', (scale) => {
    const [z, v] = [Z, V].map((rows) => [
      (rows[0] as number[]).map((x) => x * scale),
    ]) as number[][][];
    const p = tf.tidy(() => targetOf(v as number[][], 2).probabilities.dataSync()[2] as number);
    const sum = of(z as number[][], v as number[][], [[0, 0, 1, 0]], 2, {
      target: 1,
      others: 1 - p,
    });
    const whole = numberOf(() =>
      o.forwardKl(tf, tf.tensor2d(z as number[][]), targetOf(v as number[][], 2), 2).mul(4),
    );
    expect(sum / whole).toBeCloseTo(1, 5);
  });

  it('has a term of 0 for the other classes when there are two classes', () => {
    expect(of([[3, -1]], [[0, 1]], [[1, 0]], 4, { target: 0, others: 8 })).toBeCloseTo(0, 6);
  });

  it('has a term of 0 for the other classes where the target leaves them nothing', () => {
    const [row] = Z as [number[]];
    const weights = { target: 0, others: 8 };
    const loss = (z: Tensor2D, votes: number[]) =>
      decoupled(tf, z, o.softTargetOf(tf, tf.tensor2d([votes])), tf.tensor2d([[0, 0, 1, 0]]), 4, weights); // biome-ignore format: short
    expect(gradientOf((z) => loss(z, [0, 0, 1, 0]), [row]).map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(gradientOf((z) => loss(z, [0, 0.25, 0.75, 0]), [row])[1]).toBeLessThan(-1);
  });

  it('is the mean over labelled rows, and 0 without any', () => {
    const weights = { target: 1, others: 2 };
    const both = of(Z, V, [[0, 1, 0, 0], [0, 0, 0, 0]], 1, weights); // biome-ignore format: rows
    expect(both).toBeCloseTo(
      of([Z[0] as number[]], [V[0] as number[]], [[0, 1, 0, 0]], 1, weights),
      5,
    );
    expect(of(Z, V, [[0, 0, 0, 0], [0, 0, 0, 0]], 1, weights)).toBe(0); // biome-ignore format: rows
  });
});

describe('divergences through a mixture', () => {
  const far = [[300, -300]];
  const other = [[-300, 300]];

  it('are bounded where supports differ', () => {
    const logits = tf.tensor2d(far);
    const skew = (f: typeof skewForwardKl) =>
      numberOf(() => f(tf, logits, targetOf(other), 1, 0.1));
    expect(skew(skewForwardKl)).toBeCloseTo(-Math.log(0.1), 5);
    expect(skew(skewReverseKl)).toBeCloseTo(-Math.log(0.1), 5);
    const js = numberOf(() => generalizedJensenShannon(tf, logits, targetOf(other), 1, 0.5));
    expect(js).toBeCloseTo(Math.log(2), 5);
    logits.dispose();
  });

  it('equal the forward KL at share 0 and the reverse KL at share 1', () => {
    const at = (share: number) =>
      numberOf(() => generalizedJensenShannon(tf, tf.tensor2d(Z), targetOf(V), 1, share));
    expect(at(0)).toBe(numberOf(() => o.forwardKl(tf, tf.tensor2d(Z), targetOf(V), 1)));
    expect(at(1)).toBe(numberOf(() => o.reverseKl(tf, tf.tensor2d(Z), targetOf(V), 1)));
    expect(at(0.5)).toBeLessThan(Math.log(2));
  });

  it('have a gradient of 0 where target and student agree (total variation)', () => {
    const slope = gradientOf((z) => totalVariation(tf, z, tf.tensor2d([[0.5, 0.5]]), 1), [[0, 0]]);
    expect(slope.map(Math.abs)).toEqual([0, 0]);
  });
});

describe('logits in mseLogits and standardized', () => {
  it('may differ by a constant per row where rows are centred', () => {
    const shifted = V.map((row) => row.map((x) => x + 7));
    const of = (center: boolean) =>
      numberOf(() => mseLogits(tf, tf.tensor2d(V), tf.tensor2d(shifted), 'sum-classes', center));
    expect(of(false)).toBeCloseTo(4 * 49, 3);
    expect(of(true)).toBeCloseTo(0, 5);
  });

  it('are standardised to mean 0 and deviation 1, and a constant row to zeros', () => {
    const rows = listOf(() => o.standardized(tf, tf.tensor2d([[1, 2, 3], [4, 4, 4]]))); // biome-ignore format: rows
    expect(rows).toEqual([
      [expect.closeTo(-1, 5), 0, expect.closeTo(1, 5)],
      [0, 0, 0],
    ]);
  });
});

describe('labels from teachers', () => {
  it('are the first of several most probable classes (hardLabel)', () => {
    const loss = numberOf(() =>
      hardLabel(tf, tf.tensor2d([[2, 0, 0]]), tf.tensor2d([[0, 5, 5]]), 0),
    );
    expect(loss).toBeCloseTo(Math.log(Math.exp(2) + 2), 5);
  });

  it('are the weighted shares or the majority of votes, and zeros where all abstain (voteTarget)', () => {
    const votes = tf.tensor2d([[1, 2, 2], [2, 1, -1], [-1, -1, -1]], undefined, 'int32'); // biome-ignore format: rows
    expect(listOf(() => voteTarget(tf, votes, 3, 'soft', [2, 1, 1]))).toEqual([
      [0, 0.5, 0.5],
      [0, expect.closeTo(1 / 3, 6), expect.closeTo(2 / 3, 6)],
      [0, 0, 0],
    ]);
    expect(listOf(() => voteTarget(tf, votes, 3, 'hard'))).toEqual([[0, 0, 1], [0, 1, 0], [0, 0, 0]]); // biome-ignore format: rows
    votes.dispose();
  });
});

describe('topKKl', () => {
  const modes = ['renorm', 'bucket', 'uniform', 'truncated'] as const;

  it.each(modes)('with tail mode %s over all classes is the divergence', (mode) => {
    const ids = tf.tensor2d([[3, 1, 0, 2]], undefined, 'int32');
    const p = [0.4, 0.3, 0.2, 0.1];
    const whole = numberOf(() => {
      const target = o.softTargetOf(tf, tf.tensor2d([[0.2, 0.3, 0.1, 0.4]]));
      return o.forwardKl(tf, tf.tensor2d([Z[0] as number[]]), target, 1);
    });
    const logits = tf.tensor2d([Z[0] as number[]]);
    expect(numberOf(() => topKKl(tf, logits, ids, tf.tensor2d([p]), mode, 1))).toBeCloseTo(
      whole,
      5,
    );
    tf.dispose([ids, logits]);
  });

  it('is greater with a uniform tail than with one bucket, and equals the spread divergence', () => {
    const of = (mode: TailMode) =>
      numberOf(() => {
        const ids = tf.tensor2d([[1], [0]], undefined, 'int32');
        return topKKl(tf, tf.tensor2d(Z), ids, tf.tensor2d([[0.6], [0.7]]), mode, 1);
      });
    expect(of('uniform')).toBeGreaterThan(of('bucket'));
    const spread = numberOf(() => {
      const rows = [[0.4 / 3, 0.6, 0.4 / 3, 0.4 / 3], [0.7, 0.1, 0.1, 0.1]]; // biome-ignore format: rows
      return o.forwardKl(tf, tf.tensor2d(Z), o.softTargetOf(tf, tf.tensor2d(rows)), 1);
    });
    expect(of('uniform')).toBeCloseTo(spread, 5);
  });
});

describe('losses of features', () => {
  const teacher = [[1, 0.5, -1], [0.2, 2, 0], [-1, 1, 1], [0, -0.3, 0.4]]; // biome-ignore format: rows
  const scaled = teacher.map((row) => row.map((x) => 3 * x));

  it('ignore the scale of the features (similarityPreserving, relationalDistances)', () => {
    const [f, t] = [tf.tensor2d(scaled), tf.tensor2d(teacher)];
    expect(numberOf(() => similarityPreserving(tf, f, t))).toBeCloseTo(0, 6);
    const weights = { distance: 25, angle: 50 };
    expect(numberOf(() => relationalDistances(tf, f, t, weights))).toBeCloseTo(0, 6);
    tf.dispose([f, t]);
  });

  it('are squared differences of relations over the squared sample count (similarityPreserving)', () => {
    // f·f': [1 1; 1 1] and [1 0; 0 1], with rows of lengths √2 and 1.
    const [f, t] = [tf.tensor2d([[1, 0, 0], [1, 0, 0]]), tf.tensor2d([[1, 0, 0], [0, 1, 0]])]; // biome-ignore format: rows
    const want = (2 * (Math.SQRT1_2 - 1) ** 2 + 2 * 0.5) / 2 ** 2;
    expect(numberOf(() => similarityPreserving(tf, f, t))).toBeCloseTo(want, 6);
    tf.dispose([f, t]);
  });

  it('have a finite gradient for two equal samples (relationalDistances)', () => {
    const twice = [[1, 2], [1, 2], [0, 1]]; // biome-ignore format: rows
    const slope = gradientOf(
      (f) =>
        relationalDistances(tf, f, tf.tensor2d(teacher.slice(0, 3)), { distance: 1, angle: 1 }),
      twice,
    );
    expect(slope.every(Number.isFinite)).toBe(true);
  });

  it('regress each place of a map like a row (linearRegressor)', () => {
    const values = tf.tensor([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);
    const of = (features: Tensor) =>
      o.linearRegressor(tf, features, tf.tensor2d([[1, -1], [2, 0], [0, 3]]), tf.tensor1d([0, 1, 2])); // biome-ignore format: rows
    const rows = listOf(() => of(values.reshape([4, 2])));
    expect(rows).toEqual([[-1, 3, 8], [-1, 7, 14], [-1, 11, 20], [-1, 15, 26]]); // biome-ignore format: rows
    expect(listOf(() => of(values))).toEqual([
      [(rows as unknown[]).slice(0, 2), (rows as unknown[]).slice(2)],
    ]);
    values.dispose();
  });

  it('handle a map of zeros, and maps of different widths (attentionTransfer)', () => {
    const dead = tf.zeros([1, 2, 2, 1]) as Tensor4D;
    const line = (values: number[]) => tf.tensor(values, [1, 1, values.length, 1]) as Tensor4D;
    // Means of [1, 2] and [2, 6], squared and normalised.
    const norm = Math.hypot(1.5 ** 2, 16);
    const want = ((1.5 ** 2 / norm) ** 2 + (16 / norm - 1) ** 2) / 2;
    const loss = numberOf(() => attentionTransfer(tf, line([0, 5]), line([1, 2, 6]), 2));
    expect(loss).toBeCloseTo(want, 5);
    const ofDead = numberOf(() => attentionTransfer(tf, dead, tf.ones([1, 2, 2, 3]), 2));
    expect(ofDead).toBeCloseTo(1 / 4, 5);
    dead.dispose();
  });
});

describe('adaptiveWeights of several teachers', () => {
  const teachers = wave(tf, [3, 2, 4], 1) as Tensor3D;

  const adaptive = (z: Tensor2D, v: Tensor3D, cap: number) =>
    listOf(() => o.adaptiveWeights(tf, z, v, 1, cap)) as number[];

  it('have a norm that no point of a grid beats', () => {
    const logits = tf.tensor2d(Z);
    for (const cap of [0.4, 0.6, 1]) {
      const found = adaptive(logits, teachers, cap);
      const sums = tf.tidy(() =>
        tf.sum(tf.softmax(logits).sub(tf.softmax(teachers)), 1).arraySync(),
      ) as number[][];
      const norm = (weights: readonly number[]) =>
        Math.hypot(
          ...[0, 1, 2, 3].map((c) =>
            weights.reduce((sum, w, k) => sum + w * (sums[k]?.[c] ?? 0), 0),
          ),
        );
      expect(found.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      for (let i = 0; i <= 50; i++) {
        for (let j = 0; i + j <= 50; j++) {
          const other = [i / 50, j / 50, (50 - i - j) / 50];
          if (Math.max(...other) <= cap) expect(norm(found)).toBeLessThan(norm(other) + 1e-6);
        }
      }
    }
    logits.dispose();
  });

  it('are equal below the least bound, and refused for more than 8 teachers', () => {
    const logits = tf.tensor2d([[1, 2]]);
    const same = tf.ones([2, 1, 2]) as Tensor3D;
    expect(adaptive(logits, same, 0.6).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect(adaptive(logits, same, 0.3)).toEqual([0.5, 0.5]);
    const nine = tf.ones([9, 1, 2]) as Tensor3D;
    expect(() => o.adaptiveWeights(tf, logits, nine, 1, 0.6)).toThrow(/at most 8 teachers, got 9/);
    tf.dispose([logits, same, nine]);
  });
});
