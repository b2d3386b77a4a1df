/** Topologies of Keras 3.15, copied from saved models, against the form that TensorFlow.js 4.22 gives them. */
import { expect, it } from 'vitest';
import { mendedTopology, mendedWeightNames } from '../../../../src/formats/tensorflowjs/keras/keras3-topology.js'; // biome-ignore format: one line

const topology = (className: string, config: object) => ({
  keras_version: '3.15.1',
  model_config: {
    class_name: 'Sequential',
    config: { layers: [{ class_name: className, config: { name: 'own', ...config } }] },
  },
});

it('mendedTopology renames the activation silu to swish', () => {
  const mended = JSON.stringify(mendedTopology(topology('Dense', { activation: 'silu' })));
  expect(mended).toContain('"activation":"swish"');
});

it('mendedTopology renames the negative_slope of LeakyReLU to alpha', () => {
  const slopes = (layer: string, config: object) =>
    JSON.stringify(mendedTopology(topology(layer, config)));
  expect(slopes('LeakyReLU', { negative_slope: 0.1 })).toContain(
    '"config":{"alpha":0.1,"name":"own"}',
  );
  expect(slopes('LeakyReLU', { alpha: 0.2 })).toContain('"config":{"name":"own","alpha":0.2}');
  expect(slopes('ReLU', { negative_slope: 0 })).toContain('"negative_slope":0');
});

it('mendedTopology removes the prefix from the inner layer name of a Bidirectional layer', () => {
  const layer = { class_name: 'LSTM', config: { name: 'forward_lstm' } };
  const written = (config: object) =>
    JSON.stringify(mendedTopology(topology('Bidirectional', config)));
  expect(written({ layer, backward_layer: layer })).toContain(
    '"layer":{"class_name":"LSTM","config":{"name":"lstm"}}',
  );
  // Keras 2 adds the prefix to this name, as TensorFlow.js does.
  expect(written({ layer })).toContain(
    '"layer":{"class_name":"LSTM","config":{"name":"forward_lstm"}}',
  );
});

it('mendedTopology removes the Conv2D fields of a SeparableConv2D, which TensorFlow.js refuses', () => {
  const own = { filters: 4, depthwise_initializer: {}, pointwise_initializer: {}, use_bias: true };
  const kernel = { kernel_initializer: {}, kernel_regularizer: null, kernel_constraint: null };
  const written = topology('SeparableConv2D', { ...own, ...kernel });
  expect(mendedTopology(written)).toEqual(topology('SeparableConv2D', own));
  expect(mendedTopology(topology('Conv2D', kernel))).toEqual(topology('Conv2D', kernel));
});

it.each([
  ['DepthwiseConv2D', 'own/depthwise_kernel'],
  ['Conv2D', 'own/kernel'],
])('mendedWeightNames renames the kernel of a %s to %s', (className, name) => {
  const weights = [{ name: 'model/own/kernel' }, { name: 'own/bias' }];
  const [group] = mendedWeightNames([{ paths: [], weights }], topology(className, {}));
  expect(group?.weights).toEqual([{ name }, { name: 'own/bias' }]);
});

it('mendedTopology counts the calls of an inner model from 1, as TensorFlow.js does', () => {
  const read = (layer: string) => [{ args: [{ class_name: '__keras_tensor__', config: { keras_history: [layer, 0, 0] } }], kwargs: {} }]; // biome-ignore format: short
  const layer = (class_name: string, name: string, nodes: object[], layers?: object[]) => ({
    class_name,
    name,
    config: layers === undefined ? {} : { layers, output_layers: [layers.length < 2 ? 'in' : 'own', 0, 0] }, // biome-ignore format: short
    inbound_nodes: nodes,
  });
  const inner = [layer('InputLayer', 'in', []), layer('Dense', 'own', read('in'))];
  const model = layer('Functional', 'all', [], [
    layer('InputLayer', 'in', []),
    layer('Functional', 'inner', read('in'), inner),
    layer('Dense', 'own', read('inner')),
  ]); // biome-ignore format: short
  const { config } = mendedTopology(model) as {
    config: { layers: { inbound_nodes: unknown; config: { layers?: { inbound_nodes: unknown }[] } }[] };
  }; // biome-ignore format: short
  const nodes = (layers: readonly { inbound_nodes: unknown }[] = []) =>
    layers.map((one) => one.inbound_nodes);
  expect(nodes(config.layers)).toEqual([[], [[['in', 0, 0, {}]]], [[['inner', 1, 0, {}]]]]);
  expect(nodes(config.layers[1]?.config.layers)).toEqual([[], [[['in', 0, 0, {}]]]]);
  // At the end of a model, Keras 3.15 counts the own call of the model, except for a Sequential.
  const calls = { Functional: [1, 1], Sequential: [0, 1], Dense: [0, 0] };
  for (const [className, [written, meant]] of Object.entries(calls)) {
    const layers = [layer(className, 'own', read('in'))];
    const ends = { output_layers: [['own', meant, 0]] };
    expect(mendedTopology({ layers, output_layers: ['own', written, 0] })).toMatchObject(ends);
    expect(mendedTopology({ layers, output_layers: [['own', written, 0]] })).toMatchObject(ends);
  }
  // Keras 2 and TensorFlow.js already write the calls this way.
  const older = { layers: [{ class_name: 'Model', name: 'inner' }], output_layers: [['inner', 1, 0]] }; // biome-ignore format: short
  expect(mendedTopology(older)).toEqual(older);
});

it('mendedWeightNames keeps weight names whose layer name contains a slash', () => {
  const layers = ['conv', 'block/conv'].map((name) => topology('Conv2D', { name }));
  const weights = ['block/conv/kernel', 'conv/kernel', 'model/conv/bias'].map((name) => ({ name }));
  const [group] = mendedWeightNames([{ paths: [], weights }], layers);
  const names = group?.weights.map(({ name }) => name);
  expect(names).toEqual(['block/conv/kernel', 'conv/kernel', 'conv/bias']);
});
