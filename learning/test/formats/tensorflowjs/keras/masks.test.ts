/**
 * Topologies with masks as Keras writes them. Running both libraries showed which of them TensorFlow.js 4.22 computes
 * as Keras does.
 */
import { expect, it } from 'vitest';
import { kerasProblem } from '../../../../src/formats/tensorflowjs/keras/problems.js';

type Written = readonly [className: string, config?: object];

const layer = ([className, config]: Written, name = className) => ({
  class_name: className,
  config: { name, ...config },
});
const named = (written: Written, index: number) => layer(written, `${written[0]}_${index}`);

const sequence = (...layers: readonly Written[]) =>
  kerasProblem({
    keras_version: '2.15.0',
    model_config: { class_name: 'Sequential', config: { layers: layers.map(named) } },
  });

/** A topology of layers by name. Each layer has a list of inputs for each of its calls. */
function graph(
  layers: Readonly<Record<string, readonly [Written, ...(readonly string[])[]]>>,
  version = '2.15.0',
): string | undefined {
  const listed = Object.entries(layers).map(([name, [written, ...calls]]) => ({
    name,
    ...layer(written, name),
    inbound_nodes: calls
      .map((reads) => reads.map((read) => [...read.split(':'), '0', '0']))
      .map((tensors) => tensors.map(([read, index]) => [read, Number(index), 0, {}])),
  }));
  const config = { layers: listed };
  return kerasProblem({
    keras_version: version,
    model_config: { class_name: 'Functional', config },
  });
}

const INPUT = [['InputLayer']] as const;
const MASKED: Written = ['Embedding', { mask_zero: true }];
const PLAIN: Written = ['Embedding', { mask_zero: false }];
const LSTM: Written = ['LSTM', { return_sequences: false }];
const STEPS: Written = ['LSTM', { return_sequences: true }];
const MEAN: Written = ['GlobalAveragePooling1D'];
const around = (className: string, inner: Written): Written => [className, { layer: layer(inner) }];

it.each<[string, readonly Written[]]>([
  ['a mask from layer to layer', [MASKED, ['Dropout'], ['Dense'], STEPS, LSTM]],
  ['one both ways', [['Masking'], around('Bidirectional', STEPS), LSTM]],
  ['one past a step by step layer', [MASKED, around('TimeDistributed', ['Dense']), LSTM]],
  ['one that ends before a mean', [MASKED, ['Conv1D'], MEAN]],
  ['one that ends with the last step', [MASKED, LSTM, ['Softmax']]],
  ['one that nobody reads', [MASKED, ['LeakyReLU'], ['GlobalMaxPooling1D']]],
  ['a new one', [MASKED, ['LeakyReLU'], ['Masking'], LSTM]],
  ['none', [PLAIN, STEPS, MEAN, ['Softmax']]],
])('kerasProblem accepts a sequence with masks: %s', (_, layers) => {
  expect(sequence(...layers)).toBeUndefined();
});

it.each<[string, readonly Written[]]>([
  ['(GlobalAveragePooling1D) with a mask before it, which', [MASKED, ['Dropout'], MEAN]],
  ['(GlobalAveragePooling1D) with a mask before it, which', [['Masking'], STEPS, MEAN]],
  ['(Softmax) with a mask before it, which', [MASKED, ['Softmax']]],
  ['(LSTM) with a mask before it that is another', [MASKED, ['LeakyReLU'], LSTM]],
  ['(LSTM) with no mask of its own', [MASKED, ['Conv1D'], LSTM]],
  ['LSTM_3 (LSTM) with no mask of its own', [MASKED, LSTM, ['RepeatVector'], LSTM]],
  ['(TimeDistributed) with a mask', [MASKED, around('TimeDistributed', LSTM)]],
])('kerasProblem refuses a sequence with the problem "%s"', (problem, layers) => {
  expect(sequence(...layers)).toContain(problem);
});

it('kerasProblem follows a mask along each branch', () => {
  const branches = (first: Written, second: Written, one: Written, other: Written) =>
    graph({
      input: [...INPUT],
      words: [first, ['input']],
      others: [second, ['input']],
      read: [one, ['words']],
      rest: [other, ['others']],
      join: [['Concatenate'], ['read', 'rest']],
    });
  expect(branches(MASKED, PLAIN, LSTM, MEAN)).toBeUndefined();
  expect(branches(MASKED, MASKED, LSTM, LSTM)).toBeUndefined();
  expect(branches(PLAIN, MASKED, ['GlobalMaxPooling1D'], MEAN)).toContain(
    'rest (GlobalAveragePooling1D) with a mask',
  );
  // TensorFlow.js gives the layer the mask of the other branch.
  expect(branches(MASKED, PLAIN, LSTM, LSTM)).toContain('rest (LSTM) with no mask of its own');
});

it('kerasProblem does not end the mask of one branch at a convolution on another', () => {
  const problem = graph({
    input: [...INPUT],
    words: [MASKED, ['input']],
    local: [['Conv1D'], ['words']],
    mean: [MEAN, ['words']],
    join: [['Concatenate'], ['local', 'mean']],
  });
  expect(problem).toContain('mean (GlobalAveragePooling1D) with a mask before it');
});

it('kerasProblem checks each call of a shared layer', () => {
  const twice = (second: string) =>
    graph({
      input: [...INPUT],
      words: [MASKED, ['input']],
      others: [PLAIN, ['input']],
      shared: [LSTM, ['words'], [second]],
      join: [['Concatenate'], ['shared', 'shared:1']],
    });
  expect(twice('words')).toBeUndefined();
  expect(twice('others')).toContain('shared (LSTM) with no mask of its own');
});

it('kerasProblem accepts joins of masked values if no later layer reads a different mask', () => {
  const joined = (className: string, after: Written, version?: string, config: object = {}) =>
    graph(
      {
        input: [...INPUT],
        words: [MASKED, ['input']],
        others: [PLAIN, ['input']],
        join: [
          [className, config],
          ['words', 'others'],
        ],
        after: [after, ['join']],
      },
      version,
    );
  expect(joined('Add', ['Flatten'])).toBeUndefined();
  expect(joined('Add', LSTM)).toContain('after (LSTM) with a mask before it that is another');
  expect(joined('Concatenate', LSTM, '2.15.0', { axis: -1 })).toBeUndefined();
  expect(joined('Concatenate', LSTM, '3.15.1', { axis: -1 })).toContain('after (LSTM) with a mask');
  expect(joined('Concatenate', LSTM, '2.15.0', { axis: 1 })).toContain('after (LSTM) with a mask');
  expect(joined('Multiply', ['Flatten'])).toBeUndefined();
  expect(joined('Multiply', ['Flatten'], '3.15.1')).toContain('join (Multiply) with a mask');
});

it('kerasProblem checks models within the model', () => {
  const inner = (...layers: readonly Written[]): Written => [
    'Sequential',
    { layers: layers.map(named) },
  ];
  expect(sequence(inner(MASKED, LSTM), ['Dense'])).toBeUndefined();
  expect(sequence(inner(PLAIN, LSTM), ['Dense'])).toBeUndefined();
  expect(sequence(inner(MASKED), LSTM)).toContain('(LSTM) with a mask before it that is another');
  expect(sequence(MASKED, inner(LSTM))).toContain('(LSTM) with a mask before it that is another');
  expect(sequence(inner(MASKED, MEAN))).toContain('(GlobalAveragePooling1D) with a mask');
});

it('kerasProblem terminates on layers that read each other', () => {
  const circle = { a: [STEPS, ['b']], b: [['Dense'], ['a']], words: [MASKED, ['b']] } as const;
  expect(graph(circle)).toContain('a (LSTM) with no mask of its own');
});

it('kerasProblem checks 20 nested models, 4000 layers in reverse and 150,000 inputs quickly', () => {
  const depth = 20;
  let inner: object = layer(MASKED, 'inner');
  for (let level = 0; level < depth; level++) {
    const calls = [[['in', 0, 0, {}]], [['in', 0, 0, {}]]];
    const layers = [layer(['InputLayer'], 'in'), { ...inner, name: 'inner', inbound_nodes: calls }];
    inner = layer(['Functional', { layers }], 'inner');
  }
  expect(kerasProblem({ keras_version: '2.15.0', model_config: inner })).toBeUndefined();

  const steps = Array.from({ length: 4000 }, (_, i) => [`${i}`, [['Dropout'], [`${i + 1}`]]]);
  const listed = Object.fromEntries([['mean', [MEAN, ['0']]], ...steps, ['4000', [MASKED]]]);
  expect(graph(listed)).toContain('mean (GlobalAveragePooling1D) with a mask');
  const reads = Array.from({ length: 150_000 }, () => 'words');
  expect(graph({ words: [MASKED], join: [['Add'], reads] })).toBeUndefined();
});
