/** Exported files, read back by the rules of their formats. */
import { expect, it } from 'vitest';
import { exportSafetensors } from '../../src/export/safetensors.js';
import { tritonRepository } from '../../src/export/triton.js';
import type { ModelPackage } from '../../src/formats/tensorflowjs/model-package.js';

const kernel = Float32Array.of(1, -2, 3, 4.5, 0, 1e-9);
const bias = Float32Array.of(7, 8);
const model: ModelPackage = {
  modelJson: {
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: [
          { name: 'dense/kernel', shape: [3, 2], dtype: 'float32' },
          { name: 'dense/bias', shape: [2], dtype: 'float32' },
        ],
      },
    ],
  },
  weights: Buffer.concat([Buffer.from(kernel.buffer), Buffer.from(bias.buffer)]),
  settings: { output: 'logits' },
};

it('exportSafetensors puts each tensor where the header says', () => {
  const file = Buffer.from(exportSafetensors(model, { classNames: '["a","b"]' }));
  const headerLength = Number(file.readBigUInt64LE(0));
  expect(headerLength % 8).toBe(0);
  const header = JSON.parse(file.subarray(8, 8 + headerLength).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  expect(header['__metadata__']).toEqual({ classNames: '["a","b"]', format: 'tf' });
  const read = (name: string) => {
    const [from, to] = header[name]?.data_offsets ?? [0, 0];
    const bytes = file.subarray(8 + headerLength + from, 8 + headerLength + to);
    return new Float32Array(new Uint8Array(bytes).buffer);
  };
  expect(header['dense/kernel']).toMatchObject({ dtype: 'F32', shape: [3, 2] });
  expect(read('dense/kernel')).toEqual(kernel);
  expect(read('dense/bias')).toEqual(bias);
  expect(file.length).toBe(8 + headerLength + 32);
});

it('exportSafetensors writes any weight name into the header, or refuses it', () => {
  const named = (name: string): ModelPackage => {
    const weights = [
      { name, shape: [3, 2], dtype: 'float32' },
      { name: 'dense/bias', shape: [2], dtype: 'float32' },
    ];
    return { ...model, modelJson: { weightsManifest: [{ paths: ['weights.bin'], weights }] } };
  };
  for (const name of ['__proto__', 'constructor', 'a"b\n', '']) {
    const file = Buffer.from(exportSafetensors(named(name), {}));
    const header = file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0)));
    expect(header).toContain(
      `${JSON.stringify(name)}:{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}`,
    );
  }
  for (const name of ['__metadata__', 'half \ud800']) {
    expect(() => exportSafetensors(named(name), {})).toThrow('can have no weight called');
  }
});

it('tritonRepository holds the configuration, the labels, and the model as version 1', () => {
  const onnx = Buffer.from('onnx');
  const options = {
    sampleShape: [28, 28, 1],
    classNames: ['a', 'b'],
    preprocessing: { stored: 'uint8' as const, inputScale: 1 / 255 },
    softmax: true,
    labels: true,
    int8: false,
  };
  const files = tritonRepository('digits', onnx, options, 'logits');
  expect([...files.keys()]).toEqual([
    'digits/config.pbtxt',
    'digits/labels.txt',
    'digits/1/model.onnx',
  ]);
  expect(Buffer.from(files.get('digits/labels.txt') ?? '').toString()).toBe('a\nb\n');
  expect(Buffer.from(files.get('digits/config.pbtxt') ?? '').toString()).toBe(`name: "digits"
backend: "onnxruntime"
max_batch_size: 256
input [ { name: "input" data_type: TYPE_UINT8 dims: [ 28, 28, 1 ] } ]
output [
  { name: "logits" data_type: TYPE_FP32 dims: [ 2 ] label_filename: "labels.txt" },
  { name: "probabilities" data_type: TYPE_FP32 dims: [ 2 ] label_filename: "labels.txt" },
  { name: "label" data_type: TYPE_STRING dims: [ 1 ] reshape: { shape: [ ] } }
]
dynamic_batching { }
`);
});
