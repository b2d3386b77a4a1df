/** The folder of a BERT as an exporter writes it (fixtures/onnx-text/make.py), and faulty folders. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readZip, writeZip } from '../../../src/files/index.js';
import type { GraphOutline, GraphValue } from '../../../src/formats/graphs/index.js';
import { encodeOnnxTextPackage } from '../../../src/formats/onnx-text/onnx-text-package.js';
import {
  isTextFolder,
  readTextFolder,
  textSettings,
} from '../../../src/formats/onnx-text/read-text-folder.js';
import { requireTextClassifier } from '../../../src/formats/onnx-text/text-classifier.js';
import { TextTokenizer } from '../../../src/formats/onnx-text/text-tokenizer.js';
import { describePackagedModel, parsePackagedModel } from '../../../src/formats/packaged-model.js';

const fixture = fileURLToPath(new URL('../../fixtures/onnx-text', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'lyceum-text-model-'));
afterAll(() => rmSync(root, { recursive: true }));

test('readTextFolder reads classes, settings and size from the files of a folder', () => {
  const packaged = parsePackagedModel(encodeOnnxTextPackage(readTextFolder(fixture, {})));
  expect(packaged.format).toBe('onnx-text');
  const described = describePackagedModel(packaged);
  expect(described).toMatchObject({
    classCount: 3,
    reads: 'texts',
    settings: { output: 'logits', maximumTokens: 32, padToken: 0 },
  });
  expect(described.inputShape).toBeUndefined();
  expect(described.parameterCount).toBeGreaterThan(5_000);
});

test('readTextFolder accepts model.onnx in onnx/, a smaller maximumTokens, and refuses a broken config.json', () => {
  const folder = join(root, 'nested');
  cpSync(fixture, folder, { recursive: true });
  mkdirSync(join(folder, 'onnx'));
  renameSync(join(folder, 'model.onnx'), join(folder, 'onnx', 'model.onnx'));
  expect(readTextFolder(folder, { maximumTokens: 20 }).settings.maximumTokens).toBe(20);
  writeFileSync(join(folder, 'config.json'), '{');
  expect(() => readTextFolder(folder, {})).toThrow(
    /config\.json cannot be used:\n {2}- is no JSON object/,
  );
});

test('readTextFolder refuses a model that gives a text several labels', () => {
  const folder = join(root, 'labels');
  cpSync(fixture, folder, { recursive: true });
  const path = join(folder, 'config.json');
  const say = (type: string) => writeFileSync(path, JSON.stringify({ problem_type: type }));
  say('multi_label_classification');
  expect(() => readTextFolder(folder, {})).toThrow(
    /config\.json cannot be used:\n {2}- problem_type: is multi_label_classification, a yes or no/,
  );
  say('single_label_classification');
  expect(readTextFolder(folder, {}).settings.maximumTokens).toBeGreaterThan(0);
});

test('readTextFolder accepts one graph of any name, and refuses several without a model.onnx', () => {
  const folder = join(root, 'quantised');
  cpSync(fixture, folder, { recursive: true });
  mkdirSync(join(folder, 'onnx'));
  const small = join(folder, 'onnx', 'model_quantized.onnx');
  renameSync(join(folder, 'model.onnx'), small);
  expect(isTextFolder(folder, readdirSync(folder))).toBe(true);
  const fileIn = () => Buffer.from(readTextFolder(folder, {}).file);
  expect(fileIn()).toEqual(readFileSync(small));
  cpSync(small, join(folder, 'onnx', 'model_fp16.onnx'));
  expect(() => readTextFolder(folder, {})).toThrow(
    'has onnx/model_fp16.onnx, onnx/model_quantized.onnx; call the one that is to be pushed model.onnx',
  );
  cpSync(join(fixture, 'model.onnx'), join(folder, 'onnx', 'model.onnx'));
  writeFileSync(small, 'any');
  expect(fileIn()).toEqual(readFileSync(join(fixture, 'model.onnx')));
});

test.each([
  ['left', undefined, 'second'],
  ['right', 'Left', 'first'],
  [undefined, 'Left', 'second'],
  [undefined, undefined, 'first'],
])('TextTokenizer cuts long texts: side %s, direction %s', async (side, direction, kept) => {
  const folder = mkdtempSync(join(root, 'side-'));
  cpSync(fixture, folder, { recursive: true });
  const change = (file: string, more: object) => {
    const path = join(folder, file);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...more }));
  };
  change('tokenizer.json', { truncation: direction === undefined ? null : { direction } });
  change('tokenizer_config.json', side === undefined ? {} : { truncation_side: side });
  const { tokenizer } = readTextFolder(folder, {});
  const opened = await TextTokenizer.open(tokenizer, 5);
  const [cls, sep, a, b] = [2, 3, 7, 8];
  const expected = kept === 'first' ? [cls, a, a, a, sep] : [cls, b, b, b, sep];
  expect(opened.tokens('a a a b b b').ids).toEqual(expected);
  // Only a part of a text that is far too long is read.
  expect(opened.tokens(`a a a${' t'.repeat(500)} b b b`).ids).toEqual(expected);
});

test('parsePackagedModel refuses a text package that lacks a setting or the tokenizer model', () => {
  const whole = encodeOnnxTextPackage(readTextFolder(fixture, {}));
  const limits = { maxMembers: 9, maxBytes: 2 ** 30, compression: 'refused' as const };
  const members = new Map(readZip(whole, limits, 'file'));
  const parsed = (change: Record<string, string>) => {
    const changed = Object.entries(change).map(([k, text]) => [k, Buffer.from(text)] as const);
    return () => parsePackagedModel(writeZip(new Map([...members, ...changed])));
  };
  expect(parsed({ 'settings.json': '{"output":"logits","padToken":0}' })).toThrow(
    'maximumTokens: is missing',
  );
  expect(parsed({ 'settings.json': '{"output":"logits","maximumTokens":9}' })).toThrow(
    'padToken: is missing',
  );
  expect(parsed({ 'tokenizer.json': '{}' })).toThrow('model: is missing');
  const settings = '{"output":"logits","padToken":0,"maximumTokens":9,"scale":2}';
  expect(parsed({ 'settings.json': settings })).toThrow('scale: means nothing to a model that');
});

const value = (name: string, shape: (number | undefined)[], type = 'int64'): GraphValue => ({
  name,
  kind: 'tensor',
  elementType: type as 'int64',
  shape,
});
const ANY = [undefined, undefined];
const outlineOf = (inputs: GraphValue[], operations: string[] = []): GraphOutline => ({
  inputs,
  outputs: [value('logits', [undefined, 3], 'float32')],
  operations: new Set(operations),
  operationOf: new Map(),
});
const BOTH = [value('input_ids', ANY), value('attention_mask', ANY)];

test.each([
  ['no mask', [value('input_ids', ANY)]],
  ['positions', [...BOTH, value('position_ids', ANY)]],
  ['numbers', [value('input_ids', ANY, 'float32'), value('attention_mask', ANY)]],
  ['one text alone', [value('input_ids', [undefined]), value('attention_mask', ANY)]],
  ['pixels', [value('pixel_values', [undefined, 3, 224, 224], 'float32')]],
])('requireTextClassifier refuses inputs with %s', (_, inputs) => {
  expect(() => requireTextClassifier(outlineOf(inputs), {}, 'model')).toThrow(
    'want input_ids and attention_mask',
  );
});

test('requireTextClassifier keeps the fixed rows and tokens of a graph, and refuses settings above them', () => {
  const fixed = [value('input_ids', [1, 128]), value('attention_mask', [1, 128])];
  const asked = requireTextClassifier(outlineOf(fixed), {}, 'model');
  expect([asked.fixedRows, asked.fixedTokens]).toEqual([1, 128]);
  expect(() => requireTextClassifier(outlineOf(fixed), { maximumTokens: 200 }, 'model')).toThrow(
    'maximumTokens: is 200, and its input_ids have 128 tokens a row',
  );
  const huge = [value('input_ids', [2 ** 22, 128]), value('attention_mask', [2 ** 22, 128])];
  expect(() => requireTextClassifier(outlineOf(huge), {}, 'model')).toThrow(
    'takes 536870912 values at once',
  );
  // Quantised at run time, by the greatest number of all rows.
  const quantised = outlineOf(BOTH, ['DynamicQuantizeLinear']);
  expect(requireTextClassifier(quantised, {}, 'model').fixedRows).toBe(1);
});

test.each([
  ['nothing', {}, {}, {}, 512, 0],
  ['a limit of the tokenizer', {}, { model_max_length: 128 }, {}, 128, 0],
  ['no limit', {}, { model_max_length: 1e30 }, {}, 512, 0],
  ['more than is usual', {}, { model_max_length: 8192 }, {}, 512, 0],
  ['truncation', { truncation: { max_length: 77 } }, { model_max_length: 128 }, {}, 77, 0],
  ['positions', {}, {}, { max_position_embeddings: 40 }, 40, 0],
  [
    'positions behind an offset',
    {},
    {},
    { model_type: 'xlm-roberta', max_position_embeddings: 66, pad_token_id: 1 },
    64,
    1,
  ],
  ['padding', { padding: { pad_id: 7 } }, {}, {}, 512, 7],
  [
    'a token by name',
    { added_tokens: [{ id: 5, content: '<p>' }] },
    { pad_token: '<p>' },
    {},
    512,
    5,
  ],
  [
    'a token as an object',
    { added_tokens: [{ id: 5, content: '<p>' }] },
    { pad_token: { content: '<p>' } },
    {},
    512,
    5,
  ],
])('textSettings with %s', (_, tokenizer, tokenizerConfig, config, maximumTokens, padToken) => {
  expect(textSettings({ tokenizer, tokenizerConfig, config })).toEqual({
    maximumTokens,
    padToken,
  });
});

test('readTextFolder refuses a folder without tokenizer.json', () => {
  const folder = join(root, 'linked');
  cpSync(fixture, folder, { recursive: true });
  rmSync(join(folder, 'tokenizer.json'));
  expect(() => readTextFolder(folder, {})).toThrow('no such file');
  expect(readFileSync(join(folder, 'model.onnx')).length).toBeGreaterThan(0);
});
