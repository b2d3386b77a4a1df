/** What Keras 3.15 writes, copied by hand from models that it saved; the oracle is what TensorFlow.js 4.22 calls the same. */
import { expect, it } from 'vitest';
import {
  keras3Problem,
  mendedTopology,
  mendedWeightNames,
} from '../../../src/formats/tensorflowjs/keras3-topology.js';

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

it.each([
  ['DepthwiseConv2D', 'own/depthwise_kernel'],
  ['Conv2D', 'own/kernel'],
])('calls the kernel of a %s %s', (className, name) => {
  const weights = [{ name: 'model/own/kernel' }, { name: 'own/bias' }];
  const [group] = mendedWeightNames([{ paths: [], weights }], topology(className, {}));
  expect(group?.weights).toEqual([{ name }, { name: 'own/bias' }]);
});

it('refuses the activation that is another one in TensorFlow.js', () => {
  for (const key of ['activation', 'recurrent_activation']) {
    const written = topology('LSTM', { [key]: 'hard_sigmoid' });
    expect(keras3Problem(written)).toContain('relu6(x + 3) / 6');
    expect(keras3Problem({ ...written, keras_version: '2.15.0' })).toBeUndefined();
  }
  expect(keras3Problem(topology('LSTM', { activation: 'tanh' }))).toBeUndefined();
});
