/** Batch normalisations in training, against the formula and against the same layers outside of training. */
import { beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../../src/tensorflow/engine/engine.js';
import type { Tensor } from '../../../src/tensorflow/index.js';
import { trainBatchNormalizations } from '../../../src/tensorflow/trained-layers/batch-normalization.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

type Options = Parameters<Engine['tf']['layers']['batchNormalization']>[0];

function normalizing(options: Options) {
  const { tf } = engine;
  // Within a model within the model, as transfer learning has them.
  const inner = tf.sequential({
    layers: [tf.layers.batchNormalization({ inputShape: [1], epsilon: 0, ...options })],
  });
  const model = tf.sequential({ layers: [inner] });
  trainBatchNormalizations(model);
  return model;
}

/** What the model makes of 1 and 5 (mean 3, deviation 2), and its weights afterwards. */
function trained(options: Options) {
  const model = normalizing(options);
  const { tf } = engine;
  const outputs = tf.tidy(() =>
    Array.from((model.apply(tf.tensor2d([[1], [5]]), { training: true }) as Tensor).dataSync()),
  );
  const weights = model.getWeights().map((weight) => weight.dataSync()[0]);
  model.dispose();
  return { outputs, weights };
}

test.each([
  ['scale', { scale: false, betaInitializer: 'ones' }, [0, 2], 1],
  ['centre', { center: false, gammaInitializer: 'ones' }, [-1, 1], 1],
  ['both', { scale: false, center: false }, [-1, 1], 0],
] as const)('trainBatchNormalizations trains layers without %s', (_, options, wanted, own) => {
  const { outputs, weights } = trained({ ...options, momentum: 0.5 });
  for (const [i, value] of wanted.entries()) expect(outputs[i]).toBeCloseTo(value, 5);
  // The layer's own weight, then half of the batch's mean 3; no weight is added.
  expect(weights.length).toBe(own + 2);
  expect(weights[own]).toBeCloseTo(1.5, 5);
});

test('trainBatchNormalizations keeps the mean and variance of frozen layers, and uses them', () => {
  const { outputs, weights } = trained({ trainable: false });
  expect(outputs).toEqual([1, 5]);
  expect(weights).toEqual([1, 0, 0, 1]);
});
