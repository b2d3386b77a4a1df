/** A convolutional student takes the same steps on WebAssembly as on the native engine, up to rounding. */
import { encodeDataset, parseDataset } from '@lyceum/learning/datasets';
import { checkRunSpecification } from '@lyceum/learning/specification';
import { type Engine, openEngine } from '@lyceum/learning/tensorflow';
import { afterAll, expect, it } from 'vitest';
import { BatchSource } from '../../src/compute/student/batch-source.js';
import { Student } from '../../src/compute/student/student.js';
import { syntheticSet } from './synthetic-set.js';

afterAll(() => openEngine());

const dataset = parseDataset(encodeDataset(syntheticSet(60)));

const specification = (model: object) =>
  checkRunSpecification(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Training',
      metadata: { name: 'test' },
      spec: { dataset: 'set', student: { model }, training: { batchSize: 16, steps: 100 } },
    },
    'test',
  );

async function losses(engine: Engine, model: object): Promise<number[]> {
  const spec = specification(model);
  const batches = new BatchSource(dataset, spec);
  const student = await Student.open(engine, spec, dataset, undefined);
  const values: number[] = [];
  for (let step = 0; step < 5; step++) {
    const loss = student.step(batches.batch(step), new Map(), 0.01);
    values.push(loss.dataSync()[0] as number);
    loss.dispose();
  }
  student.dispose();
  return values;
}

it.each([
  { architecture: 'conv', filters: [4, 8], denseUnits: [8] },
  { architecture: 'resnet', depth: 8 },
])('a $architecture student has the same losses on WebAssembly and natively', async (model) => {
  const want = await losses(await openEngine(), model);
  const got = await losses(await openEngine({ only: 'wasm' }), model);
  for (const [step, loss] of want.entries()) expect(got[step]).toBeCloseTo(loss, 3);
  expect(got[4]).toBeLessThan(got[0] as number);
});
