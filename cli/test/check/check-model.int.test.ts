/**
 * `models check` and `push` as processes, without a cluster. The set is noise around one picture a class; the model
 * names the nearest picture, by plain arithmetic. It is almost always right with its own settings, and only then.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mulberry32 } from '@lyceum/learning/arrays';
import { encodeDataset, encodeStoredDataset, parseStoredDataset } from '@lyceum/learning/datasets';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { linesOnSet } from '../../src/check/lines-on-set.js';
import { readModel } from '../../src/import/read-model.js';
import { runCli } from '../commands/cli-process.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

/** Port 1 of loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';
const CLASSES = 12;
const NAMES = Array.from({ length: CLASSES }, (_, c) => String(c));
/** The classes of a model that knows only some. */
const FEW = ['7', '2', '10', '4'];
const SHAPE = [4, 4, 3];
const SIZE = 48;
const TEMPLATES = NAMES.map((_, c) => Array.from({ length: SIZE }, (_, i) => mulberry32(c + 1, i)));

const root = mkdtempSync(join(tmpdir(), 'lyceum-check-'));
const dataset = join(root, 'set.npz');
afterAll(() => rmSync(root, { recursive: true }));

function setOf(classNames: readonly string[]): Buffer {
  const sampleCount = 600;
  const label = (sample: number) => sample % CLASSES;
  return encodeDataset({
    sampleShape: SHAPE,
    sampleCount,
    classCount: CLASSES,
    classNames,
    inputs: Uint8Array.from({ length: sampleCount * SIZE }, (_, at) => {
      const sample = Math.floor(at / SIZE);
      const noise = 0.3 * (mulberry32(77, at) - 0.5);
      const value = (TEMPLATES[label(sample)]?.[at % SIZE] ?? 0) + noise;
      return Math.round(255 * Math.min(1, Math.max(0, value)));
    }),
    inputScale: 1 / 255,
    labels: Int32Array.from({ length: sampleCount }, (_, sample) => label(sample)),
    splits: Uint8Array.from({ length: sampleCount }, (_, sample) => (sample < 120 ? 1 : 2)),
  });
}

beforeAll(async () => {
  writeFileSync(dataset, setOf(NAMES));
  await nearest('plain', NAMES, false);
  await nearest('bytes', [...NAMES].sort(), true);
  await nearest('turned', [...NAMES.slice(5), ...NAMES.slice(0, 5)], false);
  await nearest('few', FEW, true);
});

/**
 * t·x − |t|²/2 of each class's picture t.
 *
 * @param order - of the model's classes.
 * @param meantForBytes - blue, green, red from 0 to 255.
 */
async function nearest(name: string, order: readonly string[], meantForBytes: boolean) {
  const pictures = order.map((own) => TEMPLATES[Number(own)] as number[]);
  const units = order.length;
  const kernel = Array.from({ length: SIZE * units }, (_, at) => {
    const [i, c] = [Math.floor(at / units), at % units];
    const channel = meantForBytes ? 2 - (i % 3) : i % 3;
    const value = pictures[c]?.[i - (i % 3) + channel] ?? 0;
    return meantForBytes ? value / 255 : value;
  });
  const bias = pictures.map((picture) => -picture.reduce((sum, t) => sum + (t * t) / 2, 0));
  const folder = join(root, name);
  await mkdir(folder);
  const layer = (class_name: string, config: object) => ({ class_name, config });
  const layers = [
    layer('Flatten', { name: 'flatten', batch_input_shape: [null, ...SHAPE] }),
    layer('Dense', { name: 'dense', units, activation: 'linear', use_bias: true }),
  ];
  const modelJson = {
    format: 'layers-model',
    modelTopology: layer('Sequential', { name, layers }),
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: [
          { name: 'dense/kernel', shape: [SIZE, units], dtype: 'float32' },
          { name: 'dense/bias', shape: [units], dtype: 'float32' },
        ],
      },
    ],
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(modelJson));
  writeFileSync(join(folder, 'weights.bin'), Float32Array.of(...kernel, ...bias));
}

const check = (name: string, ...options: string[]) =>
  runCli(NOBODY, 'models', 'check', join(root, name), '--dataset', dataset, ...options);

test('models check finds value range, colours and class order, and writes settings that it takes', async () => {
  const settings = join(root, 'found.json');
  const found = await check('bytes', '--write', settings, '--expect-accuracy', '95%');
  expect(found.code, found.stderr).toBe(0);
  expect(found.stdout).toMatch(/if labels are sorted as strings/);
  expect(found.stdout).toMatch(/Best: values × 255, NHWC, BGR/);
  const written = JSON.parse(readFileSync(settings, 'utf8'));
  expect(written).toEqual({
    output: 'logits',
    scale: 255,
    colours: 'BGR',
    classes: [...NAMES].sort(),
  });
  // With these settings there is one candidate left, and it is as accurate.
  const again = await check('bytes', '--settings', settings, '-o', 'json');
  const document = JSON.parse(again.stdout);
  expect(document.accuracy).toBeGreaterThan(0.95);
  expect(document.candidates).toHaveLength(1);
  expect(document.settings).toEqual(written);
});

test('models check finds no settings for a model that needs none', async () => {
  const { stdout } = await check('plain', '-o', 'json', '--samples', '240', '--seed', '3');
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ settings: { output: 'logits' }, sampleCount: 240 });
  expect(document.labels).toBe("in the set's order");
  expect(document.accuracy).toBeGreaterThan(0.95);
});

test('models check of a set with several modalities says where the model names its own', async () => {
  const { modalities, ...samples } = parseStoredDataset(setOf(NAMES));
  const [only] = modalities.values();
  if (only === undefined) throw new Error('want a modality');
  const senses = join(root, 'senses.npz');
  const both = new Map([
    ['near', only],
    ['far', only],
  ]);
  writeFileSync(senses, encodeStoredDataset({ ...samples, modalities: both }));
  const model = join(root, 'plain');
  const args = ['models', 'check', model, '--dataset', senses];
  const { code, stderr } = await runCli(NOBODY, ...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /want one of the data set's: .*; say it in the model's settings: \{"modality": "…"\}/,
  );
  const settings = join(root, 'near.json');
  writeFileSync(settings, JSON.stringify({ output: 'logits', modality: 'near' }));
  expect((await runCli(NOBODY, ...args, '--settings', settings)).code).toBe(0);
});

test('models check refuses a file that is no data set, without a word about modalities', async () => {
  const table = join(root, 'table.csv');
  writeFileSync(table, 'x,label\n1,a\n');
  const { code, stderr } = await runCli(
    NOBODY,
    ...['models', 'check', join(root, 'plain'), '--dataset', table],
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(/data set cannot be used:\n {2}- file: not a zip archive/);
  expect(stderr).not.toMatch(/modality/);
});

test('models check asks the coordinator about a set that has the name of a folder here', async () => {
  const { code, stderr } = await runCli(
    NOBODY,
    ...['models', 'check', join(root, 'plain'), '--dataset', root],
  );
  expect(code).toBe(4);
  expect(stderr).toContain(NOBODY);
  expect(stderr).not.toContain('EISDIR');
});

test('models check finds an arbitrary order of classes', async () => {
  const { code, stdout } = await check('turned', '--expect-accuracy', '0.95');
  expect(code).toBe(0);
  expect(stdout).toMatch(/looks like another class order: 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4/);
});

test('models check judges a model of some classes by samples of these, once they are named', async () => {
  const KNOWS = "it knows 4 of the set's classes, 2, 4, 7, 10, and is judged by samples of these";
  const unnamed = await check('few');
  expect(unnamed.code).toBe(2);
  expect(unnamed.stderr).toContain('has 4 classes and the data set 12; name the model');
  const settings = join(root, 'few.json');
  writeFileSync(settings, JSON.stringify({ classes: FEW }));
  const written = join(root, 'few-found.json');
  const found = await check('few', '--settings', settings, '--write', written);
  expect(found.stdout).toMatch(
    /Best: values × 255, NHWC, BGR\n +\S+ % if labels are as the settings/,
  );
  expect(found.stdout).toContain(KNOWS);
  expect(found.stdout).toMatch(/ of 160 labelled validation samples/);
  expect(JSON.parse(readFileSync(written, 'utf8'))).toMatchObject({ scale: 255, classes: FEW });
  // Classes in a wrong order are corrected.
  writeFileSync(settings, JSON.stringify({ classes: [...FEW].reverse() }));
  const turned = await check('few', '--settings', settings, '--expect-accuracy', '0.95');
  expect(turned.stdout).toMatch(/looks like another class order: 7, 2, 10, 4/);
});

test('models check fails below the expected accuracy, and refuses to overwrite a file', async () => {
  const wrong = join(root, 'wrong.json');
  writeFileSync(wrong, '{"scale":0.001,"colours":"RGB"}');
  const failed = await check('bytes', '--settings', wrong, '--expect-accuracy', '0.9');
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/is below the expected 90.00 %/);
  const refused = await check('plain', '--write', wrong);
  expect(refused.code).toBe(6);
});

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../learning/test/fixtures/${name}`, import.meta.url));

test('models push tries a batch of noise first, and refuses a model that fails', async () => {
  const pushed = (file: string, ...more: string[]) =>
    runCli(NOBODY, 'models', 'push', 'm', file, ...more);
  for (const file of ['onnx/fixed-batch.onnx', 'tensorflow/graph-model', 'tensorflow/softmax']) {
    const { code, stderr } = await pushed(fixture(file));
    expect(stderr).toMatch(/tried on 128 samples of noise \[6,6,1\] with .*: 5 classes, /);
    // There is no coordinator to take it.
    expect(code).toBe(4);
  }
  const dependent = await pushed(fixture('onnx/batch-mean.onnx'));
  expect(dependent.code).toBe(2);
  expect(dependent.stderr).toMatch(/does not work: .*depends on the other samples of the batch/);
  const settings = join(root, 'lies.json');
  writeFileSync(settings, '{"output":"probabilities"}');
  const lying = await pushed(fixture('onnx/fixed-batch.onnx'), '--settings', settings);
  expect(lying.stderr).toMatch(/its settings say probabilities, but its rows are not/);
  const untried = await pushed(fixture('onnx/batch-mean.onnx'), '--no-try');
  expect(untried.code).toBe(4);
});

test('models check refuses a model behind a server', async () => {
  const file = join(root, 'box.yaml');
  writeFileSync(file, 'url: http://127.0.0.1:1/\nrequest: $input\nanswer: /x\ninput: png\n');
  const { code, stderr } = await runCli(NOBODY, 'models', 'check', file, '--dataset', dataset);
  expect(code).toBe(2);
  expect(stderr).toContain('the model is behind a server; models check runs model files only');
});

test('linesOnSet reports the accuracy of a model, a far better order of its classes, and guesses', async () => {
  const set = readFileSync(dataset);
  const lines = async (name: string) =>
    linesOnSet(await readModel(join(root, name), undefined), set, new AbortController().signal);
  const [right, ...more] = await lines('plain');
  expect(right).toMatch(
    /^(9\d|100)\.\d % of 480 labelled validation samples \(8\.3 % are of one class\)$/,
  );
  expect(more).toEqual([]);
  expect(await lines('bytes')).toEqual([
    expect.stringMatching(/ of 480 labelled validation samples /),
    'no better than always to answer one class; models check tells whether it wants its inputs otherwise',
  ]);
  expect(await lines('turned')).toEqual([
    expect.stringMatching(
      /^\d\.\d % of 480 labelled validation samples \(8\.3 % are of one class\)$/,
    ),
    expect.stringMatching(
      /^(9\d|100)\.\d % with its classes in another order: 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4; models check --write FILE writes it as settings$/,
    ),
  ]);
});

test('linesOnSet refuses a model whose settings say probabilities and whose rows are none', async () => {
  const settings = join(root, 'lies-of-set.json');
  writeFileSync(settings, '{"output":"probabilities"}');
  const model = await readModel(join(root, 'plain'), settings);
  const lines = linesOnSet(model, readFileSync(dataset), new AbortController().signal);
  await expect(lines).rejects.toThrow('its settings say probabilities, but its rows are not');
});

test("linesOnSet takes numbers as classes for the set's names", async () => {
  const settings = join(root, 'numbered.json');
  writeFileSync(settings, JSON.stringify({ output: 'logits', classes: NAMES }));
  const model = await readModel(join(root, 'plain'), settings);
  const named = setOf(NAMES.map((name) => `picture ${name}`));
  expect(await linesOnSet(model, named, new AbortController().signal)).toEqual([
    expect.stringMatching(
      /^(9\d|100)\.\d % of 480 labelled validation samples \(8\.3 % are of one class\)$/,
    ),
  ]);
});
