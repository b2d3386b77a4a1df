/** ONNX files against TensorFlow: onnxruntime runs each file, which must give the outputs of the original model. */
import type { Tensor } from '@tensorflow/tfjs';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { ARCHITECTURE_NAMES, type ArchitectureSettings } from '../../../src/architectures/table.js';
import { exportOnnx, type OnnxOptions } from '../../../src/export/onnx/export-onnx.js';
import {
  encodeModelPackage,
  type ModelPackage,
  parseModelPackage,
} from '../../../src/formats/tensorflowjs/model-package.js';
import { buildStudent } from '../../../src/tensorflow/build-student.js';
import { type Engine, openEngine } from '../../../src/tensorflow/engine/engine.js';
import type { LayersModel } from '../../../src/tensorflow/index.js';
import { savedModel } from '../../../src/tensorflow/model-files.js';

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine();
});

const plain = (sampleShape: readonly number[], classCount: number): OnnxOptions => ({
  sampleShape,
  classNames: Array.from({ length: classCount }, (_, c) => `class ${c}`),
  softmax: false,
  labels: false,
  int8: false,
});

/** Sets weights to different values that are not near 0, and variances to values above 0. */
function scramble(model: LayersModel): void {
  const { tf } = engine;
  tf.tidy(() => {
    const weights = model.getWeights().map((w, k) => {
      const noise = tf.randomNormal(w.shape, 0, 0.3, 'float32', k + 1);
      return model.weights[k]?.originalName.includes('variance') ? noise.abs().add(0.2) : noise;
    });
    model.setWeights(weights);
  });
}

async function packaged(model: LayersModel, settings: ModelPackage['settings']) {
  return parseModelPackage(encodeModelPackage(await savedModel(engine, model, settings)));
}

const shapeSize = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function samples(count: number, sampleShape: readonly number[]): Float32Array {
  return Float32Array.from({ length: count * shapeSize(sampleShape) }, (_, i) =>
    Math.sin(i * 1.7 + 0.3),
  );
}

async function run(file: Uint8Array, inputs: OnnxTensor) {
  const session = await InferenceSession.create(file);
  return session.run({ input: inputs });
}

const STUDENTS: readonly [string, ArchitectureSettings, readonly number[]][] = [
  ['mlp', { architecture: 'mlp', hiddenUnits: [7, 5], dropout: 0.5 }, [12]],
  ['an embedding bag', { architecture: 'embedding-bag', dimension: 7, hiddenUnits: [5] }, [12]],
  ['an mlp on images', { architecture: 'mlp', hiddenUnits: [7], dropout: 0 }, [4, 3, 2]],
  ['lenet', { architecture: 'lenet' }, [12, 14, 2]],
  ['conv', { architecture: 'conv', filters: [4, 6], denseUnits: [8] }, [9, 7, 3]],
  ['resnet', { architecture: 'resnet', depth: 8 }, [9, 8, 3]],
];

it('the students of this test cover every architecture', () => {
  const tried = new Set(STUDENTS.map(([, { architecture }]) => architecture));
  expect(ARCHITECTURE_NAMES.filter((name) => !tried.has(name))).toEqual([]);
});

describe.each(STUDENTS)('exportOnnx, student architecture %s', (_, architecture, sampleShape) => {
  it('gives the logits of the model for one row and for several', async () => {
    const model = buildStudent(engine, architecture, sampleShape, 5, 3);
    scramble(model);
    const file = exportOnnx(await packaged(model, { output: 'logits' }), plain(sampleShape, 5));
    for (const count of [1, 6]) {
      const rows = samples(count, sampleShape);
      const shape = [count, ...sampleShape];
      const expected = await (model.predict(engine.tf.tensor(rows, shape)) as Tensor).data();
      const { logits } = await run(file, new OnnxTensor('float32', rows, shape));
      expect(logits?.dims).toEqual([count, 5]);
      const scale = Math.max(1, ...expected.map(Math.abs));
      for (const [i, value] of expected.entries()) {
        expect(Math.abs(Number(logits?.data[i]) - value) / scale).toBeLessThan(1e-5);
      }
    }
    model.dispose();
  });
});

/** A model with the layer kinds that students do not have, and a batch normalisation. */
function mixture(): LayersModel {
  const { layers, input, model } = engine.tf;
  const inputs = input({ shape: [8, 6, 2] });
  const a = layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same', strides: 2, activation: 'elu' }).apply(inputs); // biome-ignore format: short
  const b = layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: [2, 2], padding: 'same', dilationRate: 1, activation: 'tanh' }).apply(inputs); // biome-ignore format: short
  const product = layers.multiply().apply([a, b] as never);
  const added = layers.add().apply([product, a, b] as never);
  const sum = layers.batchNormalization().apply(added);
  // With fewer dimensions, as wide as the channels and not the batch: a broadcast from the back would fail.
  const means = layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(sum);
  const gate = layers.dense({ units: 4, activation: 'sigmoid' }).apply(means);
  const weighed = layers.add().apply([means, layers.multiply().apply([gate, sum] as never)] as never); // biome-ignore format: short
  const pooled = layers.averagePooling2d({ poolSize: 2, padding: 'same', strides: 2 }).apply(weighed); // biome-ignore format: short
  const most = layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }).apply(pooled);
  const mean = layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(pooled);
  const padded = layers.zeroPadding2d({ padding: [[1, 0], [0, 2]] }).apply(pooled); // biome-ignore format: short
  const turned = layers.permute({ dims: [3, 1, 2] }).apply(padded);
  const flat = layers.flatten().apply(turned);
  const joined = layers.concatenate().apply([most, mean, flat] as never);
  const folded = layers.reshape({ targetShape: [4, 14] }).apply(joined);
  const unfolded = layers.flatten().apply(folded);
  const positive = layers.reLU().apply(unfolded);
  const out = layers.dense({ units: 3, activation: 'softmax' }).apply(positive);
  return model({ inputs, outputs: out as never });
}

/** Exports a model of three classes with random weights, compares the outputs on some samples, and disposes of it. */
async function expectSameAnswers(
  model: LayersModel,
  output: 'logits' | 'probabilities',
  sampleShape: number[],
  count: number,
): Promise<void> {
  scramble(model);
  const file = exportOnnx(await packaged(model, { output }), plain(sampleShape, 3));
  const rows = samples(count, sampleShape);
  const shape = [count, ...sampleShape];
  const expected = await (model.predict(engine.tf.tensor(rows, shape)) as Tensor).data();
  const given = await run(file, new OnnxTensor('float32', rows, shape));
  for (const [i, value] of expected.entries()) {
    expect(Number(given[output]?.data[i])).toBeCloseTo(value, 5);
  }
  model.dispose();
}

it('exportOnnx exports a model with the kinds of layers that students lack', () =>
  expectSameAnswers(mixture(), 'probabilities', [8, 6, 2], 5));

it('exportOnnx exports the layers and activations of MobileNetV2, Xception and models with swish', () => {
  const { layers, sequential } = engine.tf;
  const model = sequential({
    layers: [
      layers.rescaling({ scale: 20, offset: -0.5, inputShape: [9, 8, 2] }),
      layers.leakyReLU({ alpha: 0.2 }),
      layers.separableConv2d({ filters: 5, kernelSize: [3, 2], depthMultiplier: 2, strides: 2, padding: 'same', activation: 'relu6' }), // biome-ignore format: short
      layers.conv2d({ filters: 4, kernelSize: 1, activation: 'hardSigmoid' }),
      layers.separableConv2d({ filters: 4, kernelSize: 2, dilationRate: 2, useBias: false }),
      layers.reLU({ maxValue: 0.01 }),
      layers.depthwiseConv2d({ kernelSize: 2, activation: 'swish' }),
      layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      layers.dense({ units: 3 }),
    ],
  });
  return expectSameAnswers(model, 'logits', [9, 8, 2], 5);
});

/** A network without its last layers, as a layer of another model. */
function body(): LayersModel {
  const { layers, input, model, sequential } = engine.tf;
  const pixels = input({ shape: [9, 8, 2] });
  const inner = sequential({
    name: 'inner',
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', inputShape: [9, 8, 2] }),
      layers.batchNormalization({}),
    ],
  });
  const seen = inner.apply(pixels);
  const more = layers.conv2d({ filters: 4, kernelSize: 1 }).apply(seen);
  return model({
    name: 'body',
    inputs: pixels,
    outputs: layers.add().apply([seen, more] as never) as never,
  });
}

it('exportOnnx exports the layers of models within, in sequential and in functional models', async () => {
  const { layers, sequential, input, model } = engine.tf;
  const head = () => [
    layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
    layers.dense({ units: 3 }),
  ];
  const chain = sequential({ layers: [body(), ...head()] });
  await expectSameAnswers(chain, 'logits', [9, 8, 2], 5);
  const pixels = input({ shape: [9, 8, 2] });
  const outputs = [layers.rescaling({ scale: 2 }), body(), ...head()].reduce<unknown>(
    (x, layer) => layer.apply(x as never),
    pixels,
  );
  await expectSameAnswers(model({ inputs: pixels, outputs: outputs as never }), 'logits', [9, 8, 2], 5); // biome-ignore format: short
  const last = sequential({ layers: [layers.flatten({ inputShape: [2, 2] }), sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] })] }); // biome-ignore format: short
  await expectSameAnswers(last, 'logits', [2, 2], 2);
});

it('exportOnnx exports a batch normalisation of rows with a positive axis', () => {
  const { layers, sequential } = engine.tf;
  const model = sequential({
    layers: [
      layers.dense({ units: 6, inputShape: [5] }),
      layers.batchNormalization({ axis: 1 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  return expectSameAnswers(model, 'probabilities', [5], 4);
});

it('exportOnnx with preprocessing, softmax and labels takes bytes and gives class names', async () => {
  const model = buildStudent(engine, { architecture: 'mlp', hiddenUnits: [8], dropout: 0 }, [4, 4, 1], 3, 1); // biome-ignore format: short
  scramble(model);
  const options: OnnxOptions = {
    ...plain([4, 4, 1], 3),
    classNames: ['ant', 'bee', 'wasp'],
    preprocessing: { stored: 'uint8', inputScale: 1 / 255 },
    softmax: true,
    labels: true,
  };
  const file = exportOnnx(await packaged(model, { output: 'logits', scale: 2 }), options);
  const bytes = Uint8Array.from({ length: 20 * 16 }, (_, i) => (i * i * 37 + (i >> 4) * 91) % 256);
  const rows = Float32Array.from(bytes, (byte) => (byte / 255) * 2);
  const logits = model.predict(engine.tf.tensor(rows, [20, 4, 4, 1])) as Tensor;
  const expected = await engine.tf.softmax(logits).data();
  const best = await logits.argMax(1).data();
  const given = await run(file, new OnnxTensor('uint8', bytes, [20, 4, 4, 1]));
  for (const [i, value] of expected.entries()) {
    expect(Number(given['probabilities']?.data[i])).toBeCloseTo(value, 5);
  }
  expect([...(given['label']?.data ?? [])]).toEqual([...best].map((c) => options.classNames[c]));
  expect(new Set(best).size).toBeGreaterThan(1);
  model.dispose();
});

it('exportOnnx with 8-bit kernels gives a file below 30 % of the size with nearly the same logits', async () => {
  const model = buildStudent(engine, { architecture: 'mlp', hiddenUnits: [200, 100], dropout: 0 }, [64], 10, 1); // biome-ignore format: short
  const packageOf = await packaged(model, { output: 'logits' });
  const full = exportOnnx(packageOf, plain([64], 10));
  const small = exportOnnx(packageOf, { ...plain([64], 10), int8: true });
  expect(small.length / full.length).toBeLessThan(0.3);
  const inputs = new OnnxTensor('float32', samples(4, [64]), [4, 64]);
  const [exact, near] = [await run(full, inputs), await run(small, inputs)];
  const differences = [...(exact['logits']?.data ?? [])].map((value, i) =>
    Math.abs(Number(value) - Number(near['logits']?.data[i])),
  );
  expect(Math.max(...differences)).toBeGreaterThan(0);
  expect(Math.max(...differences)).toBeLessThan(0.03);
  model.dispose();
});

it('exportOnnx reads weights at any offset of a buffer', async () => {
  const model = buildStudent(engine, { architecture: 'mlp', hiddenUnits: [4], dropout: 0 }, [3], 2, 1); // biome-ignore format: short
  const packageOf = await packaged(model, { output: 'logits' });
  const weights = Buffer.concat([Buffer.alloc(1), packageOf.weights]).subarray(1);
  expect(exportOnnx({ ...packageOf, weights }, plain([3], 2))).toEqual(exportOnnx(packageOf, plain([3], 2))); // biome-ignore format: short
  model.dispose();
});

it('exportOnnx refuses a layer or an activation without an ONNX counterpart, and names it', async () => {
  const { layers, sequential } = engine.tf;
  const model = sequential({
    layers: [
      layers.simpleRNN({ units: 3, inputShape: [4, 2], name: 'memory' }),
      layers.dense({ units: 2 }),
    ],
  });
  const packageOf = await packaged(model, { output: 'logits' });
  expect(() => exportOnnx(packageOf, plain([4, 2], 2))).toThrow(
    /^layer memory \(SimpleRNN\) cannot be exported to ONNX: there is no ONNX for it; known are Activation, Add,/,
  );
  const mish = sequential({
    layers: [layers.dense({ units: 2, inputShape: [2], activation: 'mish', name: 'out' })],
  });
  const other = await packaged(mish, { output: 'logits' });
  expect(() => exportOnnx(other, plain([2], 2))).toThrow(
    'layer out (Dense) cannot be exported to ONNX: its activation is mish; known are linear, elu',
  );
  for (const built of [model, mish]) built.dispose();
});

it('exportOnnx pads dilated kernels as TensorFlow does', () => {
  const { layers, sequential } = engine.tf;
  const model = sequential({
    layers: [
      layers.conv2d({ filters: 3, kernelSize: [3, 4], dilationRate: [2, 3], padding: 'same', inputShape: [9, 8, 2] }), // biome-ignore format: short
      layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }),
    ],
  });
  return expectSameAnswers(model, 'logits', [9, 8, 2], 2);
});

interface SavedLayer {
  readonly class_name: string;
  readonly config: Record<string, unknown>;
}

describe('exportOnnx of a model that another program wrote', () => {
  let mixed: ModelPackage;
  beforeAll(async () => {
    const model = mixture();
    mixed = await packaged(model, { output: 'probabilities' });
    model.dispose();
  });

  /** The exported file after `change` has edited the layers of the mixture. */
  function changed(change: (layers: SavedLayer[]) => void): Uint8Array {
    const modelJson = structuredClone(mixed.modelJson) as {
      readonly modelTopology: { readonly config: { readonly layers: SavedLayer[] } };
    };
    change(modelJson.modelTopology.config.layers);
    return exportOnnx({ ...mixed, modelJson }, plain([8, 6, 2], 3));
  }
  const configsOf = (layers: SavedLayer[], className: string) =>
    layers.filter((layer) => layer.class_name === className).map(({ config }) => config);

  it('accepts a normalisation axis in a list of one, and only the last axis', () => {
    const axis = (value: unknown) => (layers: SavedLayer[]) => {
      for (const config of configsOf(layers, 'BatchNormalization')) config['axis'] = value;
    };
    expect(changed(axis([3]))).toEqual(changed(axis(3)));
    expect(() => changed(axis([1, 2]))).toThrow('its axis is [1,2]');
    expect(() => changed(axis([2]))).toThrow('it normalises axis 2');
  });

  it('refuses convolution groups, which TensorFlow.js ignores', () => {
    const grouped = (layers: SavedLayer[]) => {
      for (const config of configsOf(layers, 'Conv2D')) config['groups'] = 2;
    };
    expect(() => changed(grouped)).toThrow(/^layer \w+ \(Conv2D\) cannot .* it has 2 groups$/);
  });

  it('refuses a concatenation axis of -2, which TensorFlow.js takes for the last axis', () => {
    const turned = (layers: SavedLayer[]) => {
      for (const config of configsOf(layers, 'Concatenate')) config['axis'] = -2;
    };
    expect(() => changed(turned)).toThrow('its axis is -2');
  });

  it('ignores keepdims of global pooling, as TensorFlow.js does', () => {
    const kept = (layers: SavedLayer[]) => {
      for (const config of configsOf(layers, 'GlobalAveragePooling2D')) config['keepdims'] = true;
    };
    expect(changed(kept)).toEqual(changed(() => undefined));
  });

  it('refuses Flatten with channels first', () => {
    const turn = (layers: SavedLayer[]) => {
      for (const config of configsOf(layers, 'Flatten')) config['data_format'] = 'channels_first';
    };
    expect(() => changed(turn)).toThrow('its data_format is "channels_first"');
  });

  it('refuses layers that are listed before their inputs', () => {
    expect(() => changed((layers) => layers.reverse())).toThrow('is listed before');
  });
});
