/** Graphs as the TensorFlow.js converter writes them, made here, and the operations of their outputs. */
import { expect, it } from 'vitest';
import { readTfjsGraph } from '../../../src/formats/tensorflowjs/tfjs-graph.js';

const node = (name: string, op: string, ...input: string[]) => ({ name, op, input });

function operationsOf(nodes: readonly object[], outputs: Readonly<Record<string, string>>) {
  const tensor = (name: string) => ({ name, dtype: 'DT_FLOAT' });
  const ends = Object.entries(outputs).map(([name, from]) => [name, tensor(from)]);
  const signature = { inputs: { x: tensor('x:0') }, outputs: Object.fromEntries(ends) };
  return readTfjsGraph({ modelTopology: { node: nodes }, signature }, 'model.json').operationOf;
}

it('operationOf gives the operation behind Identity nodes, and "" for a circle', () => {
  const fused = { list: { s: ['Qmlhc0FkZA==', 'U29mdG1heA=='] } };
  const nodes = [
    node('x', 'Placeholder'),
    node('logits', 'MatMul', 'x'),
    { ...node('fused', '_FusedMatMul', 'x'), attr: { fused_ops: fused } },
    node('same', 'Identity', 'fused:0'),
    node('one', 'Identity', 'other'),
    node('other', 'Identity', 'one'),
    node('alone', 'Identity'),
  ];
  const outputs = {
    a: 'same:0',
    b: 'logits:0',
    c: 'one:0',
    d: 'nowhere:0',
    e: 'alone',
    f: 'other',
  };
  expect([...operationsOf(nodes, outputs)]).toEqual([
    ['a', 'Softmax'],
    ['b', 'MatMul'],
    ['c', ''],
    ['d', ''],
    ['e', 'Identity'],
    ['f', ''],
  ]);
});

it('operationOf finds the operation behind 20,000 outputs quickly', () => {
  const count = 20_000;
  const chain = Array.from({ length: count }, (_, n) => node(`n${n}`, 'Identity', `n${n - 1}`));
  const ends = Array.from({ length: count }, (_, n) => [`o${n}`, `n${count - 1}`]);
  const found = operationsOf([node('n-1', 'Softmax'), ...chain], Object.fromEntries(ends));
  expect(new Set(found.values())).toEqual(new Set(['Softmax']));
}, 10_000);
