/** Inference against the prediction of the model and plain arithmetic; traced inference against eager inference. */
import type { Tensor } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { ArchitectureSettings } from '../../src/architectures/table.js';
import { buildStudent } from '../../src/tensorflow/build-student.js';
import { type Engine, openEngine } from '../../src/tensorflow/engine/engine.js';
import type { LayersModel } from '../../src/tensorflow/index.js';
import { fitsInput, Inference } from '../../src/tensorflow/inference.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

/** One weight per class: logits = x · [1, 2, −500], and their softmax. */
function tinyModel(activation: 'linear' | 'softmax'): LayersModel {
  const { tf } = engine;
  const dense = tf.layers.dense({ inputShape: [1], units: 3, activation, useBias: false });
  const model = tf.sequential({ layers: [dense] });
  tf.tidy(() => dense.setWeights([tf.tensor2d([[1, 2, -500]])]));
  return model;
}

describe('Inference', () => {
  it('gives a row the same logits with any other rows and after any other batch', () => {
    const conv = { architecture: 'conv' as const, filters: [4], denseUnits: [] };
    const model = buildStudent(engine, conv, [4, 4, 1], 3, 1);
    const inference = new Inference(engine, model, { output: 'logits' }, [4, 4, 1], 8);
    const inputs = Float32Array.from({ length: 8 * 16 }, (_, i) => Math.sin(i));
    const all = inference.run(inputs, 8);
    expect(inference.run(inputs, 3)).toEqual(all.slice(0, 9));
    expect(inference.classCount).toBe(3);
    model.dispose();
  });

  it('gives logits unchanged, scales inputs, and gives finite logarithms of probabilities', () => {
    const [linear, softmax] = [tinyModel('linear'), tinyModel('softmax')];
    const x = Float32Array.of(1);
    const run = (
      model: LayersModel,
      settings: { output: 'logits' | 'probabilities'; scale?: number },
    ) => [...new Inference(engine, model, settings, [1], 2).run(x, 1)];

    expect(run(linear, { output: 'logits' })).toEqual([1, 2, -500]);
    expect(run(linear, { output: 'logits', scale: 2 })).toEqual([2, 4, -1000]);
    const [a, b, c] = run(softmax, { output: 'probabilities' });
    expect(a).toBeCloseTo(-Math.log(1 + Math.E), 5);
    expect(b).toBeCloseTo(1 - Math.log(1 + Math.E), 5);
    // A probability of 0 in float32 still gets a finite logarithm.
    expect(c).toBeCloseTo(-87.34, 1);
    linear.dispose();
    softmax.dispose();
  });

  it('leaves no tensor behind', () => {
    const model = tinyModel('linear');
    const inference = new Inference(engine, model, { output: 'logits' }, [1], 2);
    const before = engine.tf.memory().numTensors;
    inference.run(Float32Array.of(1, 2), 2);
    expect(engine.tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  const ARCHITECTURES: ArchitectureSettings[] = [
    { architecture: 'mlp', hiddenUnits: [9, 7], dropout: 0.4 },
    { architecture: 'lenet' },
    { architecture: 'conv', filters: [4, 6], denseUnits: [5] },
    { architecture: 'resnet', depth: 8 },
  ];

  it.for(ARCHITECTURES)(
    'gives the same bits traced as a graph: $architecture',
    (architecture, { skip }) => {
      skip(engine.name !== 'native', 'only the native engine traces');
      const shape = [16, 16, 1];
      const model = buildStudent(engine, architecture, shape, 3, 1);
      const settings = { output: 'probabilities', scale: 0.3 } as const;
      const eager = new Inference(engine, model, settings, shape, 8);
      const traced = new Inference(engine, model, settings, shape, 8);
      const batch = (k: number) =>
        Float32Array.from({ length: 8 * 256 }, (_, i) => Math.sin(i * k));
      const { numTensors } = engine.tf.memory();
      expect(traced.trace(batch(0.3), 8)).toBeUndefined();
      for (const rows of [8, 3]) {
        expect(traced.run(batch(0.7), rows)).toEqual(eager.run(batch(0.7), rows));
      }
      expect(engine.tf.memory().numTensors).toBe(numTensors);
      traced.dispose();
      expect(traced.run(batch(0.9), 8)).toEqual(eager.run(batch(0.9), 8));
      model.dispose();
    },
  );

  it.each(ARCHITECTURES)('gives features of inner layers too: $architecture', (architecture) => {
    const shape = [16, 16, 1];
    const { tf } = engine;
    const model = buildStudent(engine, architecture, shape, 3, 1);
    const layers = model.layers.slice(1).map(({ name }) => name);
    const settings = { output: 'logits', scale: 0.3 } as const;
    const inference = new Inference(engine, model, settings, shape, 4, layers);
    const inputs = Float32Array.from({ length: 3 * 256 }, (_, i) => Math.sin(i));
    const eager = inference.runAll(inputs, 3);
    expect(eager.logits).toEqual(new Inference(engine, model, settings, shape, 4).run(inputs, 3));
    const padded = tf.tidy(() => tf.tensor(inputs, [3, ...shape]).pad([[0, 1], [0, 0], [0, 0], [0, 0]]).mul(0.3)); // biome-ignore format: short
    for (const [index, name] of layers.entries()) {
      // Expected: the output of a model that ends in the layer.
      const upTo = tf.model({ inputs: model.inputs, outputs: model.getLayer(name).output });
      const [want, wantShape] = tf.tidy(() => {
        const output = upTo.predict(padded) as Tensor;
        return [output.slice(0, 3).dataSync(), output.shape.slice(1)];
      });
      expect(inference.featureShapes[index]).toEqual(wantShape);
      expect(eager.features[index]).toEqual(want);
    }
    padded.dispose();
    if (engine.name === 'native') {
      const { numTensors } = tf.memory();
      expect(inference.trace(inputs, 3)).toBeUndefined();
      expect(inference.runAll(inputs, 3)).toEqual(eager);
      expect(tf.memory().numTensors).toBe(numTensors);
      inference.dispose();
    }
    model.dispose();
  });

  it('keeps the weights of its graph until weightsChanged', ({ skip }) => {
    skip(engine.name !== 'native', 'only the native engine traces');
    const model = tinyModel('linear');
    const inference = new Inference(engine, model, { output: 'logits' }, [1], 2);
    inference.trace(Float32Array.of(3), 1);
    engine.tf.tidy(() => model.setWeights([engine.tf.tensor2d([[4, 5, 6]])]));
    expect([...inference.run(Float32Array.of(1), 1)]).toEqual([1, 2, -500]);
    inference.weightsChanged();
    expect([...inference.run(Float32Array.of(1), 1)]).toEqual([4, 5, 6]);
    inference.dispose();
    model.dispose();
  });

  it('continues eagerly and gives the reason when tracing fails', () => {
    const { tf } = engine;
    const noise = tf.layers.dense({ inputShape: [1], units: 3 });
    const model = tf.sequential({ layers: [noise] });
    const apply = model.apply.bind(model);
    let calls = 0;
    vi.spyOn(model, 'apply').mockImplementation(
      (x) => tf.add(apply(x) as Tensor, ++calls) as Tensor,
    );
    const inference = new Inference(engine, model, { output: 'logits' }, [1], 2);
    const reason = inference.trace(Float32Array.of(1), 1);
    expect(reason).toMatch(/two calls with equal values differ|has no graphs/);
    const before = calls;
    inference.run(Float32Array.of(1), 1);
    expect(calls).toBe(before + 1);
    model.dispose();
  });

  it('refuses another sample shape, too many rows and too few values', () => {
    const model = tinyModel('linear');
    expect(() => new Inference(engine, model, { output: 'logits' }, [2, 2, 1], 2)).toThrow(
      'takes samples of shape [1]; it is given [2,2,1]',
    );
    const inference = new Inference(engine, model, { output: 'logits' }, [1], 2);
    expect(() => inference.run(new Float32Array(3), 3)).toThrow('want 1 to 2 rows');
    expect(() => inference.run(new Float32Array(1), 2)).toThrow('got 2 rows in 1 values');
    model.dispose();
  });
});

describe('fitsInput', () => {
  it.each([
    { input: [28, 28, 1], sample: [28, 28, 1], want: true },
    { input: [784], sample: [28, 28, 1], want: true },
    { input: [28, 28, 1], sample: [784], want: true },
    { input: [null, null, 3], sample: [32, 32, 3], want: true },
    { input: [null, null, 3], sample: [32, 32, 1], want: false },
    { input: [783], sample: [28, 28, 1], want: false },
    { input: [null], sample: [28, 28, 1], want: false },
  ])('$input accepts $sample: $want', ({ input, sample, want }) => {
    expect(fitsInput(input, sample)).toBe(want);
  });
});
