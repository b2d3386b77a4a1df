/**
 * ONNX teachers in this process, asked as a worker asks them. Oracle: the TensorFlow.js model from which the file was
 * exported, whose logits differ only by rounding.
 */
import { fileURLToPath } from 'node:url';
import { type Dataset, parseDataset } from '@lyceum/learning/datasets';
import { exportOnnx } from '@lyceum/learning/export';
import {
  onnxPackageOf,
  type PackagedModel,
  parseModelPackage,
  readOnnxModel,
} from '@lyceum/learning/formats';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { expect, it } from 'vitest';
import type { TeacherEngine } from '../../../src/compute/engine/index.js';
import { localTeachers } from '../../../src/compute/engines/table.js';
import { requireRowIndependence } from '../../../src/compute/rows/row-independence.js';
import { engine, makeDataset, makeTeacher } from '../../teachers-and-set.js';

const dataset = parseDataset(makeDataset().bytes);
const samples = Uint32Array.from({ length: 300 }, (_, sample) => sample);
const fixture = (name: string): PackagedModel => {
  const path = new URL(`../../../../learning/test/fixtures/onnx/${name}.onnx`, import.meta.url);
  return { format: 'onnx', model: readOnnxModel(fileURLToPath(path), {}) };
};

async function open(packaged: PackagedModel, settings = packaged.model.settings, set = dataset) {
  const openTeacher = localTeachers({ engine: await engine(), computeThreads: 1 });
  return openTeacher({ packaged, settings, dataset: set, untraced: () => {} });
}

async function logitsOf(teacher: TeacherEngine, set: Dataset = dataset): Promise<Float32Array> {
  const request = { dataset: set, samples, view: IDENTITY_VIEW, outputs: ['logits'] };
  const [logits] = await teacher.answer(request);
  return logits?.values ?? new Float32Array();
}

/** The greatest difference of two logits. */
function distance(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

it('an exported ONNX teacher answers as its original does, with classes in any order', async () => {
  const layers = parseModelPackage((await makeTeacher(1)).bytes);
  const onnx = onnxPackageOf(
    exportOnnx(layers, {
      sampleShape: [6, 6, 1],
      classNames: dataset.classNames,
      softmax: false,
      labels: false,
      int8: false,
    }),
    {},
  );
  expect(onnx.settings).toEqual({
    output: 'logits',
    layout: 'NHWC',
    classes: dataset.classNames,
  });
  const first = await open({ format: 'layers-model', model: layers });
  const second = await open({ format: 'onnx', model: onnx });
  const [want, got] = [await logitsOf(first), await logitsOf(second)];
  expect(distance(got, want)).toBeLessThan(1e-5);
  expect(second.describe()).toMatchObject({ classCount: 5, parameterCount: 1265 });

  // The set's classes are a, b, c, d, e.
  const classes = ['e', 'd', 'c', 'b', 'a'];
  for (const packaged of [
    { format: 'layers-model' as const, model: layers },
    { format: 'onnx' as const, model: onnx },
  ]) {
    const turned = await open(packaged, { ...packaged.model.settings, classes });
    const rows = await logitsOf(turned);
    const back = rows.map((_, i) => rows[i - (i % 5) + 4 - (i % 5)] as number);
    expect(distance(back, want)).toBeLessThan(1e-5);
    await turned.close();
  }
  await first.close();
  await second.close();
});

it('an ONNX teacher gives logits and class, and refuses other outputs', async () => {
  const teacher = await open(fixture('fixed-batch'));
  const request = { dataset, samples, view: IDENTITY_VIEW };
  const [best, logits] = await teacher.answer({ ...request, outputs: ['class', 'logits'] });
  const [row] = [logits?.values.slice(0, 5) ?? new Float32Array()];
  expect(best?.values[0]).toBe(row.indexOf(Math.max(...row)));
  await expect(teacher.answer({ ...request, outputs: ['layer/a'] })).rejects.toThrow(
    'gives logits and class, not layer/a',
  );
  await teacher.close();
});

it.each(['fixed-batch', 'external', 'half', 'dynamic-range'])(
  'an ONNX teacher gives a row the same answer among any other rows: %s',
  async (name) => {
    const teacher = await open(fixture(name));
    await requireRowIndependence(teacher, dataset, samples.subarray(0, 128));
    await teacher.close();
  },
);

it('requireRowIndependence refuses a model that draws random numbers', async () => {
  const teacher = await open(fixture('random'));
  await expect(requireRowIndependence(teacher, dataset, samples.subarray(0, 128))).rejects.toThrow(
    /answers to the same samples differ from call to call: row 0 is .* the next time/,
  );
  await teacher.close();
});

it('requireRowIndependence refuses a model that looks at the other rows', async () => {
  const teacher = await open(fixture('batch-mean'));
  await expect(requireRowIndependence(teacher, dataset, samples.subarray(0, 128))).rejects.toThrow(
    'depends on the other samples of the batch',
  );
  await teacher.close();
});
