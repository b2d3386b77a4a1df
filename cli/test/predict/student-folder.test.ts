/** `StudentFolder` with students of one layer, written by hand as `pull` writes them, for a number or for pictures. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Encoding } from '@lyceum/learning/datasets';
import { givenPictures } from '@lyceum/learning/import';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import {
  encodedSamples,
  type Prediction,
  StudentFolder,
} from '../../src/predict/student-folder.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-predict-'));
afterAll(() => rmSync(root, { recursive: true }));

const layer = (class_name: string, name: string, config: object, inbound_nodes: unknown[]) => ({
  class_name,
  name,
  config: { name, ...config },
  inbound_nodes,
});
const MODEL = {
  format: 'layers-model',
  modelTopology: {
    class_name: 'Model',
    config: {
      name: 'student',
      layers: [
        layer('InputLayer', 'input', { batch_input_shape: [null, 1], dtype: 'float32' }, []),
        layer('Dense', 'logits', { units: 2, activation: 'linear', use_bias: false }, [
          [['input', 0, 0, {}]],
        ]),
      ],
      input_layers: [['input', 0, 0]],
      output_layers: [['logits', 0, 0]],
    },
  },
  weightsManifest: [
    {
      paths: ['weights.bin'],
      weights: [{ name: 'logits/kernel', shape: [1, 2], dtype: 'float32' }],
    },
  ],
};
const ENCODING = {
  kind: 'table',
  version: 1,
  columns: [{ name: 'x', kind: 'number', mean: 0, deviation: 1, missing: false }],
};

async function predicted(weights: readonly [number, number], xs: readonly number[]) {
  const write = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(root, name), content);
  write('model.json', JSON.stringify(MODEL));
  write('weights.bin', new Uint8Array(Float32Array.from(weights).buffer));
  write('encoding.json', JSON.stringify(ENCODING));
  write('classes.json', '["no", "yes"]');
  const student = await StudentFolder.open(root);
  const samples = async function* () {
    for (const [row, x] of xs.entries()) yield { where: `row ${row + 1}`, raw: { x } };
  };
  try {
    const found: Prediction[] = [];
    const encoded = encodedSamples(ENCODING as Encoding, samples());
    for await (const predictions of student.predictions(encoded)) found.push(...predictions);
    return found;
  } finally {
    await student.close();
  }
}

test('StudentFolder predicts the likeliest class and its probability', async () => {
  const [first, second] = await predicted([-1, 1], [2, -2]);
  const probability = 1 / (1 + Math.exp(-4));
  expect(first).toEqual({
    where: 'row 1',
    label: 'yes',
    probability: expect.closeTo(probability, 6),
  });
  expect(second).toEqual({
    where: 'row 2',
    label: 'no',
    probability: expect.closeTo(probability, 6),
  });
});

test('StudentFolder names a sample whose logits are not finite', async () => {
  await expect(predicted([-3e38, 3e38], [1, 1000])).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'row 2: the student gives no finite numbers for it',
  });
});

/**
 * A student of gray 2 × 2 pictures: the logit of `above` is the sum of the upper pixels, that of `below` of the lower.
 */
function pictureFolder(channels = 1): string {
  const folder = mkdtempSync(join(root, 'pictures-'));
  const shape = [2, 2, channels];
  const layers = [
    layer('InputLayer', 'input', { batch_input_shape: [null, ...shape], dtype: 'float32' }, []),
    layer('Flatten', 'flat', {}, [[['input', 0, 0, {}]]]),
    layer('Dense', 'logits', { units: 2, activation: 'linear', use_bias: false }, [
      [['flat', 0, 0, {}]],
    ]),
  ];
  const { config } = MODEL.modelTopology;
  const kernel = { name: 'logits/kernel', shape: [4 * channels, 2], dtype: 'float32' };
  const modelJson = {
    ...MODEL,
    modelTopology: { ...MODEL.modelTopology, config: { ...config, layers } },
    weightsManifest: [{ paths: ['weights.bin'], weights: [kernel] }],
  };
  const weights = Array.from({ length: 4 * channels }, (_, i) =>
    i < 2 * channels ? [1, 0] : [0, 1],
  );
  writeFileSync(join(folder, 'model.json'), JSON.stringify(modelJson));
  writeFileSync(
    join(folder, 'weights.bin'),
    new Uint8Array(Float32Array.from(weights.flat()).buffer),
  );
  writeFileSync(join(folder, 'classes.json'), '["above", "below"]');
  return folder;
}

async function png(name: string, pixels: readonly number[], width: number): Promise<string> {
  const raw = { width, height: pixels.length / width, channels: 1 } as const;
  const file = join(root, name);
  await sharp(Uint8Array.from(pixels), { raw }).png().toFile(file);
  return file;
}

test('StudentFolder scales pictures to the size of the set, cut or stretched', async () => {
  const student = await StudentFolder.open(pictureFolder());
  const { takes } = student;
  if (!('pictures' in takes)) throw new Error('no student of pictures');
  const small = await png('small.png', [255, 255, 0, 51], 2);
  // Twice as high: its middle is black above, and white below.
  const high = await png('high.png', [255, 255, 0, 0, 255, 255, 0, 0], 2);
  const asked = async (files: string[], fit?: 'stretch') => {
    const found: Prediction[] = [];
    const pictures = givenPictures(files, takes.pictures, fit);
    for await (const predictions of student.predictions(pictures)) found.push(...predictions);
    return found;
  };
  try {
    const [first, second] = await asked([small, high]);
    const probability = expect.closeTo(1 / (1 + Math.exp(-1.8)), 6);
    expect(first).toEqual({ where: small, label: 'above', probability });
    expect(second).toMatchObject({ where: high, label: 'below' });
    expect(second?.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    // Stretched, both halves have nearly the same white.
    expect((await asked([high], 'stretch'))[0]?.probability).toBeLessThan(0.7);
    // More than a batch, in order.
    const many = await asked(Array.from({ length: 21 }, (_, i) => (i % 2 === 0 ? small : high)));
    expect(many.map(({ label }) => label).join()).toBe(
      Array.from({ length: 21 }, (_, i) => (i % 2 === 0 ? 'above' : 'below')).join(),
    );
  } finally {
    await student.close();
  }
});

test.each([
  [{ output: 'logits', scale: 2 }, 1 / (1 + Math.exp(-3.6))],
  // Rows of a probability each, as a model with a softmax at its end gives them.
  [{ output: 'probabilities' }, 2 / 2.2],
])('StudentFolder applies settings.json: %j', async (settings, probability) => {
  const folder = pictureFolder();
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  const student = await StudentFolder.open(folder);
  try {
    const file = await png('settings.png', [255, 255, 0, 51], 2);
    for await (const [found] of student.predictions(givenPictures([file], [2, 2, 1], undefined))) {
      expect(found?.probability).toBeCloseTo(probability, 6);
    }
  } finally {
    await student.close();
  }
});

test.each([
  [{ mean: [0.5], layout: 'NHWC' }, 'mean'],
  [{ standardDeviation: [2], colours: 'BGR' }, 'standardDeviation, colours'],
  [{ resize: 4, centreCrop: [2, 2] }, 'resize, centreCrop'],
])('StudentFolder refuses settings that predict does not apply: %j', async (settings, names) => {
  const folder = pictureFolder();
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ output: 'logits', ...settings }));
  await expect(StudentFolder.open(folder)).rejects.toThrow(
    `settings.json: predict does not support the settings ${names};`,
  );
});

test('givenPictures names a file that is no picture', async () => {
  const broken = join(root, 'broken.jpg');
  writeFileSync(broken, 'no picture');
  const read = async (file: string) => {
    for await (const _ of givenPictures([file], [2, 2, 3], undefined));
  };
  await expect(read(broken)).rejects.toThrow(`${broken}: cannot be read as JPEG, PNG`);
  await expect(read(join(root, 'nowhere.jpg'))).rejects.toThrow('it does not exist');
});

test('StudentFolder predicts the samples before one that cannot be read', async () => {
  const broken = join(root, 'cut.png');
  writeFileSync(broken, 'no picture');
  const files = [await png('fine.png', [9, 9, 1, 1], 2), broken];
  const student = await StudentFolder.open(pictureFolder());
  const found: Prediction[] = [];
  const read = async () => {
    const samples = givenPictures(files, [2, 2, 1], undefined);
    for await (const predictions of student.predictions(samples)) found.push(...predictions);
  };
  await expect(read()).rejects.toThrow(`${broken}: cannot be read`);
  expect(found).toMatchObject([{ where: files[0], label: 'above' }]);
  await student.close();
});

test('StudentFolder refuses a student that takes no pictures and has no encoding', async () => {
  await expect(StudentFolder.open(pictureFolder(2))).rejects.toThrow(
    'has no encoding.json, and its model takes no pictures',
  );
});

test('StudentFolder refuses a folder of another format, and names the right one', async () => {
  const other = mkdtempSync(join(root, 'onnx-'));
  writeFileSync(join(other, 'model.onnx'), '');
  await expect(StudentFolder.open(other)).rejects.toThrow(
    /model\.json: no such file; want a folder as coordinator pull writes it without --format/,
  );
});
