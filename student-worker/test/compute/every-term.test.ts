/**
 * Steps of real students with every term that asks teachers: graphs against eager steps, and resumed students against
 * ones that never stopped, to the bit. Then how each term reads labels: ce and dkd leave unlabelled rows out, all
 * other terms ignore labels.
 */
import { targetRowShape } from '@lyceum/learning/ensemble';
import { termOf } from '@lyceum/learning/objectives';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { openEngine, type Tensor, type Tensor2D } from '@lyceum/learning/tensorflow';
import { describe, expect, it, vi } from 'vitest';
import { runObjective } from '../../src/compute/step/objective.js';
import { BatchSource } from '../../src/compute/student/batch-source.js';
import { Student } from '../../src/compute/student/student.js';
import { BATCH_ROWS, dataset, everyTerm, targetsOf } from './every-term.js';

vi.setConfig({ testTimeout: 240_000 });

const engine = await openEngine();
const { tf } = engine;

type Steps = (student: Student, from: number, to: number) => number[];

function stepsOf(specification: DistillationSpecification): Steps {
  const batches = new BatchSource(dataset, specification);
  return (student, from, to) =>
    Array.from({ length: to - from }, (_, i) => {
      const batch = batches.batch(from + i);
      const loss = student.step(batch, targetsOf(specification, batch.rows, from + i), 0.01);
      const [value = Number.NaN] = loss.dataSync();
      loss.dispose();
      return value;
    });
}

describe.each(everyTerm([{ term: 'ce' }]))('objective $title', ({ specification }) => {
  const open = () => Student.open(engine, specification, dataset, undefined);
  const steps = stepsOf(specification);

  it.skipIf(engine.name !== 'native')('traced steps equal eager ones to the bit', async () => {
    const [eager, traced] = [await open(), await open()];
    const batch = new BatchSource(dataset, specification).batch(0);
    const example = targetsOf(specification, batch.rows, 0);
    expect(traced.trace(batch, example, BATCH_ROWS)).toBeUndefined();
    const losses = steps(traced, 0, 9);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses).toEqual(steps(eager, 0, 9));
    expect(traced.state()).toEqual(eager.state());
    eager.dispose();
    traced.dispose();
  });

  it('a restored student goes on to the bit', async () => {
    const [whole, half, other] = [await open(), await open(), await open()];
    const wanted = steps(whole, 0, 7);
    const first = steps(half, 0, 4);
    steps(other, 20, 22);
    other.restore(half.state());
    expect([...first, ...steps(other, 4, 7)]).toEqual(wanted);
    expect(other.state()).toEqual(whole.state());
    for (const student of [whole, half, other]) student.dispose();
  });
});

const LABELS = [[1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]]; // biome-ignore format: rows
const LABELLED = [0, 2];

/** Loss and its gradient by the logits [4, 3] of the chosen rows. */
function lossOf(
  specification: DistillationSpecification,
  rows: readonly number[],
  labels = LABELS,
) {
  return tf.tidy(() => {
    const chosen = (tensor: Tensor) => tf.gather(tensor, tf.tensor1d([...rows], 'int32'));
    const objective = runObjective(tf, specification);
    const whole = targetsOf(specification, LABELS.length, 0);
    const targets = new Map(
      objective.targets.map((target) => {
        const shape = [LABELS.length, ...targetRowShape(target, 3)];
        const values = whole.get(target.name) ?? new Float32Array();
        return [target.name, chosen(tf.tensor(values, shape))];
      }),
    );
    const logits = tf.tensor2d([[0.5, -1, 2], [9, -9, 3], [-1, 0.3, 0.1], [-4, 7, 1]]); // biome-ignore format: rows
    const hardLabels = chosen(tf.tensor2d(labels)) as Tensor2D;
    const { value, grad } = tf.valueAndGrad((z) =>
      tf.addN(objective.losses(z as Tensor2D, hardLabels, targets).map(({ loss }) => loss)),
    )(chosen(logits));
    // Adding 0 turns −0 into 0.
    const slope = grad.add(0).arraySync() as number[][];
    return { loss: (value.dataSync()[0] as number) + 0, slope };
  });
}

const readsLabels = ({ spec }: DistillationSpecification) =>
  spec.objective.some((own) => {
    const term = termOf(own);
    return term.of === 'labels' || (term.of === 'answers' && term.needsOneLabel);
  });

describe.each([
  ...everyTerm(),
  ...everyTerm([{ term: 'ce', weight: 1 }]).filter(({ title }) => title.includes('dkd')),
])('labels in the objective $title', ({ specification }) => {
  const all = lossOf(specification, [0, 1, 2, 3]);

  it.runIf(readsLabels(specification))('rows without a label add no loss and no gradient', () => {
    const some = lossOf(specification, LABELLED);
    expect(some.loss).toBeGreaterThan(0);
    expect(all.loss).toBeCloseTo(some.loss, 5);
    expect(all.slope[1]).toEqual([0, 0, 0]);
    expect(all.slope[3]).toEqual([0, 0, 0]);
    for (const [index, row] of LABELLED.entries()) {
      for (const [c, slope] of (all.slope[row] ?? []).entries()) {
        expect(slope).toBeCloseTo(some.slope[index]?.[c] ?? Number.NaN, 5);
      }
    }
    expect(lossOf(specification, [1, 3])).toEqual({ loss: 0, slope: [[0, 0, 0], [0, 0, 0]] }); // biome-ignore format: rows
  });

  it.runIf(!readsLabels(specification))('loss and gradient ignore the labels', () => {
    const others = LABELS.map(() => [0, 1, 0]);
    expect(lossOf(specification, [0, 1, 2, 3], others)).toEqual(all);
    expect(all.slope.flat().every((slope) => Number.isFinite(slope))).toBe(true);
    expect(all.slope[1]).not.toEqual([0, 0, 0]);
  });
});
