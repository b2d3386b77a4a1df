/**
 * Models in the forms of other exporters: integer inputs, operations without effect after the last layer, dimensions
 * of 1 after the classes, trees of two classes. Expected values are plain arithmetic.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OnnxGraph } from '../../src/export/onnx/onnx-graph.js';
import { onnxFile } from '../../src/export/onnx/onnx-messages.js';
import { eachField, fields, message } from '../../src/files/protobuf/index.js';
import { withBinaryTrees } from '../../src/formats/onnx/binary-trees.js';
import type { OnnxElementType } from '../../src/formats/onnx/onnx-elements.js';
import { readOnnx } from '../../src/formats/onnx/onnx-file.js';
import {
  describeOnnx,
  encodeOnnxPackage,
  onnxPackageOf,
} from '../../src/formats/onnx/onnx-package.js';
import { readOnnxModel } from '../../src/formats/onnx/read-onnx-file.js';
import { parsePackagedModel } from '../../src/formats/packaged-model.js';
import { type ModelSettings, parsePartialSettings } from '../../src/models/index.js';
import { OnnxInference } from '../../src/onnx/onnx-inference.js';

const WEIGHT = [1, -2, 0.5, 3, 0, -1];
/** x·W for an x of two numbers. */
const product = (a: number, b: number) =>
  [0, 1, 2].map((c) => a * (WEIGHT[c] as number) + b * (WEIGHT[3 + c] as number));

/** A model with two numbers a sample and three classes. `behind` adds operations after the last layer. */
function model(
  type: OnnxElementType,
  outputShape: readonly number[],
  behind: (graph: OnnxGraph, logits: string) => string,
) {
  const graph = new OnnxGraph();
  const real = type === 'float32' ? 'x' : graph.node('Cast', ['x'], { to: 1 });
  const weight = graph.float32('weight', [2, 3], Float32Array.from(WEIGHT));
  const name = behind(graph, graph.node('MatMul', [real, weight]));
  return onnxFile({
    name: 'foreign',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [{ name: 'x', type, sampleShape: [2] }],
    outputs: [{ name, type: 'float32', sampleShape: outputShape }],
    metadata: {},
  });
}

async function answers(
  file: Uint8Array,
  inputs: readonly number[],
  given: Partial<ModelSettings> = {},
): Promise<number[]> {
  const options = { rows: 4, threads: 1, sampleShape: [2] };
  const inference = await OnnxInference.open(onnxPackageOf(file, given), options);
  const logits = await inference.run(Float32Array.from(inputs), inputs.length / 2);
  await inference.close();
  return [...logits];
}

it.each(['int32', 'int64'] as const)('OnnxInference rounds inputs to %s', async (type) => {
  const file = model(type, [3], (_, logits) => logits);
  expect(await answers(file, [30_522, -7, 0.6, 2.4])).toEqual([
    ...product(30_522, -7),
    ...product(1, 2),
  ]);
});

it('OnnxInference accepts an output with dimensions of 1 after the classes', async () => {
  const file = model('float32', [3, 1, 1], (graph, logits) =>
    graph.node('Reshape', [logits, graph.int64('shape', [0, 3, 1, 1])]),
  );
  expect(onnxPackageOf(file, {}).settings).toEqual({ output: 'logits' });
  expect(await answers(file, [1, 2, -3, 0.5])).toEqual([...product(1, 2), ...product(-3, 0.5)]);
});

it('onnxPackageOf recognises softmax before operations without effect, and ends on a circle', () => {
  const file = model('float32', [3], (graph, logits) =>
    graph.node('Identity', [graph.node('Cast', [graph.node('Softmax', [logits])], { to: 1 })]),
  );
  expect(onnxPackageOf(file, {}).settings).toEqual({ output: 'probabilities' });
  const circle = model('float32', [3], (graph) =>
    graph.node('Identity', [graph.node('Cast', ['end'], { to: 1 })], {}, 'end'),
  );
  expect(() => onnxPackageOf(circle, {})).toThrow(
    'does not tell whether end, which nothing gives, is logits or probabilities',
  );
});

it('onnxPackageOf recognises logits and softmax before a quantised output', () => {
  const ended = (operation: string) =>
    model('float32', [3], (graph, logits) => {
      const scale = graph.float32('scale', [], Float32Array.of(0.05));
      const fewer = graph.node('QuantizeLinear', [graph.node(operation, [logits]), scale]);
      return graph.node('DequantizeLinear', [fewer, scale]);
    });
  const kind = (operation: string) => onnxPackageOf(ended(operation), {}).settings.output;
  expect(['Identity', 'Softmax'].map(kind)).toEqual(['logits', 'probabilities']);
  expect(['QGemm', 'QLinearAdd', 'QLinearSoftmax'].map(kind)).toEqual([
    'logits',
    'logits',
    'probabilities',
  ]);
  expect(() => kind('QLinearRelu')).toThrow('which Relu gives, is logits or probabilities');
});

it('onnxPackageOf refuses an output of shape [batch, 1, classes]', () => {
  const file = model('float32', [1, 3], (graph, logits) =>
    graph.node('Reshape', [logits, graph.int64('shape', [0, 1, 3])]),
  );
  expect(() => onnxPackageOf(file, {})).toThrow(
    'has no output of numbers [batch, classes]; its outputs are reshape_4 float32 [?, 1, 3]',
  );
});

it('onnxPackageOf refuses a model that gives only the class, with a hint', () => {
  const graph = new OnnxGraph();
  const name = graph.node('ArgMax', ['x'], { axis: 1, keepdims: 0 });
  const file = onnxFile({
    name: 'class',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [{ name: 'x', type: 'float32', sampleShape: [3] }],
    outputs: [{ name, type: 'int64', sampleShape: [] }],
    metadata: {},
  });
  expect(() => onnxPackageOf(file, {})).toThrow(
    'gives the class alone (ArgMax), and not how likely each class is: export it without that operation',
  );
});

/** A model with 12 input values and two classes. */
function pictures(type: OnnxElementType, sides: readonly number[]) {
  const graph = new OnnxGraph();
  const real = graph.node('Flatten', [graph.node('Cast', ['x'], { to: 1 })]);
  const weight = graph.float32('weight', [12, 2], new Float32Array(24).fill(1));
  const name = graph.node('MatMul', [real, weight]);
  return onnxFile({
    name: 'pictures',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [{ name: 'x', type, sampleShape: sides }],
    outputs: [{ name, type: 'float32', sampleShape: [2] }],
    metadata: {},
  });
}

it('onnxPackageOf sets scale 255 for pictures as integers, unless a scale or mean is given', () => {
  const settings = (...of: [OnnxElementType, readonly number[], Partial<ModelSettings>?]) =>
    onnxPackageOf(pictures(of[0], of[1]), of[2] ?? {}).settings;
  const read = { output: 'logits', layout: 'NHWC' };
  for (const type of ['uint8', 'int32', 'int64'] as const) {
    expect(settings(type, [2, 2, 3])).toEqual({ ...read, scale: 255 });
  }
  expect(settings('uint8', [2, 2, 3], { scale: 1 })).toEqual({ ...read, scale: 1 });
  expect(settings('uint8', [2, 2, 3], { mean: [0] })).toEqual({ ...read, mean: [0] });
  expect(settings('float32', [2, 2, 3])).toEqual(read);
  expect(settings('uint8', [12])).toEqual({ output: 'logits' });
});

it('onnxPackageOf asks for a layout that the file does not show, and keeps it', async () => {
  const file = pictures('float32', [1, 12, 1]);
  expect(() => onnxPackageOf(file, {})).toThrow(
    'does not tell whether channels come first or last',
  );
  for (const layout of ['NHWC', 'NCHW'] as const) {
    const given = parsePartialSettings(JSON.stringify({ layout }));
    const packed = parsePackagedModel(encodeOnnxPackage(onnxPackageOf(file, given)));
    if (packed.format !== 'onnx') throw new Error(packed.format);
    const sampleShape = layout === 'NHWC' ? [1, 12, 1] : [12, 1, 1];
    const inference = await OnnxInference.open(packed.model, { rows: 1, threads: 1, sampleShape });
    expect([...(await inference.run(new Float32Array(12).fill(0.5), 1))]).toEqual([6, 6]);
    await inference.close();
  }
});

it('onnxPackageOf takes an output named probability for probabilities, but not log_probs', () => {
  const called = (name: string) =>
    model('float32', [3], (graph, logits) => graph.node('Log', [logits], {}, name));
  expect(onnxPackageOf(called('output_probability'), {}).settings.output).toBe('probabilities');
  expect(() => onnxPackageOf(called('log_probs'), {})).toThrow(
    'does not tell whether log_probs, which Log gives, is logits or probabilities',
  );
});

it('OnnxInference gives two probabilities for trees that vote for the second of two classes', async () => {
  const file = new URL('../fixtures/onnx/binary-trees.onnx', import.meta.url);
  const model = readOnnxModel(fileURLToPath(file), {});
  expect(model.settings).toMatchObject({ output: 'probabilities', classes: ['no', 'yes'] });
  const options = { rows: 4, threads: 1, sampleShape: [2] };
  const inference = await OnnxInference.open(model, options);
  // Each number above 1 gives half a vote.
  const logs = await inference.run(Float32Array.of(2, 2, 2, 0, 0, 2, 0, 0), 4);
  await inference.close();
  expect([...logs.map(Math.exp)].map((p) => Math.round(p * 100))).toEqual([
    0, 100, 50, 50, 50, 50, 100, 0,
  ]);
});

it('withBinaryTrees leaves trees without class_weights unchanged', () => {
  const file = readFileSync(new URL('../fixtures/onnx/binary-trees.onnx', import.meta.url));
  const text = file.toString('latin1').replace('class_weights', 'other_weights');
  const other = Buffer.from(text, 'latin1');
  expect(withBinaryTrees(file)).not.toBe(file);
  expect(withBinaryTrees(other)).toBe(other);
});

describe('a sigmoid at the end of an ONNX model', () => {
  const one = (graph: OnnxGraph, logits: string) =>
    graph.node('ReduceSum', [logits, graph.int64('axes', [1])], { keepdims: 1 });
  const sigmoid = (graph: OnnxGraph, logits: string) => graph.node('Sigmoid', [one(graph, logits)]);
  const flat = (graph: OnnxGraph, numbers: string) =>
    graph.node('Reshape', [numbers, graph.int64('flat', [-1])]);
  const inputs = [1, 2, -3, 0.5];
  const z = [product(1, 2), product(-3, 0.5)].map((row) => row.reduce((sum, x) => sum + x));

  it('is read as the probability of the second of two classes', async () => {
    const file = model('float32', [1], sigmoid);
    expect(describeOnnx(onnxPackageOf(file, {}))).toMatchObject({
      classCount: 2,
      output: 'probabilities',
    });
    const [a = 0, b = 0, c = 0, d = 0] = await answers(file, inputs);
    expect([b - a, d - c].map((x) => Math.round(x * 1e4) / 1e4)).toEqual(z);
    expect(Math.exp(a) + Math.exp(b)).toBeCloseTo(1, 6);
  });

  it.each([
    ['behind it', (graph: OnnxGraph, logits: string) => flat(graph, sigmoid(graph, logits))],
    [
      'before it',
      (graph: OnnxGraph, logits: string) =>
        graph.node('Sigmoid', [flat(graph, one(graph, logits))]),
    ],
  ])('is recognised with its axis of one cut off %s', async (_, end) => {
    const given = { output: 'probabilities' } as const;
    const file = model('float32', [], end);
    expect(describeOnnx(onnxPackageOf(file, given))).toMatchObject({ classCount: 2 });
    expect(await answers(file, inputs, given)).toEqual(
      await answers(model('float32', [1], sigmoid), inputs),
    );
  });

  it('that is missing must be declared by the output setting', async () => {
    const file = model('float32', [1], one);
    expect(() => onnxPackageOf(file, {})).toThrow(
      /ReduceSum, gives one number a sample; put {"output": "probabilities"}/,
    );
    expect(await answers(file, inputs, { output: 'logits' })).toEqual([0, z[0], 0, z[1]]);
  });
});

it.each([
  ['version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'],
  ['PK\x03\x04', 'unpack it'],
  ['<!DOCTYPE html>', 'is a web page'],
  ['', 'is empty'],
])('onnxPackageOf explains a file that begins with %j', (beginning, message) => {
  const bytes = Buffer.concat([Buffer.from(beginning), Buffer.alloc(beginning === '' ? 0 : 40)]);
  expect(() => onnxPackageOf(bytes, {})).toThrow(message);
});

it('readOnnx reads 20,000 outputs behind 20,000 operations quickly', () => {
  const graph = new OnnxGraph();
  const count = 20_000;
  let name = 'x';
  for (let i = 0; i < count; i++) name = graph.node('Identity', [name]);
  const output = { name, type: 'float32', sampleShape: [2] } as const;
  const file = onnxFile({
    name: 'long',
    nodes: graph.nodes,
    constants: graph.constants,
    inputs: [{ name: 'x', type: 'float32', sampleShape: [2] }],
    outputs: Array.from({ length: count }, () => output),
    metadata: {},
  });
  expect(readOnnx(file, 'long').outputs).toHaveLength(count);
}, 10_000);

describe('an ONNX file with a faulty extra part', () => {
  const given = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../fixtures/onnx/${name}.onnx`, import.meta.url)));

  // Field 7 as a varint.
  it.each(['binary-trees', 'zipmap'])('is packed without its faulty graph field: %s', (name) => {
    const file = given(name);
    const kept = onnxPackageOf(file, { output: 'probabilities' });
    expect(kept.file.length).not.toBe(file.length);
    const again = onnxPackageOf(Buffer.concat([file, Buffer.of(0x38, 5)]), {
      output: 'probabilities',
    });
    expect(again.settings).toEqual(kept.settings);
  });

  it('is refused as damaged when a value shape is no message', () => {
    const file = given('zipmap');
    // Field 13 of the graph, the shape of a value: bytes that are no message. It is read when a ZipMap is removed.
    const graph = fields(file, 7)[0] as Uint8Array;
    const damaged = message((w) => {
      eachField(file, (number, reader, wireType) => {
        const value = reader.skip(wireType);
        if (number === 7)
          w.tag(7, wireType).bytes(Buffer.concat([graph, Buffer.of(0x6a, 1, 0xff)]));
        else w.tag(number, wireType).raw(value);
      });
    });
    expect(() => onnxPackageOf(damaged, {}, 'damaged.onnx')).toThrow(
      /^damaged\.onnx cannot be used:\n {2}- is no ONNX file, or a damaged one/,
    );
  });
});
