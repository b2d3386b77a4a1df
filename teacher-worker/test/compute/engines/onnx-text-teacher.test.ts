/**
 * A BERT in this process, asked as a worker asks it. Oracle: PyTorch's outputs for the same texts
 * (fixtures/onnx-text/make.py).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sampleTextsOf } from '@lyceum/learning/datasets';
import { readTextFolder } from '@lyceum/learning/formats';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { expect, it } from 'vitest';
import { localTeachers } from '../../../src/compute/engines/table.js';
import { requireRowIndependence } from '../../../src/compute/rows/row-independence.js';
import { engine } from '../../teachers-and-set.js';

const folder = fileURLToPath(
  new URL('../../../../learning/test/fixtures/onnx-text', import.meta.url),
);
const { texts, logits }: { texts: string[]; logits: number[][] } = JSON.parse(
  readFileSync(`${folder}/expected.json`, 'utf8'),
);
const sampleCount = texts.length;
const SET = {
  digest: 'texts',
  sampleShape: [1],
  sampleCount,
  classCount: 3,
  classNames: ['negative', 'neutral', 'positive'],
  inputs: new Float32Array(sampleCount),
  inputScale: 1,
  labels: new Int32Array(sampleCount),
  splits: new Uint8Array(sampleCount).fill(1),
};
const OF_TEXTS = { ...SET, texts: sampleTextsOf(texts) };
const MODEL = readTextFolder(folder, { classes: ['positive', 'negative', 'neutral'] });

async function open(dataset: typeof SET) {
  const openTeacher = localTeachers({ engine: await engine(), computeThreads: 1 });
  const packaged = { format: 'onnx-text' as const, model: MODEL };
  return openTeacher({ packaged, settings: MODEL.settings, dataset, untraced: () => {} });
}

it('an ONNX text teacher gives logits in the order of the classes of the set', async () => {
  const teacher = await open(OF_TEXTS);
  const samples = Uint32Array.from([7, 3, 30, 12]);
  const request = { dataset: OF_TEXTS, samples, view: IDENTITY_VIEW };
  const [said, final] = await teacher.answer({ ...request, outputs: ['logits', 'class'] });
  const expected = [...samples].map((sample) => {
    const [positive, negative, neutral] = logits[sample] as [number, number, number];
    return [negative, neutral, positive];
  });
  for (const [i, value] of expected.flat().entries()) expect(said?.values[i]).toBeCloseTo(value, 4);
  expect([...(final?.values ?? [])]).toEqual(expected.map((row) => row.indexOf(Math.max(...row))));
  expect(teacher.describe()).toMatchObject({ classCount: 3, latencyBatch1Ms: expect.any(Number) });
  expect(teacher.describe().inputShape).toBeUndefined();
  const all = Uint32Array.from(texts.keys());
  await expect(requireRowIndependence(teacher, OF_TEXTS, all)).resolves.toBeUndefined();
  await teacher.close();
});

it('an ONNX text teacher refuses a set without texts', async () => {
  await expect(open(SET)).rejects.toThrow('the model reads texts, and this data set has none');
});
