/** Layers that cannot be trained, in models of TensorFlow.js. */
import { beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../../src/tensorflow/engine/engine.js';
import type { Layer } from '../../../src/tensorflow/trained-layers/all-layers.js';
import { untrainableLayer } from '../../../src/tensorflow/trained-layers/untrainable-layer.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

type Tf = Engine['tf'];

function problem(make: (tf: Tf) => Layer, trainable = true): string | undefined {
  const { tf } = engine;
  const inner = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: [8, 8, 2] }), make(tf)],
  });
  inner.trainable = trainable;
  const model = tf.sequential({ layers: [inner, tf.layers.flatten()] });
  try {
    return untrainableLayer(model);
  } finally {
    model.dispose();
  }
}

const kernel = { filters: 2, kernelSize: 3, name: 'wide' };

test('untrainableLayer names a dilated convolution that is not frozen', () => {
  const wanted =
    'has layer wide (Conv2D), which TensorFlow.js cannot train: it has a dilated kernel; freeze it, or take another';
  expect(problem(({ layers }) => layers.conv2d({ ...kernel, dilationRate: 2 }))).toBe(wanted);
  expect(problem(({ layers }) => layers.conv2d({ ...kernel, dilationRate: [1, 2] }))).toBe(wanted);
  const frozen = { ...kernel, dilationRate: 2, trainable: false };
  expect(problem(({ layers }) => layers.conv2d(frozen))).toBeUndefined();
  const dilated = ({ layers }: Tf) => layers.conv2d({ ...kernel, dilationRate: 2 });
  expect(problem(dilated, false)).toBeUndefined();
  expect(problem(({ layers }) => layers.conv2d(kernel))).toBeUndefined();
});

test('untrainableLayer names a batch normalisation of another axis than the last', () => {
  const over = (axis: number) =>
    problem(({ layers }) => layers.batchNormalization({ axis, name: 'norm' }));
  const wanted =
    'has layer norm (BatchNormalization), which TensorFlow.js cannot train: it normalises axis 1 and not the last; freeze it, or take another';
  expect(over(1)).toBe(wanted);
  expect(over(-1)).toBeUndefined();
  expect(over(3)).toBeUndefined();
});
