/**
 * Models that TensorFlow, Keras 3 and the converter wrote (fixtures/tensorflow/make.py), run here and compared with
 * their answers in Python; and a GraphModel written by hand, compared with plain arithmetic.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  describePackagedModel,
  type PackagedModel,
  parsePackagedModel,
} from '../../src/formats/packaged-model.js';
import { readSavedModelFolder } from '../../src/formats/saved-model/read-saved-model.js';
import { encodeSavedModelPackage } from '../../src/formats/saved-model/saved-model-package.js';
import { readModelFolder } from '../../src/formats/tensorflowjs/model-folder.js';
import {
  encodeModelPackage,
  type ModelPackage,
} from '../../src/formats/tensorflowjs/model-package.js';
import { tfjsGraphSettings } from '../../src/formats/tensorflowjs/tfjs-graph-package.js';
import type { ModelSettings } from '../../src/models/index.js';
import { openEngine, prepareEngine } from '../../src/tensorflow/engine/engine.js';
import { GraphModelInference } from '../../src/tensorflow/graph-model-inference.js';
import { Inference } from '../../src/tensorflow/inference.js';
import { loadModel } from '../../src/tensorflow/model-files.js';
import { SavedModelInference } from '../../src/tensorflow/saved-model-inference.js';

prepareEngine(process.env, 1);
const engine = await openEngine();
const folder = (name: string) =>
  fileURLToPath(new URL(`../fixtures/tensorflow/${name}`, import.meta.url));
const answers: Record<string, number[][]> = JSON.parse(
  readFileSync(folder('answers.json'), 'utf8'),
);
/** The inputs of make.py. */
const INPUTS = Float32Array.from({ length: 72 }, (_, i) => ((i * i * 31 + i * 7) % 251) / 251);

function expectClose(got: Float32Array, want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(want[i] as number, 4);
}

describe.skipIf(engine.name !== 'native')('SavedModelInference', () => {
  it.each(['logits', 'softmax'])('gives the answers of Python: %s', async (name) => {
    const bytes = encodeSavedModelPackage(readSavedModelFolder(folder(name), {}));
    const packaged = parsePackagedModel(bytes);
    expect(describePackagedModel(packaged)).toMatchObject({
      format: 'saved-model',
      inputShape: [6, 6, 1],
      classCount: 5,
      // 3·3·2 + 2, and 32·5 + 5.
      parameterCount: 185,
      weightBytes: 740,
      inputs: ['pixels float32 [?, 6, 6, 1]'],
      outputs: ['scores float32 [?, 5]'],
      settings: { output: name === 'logits' ? 'logits' : 'probabilities' },
    });
    if (packaged.format !== 'saved-model') throw new Error(packaged.format);
    const options = { rows: 16, sampleShape: [6, 6, 1] };
    const inference = await SavedModelInference.open(engine, packaged.model, options);
    const want = (answers[name] as number[][]).flat();
    const logits = await inference.run(INPUTS, 2);
    expectClose(logits, name === 'logits' ? want : want.map(Math.log));
    expect(await inference.run(INPUTS, 2)).toEqual(logits);
    await inference.close();
  });

  it('passes bytes to a model that takes bytes', async () => {
    const model = readSavedModelFolder(folder('bytes'), {});
    const options = { rows: 4, sampleShape: [6, 6, 1] };
    const inference = await SavedModelInference.open(engine, model, options);
    const bytes = INPUTS.map((value) => value * 255);
    expectClose(await inference.run(bytes, 2), (answers['bytes'] as number[][]).flat());
    await inference.close();
  });

  it('has a scale of 255 for a model that takes bytes, unless a scale of 1 is given', () => {
    const scaleOf = (given: Partial<ModelSettings>) => {
      const bytes = encodeSavedModelPackage(readSavedModelFolder(folder('bytes'), given));
      return parsePackagedModel(bytes).model.settings.scale;
    };
    expect(scaleOf({})).toBe(255);
    expect(scaleOf({ scale: 1 })).toBeUndefined();
  });

  it('leaves no tensor behind', async () => {
    const model = readSavedModelFolder(folder('logits'), {});
    const before = engine.tf.memory().numTensors;
    const inference = await SavedModelInference.open(engine, model, {
      rows: 4,
      sampleShape: [6, 6, 1],
    });
    await inference.run(INPUTS, 2);
    await inference.close();
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('refuses samples of another shape', async () => {
    const model = readSavedModelFolder(folder('logits'), {});
    const opened = SavedModelInference.open(engine, model, { rows: 4, sampleShape: [7] });
    await expect(opened).rejects.toThrow('takes samples of shape [6,6,1]; it is given [7]');
  });
});

/** x·W + b, with or without a softmax, as the converter writes it. */
function graph(softmax: boolean): ModelPackage {
  const [weight, offset] = [Float32Array.of(1, -2, 0.5, 3, 0, -1), Float32Array.of(0.25, -0.5, 1)];
  const float = { type: 'DT_FLOAT' };
  const shape = { shape: { dim: [{ size: '-1' }, { size: '2' }] } };
  const constant = (name: string) => ({ name, op: 'Const', attr: { dtype: float } });
  const fused = {
    name: 'scores',
    op: '_FusedMatMul',
    input: ['x', 'weight', 'offset'],
    attr: {
      T: float,
      num_args: { i: '1' },
      fused_ops: { list: { s: [Buffer.from('BiasAdd').toString('base64')] } },
      transpose_a: { b: false },
      transpose_b: { b: false },
    },
  };
  const last = softmax ? 'probable' : 'scores';
  const node = [
    { name: 'x', op: 'Placeholder', attr: { dtype: float, shape } },
    constant('weight'),
    constant('offset'),
    fused,
    ...(softmax
      ? [{ name: 'probable', op: 'Softmax', input: ['scores'], attr: { T: float } }]
      : []),
    { name: 'Identity', op: 'Identity', input: [last], attr: { T: float } },
  ];
  const tensor = (name: string, sizes: string[]) => ({
    name,
    dtype: 'DT_FLOAT',
    tensorShape: { dim: sizes.map((size) => ({ size })) },
  });
  const modelJson = {
    format: 'graph-model',
    modelTopology: { node, library: {}, versions: { producer: 1, minConsumer: 1 } },
    signature: {
      inputs: { input_1: tensor('x:0', ['-1', '2']) },
      outputs: { answer: tensor('Identity:0', ['-1', '3']) },
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: [
          { name: 'weight', shape: [2, 3], dtype: 'float32' },
          { name: 'offset', shape: [3], dtype: 'float32' },
        ],
      },
    ],
  };
  const weights = new Uint8Array(Buffer.concat([weight, offset].map((w) => Buffer.from(w.buffer))));
  return { modelJson, weights, settings: { output: softmax ? 'probabilities' : 'logits' } };
}

/** Logits of the samples (2, -1) and (0, 4). */
const SCORES = [
  [2 - 3 + 0.25, -4 - 0.5, 1 + 1 + 1],
  [12 + 0.25, -0.5, -4 + 1],
];

describe('GraphModelInference', () => {
  const reread = (model: ModelPackage): PackagedModel =>
    parsePackagedModel(encodeModelPackage(model));

  it.each([false, true])('gives the answers of plain arithmetic, softmax: %s', async (softmax) => {
    const packaged = reread(graph(softmax));
    expect(describePackagedModel(packaged)).toMatchObject({
      format: 'graph-model',
      inputShape: [2],
      classCount: 3,
      parameterCount: 9,
      weightBytes: 36,
      inputs: ['input_1 float32 [?, 2]'],
      outputs: ['answer float32 [?, 3]'],
    });
    if (packaged.format !== 'graph-model') throw new Error(packaged.format);
    const before = engine.tf.memory().numTensors;
    const options = { rows: 4, sampleShape: [2] };
    const inference = await GraphModelInference.open(engine, packaged.model, options);
    const logits = await inference.run(Float32Array.of(2, -1, 0, 4), 2);
    const want = SCORES.flatMap((row) => {
      const sum = row.reduce((total, value) => total + Math.exp(value), 0);
      return softmax ? row.map((value) => value - Math.log(sum)) : row;
    });
    expectClose(logits, want);
    await inference.close();
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  const renamed = (operation: string): ModelPackage => {
    const { modelJson, ...rest } = graph(false);
    const written = JSON.stringify(modelJson).replace('"_FusedMatMul"', `"${operation}"`);
    return { ...rest, modelJson: JSON.parse(written) };
  };

  it('needs the output setting for a graph with a circle', () => {
    const { modelJson, ...rest } = graph(false);
    const turned = JSON.parse(JSON.stringify(modelJson));
    turned.modelTopology.node.at(-1).input = ['Identity'];
    const read = () => describePackagedModel(reread({ ...rest, modelJson: turned }));
    expect(read().output).toBe('logits');
    expect(() => tfjsGraphSettings(turned, {}, 'turned')).toThrow(
      'does not tell whether answer, which nothing gives, is logits or probabilities',
    );
  });

  it('names an operation that TensorFlow.js lacks', async () => {
    // TensorFlow has this operation; TensorFlow.js does not.
    const packaged = reread(renamed('Svd'));
    if (packaged.format !== 'graph-model') throw new Error(packaged.format);
    const options = { rows: 4, sampleShape: [2] };
    await expect(GraphModelInference.open(engine, packaged.model, options)).rejects.toThrow(
      /TensorFlow.js cannot run the graph: .*Svd.*; where its program can, export it as a SavedModel or as ONNX/s,
    );
  });

  it('refuses an operation that is not allowed', () => {
    expect(() => reread(renamed('Unheard'))).toThrow(
      'has operations that are not run here: Unheard; only those run',
    );
  });
});

describe('models of the TensorFlow.js converter', () => {
  it('give the answers of Python: a GraphModel', async () => {
    const model = await readModelFolder(folder('graph-model'));
    expect(model.settings).toEqual({ output: 'probabilities' });
    const options = { rows: 16, sampleShape: [6, 6, 1] };
    const inference = await GraphModelInference.open(engine, model, options);
    expectClose(
      await inference.run(INPUTS, 2),
      (answers['softmax'] as number[][]).flat().map(Math.log),
    );
    await inference.close();
  });

  it.each([
    ['keras3-sequential', 'probabilities'],
    ['keras3-functional', 'logits'],
  ])('give the answers of Python: %s', async (name, output) => {
    const model = await readModelFolder(folder(name));
    expect(model.settings).toEqual({ output });
    const packaged = { format: 'layers-model', model } as const;
    expect(describePackagedModel(packaged)).toMatchObject({ inputShape: [6, 6, 1], classCount: 5 });
    const layers = await loadModel(engine, model);
    const inference = new Inference(engine, layers, model.settings, [6, 6, 1], 4);
    const want = (answers[name] as number[][]).flat();
    expectClose(inference.run(INPUTS, 2), output === 'logits' ? want : want.map(Math.log));
    layers.dispose();
  });
});
