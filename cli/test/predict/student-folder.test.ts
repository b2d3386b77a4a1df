/** A student of one layer, written by hand as `pull` writes it: a number in, its multiples by two weights out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Prediction, StudentFolder } from '../../src/predict/student-folder.js';

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
    for await (const predictions of student.predictions(samples())) found.push(...predictions);
    return found;
  } finally {
    await student.close();
  }
}

test('the likeliest class and its probability', async () => {
  const [first, second] = await predicted([-1, 1], [2, -2]);
  const probability = 1 / (1 + Math.exp(-4));
  expect(first).toEqual({ label: 'yes', probability: expect.closeTo(probability, 6) });
  expect(second).toEqual({ label: 'no', probability: expect.closeTo(probability, 6) });
});

test('a sample of which the student says nothing finite is named', async () => {
  await expect(predicted([-3e38, 3e38], [1, 1000])).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'row 2: the student gives no finite numbers for it',
  });
});

test('a folder of another format is refused with what would do', async () => {
  const other = mkdtempSync(join(root, 'onnx-'));
  writeFileSync(join(other, 'model.onnx'), '');
  await expect(StudentFolder.open(other)).rejects.toThrow(
    /model\.json: no such file; want a folder as coordinator pull writes it without --format/,
  );
});
