/** The term against its formula and gradient in float64, and against divergences that are special cases of it. */
import { describe, expect, it } from 'vitest';
import { alphaBetaTerm } from '../../src/objectives/terms/alpha-beta.js';
import { openEngine } from '../../src/tensorflow/engine/engine.js';
import type { Tensor2D } from '../../src/tensorflow/index.js';

const { tf } = await openEngine();

const Z = [[0.5, -1, 2, 0.3], [1, 0, -2, 0.7]]; // biome-ignore format: rows
const P = [[0.2, 0.1, 0.4, 0.3], [0, 0.05, 0.9, 0.05]]; // biome-ignore format: rows
const TEMPERATURE = 2;

function softmax(row: readonly number[]): number[] {
  const powers = row.map((z) => Math.exp(z / TEMPERATURE));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** The mean over the rows of a sum over classes. */
function meanOf(term: (p: number, q: number) => number): number {
  const rows = P.map((p, row) => {
    const q = softmax(Z[row] ?? []);
    return p.reduce((sum, own, c) => sum + term(own, q[c] as number), 0);
  });
  return rows.reduce((a, b) => a + b) / rows.length;
}

/** Value and gradient of the term for these powers. */
function found(targetPower: number, studentPower: number): { value: number; gradient: number[] } {
  const own = alphaBetaTerm.settings.parse({
    term: 'alpha-beta',
    temperature: TEMPERATURE,
    targetPower,
    studentPower,
  });
  const combination = { combine: 'arithmetic' } as const;
  return tf.tidy(() => {
    const { kind } = alphaBetaTerm.target(own, combination);
    const given = {
      kind,
      combination,
      teacherWeights: [1],
      hardLabels: tf.zerosLike(tf.tensor2d(P)),
    };
    const loss = (logits: Tensor2D) =>
      alphaBetaTerm.loss(tf, own, { ...given, values: tf.tensor2d(P), logits });
    const { value, grad } = tf.valueAndGrad((z) => loss(z as Tensor2D))(tf.tensor2d(Z));
    return { value: value.dataSync()[0] as number, gradient: [...grad.dataSync()] };
  });
}

describe.each([
  [0.5, 0.5],
  [0.2, 0.7],
  [0.9, 0.2],
  [1, 1],
  [2, 0.1],
])('alphaBetaTerm with α %f, β %f', (a, b) => {
  // biome-ignore format: short
  const { value, gradient } = found(a, b);

  it('has the value of the formula', () => {
    const want = meanOf((p, q) => {
      const apart = (a * p ** (a + b) + b * q ** (a + b)) / (a + b);
      return (apart - p ** a * q ** b) / (a * b);
    });
    expect(value).toBeCloseTo(want, 5);
  });

  it('has the gradient of the formula', () => {
    const want = P.flatMap((p, row) => {
      const q = softmax(Z[row] ?? []);
      const pull = q.map((own, c) => (own ** b * (own ** a - (p[c] as number) ** a)) / a);
      const sum = pull.reduce((x, y) => x + y);
      return pull.map((own, c) => (own - (q[c] as number) * sum) / (TEMPERATURE * P.length));
    });
    for (const [i, slope] of gradient.entries()) expect(slope).toBeCloseTo(want[i] as number, 5);
  });
});

it('alphaBetaTerm is 4 times the squared Hellinger distance at ½, ½, and half the squared difference at 1, 1', () => {
  const hellinger = meanOf((p, q) => (Math.sqrt(p) - Math.sqrt(q)) ** 2 / 2);
  expect(found(0.5, 0.5).value).toBeCloseTo(4 * hellinger, 5);
  expect(found(1, 1).value).toBeCloseTo(meanOf((p, q) => (p - q) ** 2) / 2, 5);
});
