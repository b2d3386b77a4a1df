/** Models as Keras 2 writes them; that Keras takes the mask so far was seen with tf_keras 2.21. */
import { expect, it } from 'vitest';
import { maskedLayers } from '../../../src/formats/tensorflowjs/masked-layers.js';

/** `reads`: undefined in a Sequential. */
const layer = (class_name: string, name: string, reads?: string[], config: object = {}) => ({
  class_name,
  name,
  config: { name, ...config },
  ...(reads && { inbound_nodes: [reads.map((read) => [read, 0, 0, {}])] }),
});
const input = { ...layer('InputLayer', 'in'), inbound_nodes: [] };
const embedding = layer('Embedding', 'words', ['in'], { mask_zero: true });
const masked = (model: unknown) => [...maskedLayers(model)].map((config) => config['name']);

it('follows a mask to all that read it, up to a convolution', () => {
  const layers = [
    input,
    embedding,
    layer('Conv1D', 'conv', ['words']),
    layer('GlobalAveragePooling1D', 'plain', ['conv']),
    layer('Dropout', 'drop', ['words']),
    layer('GlobalAveragePooling1D', 'mean', ['drop']),
    layer('Add', 'both', ['plain', 'mean']),
  ];
  expect(masked({ layers })).toEqual(['conv', 'drop', 'mean', 'both']);
});

it('follows a Sequential from layer to layer, as a list too', () => {
  const layers = [layer('Masking', 'mask'), layer('LSTM', 'a'), layer('Conv1D', 'b'), layer('Dense', 'c')]; // biome-ignore format: short
  expect(masked({ layers })).toEqual(['a', 'b']);
  expect(masked(layers)).toEqual(['a', 'b']);
});

it('goes into models within the model, and comes out of them', () => {
  const inner = (last: string) => ({
    layers: [input, layer('Dense', 'dense', ['in']), layer(last, 'last', ['dense'])],
    output_layers: [['last', 0, 0]],
  });
  const layers = (last: string) => [
    input,
    embedding,
    layer('Functional', 'inner', ['words'], inner(last)),
    layer('GlobalAveragePooling1D', 'mean', ['inner']),
  ];
  expect(masked({ layers: layers('LSTM') })).toContain('mean');
  expect(masked({ layers: layers('Conv1D') })).toEqual(['inner', 'in', 'dense', 'last']);
});

it('takes what is listed later for masked', () => {
  const layers = [layer('Dense', 'mean', ['words']), input, embedding];
  expect(masked({ layers })).toEqual(['mean']);
  for (const odd of [undefined, {}, { layers: [null, 7, { config: 3 }] }]) {
    expect(masked(odd)).toEqual([]);
  }
});
