/** The table of model formats: what holds for every format, and which format reads which files. */
import { expect, test } from 'vitest';
import {
  computesHere,
  engineOf,
  FORMAT_NAMES,
  FORMATS,
  formatAt,
  formatIn,
  formatNamed,
  isAskedAtLoad,
  isPaidEngine,
  isRemoteEngine,
  isTrainable,
  isWrittenDown,
} from '../../src/formats/table.js';

test('formats have different names, engines and members', () => {
  for (const key of ['name', 'engine', 'member'] as const) {
    const values = FORMATS.flatMap((format) => format[key] ?? []);
    expect(new Set(values).size).toBe(values.length);
  }
  expect(FORMAT_NAMES.map((name) => formatNamed(name))).toEqual(FORMATS);
});

// Engine names are part of the identity of a teacher: another name would void all stored answers.
test.each([
  ['layers-model', 'tfjs-layers'],
  ['graph-model', 'tfjs-graph'],
  ['onnx', 'onnxruntime'],
  ['onnx-text', 'onnxruntime-text'],
  ['saved-model', 'tensorflow'],
  ['endpoint', 'http'],
  ['recorded', 'recorded'],
  ['open-inference', 'open-inference'],
] as const)('models of format %s run on the engine %s', (format, engine) => {
  expect(engineOf(format)).toBe(engine);
});

test('engines are grouped as remote, paid, local, recorded and asked at load', () => {
  const engines = FORMATS.map(({ engine }) => engine);
  expect(engines.filter(isRemoteEngine)).toEqual(['http', 'open-inference']);
  expect(engines.filter(isPaidEngine)).toEqual(['http']);
  expect(engines.filter(computesHere)).toEqual([
    'onnxruntime-text',
    'onnxruntime',
    'onnxruntime-table',
    'tensorflow',
    'tensorflow-table',
    'tfjs-graph',
    'tfjs-layers',
  ]);
  expect(engines.filter(isWrittenDown)).toEqual(['recorded']);
  expect(engines.filter(isAskedAtLoad)).toEqual(['open-inference']);
  expect(computesHere('another')).toBe(true);
  expect([isWrittenDown(''), isAskedAtLoad('')]).toEqual([false, false]);
});

test('only layers-model is trainable', () => {
  expect(FORMAT_NAMES.filter(isTrainable)).toEqual(['layers-model']);
});

test.each([
  ['endpoint', 'endpoint.json', 'inference.json', 'model.json'],
  ['open-inference', 'inference.json', 'recorded.json', 'model.onnx'],
  ['recorded', 'recorded.json', 'saved_model.pb'],
  ['onnx-text', 'model.onnx', 'tokenizer.json', 'model.json'],
  ['onnx', 'model.onnx', 'saved_model.pb', 'model.json'],
  ['saved-model', 'saved_model.pb', 'model.json'],
  ['layers-model', 'model.json', 'weights.bin'],
  ['layers-model'],
])('formatIn reads a package of %s from the members %s', (name, ...members) => {
  expect(formatIn(new Map(members.map((member) => [member, Buffer.of()]))).name).toBe(name);
});

test.each([
  ['endpoint', 'black.yaml'],
  ['endpoint', 'black.yml'],
  ['endpoint', 'black.endpoint.json'],
  ['onnx', 'net.onnx'],
  ['saved-model', 'folder', 'saved_model.pb', 'model.json'],
  ['layers-model', 'folder', 'model.json'],
  ['layers-model', 'model.json'],
  ['layers-model', 'nothing'],
])('formatAt finds %s at %s', (name, path, ...members) => {
  expect(formatAt(path, members).name).toBe(name);
});

test.each([
  ['net.onnx', 'net.settings.json'],
  ['folder', 'folder/settings.json'],
  ['folder/model.json', 'folder/settings.json'],
  ['black.yaml', undefined],
])('settingsFile of %s is %s', (path, file) => {
  expect(formatAt(path, []).onDisk.settingsFile?.(path)).toBe(file);
});
