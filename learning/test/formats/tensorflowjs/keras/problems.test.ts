/** Topologies as Keras writes them. The source of TensorFlow.js 4.22 shows how it computes such layers. */
import { expect, it } from 'vitest';
import { kerasProblem } from '../../../../src/formats/tensorflowjs/keras/problems.js';

const topology = (className: string, config: object, version = '3.15.1') => ({
  keras_version: version,
  model_config: {
    class_name: 'Sequential',
    config: { layers: [{ class_name: className, config: { name: 'own', ...config } }] },
  },
});

it('kerasProblem refuses hard_sigmoid of Keras 3, which TensorFlow.js computes differently', () => {
  for (const key of ['activation', 'recurrent_activation']) {
    const config = { [key]: 'hard_sigmoid' };
    expect(kerasProblem(topology('LSTM', config))).toContain('relu6(x + 3) / 6');
    expect(kerasProblem(topology('LSTM', config, '2.15.0'))).toBeUndefined();
  }
  expect(kerasProblem(topology('LSTM', { activation: 'tanh' }))).toBeUndefined();
});

it.each([
  [
    'ReLU',
    { negative_slope: 0.1, threshold: 0 },
    'the layer own (ReLU) with a slope or a threshold',
  ],
  ['ReLU', { negative_slope: [0], threshold: 0.5 }, 'a slope or a threshold'],
  ['DepthwiseConv2D', { dilation_rate: [2, 2] }, 'a dilation, which TensorFlow.js leaves out'],
  ['Conv2DTranspose', { dilation_rate: 2 }, 'a dilation'],
  [
    'Conv2DTranspose',
    { output_padding: [1, 1] },
    'an output_padding, which TensorFlow.js leaves out',
  ],
  ['Conv3DTranspose', { output_padding: 0 }, 'an output_padding'],
  [
    'CenterCrop',
    { height: 8, width: 8 },
    'a size that TensorFlow.js takes for that of all samples',
  ],
  ['Resizing', { height: 8, width: 8 }, 'the layer own (Resizing) with a size'],
  ['UpSampling2D', { interpolation: 'bilinear' }, 'an interpolation'],
  ['Conv2D', { groups: 2 }, 'groups, which TensorFlow.js leaves out'],
  ['Conv1D', { groups: 2 }, 'groups, which TensorFlow.js leaves out'],
  ['Conv1D', { data_format: 'channels_first' }, 'a data_format, which TensorFlow.js leaves out'],
  ['Concatenate', { axis: -2 }, 'axis -2, which TensorFlow.js takes for the last'],
  ['AveragePooling1D', { data_format: 'channels_first' }, 'a data_format, which TensorFlow.js'],
  ['MaxPooling1D', { data_format: 'channels_first' }, 'a data_format'],
  ['GlobalAveragePooling1D', { data_format: 'channels_first' }, 'a data_format'],
  ['GlobalMaxPooling1D', { data_format: 'channels_first' }, 'a data_format'],
])('kerasProblem refuses %s with %j, unless of TensorFlow.js', (className, config, problem) => {
  for (const version of ['2.15.0', '3.15.1']) {
    const inside = topology(
      'Sequential',
      { layers: [{ class_name: className, config: { name: 'own', ...config } }] },
      version,
    );
    expect(kerasProblem(topology(className, config, version))).toContain(problem);
    expect(kerasProblem(inside)).toContain(problem);
  }
  expect(kerasProblem(topology(className, config, 'tfjs-layers 4.22.0'))).toBeUndefined();
});

it.each([
  ['ReLU', { max_value: 6, negative_slope: 0, threshold: 0 }],
  ['DepthwiseConv2D', { dilation_rate: [1, 1] }],
  ['Conv2D', { dilation_rate: [2, 2], groups: 1 }],
  ['Conv2D', { data_format: 'channels_first' }],
  ['Conv1D', { data_format: 'channels_last' }],
  ['Concatenate', { axis: -1 }],
  ['Concatenate', { axis: 1 }],
  ['Conv2DTranspose', { dilation_rate: [1, 1], output_padding: null }],
  ['UpSampling2D', { interpolation: 'nearest' }],
  ['GlobalMaxPooling1D', { data_format: 'channels_last' }],
  ['constructor', {}],
])('kerasProblem accepts a %s with %j', (className, config) => {
  expect(kerasProblem(topology(className, config))).toBeUndefined();
});

it('kerasProblem finds a mask only if a layer starts one, in any order of layers', () => {
  const problem = (first: object) => {
    const read = [[['words', 0, 0, {}]]];
    const layers = [
      { class_name: 'GlobalAveragePooling1D', name: 'mean', config: {}, inbound_nodes: read },
      { class_name: 'Embedding', name: 'words', config: first, inbound_nodes: [] },
    ];
    return kerasProblem({
      keras_version: '2.15.0',
      model_config: { class_name: 'Functional', config: { layers } },
    });
  };
  expect(problem({ mask_zero: false })).toBeUndefined();
  expect(problem({ mask_zero: true })).toContain('a mask before it');
});

it('kerasProblem refuses a Bidirectional layer with a different backward layer', () => {
  const lstm = (name: string, config: object) => ({
    class_name: 'LSTM',
    config: { name, units: 4, activation: 'tanh', ...config },
  });
  const both = (backward: object) =>
    kerasProblem(topology('Bidirectional', { layer: lstm('a', {}), backward_layer: backward }));
  expect(both(lstm('b', { go_backwards: true }))).toBeUndefined();
  const own =
    'own (Bidirectional) with a backward layer of its own, which TensorFlow.js leaves out';
  expect(both(lstm('a', { activation: 'relu' }))).toContain(own);
  expect(both({ ...lstm('a', {}), class_name: 'GRU' })).toContain(own);
});

it('kerasProblem accepts a bilinear UpSampling2D only from before TensorFlow 2', () => {
  const { keras_version: _, ...written } = topology('UpSampling2D', { interpolation: 'bilinear' });
  const of = (keras_version: string, backend: string) =>
    kerasProblem({ ...written, keras_version, backend });
  expect(of('2.2.4', 'tensorflow')).toBeUndefined();
  // TensorFlow 1 or 2 with its own Keras, another backend, or a later version.
  for (const [version, backend] of [
    ['2.2.4-tf', 'tensorflow'],
    ['2.2.4', 'theano'],
    ['2.3.1', 'tensorflow'],
  ] as const) {
    expect(of(version, backend)).toContain('an interpolation that TensorFlow.js shifts');
  }
});
