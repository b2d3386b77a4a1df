/** Layers models that end in a sigmoid, read from disk and run, against their answers before the conversion. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readModelFolder } from '../../src/formats/tensorflowjs/model-folder.js';
import { openEngine } from '../../src/tensorflow/engine/engine.js';
import type { LayersModel } from '../../src/tensorflow/index.js';
import { Inference } from '../../src/tensorflow/inference.js';
import { loadModel, savedModel } from '../../src/tensorflow/model-files.js';

const engine = await openEngine();
const { layers, sequential, input, model: functional } = engine.tf;
const scratch = mkdtempSync(join(tmpdir(), 'lyceum-two-logits-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const hidden = () => layers.dense({ inputShape: [3], units: 4, activation: 'tanh' });
type Last = ReturnType<typeof layers.dense | typeof layers.activation | typeof layers.dropout>;
const chained = (...last: Last[]): LayersModel => sequential({ layers: [hidden(), ...last] });
const SAMPLES = [0.2, -1, 3, 0, 0.5, -0.25];

const MODELS = {
  'a Dense layer of one': () => chained(layers.dense({ units: 1, activation: 'sigmoid' })),
  'an Activation behind it': () =>
    chained(layers.dense({ units: 1 }), layers.activation({ activation: 'sigmoid' })),
  'no bias, and Dropout': () =>
    chained(
      layers.dense({ units: 1, activation: 'sigmoid', useBias: false }),
      layers.dropout({ rate: 0.5 }),
    ),
  'layers that name what they read': () => {
    const x = input({ shape: [3] });
    const y = layers.dense({ units: 1, activation: 'sigmoid' }).apply(hidden().apply(x));
    return functional({ inputs: x, outputs: y as typeof x });
  },
};

async function onDisk(made: LayersModel): Promise<string> {
  const folder = mkdtempSync(join(scratch, 'model-'));
  const { modelJson, weights } = await savedModel(engine, made, { output: 'logits' });
  writeFileSync(join(folder, 'model.json'), JSON.stringify(modelJson));
  writeFileSync(join(folder, 'weights.bin'), weights);
  return folder;
}

it.each(Object.entries(MODELS))('a sigmoid model with %s gives both classes', async (_, make) => {
  const made = make();
  for (const weight of made.weights) {
    // Random weights, so that the bias is not 0 as in new layers.
    const { shape } = weight;
    weight.write(engine.tf.randomUniform(shape as number[], -1, 1, 'float32', 7));
  }
  const said = made.predict(engine.tf.tensor(SAMPLES, [2, 3])) as ReturnType<
    typeof engine.tf.tensor
  >;
  const want = [...said.dataSync()];
  const read = await readModelFolder(await onDisk(made), { classes: ['no', 'yes'] });
  expect(read.settings).toEqual({ output: 'logits', classes: ['no', 'yes'] });
  const loaded = await loadModel(engine, read);
  const inference = new Inference(engine, loaded, read.settings, [3], 2);
  expect(inference.classCount).toBe(2);
  const [a = 1, b = 0, c = 1, d = 0] = inference.run(Float32Array.from(SAMPLES), 2);
  expect([a, c]).toEqual([0, 0]);
  const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
  expect(sigmoid(b)).toBeCloseTo(want[0] as number, 6);
  expect(sigmoid(d)).toBeCloseTo(want[1] as number, 6);
  for (const one of [made, loaded]) one.dispose();
});

it('a model of one output without a sigmoid needs the output setting', async () => {
  const folder = await onDisk(chained(layers.dense({ units: 1 })));
  await expect(readModelFolder(folder)).rejects.toThrow(
    'gives one number a sample, and not by a sigmoid; want a number for each class, or {"output": "logits"}',
  );
  const { modelJson } = await readModelFolder(folder, { output: 'logits' });
  expect(JSON.stringify(modelJson)).toContain('"units":2');
});

it('a model of one output with another activation is refused', async () => {
  const folder = await onDisk(chained(layers.dense({ units: 1, activation: 'relu' })));
  await expect(readModelFolder(folder, { output: 'logits' })).rejects.toThrow('not by a sigmoid');
});
