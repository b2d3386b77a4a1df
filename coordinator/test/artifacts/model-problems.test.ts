/** Packaged models of layers without weights, whose settings make them large. */
import type { Dataset } from '@lyceum/learning/datasets';
import {
  encodeModelPackage,
  packagedModelLayers,
  parsePackagedModel,
} from '@lyceum/learning/formats';
import { expect, test } from 'vitest';
import {
  layerProblems,
  studentProblems,
  teacherProblems,
} from '../../src/artifacts/model-problems.js';

const PICTURES = {
  digest: '',
  sampleShape: [4, 4, 1],
  sampleCount: 2,
  classCount: 2,
  classNames: ['a', 'b'],
  inputs: new Float32Array(32),
  inputScale: 1,
  labels: new Int32Array(2),
  splits: new Uint8Array(2).fill(1),
};

/** A packaged model of layers that need no weights. */
function packageOf(layers: readonly [string, object][], inputShape: (number | null)[]) {
  const input = { batch_input_shape: [null, ...inputShape] };
  const modelTopology = {
    class_name: 'Sequential',
    config: {
      name: 'large',
      layers: layers.map(([kind, config], i) => ({
        class_name: kind,
        config: { name: `layer${i}`, ...(i === 0 && input), ...config },
      })),
    },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
  const modelJson = { format: 'layers-model', modelTopology, weightsManifest: [] };
  return parsePackagedModel(
    encodeModelPackage({ modelJson, weights: Buffer.alloc(0), settings: { output: 'logits' } }),
  );
}

test('layerProblems names a layer with too many numbers a sample', () => {
  const packaged = packageOf(
    [
      ['UpSampling2D', { size: [10_000, 10_000] }],
      ['Flatten', {}],
    ],
    [4, 4, 1],
  );
  const problems = layerProblems('spec.teachers[0].model', packagedModelLayers(packaged));
  expect(problems).toEqual([
    {
      path: 'spec.teachers[0].model',
      message:
        'has layer layer0 of shape [40000,40000,1], 1600000000 numbers a sample; want at most 268435456',
    },
  ]);
  const small = packageOf([['UpSampling2D', { size: [2, 2] }]], [4, 4, 1]);
  expect(layerProblems('model', packagedModelLayers(small))).toEqual([]);
});

test('teacherProblems refuses samples of too many numbers for a model that takes any size', () => {
  const packaged = packageOf([['GlobalAveragePooling2D', {}]], [null, null, 1]);
  const { format } = packaged;
  const numbers = { parameterCount: 0, weightBytes: 0 };
  const model = { digest: '', format, ...numbers, settings: {}, layers: [] };
  const seen = { output: 'logits', resize: 8_192 } as const;
  expect(teacherProblems('model', model, seen, PICTURES)).toEqual([
    {
      path: 'model',
      message: 'sees samples of shape [8192,8192,1], 67108864 numbers; want at most 8388608',
    },
  ]);
});

test('teacherProblems wants a data set made of texts for a model that reads texts', () => {
  const numbers = { parameterCount: 0, weightBytes: 0 };
  const reader = { digest: '', format: 'onnx-text' as const, ...numbers, settings: {}, layers: [] };
  const model = { ...reader, classCount: 2, reads: 'texts' as const };
  const settings = { output: 'logits', maximumTokens: 8, padToken: 0 } as const;
  const texts = { bytes: new Uint8Array(0), ends: new Uint32Array(0) };
  expect(teacherProblems('model', model, settings, { ...PICTURES, texts })).toEqual([]);
  expect(teacherProblems('model', model, settings, PICTURES)).toEqual([
    {
      path: 'model',
      message: 'reads texts, and the data set was not made of texts: push one with --text',
    },
  ]);
  const other = { ...model, classCount: 3 };
  expect(teacherProblems('model', other, settings, { ...PICTURES, texts })).toEqual([
    { path: 'model', message: 'has 3 classes, and the data set has 2' },
  ]);
  const onNumbers = { ...reader, format: 'onnx' as const };
  expect(teacherProblems('model', onNumbers, settings, PICTURES)).toEqual([
    { path: 'model', message: 'maximumTokens and padToken are for models that read texts' },
  ]);
});

test('teacherProblems wants a data set with the same columns for a model that reads columns', () => {
  const numbers = { parameterCount: 0, weightBytes: 0 };
  const table = { digest: '', format: 'onnx-table' as const, ...numbers, settings: {}, layers: [] };
  const age = { name: 'age', kind: 'number' as const };
  const model = { ...table, classCount: 2, reads: 'columns' as const, columns: [age] };
  const settings = { output: 'logits' } as const;
  const set = { ...PICTURES, columns: [{ name: 'town', kind: 'category' as const }, age] };
  expect(teacherProblems('model', model, settings, set)).toEqual([]);
  const problemOf = (dataset: Dataset) => teacherProblems('model', model, settings, dataset);
  expect(problemOf(PICTURES)).toEqual([
    {
      path: 'model',
      message: expect.stringContaining("reads a table's columns, and the data set"),
    },
  ]);
  const other = { ...set, columns: [{ ...age, kind: 'category' as const }] };
  expect(problemOf(other)).toEqual([
    { path: 'model', message: expect.stringContaining('reads numbers in the column age') },
  ]);
  const flat = { ...set, sampleShape: [4], inputs: new Float32Array(0) };
  const encoded = { ...table, format: 'onnx' as const, inputShape: [2], classCount: 2 };
  expect(teacherProblems('model', encoded, settings, flat)).toEqual([
    { path: 'model', message: expect.stringContaining('names them in its settings, {"columns"') },
  ]);
  // No model of another format reads columns.
  const layers = { ...encoded, format: 'layers-model' as const };
  expect(teacherProblems('model', layers, settings, flat)).toEqual([
    { path: 'model', message: 'takes inputs of shape [2], and the samples have [4]' },
  ]);
});

test('studentProblems wants a layers model with the sample shape and the classes of the data set', () => {
  const numbers = { parameterCount: 0, weightBytes: 0 };
  const shape = { inputShape: [4, 4, 1], classCount: 2 };
  const format = 'layers-model' as const;
  const model = { digest: '', format, ...numbers, ...shape, settings: {}, layers: [] };
  const settings = { output: 'logits', scale: 255, classes: ['a', 'b'] } as const;
  expect(studentProblems('model', model, settings, PICTURES)).toEqual([]);
  const messages = (changes: object, own: object = {}) =>
    studentProblems('model', { ...model, ...changes }, { ...settings, ...own }, PICTURES).map(
      ({ message }) => message,
    );
  expect(messages({ format: 'onnx' })).toEqual([
    'is of format onnx; a student is trained as a TensorFlow.js layers model',
  ]);
  expect(messages({}, { mean: [0.5] })).toEqual([
    expect.stringMatching(/^has mean in its settings, which only teachers may have/),
  ]);
  expect(messages({}, { output: 'probabilities' })).toEqual([
    expect.stringMatching(/^gives probabilities; a student must give logits/),
  ]);
  expect(messages({}, { layout: 'NHWC' })).toEqual([]);
  expect(messages({ inputShape: [2, 2, 1], classCount: 3 })).toEqual([
    'has 3 classes, and the data set has 2',
    'takes inputs of shape [2,2,1], and the samples have [4,4,1]',
  ]);
  expect(messages({}, { classes: ['b', 'a'] })).toEqual([
    expect.stringContaining('has the class b at output 0, where spec.dataset has a;'),
  ]);
  expect(messages({ encodingDigest: 'ab' })).toEqual([
    expect.stringContaining('the samples of the data set are not encoded'),
  ]);
});
