/**
 * The terms against vectors computed with 60 digits (objective-vectors.json), gradients included, and the
 * edge cases of labels by hand.
 */
import { readFileSync } from 'node:fs';
import { type Engine, openEngine, type Scalar, type Tensor2D } from '@lyceum/learning/tensorflow';
import { checkRunSpecification } from '@lyceum/proto';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy, distillation, runObjective } from '../../src/compute/objective.js';

interface Case {
  id: string;
  input: {
    studentLogits: number[][];
    labels: number[];
    smoothing: number;
    teacherProbs: number[][];
    teacherLogits: number[][];
    tau: number;
    tauSquared: boolean;
    ceWeight: number;
    kdWeight: number;
  };
  expected: { loss: number; grad: { studentLogits: number[][] } };
}

const vectors = JSON.parse(
  readFileSync(new URL('objective-vectors.json', import.meta.url), 'utf8'),
) as { objectives: Record<'ce' | 'kl_forward' | 'kd', Case[]> };
const { ce, kl_forward: klForward, kd } = vectors.objectives;

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

/** One-hot rows, smoothed where the case says so. */
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
  it.each(ce)('$id', (c) => {
    check(c, (z) => crossEntropy(tf, z, hardLabels(c.input), 1));
  });

  it('is the mean over labelled rows, and leaves the others alone', () => {
    const z = [[1, 2], [3, -1], [0.5, 0]]; // biome-ignore format: short
    const logSoftmax0 = (a: number, b: number) => -Math.log1p(Math.exp(b - a));
    tf.tidy(() => {
      const y = tf.tensor2d([[1, 0], [0, 0], [1, 0]]); // biome-ignore format: short
      const f = tf.valueAndGrad((logits) => crossEntropy(tf, logits as Tensor2D, y, 0.5));
      const { value, grad } = f(tf.tensor2d(z));
      const want = (-0.5 * (logSoftmax0(1, 2) + logSoftmax0(0.5, 0))) / 2;
      expectNear(value.dataSync()[0] as number, want);
      expect([...grad.dataSync()].slice(2, 4).map(Math.abs)).toEqual([0, 0]);
    });
  });

  it('is 0 with a gradient of 0 when no row has a label', () => {
    tf.tidy(() => {
      const y = tf.zeros([2, 2]) as Tensor2D;
      const f = tf.valueAndGrad((logits) => crossEntropy(tf, logits as Tensor2D, y, 1));
      const { value, grad } = f(tf.tensor2d([[1, 2], [900, -900]])); // biome-ignore format: short
      expect([...value.dataSync(), ...grad.dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
    });
  });
});

describe('distillation', () => {
  it.each(klForward)('$id', ({ input, ...c }) => {
    const weight = input.tauSquared ? 1 : input.tau ** -2;
    check({ input, ...c }, (z) =>
      distillation(tf, z, tf.tensor2d(input.teacherProbs), weight, input.tau),
    );
  });
});

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
});
