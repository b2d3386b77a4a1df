import { describe, expect, it } from 'vitest';
import type { ElementType, GraphOutline, GraphValue } from '../../../src/formats/graphs/index.js';
import {
  columnsOf,
  readsColumns,
  requireTableClassifier,
} from '../../../src/formats/graphs/table-classifier.js';
import { ONNX } from '../../../src/formats/onnx/onnx-format.js';
import type { ModelSettings } from '../../../src/models/index.js';

type Shape = GraphValue['shape'];

const input = (name: string, elementType: ElementType, shape: Shape): GraphValue => ({
  name,
  kind: 'tensor',
  elementType,
  shape,
});
const AGE = input('age', 'float32', [undefined, 1]);
const TOWN = input('town', 'string', [undefined, 1]);
const ROW = input('x', 'float32', [undefined, 2]);

function graph(...inputs: GraphValue[]): GraphOutline {
  const probabilities = input('probabilities', 'float32', [undefined, 3]);
  return {
    inputs,
    outputs: [probabilities],
    operations: new Set(),
    operationOf: new Map(),
  };
}

function classifier(inputs: GraphValue[], given: Partial<ModelSettings> = {}) {
  return requireTableClassifier(graph(...inputs), ONNX, given, 'model.onnx');
}

it.each<[string, boolean, GraphValue[], Partial<ModelSettings>]>([
  ['an input for each column', true, [AGE, TOWN], {}],
  ['one input of texts', true, [TOWN], {}],
  ['one input of numbers', false, [ROW], {}],
  ['one input of numbers whose columns are named', true, [ROW], { columns: ['a', 'b'] }],
  ['pictures beside numbers', false, [AGE, input('p', 'float32', [undefined, 3, 8, 8])], {}],
  ['tokens', false, [input('input_ids', 'int64', [undefined, undefined]), AGE], {}],
  ['no input', false, [], {}],
])('readsColumns of a graph with %s is %s', (_, reads, inputs, settings) => {
  expect(readsColumns(graph(...inputs), settings)).toBe(reads);
});

describe('requireTableClassifier', () => {
  it('reads the columns named by its inputs, as numbers or categories', () => {
    const own = classifier([AGE, TOWN]);
    expect(columnsOf(own)).toEqual([
      { name: 'age', kind: 'number' },
      { name: 'town', kind: 'category' },
    ]);
    expect(own.settings).toEqual({ output: 'probabilities' });
    expect(own).toMatchObject({ classCount: 3, fixedRows: undefined });
  });

  it('reads the columns that its settings name, in their order', () => {
    const [own] = classifier([ROW], { columns: ['b', 'a'] }).inputs;
    expect(own?.columns).toEqual(['b', 'a']);
    const several = classifier([ROW, TOWN], { columns: { x: ['b', 'a'] } });
    expect(several.inputs.map(({ columns }) => columns)).toEqual([['b', 'a'], ['town']]);
  });

  it('has the fixed row count of the file, and one row for operations that depend on the batch', () => {
    expect(classifier([AGE, input('n', 'int64', [4])]).fixedRows).toBe(4);
    const outline = { ...graph(AGE, TOWN), operations: new Set(['DynamicQuantizeLinear']) };
    expect(requireTableClassifier(outline, ONNX, {}, 'm').fixedRows).toBe(1);
  });

  it.each<[string, GraphValue[], Partial<ModelSettings>]>([
    [
      'x float32 [?, 2] takes 2 columns: name them in the settings, {"columns": {"x": […]}}',
      [ROW, TOWN],
      {},
    ],
    ['x float32 [?, 2] takes 2 columns, and its settings name 1', [ROW], { columns: ['a'] }],
    ['is a list, and the model has 2 inputs: want an object', [AGE, TOWN], { columns: ['a', 'b'] }],
    [
      'names the input y, which the model does not have; it has x float32',
      [ROW],
      { columns: { y: ['a'], x: ['a', 'b'] } },
    ],
    ['scale: means nothing to a model that reads a table', [AGE, TOWN], { scale: 2 }],
    ['padToken: means nothing to a model that reads a table', [AGE, TOWN], { padToken: 0 }],
    ['flag bool [] takes no cells of a table', [AGE, input('flag', 'bool', [])], {}],
    [
      'takes 536870912 values at once; at most 268435456 are given',
      [AGE, input('n', 'int64', [2 ** 28])],
      {},
    ],
    [
      'p uint8 [?, 1] takes no cells of a table',
      [input('p', 'uint8', [undefined, 1])],
      { columns: ['a'] },
    ],
  ])('refuses the graph: %s', (problem, inputs, settings) => {
    expect(() => classifier(inputs, settings)).toThrow(problem);
  });
});

it('requireTableClassifier names an unknown input of 10,000 quickly', () => {
  const inputs = Array.from({ length: 10_000 }, (_, n) => input(`c${n}`, 'string', [undefined, 1]));
  const columns = Object.fromEntries(inputs.map(({ name }) => [`other ${name}`, ['age']]));
  expect(() => classifier(inputs, { columns })).toThrow('names the input other c0,');
}, 10_000);
