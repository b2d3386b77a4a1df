/** Inference against the model's own prediction and plain arithmetic. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildStudent,
  type Engine,
  fitsInput,
  Inference,
  type LayersModel,
  openEngine,
} from '../../src/tensorflow/index.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

/** One weight a class: logits = x · [1, 2, −500], and their softmax. */
function tinyModel(activation: 'linear' | 'softmax'): LayersModel {
  const { tf } = engine;
  const dense = tf.layers.dense({ inputShape: [1], units: 3, activation, useBias: false });
  const model = tf.sequential({ layers: [dense] });
  tf.tidy(() => dense.setWeights([tf.tensor2d([[1, 2, -500]])]));
  return model;
}

describe('Inference', () => {
  it('does not depend on the rows beside, nor on what was there before', () => {
    const conv = { architecture: 'conv' as const, filters: [4], denseUnits: [] };
    const model = buildStudent(engine, conv, [4, 4, 1], 3, 1);
    const inference = new Inference(engine, model, { output: 'logits' }, [4, 4, 1], 8);
    const inputs = Float32Array.from({ length: 8 * 16 }, (_, i) => Math.sin(i));
    const all = inference.run(inputs, 8);
    expect(inference.run(inputs, 3)).toEqual(all.slice(0, 9));
    expect(inference.classCount).toBe(3);
    model.dispose();
  });

  it('gives logits as they are, scaled inputs, and logarithms of probabilities', () => {
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
    // A probability of 0 in float32 has a finite logarithm all the same.
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

  it('refuses what does not fit', () => {
    const model = tinyModel('linear');
    expect(() => new Inference(engine, model, { output: 'logits' }, [2, 2, 1], 2)).toThrow(
      "takes samples of shape [1]; the data set's are [2,2,1]",
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
  ])('$input takes $sample: $want', ({ input, sample, want }) => {
    expect(fitsInput(input, sample)).toBe(want);
  });
});
