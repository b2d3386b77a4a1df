/**
 * A real small teacher in this process: its answers, and, counted at the backend, that each is one call of a graph.
 */
import { type Dataset, parseDataset, withHeld } from '@lyceum/learning/datasets';
import { parseModelPackage } from '@lyceum/learning/formats';
import { IDENTITY_VIEW, readInputs, readsBytes } from '@lyceum/learning/views';
import { expect, it, vi } from 'vitest';
import { LayersModelTeacher } from '../../../src/compute/engines/layers-model-teacher.js';
import { engine, makeDataset, makeTeacher } from '../../teachers-and-set.js';

const firstSamples = (count: number) => Uint32Array.from({ length: count }, (_, sample) => sample);

it('answers from one graph, made on the first batch and gone with the teacher', async ({
  skip,
}) => {
  const { name, tf } = await engine();
  skip(name !== 'native', 'only the native engine traces');
  const backend = tf.backend() as unknown as {
    runSavedModel(): unknown;
    deleteSavedModel(session: number): void;
  };
  const runs = vi.spyOn(backend, 'runSavedModel');
  const deletions = vi.spyOn(backend, 'deleteSavedModel');
  const reasons: string[] = [];
  const teacher = await LayersModelTeacher.open(
    await engine(),
    parseModelPackage((await makeTeacher(1)).bytes),
    { output: 'logits' },
    parseDataset(makeDataset().bytes),
    (reason) => reasons.push(reason),
  );
  const dataset = parseDataset(makeDataset().bytes);
  const answer = (count: number) =>
    teacher.answer({
      dataset,
      samples: firstSamples(count),
      view: IDENTITY_VIEW,
      outputs: ['logits'],
    });
  const [first] = await answer(300);
  const before = runs.mock.calls.length;
  const [again] = await answer(300);
  expect(again).toEqual(first);
  // Rows 0 to 127, 128 to 255, and the rest.
  expect(runs.mock.calls.length - before).toBe(3);
  expect(reasons).toEqual([]);
  expect(deletions).not.toHaveBeenCalled();
  await teacher.close();
  expect(deletions).toHaveBeenCalledOnce();
});

it('gives features of layers, and the same logits as without them', async () => {
  const reasons: string[] = [];
  const teacher = await LayersModelTeacher.open(
    await engine(),
    parseModelPackage((await makeTeacher(1)).bytes),
    { output: 'logits' },
    parseDataset(makeDataset().bytes),
    (reason) => reasons.push(reason),
  );
  const dataset = parseDataset(makeDataset().bytes);
  const answer = (outputs: string[]) =>
    teacher.answer({ dataset, samples: firstSamples(300), view: IDENTITY_VIEW, outputs });
  const [alone] = await answer(['logits']);
  const [hidden, output, logits] = await answer(['layer/dense_2', 'layer/logits', 'logits']);
  expect(logits).toEqual(alone);
  // The last layer is named logits: its features are the logits.
  expect(output).toEqual({ ...logits, name: 'layer/logits' });
  expect([hidden?.name, hidden?.width]).toEqual(['layer/dense_2', 20]);
  expect(hidden?.values.length).toBe(300 * 20);
  expect(Math.min(...(hidden?.values ?? []))).toBe(0);
  expect(Math.max(...(hidden?.values ?? []))).toBeGreaterThan(0);
  if ((await engine()).name === 'native') expect(reasons).toEqual([]);
  await expect(answer(['layer/none', 'logits'])).rejects.toThrow(
    'has no layer none; its layers are input, flatten, dense_1, dense_2, logits',
  );
  await expect(answer(['attention'])).rejects.toThrow('not attention');
  await teacher.close();
});

it('reads a view at the input size of its model', async () => {
  const teacher = await LayersModelTeacher.open(
    await engine(),
    parseModelPackage((await makeTeacher(1, [9, 8, 1])).bytes),
    { output: 'logits' },
    parseDataset(makeDataset().bytes),
    () => {},
  );
  const dataset = parseDataset(makeDataset().bytes);
  const samples = firstSamples(300);
  const view = { text: 'v1,seed=7,shift=0.2,crop=0.1,mixup=1', epoch: 1 };
  const [logits] = await teacher.answer({ dataset, samples, view, outputs: ['logits'] });
  // The same view, as a set whose samples already have the wanted size.
  const inputs = new Float32Array(300 * 72);
  readInputs(dataset, samples, view, inputs, [9, 8, 1]);
  const resized = { ...dataset, sampleShape: [9, 8, 1], sampleCount: 300, inputs, inputScale: 1 };
  const plain = { dataset: resized, samples, view: IDENTITY_VIEW, outputs: ['logits'] };
  expect((await teacher.answer(plain))[0]).toEqual(logits);
  await teacher.close();
});

it('gives the same bits whether samples are fed as bytes or as real values', async () => {
  const reasons: string[] = [];
  const set = parseDataset(makeDataset().bytes);
  const inputs = Uint8Array.from(set.inputs, (value) => Math.abs(value * 255));
  const kept = { ...set, inputs, inputScale: 1 / 255 };
  const held = withHeld(kept, firstSamples(set.sampleCount), inputs);
  const teacher = await LayersModelTeacher.open(
    await engine(),
    parseModelPackage((await makeTeacher(1)).bytes),
    { output: 'logits' },
    kept,
    (reason) => reasons.push(reason),
  );
  const answer = (dataset: Dataset) =>
    teacher.answer({
      dataset,
      samples: firstSamples(300),
      view: IDENTITY_VIEW,
      outputs: ['logits'],
    });
  expect(readsBytes(held, IDENTITY_VIEW)).toBe(true);
  expect(await answer(held)).toEqual(await answer(kept));
  if ((await engine()).name === 'native') expect(reasons).toEqual([]);
  await teacher.close();
});

it('refuses a model that loads, but that TensorFlow.js cannot run', async () => {
  const { bytes } = await makeTeacher(1);
  const packaged = parseModelPackage(bytes);
  const modelJson = structuredClone(packaged.modelJson) as {
    modelTopology: { config: { layers: { class_name: string; config: object }[] } };
  };
  // TensorFlow.js 4.22 computes a softmax only along the last axis.
  const { layers } = modelJson.modelTopology.config;
  const flatten = layers.findIndex((layer) => layer.class_name === 'Flatten');
  const name = 'across';
  const softmax = { class_name: 'Softmax', config: { name, axis: 1 }, name, inbound_nodes: [[['input', 0, 0, {}]]] }; // biome-ignore format: short
  layers.splice(flatten, 1, softmax, {
    ...(layers[flatten] as (typeof layers)[0]),
    inbound_nodes: [[[name, 0, 0, {}]]],
  } as (typeof layers)[0]);
  const dataset = parseDataset(makeDataset().bytes);
  const open = LayersModelTeacher.open(
    await engine(),
    { ...packaged, modelJson },
    { output: 'logits' },
    dataset,
    () => undefined,
  );
  await expect(open).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('TensorFlow.js cannot run the model: Softmax along'),
  });
});
