/** Layers that cannot be trained, in models of TensorFlow.js. */
import type { SymbolicTensor } from '@tensorflow/tfjs';
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

test('untrainableLayer names a frozen layer that a gradient goes through, also where models are nested', () => {
  const { tf } = engine;
  const plain = { filters: 2, kernelSize: 3 };
  const dilated = () => tf.layers.conv2d({ ...kernel, dilationRate: 2, trainable: false });
  const inputShape = [12, 12, 2];
  const input = () => tf.layers.inputLayer({ inputShape });
  const body = (trainable: boolean) => tf.layers.conv2d({ ...plain, trainable });
  const wanted =
    'has layer wide (Conv2D), which TensorFlow.js cannot train: it has a dilated kernel; freeze the layers before it too, or take another';
  const inOne = (trainable: boolean) =>
    tf.sequential({ layers: [input(), body(trainable), dilated(), tf.layers.flatten()] });
  expect(untrainableLayer(inOne(true))).toBe(wanted);
  expect(untrainableLayer(inOne(false))).toBeUndefined();
  const nested = tf.sequential({
    layers: [
      tf.sequential({ layers: [input(), body(true)] }),
      tf.sequential({
        layers: [tf.layers.inputLayer({ inputShape: [10, 10, 2] }), dilated()],
      }),
    ],
  });
  expect(untrainableLayer(nested)).toBe(wanted);
  const from = tf.input({ shape: inputShape });
  const beside = [
    tf.layers.conv2d({ ...plain, padding: 'same' }).apply(from),
    tf.layers.conv2d({ ...kernel, padding: 'same', dilationRate: 2, trainable: false }).apply(from),
  ] as SymbolicTensor[];
  const added = tf.layers.add().apply(beside) as SymbolicTensor;
  expect(untrainableLayer(tf.model({ inputs: from, outputs: added }))).toBeUndefined();
});

test('untrainableLayer names a batch normalisation of another axis than the last', () => {
  const over = (axis: number | number[]) =>
    problem(({ layers }) => layers.batchNormalization({ axis: axis as number, name: 'norm' }));
  const wanted =
    'has layer norm (BatchNormalization), which TensorFlow.js cannot train: it normalises axis 1 and not the last; freeze it, or take another';
  expect(over(1)).toBe(wanted);
  expect(over(-1)).toBeUndefined();
  expect(over(3)).toBeUndefined();
  // As Keras 2 writes it.
  expect(over([1])).toBe(wanted);
  expect(over([3])).toBeUndefined();
});
