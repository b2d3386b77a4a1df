/**
 * The sum of terms against vectors computed with 60 digits (objective-vectors.json), gradients included. The terms
 * themselves are tested in learning.
 */
import { readFileSync } from 'node:fs';
import { checkRunSpecification } from '@lyceum/learning/specification';
import {
  type Engine,
  openEngine,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@lyceum/learning/tensorflow';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Objective,
  runObjective,
  type TermLoss,
} from '../../../src/compute/step/objective.js';

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

/** The objective: the sum of all terms' losses. */
function summed(losses: readonly TermLoss[]): Scalar {
  return tf.addN(losses.map(({ loss }) => loss));
}

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

function namesOf({ targets }: Objective): string[] {
  return targets.map(({ name }) => name);
}

const specification = (kind: string, objective: unknown, more: object = {}) =>
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
        ...more,
      },
    },
    'test',
  );

describe('runObjective', () => {
  it.each(kd)('sums kd and ce: $id', (c) => {
    const { ceWeight, kdWeight, tau, teacherLogits } = c.input;
    const objective = runObjective(
      tf,
      specification('Distillation', [
        { term: 'kd', weight: Math.max(kdWeight, 1e-9), temperature: tau },
        { term: 'ce', weight: ceWeight },
      ]),
    );
    expect(namesOf(objective)).toEqual([`pooled/arithmetic/${tau}`]);
    check(c, (z) => {
      const target = tf.softmax(tf.tensor2d(teacherLogits).div<Tensor2D>(tau));
      const targets = new Map([[`pooled/arithmetic/${tau}`, target]]);
      return summed(objective.losses(z, hardLabels(c.input), targets));
    });
  });

  it('asks for one target per temperature, and none for a term of weight 0', () => {
    const terms = [
      { term: 'kd', temperature: 2 },
      { term: 'kd', temperature: 2, weight: 0.1 },
      { term: 'kd', temperature: 8, weight: 0 },
    ];
    expect(namesOf(runObjective(tf, specification('Distillation', terms)))).toEqual([
      'pooled/arithmetic/2',
    ]);
    expect(runObjective(tf, specification('Training', [{ term: 'ce' }])).targets).toEqual([]);
  });

  /** The student's probabilities of one row at temperature 1, in float64. */
  const q = softmax([0.5, -1, 2]);
  const p = softmax([1, 1.5, -0.5]);
  const mixed = (share: number) => p.map((x, i) => share * x + (1 - share) * (q[i] as number));

  it.each([
    [{ term: 'kl-forward' }, divergence(p, q)],
    [{ term: 'soft-ce' }, p.reduce((sum, x, i) => sum - x * Math.log(q[i] as number), 0)],
    [
      { term: 'dist', temperature: 1, interClassWeight: 3, intraClassWeight: 5 },
      // The class values of one sample have no correlation.
      3 * (1 - correlation(q, p)) + 5,
    ],
    [{ term: 'kl-reverse' }, divergence(q, p)],
    [{ term: 'jeffreys', reverseShare: 0.3 }, 0.7 * divergence(p, q) + 0.3 * divergence(q, p)],
    [
      { term: 'gjs', targetShare: 0.2 },
      0.2 * divergence(p, mixed(0.2)) + 0.8 * divergence(q, mixed(0.2)),
    ],
    [{ term: 'skew-fkl', skew: 0.3 }, divergence(p, mixed(0.3))],
    [{ term: 'skew-rkl', skew: 0.3 }, divergence(q, mixed(0.7))],
    [{ term: 'tvd' }, p.reduce((sum, x, i) => sum + Math.abs(x - (q[i] as number)), 0) / 2],
    [{ term: 'dkd', temperature: 1, targetWeight: 3, othersWeight: 5 }, decoupled(p, q, 3, 5)],
    [
      { term: 'hard-label', smoothing: 0.2 },
      -0.1 * Math.log(q[0] as number) -
        0.8 * Math.log(q[1] as number) -
        0.1 * Math.log(q[2] as number),
    ],
  ])('computes the loss of $term from a pooled target', (settings, want) => {
    const objective = runObjective(
      tf,
      specification('Distillation', [{ ...settings, weight: 0.5 }]),
    );
    expect(namesOf(objective)).toEqual(['pooled/arithmetic/1']);
    tf.tidy(() => {
      const targets = new Map([['pooled/arithmetic/1', tf.tensor2d([p])]]);
      const label = tf.tensor2d([[0, 0, 1]]);
      const loss = summed(objective.losses(tf.tensor2d([[0.5, -1, 2]]), label, targets));
      expectNear(loss.dataSync()[0] as number, 0.5 * want);
    });
  });
});

describe('runObjective with a target other than pooled logits', () => {
  const z = [0.5, -1, 2];
  const teachers = ['a', 'b', 'c'].map((name, i) => ({ name, model: name, weight: i + 1 }));
  const cases: [object, { combine: string; bound?: number }, string, number[][], number][] = [
    [
      { term: 'mse-logits', center: true, reduction: 'half-sum-classes' },
      { combine: 'arithmetic' },
      'mean-logits/arithmetic',
      [[2.5, 1, 2]],
      // z − v is −2, −2, 0.
      ((2 / 3) ** 2 + (2 / 3) ** 2 + (4 / 3) ** 2) / 2,
    ],
    [
      { term: 'vote', mode: 'soft' },
      { combine: 'arithmetic' },
      'votes',
      [[0, -1, 2]],
      -Math.log(softmax(z)[0] as number) / 4 - (3 * Math.log(softmax(z)[2] as number)) / 4,
    ],
    [
      { term: 'vote', mode: 'hard' },
      { combine: 'arithmetic' },
      'votes',
      [[0, 1, 0]],
      // Teachers with weights 1 + 3 of 6 vote for class 0.
      -Math.log(softmax(z)[0] as number),
    ],
    [
      { term: 'topk-kd', k: 1, temperature: 1 },
      { combine: 'arithmetic' },
      'top-1/arithmetic',
      [[1], [0.75]],
      0.75 * Math.log(0.75 / (softmax(z)[1] as number)) +
        0.25 * Math.log(0.25 / (1 - (softmax(z)[1] as number))),
    ],
    [
      { term: 'kd', temperature: 2, standardize: true },
      { combine: 'arithmetic' },
      'pooled/arithmetic/standardized/2',
      [[0.2, 0.3, 0.5]],
      // z less its mean ½ is 0, −1.5, 1.5: of deviation 1.5.
      4 * divergence([0.2, 0.3, 0.5], softmax([0, -0.5, 0.5])),
    ],
    [
      { term: 'dkd', temperature: 2, standardize: true, targetWeight: 3, othersWeight: 5 },
      { combine: 'arithmetic' },
      'pooled/arithmetic/standardized/2',
      [[0.2, 0.3, 0.5]],
      4 * decoupled([0.2, 0.3, 0.5], softmax([0, -0.5, 0.5]), 3, 5),
    ],
  ];

  it.each(cases)('computes the loss of %j', (settings, ensemble, name, row, want) => {
    const objective = runObjective(
      tf,
      specification('Distillation', [{ ...settings, weight: 0.5 }], { teachers, ensemble }),
    );
    expect(namesOf(objective)).toEqual([name]);
    tf.tidy(() => {
      const target = row.length > 1 ? tf.tensor3d([row]) : tf.tensor2d(row);
      const given = new Map<string, Tensor>([[name, target]]);
      const label = tf.tensor2d([[0, 0, 1]]);
      const loss = summed(objective.losses(tf.tensor2d([z]), label, given));
      expectNear(loss.dataSync()[0] as number, 0.5 * want);
    });
  });
});

function divergence(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * Math.log(x / (b[i] as number)), 0);
}

/** dkd for rows with the label 2, at temperature 1: that class against the others, and the others among themselves. */
function decoupled(p: number[], q: number[], targetWeight: number, othersWeight: number): number {
  const binary = (x: number[]) => [x[2] as number, 1 - (x[2] as number)];
  const rest = (x: number[]) => x.slice(0, 2).map((y) => y / (1 - (x[2] as number)));
  return (
    targetWeight * divergence(binary(p), binary(q)) + othersWeight * divergence(rest(p), rest(q))
  );
}

function correlation(x: number[], y: number[]): number {
  const centred = (values: number[]) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const [a, b] = [centred(x), centred(y)];
  const product = (u: number[], v: number[]) =>
    u.reduce((s, value, i) => s + value * (v[i] ?? 0), 0);
  return product(a, b) / (Math.sqrt(product(a, a) * product(b, b)) + 1e-8);
}

function softmax(values: number[]): number[] {
  const exponentials = values.map(Math.exp);
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}
