/**
 * Layer calls as TensorFlow.js and Keras 2 write them. TensorFlow.js was seen to wait for ever on the refused calls.
 */
import { expect, it } from 'vitest';
import { openCall } from '../../../src/formats/tensorflowjs/open-call.js';

const input = { class_name: 'InputLayer', name: 'in', inbound_nodes: [] };
/** A layer. Each item of `calls` lists the inputs of one call: a layer, or `[layer, call]`. */
const layer = (name: string, ...calls: (string | [string, number])[][]) => ({
  class_name: 'Dense',
  name,
  inbound_nodes: calls.map((inputs) =>
    inputs.map((one) => (typeof one === 'string' ? [one, 0, 0, {}] : [...one, 0, {}])),
  ),
});

it.each([
  ['in a row', [input, layer('a', ['in']), layer('b', ['a'])]],
  ['listed backwards', [layer('b', ['a']), layer('a', ['in']), input]],
  ['shared', [input, layer('a', ['in'], ['b']), layer('b', ['a']), layer('c', ['b', ['a', 1]])]],
  ['a model', [input, { ...layer('m', ['in']), class_name: 'Model' }, layer('b', [['m', 1]])]],
  [
    'of a Sequential',
    [
      { class_name: 'Dense', config: {} },
      { class_name: 'Dense', config: {} },
    ],
  ],
  ['no layers', [null, 7, { inbound_nodes: 'x' }, { inbound_nodes: [[], 3] }]],
])('openCall returns undefined where layers are %s', (_, layers) => {
  expect(openCall(layers)).toBeUndefined();
});

it.each([
  ['a layer that is not there', [input, layer('a', ['nobody'])], 'a reads nobody'],
  ['itself', [input, layer('a', ['a'])], 'a reads a'],
  [
    'what others wait for',
    [layer('a', [['in', 2]]), layer('b', ['a']), layer('c', ['b']), input],
    'a reads call 2 of in',
  ],
  ['itself by another', [layer('a', ['b']), layer('b', ['a']), layer('c', ['b'])], 'b reads a'],
  ['a call that is not there', [input, layer('a', [['in', 5]])], 'a reads call 5 of in'],
  ['a layer that nobody calls', [input, layer('a'), layer('b', ['in', 'a'])], 'b reads a'],
  [
    'an input that is none',
    [input, { ...layer('a'), inbound_nodes: [['in']] }],
    'a reads undefined',
  ],
])('openCall names a layer that reads %s', (_, layers, message) => {
  expect(openCall(layers)).toContain(message);
});

it('openCall checks 100,000 layers quickly', () => {
  const layers = Array.from({ length: 100_000 }, (_, i) => layer(`l${i}`, [`l${i + 1}`]));
  expect(openCall([...layers, input])).toBe('l99999 reads l100000');
  expect(openCall([...layers, { ...input, name: 'l100000' }])).toBeUndefined();
  const fan = Array.from({ length: 200_000 }, (_, i) => layer(`l${i}`, ['a']));
  expect(openCall([...fan, layer('a', ['in']), input])).toBeUndefined();
});
