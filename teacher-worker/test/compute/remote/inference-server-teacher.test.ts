/**
 * A teacher behind a server of the Open Inference Protocol whose model has a sigmoid at its end: a real HTTP server,
 * which answers in JSON. The oracle is plain arithmetic on the samples.
 */
import { parseDataset } from '@lyceum/learning/datasets';
import { findModel, openInferenceServer } from '@lyceum/learning/open-inference';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { AddressGuard, type Outside } from '@lyceum/platform';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type JsonServer,
  startJsonServer,
} from '../../../../learning/test/open-inference/json-server.js';
import { remoteTeachers } from '../../../src/compute/remote/index.js';
import { makeDataset } from '../../teachers-and-set.js';

const SIZE = 36;
const dataset = parseDataset(makeDataset().bytes);
const samples = Uint32Array.from({ length: 40 }, (_, i) => (i * 7) % 1000);
const outside: Outside = {
  secrets: { folder: undefined, variables: {}, unboundGo: 'nowhere' },
  addresses: new AddressGuard(['127.0.0.1']),
};

let server: JsonServer;

beforeAll(async () => {
  server = await startJsonServer({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 6, 6, 1] }],
    output: { name: 'p', datatype: 'FP32', shape: [-1, 1] },
    // The probability of the second class is the first pixel.
    answer: ([pixels], rows) =>
      Array.from({ length: rows }, (_, row) => Number(pixels?.data[row * SIZE])),
  });
});
afterAll(() => server.close());

async function found(given: object) {
  const description = checkInferenceDescription({ url: server.url, model: 'm' }, 'test');
  const asked = openInferenceServer(description, outside);
  try {
    return await findModel(asked, description, given);
  } finally {
    asked.close();
  }
}

it('findModel refuses a model of one number a sample until its settings say what that is', async () => {
  await expect(found({})).rejects.toThrow('p: gives one number a sample; put {"output": ');
});

it('a teacher with one probability a sample tells two classes apart', async () => {
  const [first, second] = [dataset.classNames[3], dataset.classNames[1]] as [string, string];
  const model = await found({ output: 'probabilities', classes: [first, second] });
  const open = remoteTeachers(outside, () => 0.5, undefined);
  const packaged = { format: 'open-inference', model } as const;
  const { settings } = model;
  const teacher = await open({ packaged, settings, dataset, untraced: () => {} });
  expect(teacher.describe().classCount).toBe(2);
  const [classes, logits] = await teacher.answer({
    dataset,
    samples,
    view: IDENTITY_VIEW,
    outputs: ['class', 'logits'],
  });
  await teacher.close();
  const likely = Array.from(samples, (sample) => (dataset.inputs[sample * SIZE] as number) / 255);
  expect([...(classes?.values ?? [])]).toEqual(likely.map((p) => (p > 0.5 ? 1 : 3)));
  for (const [row, p] of likely.entries()) {
    const own = (c: number) => Math.exp(logits?.values[row * dataset.classCount + c] as number);
    expect(own(1)).toBeCloseTo(p, 5);
    expect(own(3)).toBeCloseTo(1 - p, 5);
  }
});

it('a teacher is opened and checked although the server refuses one request', async () => {
  const model = await found({
    output: 'probabilities',
    classes: [dataset.classNames[3], dataset.classNames[1]],
  });
  const open = remoteTeachers(outside, () => 0, undefined);
  const packaged = { format: 'open-inference', model } as const;
  server.refusals = 1;
  const options = { packaged, settings: model.settings, dataset, untraced: () => {} };
  const teacher = await open(options);
  expect(server.refusals).toBe(0);
  server.refusals = 1;
  await teacher.check?.();
  expect(server.refusals).toBe(0);
  await teacher.close();
  // A late server is asked again by the next load.
  [server.refusals, server.status] = [2, 504];
  await expect(open(options)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  expect(server.refusals).toBe(1);
  [server.refusals, server.status] = [0, 503];
});
