/**
 * Steps of real students: equal inputs give equal bits, whatever the object did before, and no tensor is left behind.
 */
import { encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { StepHistory } from '@lyceum/learning/history';
import { OPTIMIZER_NAMES } from '@lyceum/learning/optimizers';
import { checkRunSpecification, type RunSpecification } from '@lyceum/learning/specification';
import { type Engine, openEngine, savedModel } from '@lyceum/learning/tensorflow';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { BatchSource } from '../../../src/compute/student/batch-source.js';
import { Student } from '../../../src/compute/student/student.js';
import { StepLog } from '../../../src/compute/training/progress/step-log.js';
import { syntheticSet } from '../synthetic-set.js';

const dataset = parseDataset(encodeDataset(syntheticSet(60, 4)));
const TARGET = 'pooled/arithmetic/2';
// A step has hundreds of small operations, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

function specification(model: object, training: object = {}): RunSpecification {
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'test' },
    spec: {
      dataset: 'set',
      teachers: [{ name: 'a', model: 'a' }],
      student: { model },
      objective: [{ term: 'kd', temperature: 2 }, { term: 'ce' }],
      training: { batchSize: 16, epochs: 1000, ...training },
    },
  };
  return checkRunSpecification(document, 'test');
}

/** A target that favours one class, by the sample's position. */
function target(rows: number): ReadonlyMap<string, Float32Array> {
  const values = Float32Array.from({ length: rows * 3 }, (_, i) => ((i * 7) % 3 === 0 ? 0.8 : 0.1));
  return new Map([[TARGET, values]]);
}

async function trained(spec: RunSpecification, from: number, to: number, start?: Student) {
  const batches = new BatchSource(dataset, spec);
  const student = start ?? (await Student.open(engine, spec, dataset, undefined));
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const batch = batches.batch(step);
    const loss = student.step(batch, target(batch.rows), 0.01);
    losses.push(loss.dataSync()[0] as number);
    loss.dispose();
  }
  return { student, losses };
}

const STUDENTS = [
  { name: 'mlp with dropout', model: { architecture: 'mlp', hiddenUnits: [8], dropout: 0.3 } },
  { name: 'resnet', model: { architecture: 'resnet', depth: 8 } },
];

describe.each(STUDENTS)('a step of the $name', ({ model }) => {
  it.each([
    ...OPTIMIZER_NAMES.map((optimizer) => ({ optimizer, weightDecay: 0.01, clipNorm: 0.5 })),
    { optimizer: 'momentum', nesterov: true },
  ])('a restored student goes on to the bit: %j', async (training) => {
    const spec = specification(model, training);
    const whole = await trained(spec, 0, 12);
    const half = await trained(spec, 0, 5);
    const other = await Student.open(engine, spec, dataset, undefined);
    await trained(spec, 30, 33, other);
    other.restore(half.student.state());
    const rest = await trained(spec, 5, 12, other);
    expect([...half.losses, ...rest.losses]).toEqual(whole.losses);
    expect(other.state()).toEqual(whole.student.state());
    expect(other.weightsDigest()).toBe(whole.student.weightsDigest());
    for (const student of [whole.student, half.student, other]) student.dispose();
  });

  it('keeps the number of tensors over 200 steps, and frees all in the end', async () => {
    const { tf } = engine;
    const empty = tf.memory().numTensors;
    const spec = specification(model, { clipNorm: 1 });
    const { student } = await trained(spec, 0, 3);
    const before = tf.memory().numTensors;
    await trained(spec, 3, 203, student);
    expect(tf.memory().numTensors).toBe(before);
    student.dispose();
    expect(tf.memory().numTensors).toBe(empty);
  });

  it('lowers the loss', async () => {
    const { student, losses } = await trained(specification(model), 0, 60);
    const mean = (part: number[]) => part.reduce((a, b) => a + b, 0) / part.length;
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));
    student.dispose();
  });
});

describe('Student', () => {
  it('moves the averages of batch normalisation in a step', async () => {
    const spec = specification({ architecture: 'resnet', depth: 8 });
    const { student } = await trained(spec, 0, 1);
    const names = [...student.state().keys()].filter((name) => name.includes('moving_'));
    expect(names).toHaveLength(14);
    const initial = await Student.open(engine, spec, dataset, undefined);
    for (const name of names) {
      expect(student.state().get(name)).not.toEqual(initial.state().get(name));
    }
    student.dispose();
    initial.dispose();
  });

  it("keeps a loaded model's regularisers and constraints", async () => {
    const { tf } = engine;
    const kernel = tf.layers.dense({
      units: 3,
      kernelInitializer: 'ones',
      kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }),
      kernelConstraint: tf.constraints.unitNorm({ axis: 0 }),
    });
    const flatten = tf.layers.flatten({ inputShape: [6, 6, 1] });
    const model = tf.sequential({ layers: [flatten, kernel] });
    const start = await savedModel(engine, model, { output: 'logits' });
    model.dispose();

    const spec = specification({ model: 'regular' }, { batchSize: 4 });
    const student = await Student.open(engine, spec, dataset, start);
    const { losses } = await trained(spec, 0, 1, student);
    // Equal logits for all classes: τ² KL(p ‖ uniform) · 0.9 + 0.1 · log 3, and 0.5 · Σ w² of 3 unit columns.
    const entropy = -(0.8 * Math.log(0.8) + 2 * 0.1 * Math.log(0.1));
    expect(losses[0]).toBeCloseTo(0.9 * 4 * (Math.log(3) - entropy) + 0.1 * Math.log(3) + 1.5, 4);
    const { values = new Float32Array() } = [...student.state().values()][0] ?? {};
    for (let c = 0; c < 3; c++) {
      const column = values.filter((_, i) => i % 3 === c);
      expect(Math.hypot(...column)).toBeCloseTo(1, 5);
    }
    student.dispose();
  });

  it('refuses the state of another student', async () => {
    const narrow = await Student.open(
      engine,
      specification(STUDENTS[0]?.model ?? {}),
      dataset,
      undefined,
    );
    const wide = await Student.open(
      engine,
      specification({ architecture: 'mlp', hiddenUnits: [9] }),
      dataset,
      undefined,
    );
    expect(() => wide.restore(narrow.state())).toThrow('another student or optimiser');
    narrow.dispose();
    wide.dispose();
  });
});

it('Student.step returns the gradient norm before clipping, and the loss of each term', async () => {
  const spec = specification(
    { architecture: 'mlp', hiddenUnits: [8] },
    { optimizer: 'sgd', clipNorm: 0.01 },
  );
  const student = await Student.open(engine, spec, dataset, undefined);
  const batch = new BatchSource(dataset, spec).batch(0);
  const before = student.weights();
  const figures = student.step(batch, target(batch.rows), 1);
  const [loss, gradientNorm = 0, kd = 0, ce = 0, ...others] = figures.dataSync();
  figures.dispose();
  expect(others).toEqual([]);
  expect(kd + ce).toBeCloseTo(loss as number, 5);
  expect(ce).toBeGreaterThan(0);
  // The gradient is longer than the clipping limit, and the step has the limit's length.
  expect(gradientNorm).toBeGreaterThan(0.1);
  const moved = student.weights().flatMap((after, index) => {
    const from = before[index] as Float32Array;
    return [...after].map((value, i) => value - (from[i] as number));
  });
  expect(Math.hypot(...moved)).toBeCloseTo(0.01, 5);
  student.dispose();
});

describe('StepLog', () => {
  /** A clock that advances by a second each time it is read, half of it waiting. */
  function stopwatch() {
    let reads = 0;
    return {
      get assignment() {
        reads++;
        return { trainingSeconds: reads, waitingSeconds: reads / 2 };
      },
    };
  }

  const figures = (loss: number) => engine.tf.tensor1d([loss, 10 * loss, 0.25 * loss]);

  it('takes the mean loss of the steps since the last report, and frees its tensors', () => {
    const before = engine.tf.memory().numTensors;
    const log = new StepLog(engine, new StepHistory(7), stopwatch());
    for (let i = 0; i < 100; i++) log.add(figures(i), 0.5, 4);
    expect(log.takeMean()).toBe(49.5);
    log.add(figures(7), 0.5, 4);
    expect(log.takeMean()).toBe(7);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('records each step in the history, with an equal share of the time that passed', () => {
    const log = new StepLog(engine, new StepHistory(7), stopwatch());
    for (let i = 1; i <= 4; i++) log.add(figures(i), i / 8, 4);
    log.check();
    log.add(figures(5), 0.625, 3);
    log.check();
    expect(log.history.points(0, 5, 5).map(({ means }) => means)).toEqual([
      [1, 0.125, 10, 4, 0.25, 0.125, 0.25],
      [2, 0.25, 20, 4, 0.25, 0.125, 0.5],
      [3, 0.375, 30, 4, 0.25, 0.125, 0.75],
      [4, 0.5, 40, 4, 0.25, 0.125, 1],
      [5, 0.625, 50, 3, 1, 0.5, 1.25],
    ]);
  });

  it('names the step whose loss is not finite', () => {
    const before = engine.tf.memory().numTensors;
    const history = new StepHistory(7);
    for (let i = 0; i < 100; i++) history.add([1, 1, 1, 1, 1, 1, 1]);
    const log = new StepLog(engine, history, stopwatch());
    for (const loss of [1, 2, Number.NaN, 3]) log.add(figures(loss), 1, 1);
    expect(() => log.check()).toThrow('the loss of step 103 is NaN');
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});
