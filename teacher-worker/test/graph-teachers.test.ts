/**
 * Teachers that are graphs in this process, asked as a worker asks them. Oracle: one network saved twice, as a
 * SavedModel, and as a GraphModel that TensorFlow's converter made from it
 * (learning/test/fixtures/tensorflow/make.py).
 */
import { fileURLToPath } from 'node:url';
import { parseDataset } from '@lyceum/learning/datasets';
import {
  type PackagedModel,
  readModelFolder,
  readSavedModelFolder,
} from '@lyceum/learning/formats';
import type { ModelSettings } from '@lyceum/learning/models';
import { openEngine } from '@lyceum/learning/tensorflow';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { expect, it } from 'vitest';
import { localTeachers } from '../src/compute/engines/table.js';
import { requireRowIndependence } from '../src/compute/rows/row-independence.js';
import { engine, makeDataset } from './teachers-and-set.js';

const dataset = parseDataset(makeDataset().bytes);
const samples = Uint32Array.from({ length: 300 }, (_, sample) => sample);
const folder = (name: string) =>
  fileURLToPath(new URL(`../../learning/test/fixtures/tensorflow/${name}`, import.meta.url));

async function open(packaged: PackagedModel, more: Partial<ModelSettings> = {}) {
  const open = localTeachers({ engine: await engine(), computeThreads: 1 });
  return open({
    packaged,
    settings: { ...packaged.model.settings, ...more },
    dataset,
    untraced: () => {},
  });
}

const savedModel = (): PackagedModel => ({
  format: 'saved-model',
  model: readSavedModelFolder(folder('softmax'), {}),
});

it('a SavedModel and the GraphModel made of it give the same logits up to rounding', async ({
  skip,
}) => {
  skip((await engine()).name !== 'native', 'only the native engine runs SavedModels');
  const model = await readModelFolder(folder('graph-model'));
  const teachers = [await open(savedModel()), await open({ format: 'graph-model', model })];
  const request = { dataset, samples, view: IDENTITY_VIEW, outputs: ['class', 'logits'] };
  const answers = [];
  for (const teacher of teachers) {
    expect(teacher.describe()).toMatchObject({ classCount: 5 });
    await requireRowIndependence(teacher, dataset, samples.subarray(0, 128));
    const [best, logits] = await teacher.answer(request);
    const row = logits?.values.slice(0, 5) ?? new Float32Array();
    expect(best?.values[0]).toBe(row.indexOf(Math.max(...row)));
    answers.push(logits?.values ?? new Float32Array());
    await teacher.close();
  }
  const [first, second] = answers as [Float32Array, Float32Array];
  expect(first.length).toBe(1500);
  for (const [i, value] of first.entries()) expect(value).toBeCloseTo(second[i] as number, 4);
});

it('a SavedModel teacher uses `scale` of its settings, and refuses a `resize` that does not fit', async ({
  skip,
}) => {
  skip((await engine()).name !== 'native', 'only the native engine runs SavedModels');
  const plain = await open(savedModel());
  const scaled = await open(savedModel(), { scale: 2 });
  const ask = { dataset, samples, view: IDENTITY_VIEW, outputs: ['logits'] };
  expect((await plain.answer(ask))[0]).not.toEqual((await scaled.answer(ask))[0]);
  await plain.close();
  await scaled.close();
  await expect(open(savedModel(), { resize: 8 })).rejects.toThrow(
    'give pictures of [8,8], and the model takes [6,6]; want "centreCrop": [6,6]',
  );
});

it('a SavedModel is refused without the native engine', async () => {
  const wasm = { ...(await openEngine()), name: 'wasm', version: 'tfjs-wasm 4' } as const;
  const opened = localTeachers({ engine: wasm, computeThreads: 1 })({
    packaged: savedModel(),
    settings: savedModel().model.settings,
    dataset,
    untraced: () => {},
  });
  await expect(opened).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: "a SavedModel needs TensorFlow's library, and this process computes with tfjs-wasm 4",
  });
});
