/**
 * Steps of real students with each term on inner layers: the first loss against plain arithmetic, graphs against eager
 * steps, resumed students against ones that never stopped, all to the bit.
 */
import { encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { checkRunSpecification, type RunSpecification } from '@lyceum/learning/specification';
import { Inference, openEngine } from '@lyceum/learning/tensorflow';
import { describe, expect, it, vi } from 'vitest';
import { BatchSource } from '../../src/compute/student/batch-source.js';
import { Student } from '../../src/compute/student/student.js';
import { syntheticSet } from './synthetic-set.js';

vi.setConfig({ testTimeout: 240_000 });

const engine = await openEngine();
const dataset = parseDataset(encodeDataset(syntheticSet(60, 4)));
/** 42 samples, 16 a batch: the last batch of each epoch has 10 rows. */
const ROWS = [16, 10];

const CONV = { architecture: 'conv', filters: [3, 5], denseUnits: [6] };
const MLP = { architecture: 'mlp', hiddenUnits: [8, 7], dropout: 0.3 };
/** Shapes of the features that the teachers' layers give for a sample. */
const HINTS = { vector: [9], map: [6, 6, 4], half: [3, 3, 4], twice: [12, 12, 2] };

type Hint = keyof typeof HINTS;

const TERMS: { term: object; model: object; hint: Hint }[] = [
  { term: { term: 'hint', guidedLayer: 'dense_1' }, model: MLP, hint: 'vector' },
  { term: { term: 'hint', guidedLayer: 'conv_1', activation: 'relu' }, model: CONV, hint: 'map' },
  { term: { term: 'hint', guidedLayer: 'conv_1' }, model: CONV, hint: 'half' },
  { term: { term: 'hint', guidedLayer: 'conv_1' }, model: CONV, hint: 'twice' },
  { term: { term: 'hint', guidedLayer: 'pool_1' }, model: CONV, hint: 'vector' },
  { term: { term: 'attention-transfer', guidedLayer: 'conv_1' }, model: CONV, hint: 'half' },
  { term: { term: 'similarity-preserving', guidedLayer: 'conv_2' }, model: CONV, hint: 'vector' },
  { term: { term: 'similarity-preserving', guidedLayer: 'dense_1' }, model: MLP, hint: 'vector' },
  { term: { term: 'rkd', guidedLayer: 'dense_2' }, model: MLP, hint: 'map' },
];

function specification(term: object, model: object, seed = 1): RunSpecification {
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'test' },
    spec: {
      dataset: 'set',
      teachers: ['a', 'b'].map((name) => ({ name, model: name })),
      student: { model },
      objective: [{ term: 'ce' }, { hintLayer: 'x', ...term }],
      training: { batchSize: 16, epochs: 1000, seed, weightDecay: 0.01, clipNorm: 5 },
    },
  };
  return checkRunSpecification(document, 'test');
}

const NAMES = ['features/a/x', 'features/b/x'];
const shapesOf = (hint: Hint) => new Map(NAMES.map((name) => [name, HINTS[hint]]));
const sizeOf = (hint: Hint) => HINTS[hint].reduce((product, n) => product * n, 1);

function targets(hint: Hint, rows: number, step: number): Map<string, Float32Array> {
  return new Map(
    NAMES.map((name, teacher) => [
      name,
      Float32Array.from({ length: rows * sizeOf(hint) }, (_, i) =>
        Math.sin(i + step + 9 * teacher),
      ),
    ]),
  );
}

async function opened(term: object, model: object, hint: Hint, seed = 1) {
  const spec = specification(term, model, seed);
  const student = await Student.open(engine, spec, dataset, undefined, shapesOf(hint));
  return { student, batches: new BatchSource(dataset, spec) };
}

function losses(student: Student, batches: BatchSource, hint: Hint, from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => {
    const batch = batches.batch(from + i);
    const loss = student.step(batch, targets(hint, batch.rows, from + i), 0.01);
    const [value = Number.NaN] = loss.dataSync();
    loss.dispose();
    return value;
  });
}

describe.each(TERMS)('term $term with the hint $hint', ({ term, model, hint }) => {
  it('a restored student goes on to the bit', async () => {
    const whole = await opened(term, model, hint);
    const wanted = losses(whole.student, whole.batches, hint, 0, 9);
    const half = await opened(term, model, hint);
    const first = losses(half.student, half.batches, hint, 0, 5);
    const other = await opened(term, model, hint);
    losses(other.student, other.batches, hint, 20, 23);
    other.student.restore(half.student.state());
    const rest = losses(other.student, other.batches, hint, 5, 9);
    expect([...first, ...rest]).toEqual(wanted);
    expect(other.student.state()).toEqual(whole.student.state());
    for (const { student } of [whole, half, other]) student.dispose();
  });

  it.skipIf(engine.name !== 'native')('traced steps equal eager ones to the bit', async () => {
    const eager = await opened(term, model, hint);
    const traced = await opened(term, model, hint);
    const { batches } = traced;
    const reason = traced.student.trace(batches.batch(0), targets(hint, 16, 0), ROWS);
    expect(reason).toBeUndefined();
    expect(losses(traced.student, batches, hint, 0, 9)).toEqual(
      losses(eager.student, eager.batches, hint, 0, 9),
    );
    expect(traced.student.state()).toEqual(eager.student.state());
    eager.student.dispose();
    traced.student.dispose();
  });

  it('keeps the number of tensors over 100 steps, and frees all in the end', async () => {
    const { tf } = engine;
    const empty = tf.memory().numTensors;
    const { student, batches } = await opened(term, model, hint);
    losses(student, batches, hint, 0, 3);
    const before = tf.memory().numTensors;
    losses(student, batches, hint, 3, 103);
    expect(tf.memory().numTensors).toBe(before);
    student.dispose();
    expect(tf.memory().numTensors).toBe(empty);
  });
});

describe('term hint', () => {
  const term = { term: 'hint', guidedLayer: 'dense_1', weight: 3 };
  const model = { ...MLP, dropout: 0 };

  it('adds the weighted mean of the squared differences over values and teachers', async () => {
    const { student, batches } = await opened(term, model, 'vector');
    // The same student with twice the weight: the difference of the losses is what the term adds.
    const twice = await opened({ ...term, weight: 6 }, model, 'vector');
    const batch = batches.batch(0);
    const inference = new Inference(
      engine, student.model, student.settings, [6, 6, 1], 16, ['dense_1'],
    ); // biome-ignore format: short
    const [features = new Float32Array()] = inference.runAll(batch.inputs, 16).features;
    const state = student.state();
    const given = targets('vector', 16, 0);
    const means = NAMES.map((name, teacher) => {
      const kernel = state.get(`regressor/1/${teacher}/kernel`)?.values ?? [];
      const bias = state.get(`regressor/1/${teacher}/bias`)?.values ?? [];
      let sum = 0;
      for (let row = 0; row < 16; row++) {
        for (let t = 0; t < 9; t++) {
          let mapped = bias[t] as number;
          for (let s = 0; s < 8; s++) {
            mapped += (kernel[8 * t + s] as number) * (features[8 * row + s] as number);
          }
          sum += (mapped - (given.get(name)?.[9 * row + t] as number)) ** 2;
        }
      }
      return sum / (16 * 9);
    });
    const [once = 0] = losses(student, batches, 'vector', 0, 1);
    const [both = 0] = losses(twice.student, twice.batches, 'vector', 0, 1);
    const want = (3 * ((means[0] as number) + (means[1] as number))) / 2;
    expect(both - once).toBeCloseTo(want, 4);
    student.dispose();
    twice.student.dispose();
  });

  it('trains its regressors, which start from the seed and are no part of the model', async () => {
    const [one, same, other] = await Promise.all(
      [1, 1, 2].map((seed) => opened(term, model, 'vector', seed)),
    );
    const kernel = (opened?: { student: Student }) =>
      opened?.student.state().get('regressor/1/0/kernel')?.values;
    expect(kernel(one)).toEqual(kernel(same));
    expect(kernel(one)).not.toEqual(kernel(other));
    expect(kernel(one)).not.toEqual(one?.student.state().get('regressor/1/1/kernel')?.values);
    if (one === undefined || same === undefined || other === undefined)
      throw new Error('no student');
    const before = kernel(one);
    const values = losses(one.student, one.batches, 'vector', 0, 60);
    expect(kernel(one)).not.toEqual(before);
    expect(values.at(-1)).toBeLessThan(values[0] as number);
    expect(one.student.model.weights).toHaveLength(6);
    for (const { student } of [one, same, other]) student.dispose();
  });

  it('is refused without its target, or when no regressor fits', async () => {
    const spec = specification(term, model);
    await expect(Student.open(engine, spec, dataset, undefined)).rejects.toThrow(
      'target features/a/x, which the assignment does not have',
    );
    await expect(opened(term, model, 'map')).rejects.toThrow(
      'no regressor leads from layer dense_1 [8] to features/a/x [6,6,4]',
    );
  });
});
