/** `readModel` on real files: ONNX models that the `onnx` package wrote, and files of other programs, told by name. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePackagedModel } from '@lyceum/learning/formats';
import { afterAll, expect, it } from 'vitest';
import { readModel } from '../../src/import/read-model.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-read-model-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A copy of a fixture, so that settings can lie beside it. */
function fixture(name: string): string {
  const from = new URL(`../../../learning/test/fixtures/onnx/${name}`, import.meta.url);
  const to = join(root, name);
  copyFileSync(fileURLToPath(from), to);
  return to;
}

async function settingsOf(path: string, file?: string) {
  return parsePackagedModel(await readModel(path, file)).model.settings;
}

it('readModel reads settings beside an ONNX file, or from a named file', async () => {
  const path = fixture('two-heads.onnx');
  await expect(readModel(path, undefined)).rejects.toThrow('has several outputs');
  writeFileSync(join(root, 'two-heads.settings.json'), '{"outputName":"logits"}');
  expect(await settingsOf(path)).toEqual({ output: 'logits', outputName: 'logits' });
  const other = join(root, 'other.json');
  writeFileSync(other, '{"outputName":"probabilities"}');
  expect(await settingsOf(path, other)).toMatchObject({ output: 'probabilities' });
  writeFileSync(other, '{"outputname":"probabilities"}');
  await expect(readModel(path, other)).rejects.toThrow('outputname: is not a known key');
});

it('readModel refuses a folder or a device in the place of an ONNX file', async () => {
  mkdirSync(join(root, 'folder.onnx'));
  await expect(readModel(join(root, 'folder.onnx'), undefined)).rejects.toThrow(
    'is a folder, and no file',
  );
  symlinkSync('/dev/zero', join(root, 'zero.onnx'));
  await expect(readModel(join(root, 'zero.onnx'), undefined)).rejects.toThrow(
    'is a pipe or device',
  );
});

it('readModel needs the data file of an ONNX model, and refuses one that is too short', async () => {
  const path = fixture('external.onnx');
  await expect(readModel(path, undefined)).rejects.toThrow('external.onnx.data: no such file');
  fixture('external.onnx.data');
  expect(await settingsOf(path)).toEqual({ output: 'logits', layout: 'NCHW' });
  writeFileSync(join(root, 'external.onnx.data'), 'short');
  await expect(readModel(path, undefined)).rejects.toThrow(/weight \w+: lies at bytes/);
});

it.each([
  ['net.pt', 'is a PyTorch file; export the model with torch.onnx.export'],
  ['net.KERAS', "net.KERAS').export('net')"],
  ['net.joblib', 'is a pickle; export a scikit-learn model with skl2onnx'],
  ['net.safetensors', 'holds weights without their model'],
  ['saved/saved_model.pb', 'is no SavedModel, or a damaged one'],
  ['folder/net.onnx', 'is a folder; push the file in it: net.onnx'],
])('readModel says how to make a model of %s', async (file, message) => {
  const path = join(root, file);
  const folder = file.includes('/') ? join(path, '..') : undefined;
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  writeFileSync(path, 'any');
  await expect(readModel(folder ?? path, undefined)).rejects.toThrow(message);
});

it('readModel reads a model of texts from its folder, with the names of its classes', async () => {
  const from = new URL('../../../learning/test/fixtures/onnx-text', import.meta.url);
  const folder = join(root, 'texts');
  cpSync(fileURLToPath(from), folder, { recursive: true });
  expect(await settingsOf(folder)).toEqual({
    output: 'logits',
    maximumTokens: 32,
    padToken: 0,
    classes: ['positive', 'negative', 'neutral'],
  });
  writeFileSync(join(folder, 'settings.json'), '{"maximumTokens":12}');
  expect((await settingsOf(folder)).maximumTokens).toBe(12);
  renameSync(join(folder, 'model.onnx'), join(folder, 'model_int8.onnx'));
  expect((await settingsOf(folder)).classes).toHaveLength(3);
  renameSync(join(folder, 'tokenizer.json'), join(folder, 'vocab.txt'));
  await expect(readModel(folder, undefined)).rejects.toThrow(
    `has no tokenizer.json, which models of texts are pushed with; write it with python -c "from transformers import AutoTokenizer as T; T.from_pretrained('${folder}').save_pretrained('${folder}')"`,
  );
  renameSync(join(folder, 'vocab.txt'), join(folder, 'tokenizer.json'));
  rmSync(join(folder, 'model_int8.onnx'));
  await expect(readModel(folder, undefined)).rejects.toThrow('optimum-cli export onnx --model');
});

const tensorflow = (name: string) =>
  fileURLToPath(new URL(`../../../learning/test/fixtures/tensorflow/${name}`, import.meta.url));

it.each([
  ['softmax', 'saved-model', 'probabilities'],
  ['graph-model', 'graph-model', 'probabilities'],
  ['keras3-functional', 'layers-model', 'logits'],
])('readModel finds the format of the folder %s', async (name, format, output) => {
  const bytes = await readModel(tensorflow(name), undefined);
  expect(parsePackagedModel(bytes)).toMatchObject({ format, model: { settings: { output } } });
  // Equal content has one digest.
  expect((await readModel(tensorflow(name), undefined)).equals(bytes)).toBe(true);
});

it('readModel reads settings in a folder', async () => {
  const copy = join(root, 'graph');
  cpSync(tensorflow('graph-model'), copy, { recursive: true });
  writeFileSync(join(copy, 'settings.json'), '{"scale":255}');
  const plain = { output: 'probabilities', scale: 255 };
  expect(await settingsOf(copy)).toEqual(plain);
  expect(await settingsOf(join(copy, 'model.json'))).toEqual(plain);
});

it('readModel refuses a SavedModel with an operation that reads files', async () => {
  await expect(readModel(tensorflow('reader'), undefined)).rejects.toThrow(
    /has operations that are not run here: ReadFile \(in function __inference_serve_\d+\); only those run/,
  );
});

/** A folder with one model of five classes, and files beside it. */
function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  mkdirSync(folder);
  const from = new URL('../../../learning/test/fixtures/onnx/fixed-batch.onnx', import.meta.url);
  copyFileSync(fileURLToPath(from), join(folder, 'net.onnx'));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return join(folder, 'net.onnx');
}

const FRUITS = ['apple', 'fig', 'lime', 'pear', 'plum'];
const ID_TO_LABEL = JSON.stringify({ id2label: Object.fromEntries(FRUITS.entries()) });

it.each([
  ['a list of lines', { 'labels.txt': FRUITS.join('\n') }],
  ['a list of its own', { 'net.labels.txt': FRUITS.join('\n'), 'labels.txt': 'a\nb\nc\nd\ne' }],
  ['a configuration of Hugging Face', { 'config.json': ID_TO_LABEL }],
  ['Teachable Machine’s metadata', { 'metadata.json': JSON.stringify({ labels: FRUITS }) }],
])('readModel takes the names of classes from %s beside the model', async (name, files) => {
  expect((await settingsOf(folderWith(name, files))).classes).toEqual(FRUITS);
});

it('readModel takes no names of another count, beside two models, or through a link', async () => {
  const four = folderWith('four', { 'labels.txt': FRUITS.slice(1).join('\n') });
  expect((await settingsOf(four)).classes).toBeUndefined();
  const two = folderWith('two', { 'labels.txt': FRUITS.join('\n') });
  copyFileSync(two, two.replace('net', 'other'));
  expect((await settingsOf(two)).classes).toBeUndefined();
  const linked = folderWith('linked', {});
  writeFileSync(join(root, 'elsewhere.txt'), FRUITS.join('\n'));
  symlinkSync(join(root, 'elsewhere.txt'), linked.replace('net.onnx', 'labels.txt'));
  expect((await settingsOf(linked)).classes).toBeUndefined();
});

it('readModel refuses names of classes that are not UTF-8', async () => {
  const path = folderWith('latin1', {});
  const labels = path.replace('net.onnx', 'labels.txt');
  writeFileSync(labels, 'Bär\nBür\nfig\nlime\npear', 'latin1');
  await expect(readModel(path, undefined)).rejects.toThrow(
    `${labels}, line 1: is not UTF-8 at byte 2 of the file (0xe4); want UTF-8. If it is latin1: iconv`,
  );
});

it('readModel prefers other class names of the settings, and refuses the same in another order', async () => {
  const path = folderWith('settled', {
    'labels.txt': FRUITS.join('\n'),
    'net.settings.json': JSON.stringify({ classes: ['a', 'b', 'c', 'd', 'e'] }),
  });
  expect((await settingsOf(path)).classes).toEqual(['a', 'b', 'c', 'd', 'e']);
  const turned = folderWith('turned', {
    'labels.txt': FRUITS.join('\n'),
    'net.settings.json': JSON.stringify({ classes: [...FRUITS].reverse() }),
  });
  await expect(readModel(turned, undefined)).rejects.toThrow(
    'classes: are plum, pear, lime, fig, apple by its settings, and apple, fig, lime, pear, plum by labels.txt: output 0 is plum by the one and apple by the other',
  );
});

it('readModel takes picture settings from preprocessor_config.json, unless its settings have some', async () => {
  const processor = JSON.stringify({
    image_processor_type: 'ViTImageProcessor',
    size: { height: 8, width: 8 },
    image_mean: [0.5],
    image_std: [0.25],
  });
  const path = folderWith('processed', { 'preprocessor_config.json': processor });
  expect(await settingsOf(path)).toMatchObject({
    mean: [0.5],
    standardDeviation: [0.25],
    layout: 'NCHW',
    resize: [8, 8],
    antialias: true,
  });
  const settled = folderWith('processed-otherwise', {
    'preprocessor_config.json': processor,
    'net.settings.json': JSON.stringify({ scale: 255 }),
  });
  const { scale, mean } = await settingsOf(settled);
  expect([scale, mean]).toEqual([255, undefined]);
  const cached = folderWith('processed-cached', {});
  symlinkSync(
    path.replace('net.onnx', 'preprocessor_config.json'),
    cached.replace('net.onnx', 'preprocessor_config.json'),
  );
  expect((await settingsOf(cached)).mean).toEqual([0.5]);
  const broken = folderWith('processed-not', { 'preprocessor_config.json': '{"size":' });
  await expect(readModel(broken, undefined)).rejects.toThrow(
    'preprocessor_config.json: want a JSON object',
  );
});

it('readModel takes class names that were saved in a model.json', async () => {
  const folder = join(root, 'with-names');
  const from = '../../../learning/test/fixtures/tensorflow/graph-model';
  cpSync(fileURLToPath(new URL(from, import.meta.url)), folder, { recursive: true });
  const file = join(folder, 'model.json');
  const modelJson = JSON.parse(readFileSync(file, 'utf8'));
  modelJson.userDefinedMetadata = { ...modelJson.userDefinedMetadata, labels: FRUITS };
  writeFileSync(file, JSON.stringify(modelJson));
  expect((await settingsOf(folder)).classes).toEqual(FRUITS);
});

/** A copy of a model, of which one part is moved elsewhere with a link left in its place. */
function linked(from: string, name: string, part: string, to: 'elsewhere' | 'beside'): string {
  const copy = join(root, `${name}-${part.replaceAll('/', '-')}-${to}`);
  cpSync(from, copy, { recursive: true });
  const moved = to === 'beside' ? join(copy, 'moved') : `${copy}-moved`;
  renameSync(join(copy, part), moved);
  symlinkSync(moved, join(copy, part));
  return copy;
}

const LINKED = [
  ['softmax', 'saved_model.pb'],
  ['softmax', 'variables'],
  ['softmax', 'variables/variables.index'],
  ['graph-model', 'model.json'],
  ['graph-model', 'group1-shard1of1.bin'],
] as const;

it.each(LINKED)('readModel follows no link out of the folder: %s, %s', async (name, part) => {
  const outside = linked(tensorflow(name), name, part, 'elsewhere');
  await expect(readModel(outside, undefined)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/lies outside the model's folder, at .*-moved/),
  });
  const inside = linked(tensorflow(name), name, part, 'beside');
  const plain = await readModel(tensorflow(name), undefined);
  expect((await readModel(inside, undefined)).equals(plain)).toBe(true);
});

it('readModel follows no link to settings or an encoding outside the folder', async () => {
  const secret = join(root, 'secret.json');
  writeFileSync(secret, '{"output":"logits"}');
  for (const name of ['settings.json', 'encoding.json']) {
    const copy = join(root, `with-${name.replace('.json', '')}`);
    cpSync(tensorflow('keras3-functional'), copy, { recursive: true });
    symlinkSync(secret, join(copy, name));
    await expect(readModel(copy, undefined)).rejects.toThrow("lies outside the model's folder");
  }
});

it('readModel follows no link to ONNX weights outside the folder, nor to /dev/zero', async () => {
  const folder = join(root, 'onnx-linked');
  mkdirSync(folder);
  const path = join(folder, 'external.onnx');
  copyFileSync(fixture('external.onnx'), path);
  symlinkSync(fixture('external.onnx.data'), join(folder, 'external.onnx.data'));
  await expect(readModel(path, undefined)).rejects.toThrow("lies outside the model's folder");
  rmSync(join(folder, 'external.onnx.data'));
  symlinkSync('/dev/zero', join(folder, 'external.onnx.data'));
  await expect(readModel(path, undefined)).rejects.toThrow("lies outside the model's folder");
  // A model that is named by a link is the user's own choice.
  const link = join(root, 'linked.onnx');
  symlinkSync(fixture('two-heads.onnx'), link);
  await expect(readModel(link, undefined)).rejects.toThrow('has several outputs');
});
