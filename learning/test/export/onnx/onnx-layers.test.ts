// A graph built by hand, with more inputs than a function call may have arguments.
import { expect, test } from 'vitest';
import { OnnxGraph } from '../../../src/export/onnx/onnx-graph.js';
import { emitLayer } from '../../../src/export/onnx/onnx-layers.js';

const COUNT = 200_000;
const none = () => {
  throw new Error('there are no weights');
};

test.each(['Concatenate', 'Add'])('emitLayer of %s accepts 200,000 inputs', (className) => {
  const inputs = Array.from({ length: COUNT }, (_, i) => `x${i}`);
  const layer = { name: 'many', className, config: { axis: -1 }, inputs };
  const graph = new OnnxGraph();
  const ranks = inputs.map(() => 2);
  const { rank } = emitLayer(layer, { graph, inputs, ranks, weight: none, kernel: none });
  expect(rank).toBe(2);
  expect(graph.nodes.length).toBe(className === 'Add' ? COUNT - 1 : 1);
});
