/** Models packed and loaded again must be equal bit by bit. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  encodeModelPackage,
  parseModelPackage,
} from '../../src/formats/tensorflowjs/model-package.js';
import { buildStudent } from '../../src/tensorflow/build-student.js';
import { type Engine, openEngine } from '../../src/tensorflow/engine/engine.js';
import type { LayersModel } from '../../src/tensorflow/index.js';
import { loadModel, savedModel } from '../../src/tensorflow/model-files.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

const weights = (model: LayersModel) =>
  model.weights.map((weight) => [...weight.read().dataSync()]);

const resnet = () => buildStudent(engine, { architecture: 'resnet', depth: 8 }, [8, 8, 1], 3, 5);

describe('savedModel and loadModel', () => {
  it('keep every weight, and give equal bytes for equal models', async () => {
    const [first, second] = [resnet(), resnet()];
    const bytes = encodeModelPackage(await savedModel(engine, first, { output: 'logits' }));
    const again = encodeModelPackage(await savedModel(engine, second, { output: 'logits' }));
    expect(again.equals(bytes)).toBe(true);

    const loaded = await loadModel(engine, parseModelPackage(bytes));
    expect(weights(loaded)).toEqual(weights(first));
    const reloaded = encodeModelPackage(await savedModel(engine, loaded, { output: 'logits' }));
    expect(reloaded.equals(bytes)).toBe(true);
    for (const model of [first, second, loaded]) model.dispose();
  });

  it('dispose of a model that cannot be used', async () => {
    const { tf } = engine;
    const model = tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3 })],
    });
    const saved = await savedModel(engine, model, { output: 'logits' });
    const before = tf.memory().numTensors;
    await expect(loadModel(engine, saved)).rejects.toThrow(
      'want a model of one input and one output',
    );
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('name a layer that TensorFlow.js does not know', async () => {
    const model = resnet();
    const saved = await savedModel(engine, model, { output: 'logits' });
    const text = JSON.stringify(saved.modelJson).replace('"BatchNormalization"', '"MyLayer"');
    await expect(loadModel(engine, { ...saved, modelJson: JSON.parse(text) })).rejects.toThrow(
      'MyLayer',
    );
    model.dispose();
  });
});
