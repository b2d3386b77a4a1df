/** What Keras 3.15 writes, copied by hand from models that it saved; the oracle is what TensorFlow.js 4.22 calls the same. */
import { expect, it } from 'vitest';
import { mendedTopology, mendedWeightNames } from '../../../src/formats/tensorflowjs/keras3-topology.js'; // biome-ignore format: one line

const topology = (className: string, config: object) => ({
  keras_version: '3.15.1',
  model_config: {
    class_name: 'Sequential',
    config: { layers: [{ class_name: className, config: { name: 'own', ...config } }] },
  },
});

it('calls swish by its name', () => {
  const mended = JSON.stringify(mendedTopology(topology('Dense', { activation: 'silu' })));
  expect(mended).toContain('"activation":"swish"');
});

it('calls the slope of LeakyReLU by its name, which would be 0.3 else', () => {
  const slopes = (layer: string, config: object) =>
    JSON.stringify(mendedTopology(topology(layer, config)));
  expect(slopes('LeakyReLU', { negative_slope: 0.1 })).toContain(
    '"config":{"alpha":0.1,"name":"own"}',
  );
  expect(slopes('LeakyReLU', { alpha: 0.2 })).toContain('"config":{"name":"own","alpha":0.2}');
  expect(slopes('ReLU', { negative_slope: 0 })).toContain('"negative_slope":0');
});

it.each([
  ['DepthwiseConv2D', 'own/depthwise_kernel'],
  ['Conv2D', 'own/kernel'],
])('calls the kernel of a %s %s', (className, name) => {
  const weights = [{ name: 'model/own/kernel' }, { name: 'own/bias' }];
  const [group] = mendedWeightNames([{ paths: [], weights }], topology(className, {}));
  expect(group?.weights).toEqual([{ name }, { name: 'own/bias' }]);
});
