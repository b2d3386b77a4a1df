/**
 * Two students side by side, one with its steps traced, over whole epochs with a shorter last batch: the same losses
 * and the same state to the bit, also after their state or weights were set from outside.
 */
import { encodeDataset, parseDataset, withHeld } from '@lyceum/learning/datasets';
import { OPTIMIZER_NAMES } from '@lyceum/learning/optimizers';
import { checkRunSpecification, type RunSpecification } from '@lyceum/learning/specification';
import { openEngine } from '@lyceum/learning/tensorflow';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BatchSource } from '../../../src/compute/student/batch-source.js';
import { Student } from '../../../src/compute/student/student.js';
import { syntheticSet } from '../synthetic-set.js';

vi.setConfig({ testTimeout: 240_000 });

const engine = await openEngine();
afterAll(() => openEngine());
const dataset = parseDataset(encodeDataset(syntheticSet(60, 4)));
const TARGET = 'pooled/arithmetic/2';
/** 42 samples, 16 a batch: the last batch of each epoch has 10 rows. */
const ROWS = [16, 10];

function specification(model: object, training: object = {}, views?: object): RunSpecification {
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
      ...(views && { views }),
    },
  };
  return checkRunSpecification(document, 'test');
}

function target(rows: number, step: number): ReadonlyMap<string, Float32Array> {
  const values = Float32Array.from({ length: rows * 3 }, (_, i) =>
    (i + step) % 3 === 0 ? 0.8 : 0.1,
  );
  return new Map([[TARGET, values]]);
}

function losses(student: Student, batches: BatchSource, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => {
    const batch = batches.batch(from + i);
    const loss = student.step(batch, target(batch.rows, from + i), 0.02 / (from + i + 1));
    const [value = Number.NaN] = loss.dataSync();
    loss.dispose();
    return value;
  });
}

async function pair(model: object, training: object = {}) {
  const spec = specification(model, training);
  const batches = new BatchSource(dataset, spec);
  const eager = await Student.open(engine, spec, dataset, undefined);
  const traced = await Student.open(engine, spec, dataset, undefined);
  const reason = traced.trace(batches.batch(0), target(16, 0), ROWS);
  return { batches, eager, traced, reason };
}

const MLP = { architecture: 'mlp', hiddenUnits: [8], dropout: 0.3 };
const CONV = { architecture: 'conv', filters: [3, 5], denseUnits: [6] };
const RESNET = { architecture: 'resnet', depth: 8 };

describe.skipIf(engine.name !== 'native')('traced steps', () => {
  it.each([
    ...OPTIMIZER_NAMES.map((optimizer) => ({
      model: MLP,
      training: { optimizer, weightDecay: 0.01, clipNorm: 0.5 },
    })),
    { model: MLP, training: { optimizer: 'momentum', nesterov: true, weightDecay: 0.1 } },
    { model: CONV, training: { optimizer: 'adam' } },
    { model: CONV, training: { optimizer: 'sgd', clipNorm: 1 } },
    { model: RESNET, training: { optimizer: 'adam', clipNorm: 2, weightDecay: 0.01 } },
  ])('equal eager ones to the bit: $model $training', async ({ model, training }) => {
    const { batches, eager, traced, reason } = await pair(model, training);
    expect(reason).toBeUndefined();
    expect(losses(traced, batches, 0, 9)).toEqual(losses(eager, batches, 0, 9));
    expect(traced.state()).toEqual(eager.state());
    expect(losses(traced, batches, 9, 12)).toEqual(losses(eager, batches, 9, 12));
    expect(traced.weightsDigest()).toBe(eager.weightsDigest());
    eager.dispose();
    traced.dispose();
  });

  it('on bytes equal steps on real values to the bit', async () => {
    const floats = syntheticSet(60, 4);
    const inputs = Uint8Array.from(floats.inputs, (value) => Math.max(0, value) * 100);
    const small = parseDataset(encodeDataset({ ...floats, inputs, inputScale: 1 / 255 }));
    const all = Uint32Array.from({ length: 60 }, (_, sample) => sample);
    const spec = specification(CONV, {}, { shift: 0.2, flip: true });
    const [kept, held] = [small, withHeld(small, all, inputs)].map(
      (set) => new BatchSource(set, spec),
    ) as [BatchSource, BatchSource];
    expect(kept.batch(0).inputs).toBeInstanceOf(Float32Array);
    expect(held.batch(0).inputs).toBeInstanceOf(Uint8Array);
    const [onReal, eager, traced] = await Promise.all(
      [1, 2, 3].map(() => Student.open(engine, spec, small, undefined)),
    );
    if (onReal === undefined || eager === undefined || traced === undefined) throw new Error();
    expect(traced.trace(held.batch(0), target(16, 0), ROWS)).toBeUndefined();
    const want = losses(onReal, kept, 0, 7);
    expect(losses(eager, held, 0, 7)).toEqual(want);
    expect(losses(traced, held, 0, 7)).toEqual(want);
    expect(traced.state()).toEqual(onReal.state());
    for (const student of [onReal, eager, traced]) student.dispose();
  });

  it('equal eager ones after a state or weights were set', async () => {
    const { batches, eager, traced } = await pair(MLP);
    losses(traced, batches, 0, 5);
    const [state, weights] = [traced.state(), traced.weights()];
    losses(traced, batches, 5, 8);
    traced.restore(state);
    eager.restore(state);
    expect(losses(traced, batches, 5, 8)).toEqual(losses(eager, batches, 5, 8));
    // The optimiser's variables stay as the last step left them.
    traced.setWeights(weights);
    eager.setWeights(weights);
    expect(losses(traced, batches, 8, 10)).toEqual(losses(eager, batches, 8, 10));
    expect(traced.state()).toEqual(eager.state());
    eager.dispose();
    traced.dispose();
  });

  it('leave no tensor behind in 300 steps', async () => {
    const { tf } = engine;
    const empty = tf.memory().numTensors;
    const { batches, eager, traced } = await pair(MLP);
    const before = tf.memory().numTensors;
    losses(traced, batches, 0, 300);
    traced.settle();
    expect(tf.memory().numTensors).toBe(before);
    eager.dispose();
    traced.dispose();
    expect(tf.memory().numTensors).toBe(empty);
  });
});

it('Student.trace on WebAssembly says why steps stay eager, and steps go on', async () => {
  const wasm = await openEngine({ only: 'wasm' });
  const spec = specification(MLP);
  const batches = new BatchSource(dataset, spec);
  const student = await Student.open(wasm, spec, dataset, undefined);
  expect(student.trace(batches.batch(0), target(16, 0), ROWS)).toContain('wasm');
  expect(losses(student, batches, 0, 1)[0]).toBeGreaterThan(0);
  student.dispose();
});
