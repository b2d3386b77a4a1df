/**
 * The sum of terms against vectors computed with 60 digits (objective-vectors.json), gradients included. The terms
 * themselves are tested where they are, in learning.
 */
import { readFileSync } from 'node:fs';
import { type Engine, openEngine, type Scalar, type Tensor2D } from '@lyceum/learning/tensorflow';
import { checkRunSpecification } from '@lyceum/proto';
import { beforeAll, describe, expect, it } from 'vitest';
import { runObjective } from '../../src/compute/objective.js';

interface Case {
  id: string;
  input: {
    studentLogits: number[][];
    labels: number[];
    teacherLogits: number[][];
    tau: number;
    ceWeight: number;
    kdWeight: number;
  };
  expected: { loss: number; grad: { studentLogits: number[][] } };
}

const vectors = JSON.parse(
  readFileSync(new URL('objective-vectors.json', import.meta.url), 'utf8'),
) as { objectives: Record<'kd', Case[]> };
const { kd } = vectors.objectives;

let engine: Engine;
let tf: Engine['tf'];

beforeAll(async () => {
  engine = await openEngine();
  tf = engine.tf;
});

/** Relative to max(1, |value|), as float32 allows. */
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

/** One-hot rows. */
function hardLabels({ labels, studentLogits }: Case['input']): Tensor2D {
  const classCount = studentLogits[0]?.length ?? 0;
  return tf.oneHot(tf.tensor1d(labels, 'int32'), classCount).toFloat() as Tensor2D;
}

describe('runObjective', () => {
  const specification = (kind: string, objective: unknown) =>
    checkRunSpecification(
      {
        apiVersion: 'lyceum.dev/v1alpha1',
        kind,
        metadata: { name: 'test' },
        spec: {
          dataset: 'set',
          ...(kind === 'Distillation' && { teachers: [{ name: 'a', model: 'a' }] }),
          student: { model: { architecture: 'mlp' } },
          objective,
        },
      },
      'test',
    );

  it.each(kd)('sums kd and ce: $id', (c) => {
    const { ceWeight, kdWeight, tau, teacherLogits } = c.input;
    const objective = runObjective(
      tf,
      specification('Distillation', [
        { term: 'kd', weight: Math.max(kdWeight, 1e-9), temperature: tau },
        { term: 'ce', weight: ceWeight },
      ]),
    );
    expect(objective.targetNames).toEqual([`pooled/arithmetic/${tau}`]);
    check(c, (z) => {
      const target = tf.softmax(tf.tensor2d(teacherLogits).div<Tensor2D>(tau));
      const targets = new Map([[`pooled/arithmetic/${tau}`, target]]);
      return objective.loss(z, hardLabels(c.input), targets);
    });
  });

  it('asks for one target a temperature, and none for terms of weight 0', () => {
    const terms = [
      { term: 'kd', temperature: 2 },
      { term: 'kd', temperature: 2, weight: 0.1 },
      { term: 'kd', temperature: 8, weight: 0 },
    ];
    expect(runObjective(tf, specification('Distillation', terms)).targetNames).toEqual([
      'pooled/arithmetic/2',
    ]);
    expect(runObjective(tf, specification('Training', [{ term: 'ce' }])).targetNames).toEqual([]);
  });

  /** Of one row at temperature 1, in float64. */
  const q = softmax([0.5, -1, 2]);
  const p = softmax([1, 1.5, -0.5]);
  const kl = (a: number[], b: number[]) =>
    a.reduce((sum, x, i) => sum + x * Math.log(x / (b[i] as number)), 0);
  const mixed = (share: number) => p.map((x, i) => share * x + (1 - share) * (q[i] as number));
  const rest = (x: number[]) => x.slice(0, 2).map((y) => y / (1 - (x[2] as number)));
  const binary = (x: number[]) => [x[2] as number, 1 - (x[2] as number)];

  it.each([
    [{ term: 'kl-reverse' }, kl(q, p)],
    [{ term: 'jeffreys', reverseShare: 0.3 }, 0.7 * kl(p, q) + 0.3 * kl(q, p)],
    [{ term: 'gjs', targetShare: 0.2 }, 0.2 * kl(p, mixed(0.2)) + 0.8 * kl(q, mixed(0.2))],
    [{ term: 'skew-fkl', skew: 0.3 }, kl(p, mixed(0.3))],
    [{ term: 'skew-rkl', skew: 0.3 }, kl(q, mixed(0.7))],
    [{ term: 'tvd' }, p.reduce((sum, x, i) => sum + Math.abs(x - (q[i] as number)), 0) / 2],
    [
      { term: 'dkd', temperature: 1, targetWeight: 3, othersWeight: 5 },
      3 * kl(binary(p), binary(q)) + 5 * kl(rest(p), rest(q)),
    ],
    [
      { term: 'hard-label', smoothing: 0.2 },
      -0.1 * Math.log(q[0] as number) -
        0.8 * Math.log(q[1] as number) -
        0.1 * Math.log(q[2] as number),
    ],
  ])('gives a pooled target to $term', (settings, want) => {
    const objective = runObjective(
      tf,
      specification('Distillation', [{ ...settings, weight: 0.5 }]),
    );
    expect(objective.targetNames).toEqual(['pooled/arithmetic/1']);
    tf.tidy(() => {
      const targets = new Map([['pooled/arithmetic/1', tf.tensor2d([p])]]);
      const label = tf.tensor2d([[0, 0, 1]]);
      const loss = objective.loss(tf.tensor2d([[0.5, -1, 2]]), label, targets);
      expectNear(loss.dataSync()[0] as number, 0.5 * want);
    });
  });
});

function softmax(values: number[]): number[] {
  const exponentials = values.map(Math.exp);
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}
