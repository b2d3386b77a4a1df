/**
 * Models as TensorFlow.js writes them: topologies in the forms of TensorFlow.js and Keras 2, and weights of a few
 * numbers. Each error must name the damage. Quantized weights are compared with values computed by hand.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@lyceum/proto';
import { afterAll, describe, expect, it } from 'vitest';
import { encodingDigest, encodingJson } from '../../../src/datasets/encoding/encoding.js';
import { textEncoding } from '../../../src/datasets/encoding/text-encoding.js';
import { writeZip } from '../../../src/files/zip/zip.js';
import {
  describeModel,
  describeTopology,
} from '../../../src/formats/tensorflowjs/describe-model.js';
import { readModelFolder } from '../../../src/formats/tensorflowjs/model-folder.js';
import {
  encodeModelPackage,
  type ModelPackage,
  parseModelPackage,
} from '../../../src/formats/tensorflowjs/model-package.js';
import {
  parseSettingsJson,
  settingsJson,
  teacherIdentity,
} from '../../../src/models/model-settings.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-model-'));
afterAll(() => rmSync(root, { recursive: true }));

const layer = (class_name: string, config: object) => ({ class_name, config });
const dense = (units: number, activation: string, more: object = {}) =>
  layer('Dense', { name: 'dense', units, activation, ...more });
const sequential = (...layers: object[]) => layer('Sequential', { name: 'model', layers });

/** A functional model of layers in a row. */
function functional(...layers: { class_name: string; config: object }[]) {
  const named = layers.map((one, i) => ({
    ...one,
    name: `layer${i}`,
    config: { ...one.config, name: `layer${i}` },
    inbound_nodes: i === 0 ? [] : [[[`layer${i - 1}`, 0, 0, {}]]],
  }));
  return layer('Model', {
    layers: named,
    input_layers: [['layer0', 0, 0]],
    output_layers: [[`layer${layers.length - 1}`, 0, 0]],
  });
}

const INPUT = { batch_input_shape: [null, 3] };
const WEIGHTS = [
  { name: 'dense/kernel', shape: [3, 2], dtype: 'float32' },
  { name: 'dense/bias', shape: [2], dtype: 'float32' },
];
const VALUES = Float32Array.of(1, -2, 3, -4, 5, -6, 0.5, 0);
const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer);

function model(topology: object = sequential(dense(2, 'linear', INPUT))): ModelPackage {
  const weightsManifest = [{ paths: ['weights.bin'], weights: WEIGHTS }];
  const modelJson = { format: 'layers-model', modelTopology: topology, weightsManifest };
  return { modelJson, weights: bytesOf(VALUES), settings: { output: 'logits' } };
}

describe('a package of a TensorFlow.js model', () => {
  it('reads back as it was written', () => {
    expect(parseModelPackage(encodeModelPackage(model()))).toEqual(model());
  });

  it('keeps the encoding that the model was trained on, and describeModel gives its digest', () => {
    const encoding = textEncoding({ buckets: 64 });
    const encoded = { ...model(), encoding };
    const read = parseModelPackage(encodeModelPackage(encoded));
    expect(read).toEqual(encoded);
    expect(describeModel(read).encodingDigest).toBe(encodingDigest(encoding));
    expect(describeModel(model())).not.toHaveProperty('encodingDigest');
  });

  it('has the same bytes for the same content, and the recorded digest', () => {
    const bytes = encodeModelPackage(model());
    const trained = { ...(model().modelJson as object), trainingConfig: {}, generatedBy: 'x' };
    expect(encodeModelPackage({ ...model(), modelJson: trained }).equals(bytes)).toBe(true);
    expect(sha256Hex(bytes)).toBe(
      '6eb504852209beeeb221608bb0d9063ab44648bcd4006e574053e88ede3fe540',
    );
  });

  const withManifest = (weights: unknown) => ({
    ...model(),
    modelJson: {
      ...(model().modelJson as object),
      weightsManifest: [{ paths: ['weights.bin'], weights }],
    },
  });
  const [kernel, bias] = WEIGHTS;
  it.each([
    [
      'a NaN',
      { ...model(), weights: bytesOf(VALUES.with(7, Number.NaN)) },
      'weight dense/bias: holds NaN at element 1',
    ],
    [
      'an infinity',
      { ...model(), weights: bytesOf(VALUES.with(2, Number.NEGATIVE_INFINITY)) },
      'weight dense/kernel: holds -Infinity at element 2',
    ],
    [
      'too few bytes',
      { ...model(), weights: bytesOf(VALUES).subarray(0, 31) },
      "weights.bin: has 31 bytes, and the manifest's weights have 32",
    ],
    [
      'an unknown type',
      withManifest([kernel, { ...bias, dtype: 'complex64' }]),
      'weight dense/bias: is of type "complex64"; want float32, int32 or bool',
    ],
    [
      'a shape that is none',
      withManifest([{ ...kernel, shape: [3, -2] }]),
      'weight dense/kernel: has shape [3,-2]; want whole numbers',
    ],
    [
      'a weight that is there twice',
      withManifest([bias, bias, bias, bias]),
      'weight dense/bias: is there twice',
    ],
    [
      'a layer that waits for itself',
      {
        ...model(),
        modelJson: {
          ...(model().modelJson as object),
          modelTopology: functional(dense(2, 'linear'), {
            ...sequential(),
            config: {
              layers: [
                { ...dense(2, 'linear'), name: 'own', inbound_nodes: [[['own', 0, 0, {}]]] },
              ],
            },
          }),
        },
      },
      'modelTopology: has a layer whose input is never there: own reads own',
    ],
    [
      'quantized weights',
      withManifest([kernel, { ...bias, quantization: { dtype: 'uint8', min: 0, scale: 1 } }]),
      'weight dense/bias: is quantized',
    ],
    [
      'no manifest',
      { ...model(), modelJson: { modelTopology: {} } },
      'weightsManifest: must be a list of { paths, weights }',
    ],
  ])('is refused for %s', (_, wrong, message) => {
    expect(() => encodeModelPackage(wrong)).toThrow(message);
    const { modelJson, weights, settings } = wrong;
    const members = new Map([
      ['model.json', Buffer.from(JSON.stringify(modelJson))],
      ['weights.bin', weights],
      ['settings.json', Buffer.from(settingsJson(settings))],
    ]);
    expect(() => parseModelPackage(writeZip(members))).toThrow(message);
  });

  it('is refused when it is truncated, another file, or lacks members', () => {
    const bytes = encodeModelPackage(model());
    expect(() => parseModelPackage(bytes.subarray(0, -1))).toThrow(/not a zip archive/);
    expect(() => parseModelPackage(Buffer.from('{}'))).toThrow(/not a zip archive/);
    const empty = writeZip(new Map([['model.json', Buffer.from('{}')]]));
    expect(() => parseModelPackage(empty)).toThrow(
      /weights.bin: is missing\n.*settings.json: is missing/,
    );
  });

  it.each([
    ['{"format":"graph-model","modelTopology":{},"modelInitializer":{"node":[]}}', /fills tables/],
    ['{"format":"tflite","modelTopology":{}}', /want "layers-model" or "graph-model"/],
  ])('is refused with model.json %s', (modelJson, message) => {
    const members = new Map([
      ['model.json', Buffer.from(modelJson)],
      ['weights.bin', Buffer.alloc(0)],
      ['settings.json', Buffer.from('{"output":"logits"}')],
    ]);
    expect(() => parseModelPackage(writeZip(members))).toThrow(message);
  });
});

describe('describeModel', () => {
  it('describes input shape, classes, parameters, bytes and output', () => {
    expect(describeModel(model())).toEqual({
      inputShape: [3],
      classCount: 2,
      parameterCount: 8,
      weightBytes: 32,
      output: 'logits',
    });
  });

  const conv = layer('Conv2D', { filters: 4, batch_input_shape: [null, 28, 28, 1] });
  const flatten = layer('Flatten', {});
  const dropout = layer('Dropout', { rate: 0.5 });
  const input = layer('InputLayer', { batch_input_shape: [null, 28, 28, 1] });
  it.each([
    ['Sequential', sequential(conv, flatten, dense(10, 'linear')), [28, 28, 1], 10],
    ['softmax in Dense', sequential(conv, flatten, dense(10, 'softmax')), [28, 28, 1], 10],
    [
      'an Activation after it',
      sequential(
        conv,
        dense(10, 'linear'),
        dropout,
        layer('Activation', { activation: 'softmax' }),
      ),
      [28, 28, 1],
      10,
    ],
    ['a Softmax layer', sequential(conv, dense(7, 'linear'), layer('Softmax', {})), [28, 28, 1], 7],
    ['functional', functional(input, flatten, dense(10, 'linear')), [28, 28, 1], 10],
    ['Keras’ wrapper', { model_config: functional(input, dense(5, 'linear')) }, [28, 28, 1], 5],
    [
      'Sequential in Sequential',
      sequential(sequential(conv, flatten), dense(10, 'linear')),
      [28, 28, 1],
      10,
    ],
    [
      'Sequential of old, a list',
      layer('Sequential', [conv, dense(3, 'linear')] as object),
      [28, 28, 1],
      3,
    ],
    ['no width at the end', sequential(conv, flatten), [28, 28, 1], undefined],
    [
      'an open input shape',
      sequential(
        layer('Conv2D', { batch_input_shape: [null, null, null, 1] }),
        dense(10, 'linear'),
      ),
      undefined,
      10,
    ],
    ['an unknown model', layer('MyModel', {}), undefined, undefined],
  ])('describes input shape and classes of %s', (_, topology, inputShape, classCount) => {
    const { inputShape: shape, classCount: classes } = describeModel(model(topology));
    expect({ shape, classes }).toEqual({ shape: inputShape, classes: classCount });
  });

  it('describes input shape and classes of a model whose layers branch and join', () => {
    const topology = functional(input, conv, layer('Add', {}), dense(10, 'linear')) as {
      config: { layers: { inbound_nodes: unknown }[] };
    };
    const [, , add] = topology.config.layers;
    if (add)
      add.inbound_nodes = [
        [
          ['layer0', 0, 0, {}],
          ['layer1', 0, 0, {}],
        ],
      ];
    const described = describeModel(model(topology));
    expect(described).toMatchObject({ inputShape: [28, 28, 1], classCount: 10 });
  });
});

describe('describeTopology', () => {
  const activation = (name: string) => layer('Activation', { activation: name });
  it.each([
    ['logits', [dense(2, 'linear'), activation('linear')]],
    ['probabilities', [dense(2, 'softmax'), layer('Dropout', { rate: 0.1 })]],
    // The last activation decides.
    ['probabilities', [dense(2, 'relu'), layer('Softmax', {})]],
    [undefined, [dense(2, 'softmax'), activation('sigmoid')]],
    [undefined, [dense(2, 'relu')]],
    [undefined, [dense(2, 'softmax'), layer('Reshape', { target_shape: [2, 1] })]],
  ])('recognises the output as %s', (output, layers) => {
    expect(describeTopology({ modelTopology: sequential(...layers) }).output).toBe(output);
  });
});

describe('readModelFolder', () => {
  let count = 0;
  async function folderOf(
    files: Record<string, string | Uint8Array>,
    topology: object = sequential(dense(2, 'linear', INPUT)),
    groups: object[] = [{ paths: ['a.bin', 'b.bin'], weights: WEIGHTS }],
  ): Promise<string> {
    const folder = join(root, `model-${count++}`);
    await mkdir(folder);
    const modelJson = { modelTopology: topology, weightsManifest: groups };
    const all = { 'model.json': JSON.stringify(modelJson), ...files };
    for (const [name, content] of Object.entries(all)) await writeFile(join(folder, name), content);
    return folder;
  }
  const bytes = bytesOf(VALUES);
  const SHARDS = { 'a.bin': bytes.subarray(0, 10), 'b.bin': bytes.subarray(10) };

  it('joins shards and groups, from a folder or from its model.json', async () => {
    const folder = await folderOf(SHARDS);
    expect(await readModelFolder(folder)).toEqual(model());
    expect(await readModelFolder(join(folder, 'model.json'))).toEqual(model());
    const groups = WEIGHTS.map((spec, i) => ({ paths: [`${i}.bin`], weights: [spec] }));
    const grouped = await folderOf(
      { '0.bin': bytes.subarray(0, 24), '1.bin': bytes.subarray(24) },
      undefined,
      groups,
    );
    expect(await readModelFolder(grouped)).toEqual(model());
  });

  it('takes the output from the topology, unless settings are given', async () => {
    const softmax = sequential(dense(2, 'softmax', INPUT));
    expect((await readModelFolder(await folderOf(SHARDS, softmax))).settings).toEqual({
      output: 'probabilities',
    });
    const folder = await folderOf(SHARDS, softmax);
    const given = { output: 'logits', scale: 255 } as const;
    expect((await readModelFolder(folder, given)).settings).toEqual(given);
  });

  it('reads encoding.json, and refuses a faulty one', async () => {
    const encoding = textEncoding({ buckets: 64 });
    const beside = (text: string) => folderOf({ ...SHARDS, 'encoding.json': text });
    const read = await readModelFolder(await beside(encodingJson(encoding)));
    expect(read).toEqual({ ...model(), encoding });
    const broken = await beside('{"kind":"text"}');
    await expect(readModelFolder(broken)).rejects.toThrow('encoding.version: must be 1');
  });

  it('says at which position a file is not JSON, and skips a byte order mark', async () => {
    const text = JSON.stringify(model().modelJson);
    const folder = (content: string) => folderOf({ 'model.json': content, 'weights.bin': bytes });
    expect(await readModelFolder(await folder(`\ufeff${text}`))).toEqual(model());
    await expect(readModelFolder(await folder(text.slice(0, 90)))).rejects.toThrow(
      /is not JSON: .+ position 90/,
    );
    await expect(readModelFolder(await folder('version https://git-lfs'))).rejects.toThrow(
      /is not JSON: .+version ht/,
    );
  });

  it('takes a graph without a format as a graph-model', async () => {
    const node = [
      { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' } } },
      { name: 'y', op: 'Softmax', input: ['x'] },
    ];
    const { modelJson } = await readModelFolder(await folderOf({}, { node }, []));
    expect(modelJson).toMatchObject({ format: 'graph-model', modelTopology: { node } });
  });

  it('asks for settings.json if the topology does not show the output', async () => {
    const folder = await folderOf(SHARDS, sequential(dense(2, 'sigmoid', INPUT)));
    await expect(readModelFolder(folder)).rejects.toThrow(/put {"output": "logits"} or/);
  });

  it('dequantizes weights', async () => {
    const weights = [
      {
        name: 'u8',
        shape: [2],
        dtype: 'float32',
        quantization: { dtype: 'uint8', min: -1, scale: 0.5 },
      },
      {
        name: 'u16',
        shape: [1],
        dtype: 'float32',
        quantization: { dtype: 'uint16', min: 2, scale: 0.25 },
      },
      {
        name: 'i',
        shape: [2],
        dtype: 'int32',
        quantization: { dtype: 'uint8', min: 0, scale: 0.4 },
      },
      { name: 'half', shape: [4], dtype: 'float32', quantization: { dtype: 'float16' } },
    ];
    // Half floats 1, −2, 65504 (the greatest) and 2⁻²⁴ (the smallest).
    const half = [0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00];
    const stored = Uint8Array.of(0, 255, 0x00, 0x01, 1, 9, ...half);
    const folder = await folderOf({ 'a.bin': stored }, undefined, [{ paths: ['a.bin'], weights }]);
    const { weights: plain } = await readModelFolder(folder);
    const view = new DataView(plain.buffer, plain.byteOffset);
    const floats = [0, 4, 8, 20, 24, 28, 32].map((offset) => view.getFloat32(offset, true));
    expect(floats).toEqual([-1, 126.5, 66, 1, -2, 65504, 2 ** -24]);
    expect([12, 16].map((offset) => view.getInt32(offset, true))).toEqual([0, 4]);
  });

  it.each([
    ['a missing shard', { 'a.bin': bytes }, /b\.bin: no such file/],
    [
      'too few bytes',
      { ...SHARDS, 'b.bin': bytes.subarray(11) },
      /weight dense\/bias: ends at byte 32 of a\.bin, b\.bin, which have 31/,
    ],
    [
      'too many bytes',
      { ...SHARDS, 'a.bin': bytes },
      /a\.bin, b\.bin have 54 bytes, and their weights 32/,
    ],
    [
      'a model.json that is none',
      { 'model.json': 'x' },
      /model\.json cannot be used:\n.*is not JSON/,
    ],
  ])('refuses %s', async (_, files, message) => {
    await expect(folderOf(files).then(readModelFolder)).rejects.toThrow(message);
  });

  it('refuses a shard path outside the folder', async () => {
    const folder = await folderOf({}, undefined, [{ paths: ['../x.bin'], weights: WEIGHTS }]);
    await expect(readModelFolder(folder)).rejects.toThrow(/lies outside the model's folder/);
  });

  it('reports a missing folder as NOT_FOUND', async () => {
    await expect(readModelFolder(join(root, 'none'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('model settings and teacher identity', () => {
  it('settings with the same meaning have the same text', () => {
    expect(settingsJson({ scale: 1, output: 'logits' })).toBe('{"output":"logits"}');
    expect(parseSettingsJson('{"scale":2,"output":"logits"}')).toEqual({
      output: 'logits',
      scale: 2,
    });
  });

  it.each([
    ['[]', /is no object/],
    ['{', /is not JSON/],
    ['{"output":"scores"}', /output: must be "logits" or "probabilities", got "scores"/],
    ['{"output":"logits","scale":0}', /scale: must be a number greater than 0, got 0/],
  ])('parseSettingsJson refuses %s', (text, message) => {
    expect(() => parseSettingsJson(text)).toThrow(message);
  });

  it('teacherIdentity differs by model, settings and engine', () => {
    const digest = '0'.repeat(64);
    const identities = [
      teacherIdentity(digest, { output: 'logits' }, 'tensorflow 2.21.0'),
      teacherIdentity(digest, { output: 'logits' }, 'tfjs-wasm 4.22.0'),
      teacherIdentity(digest, { output: 'probabilities' }, 'tensorflow 2.21.0'),
      teacherIdentity('1'.repeat(64), { output: 'logits' }, 'tensorflow 2.21.0'),
    ];
    expect(new Set(identities).size).toBe(4);
    expect(teacherIdentity(digest, { output: 'logits', scale: 1 }, 'tensorflow 2.21.0')).toBe(
      identities[0],
    );
    expect(identities[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});
