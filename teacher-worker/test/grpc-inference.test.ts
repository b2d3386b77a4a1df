/**
 * The Open Inference Protocol over gRPC, asked over a real connection. The model is plain arithmetic: class c of a
 * sample x has the logit c · Σx.
 */
import { rawNumbers, tensorTexts } from '@lyceum/learning/open-inference';
import { call, connectInference, createLogger, type InferenceClient } from '@lyceum/platform';
import { INFERENCE_REQUEST_MAX_BYTES, ModelInferRequest } from '@lyceum/proto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { InferenceDesk } from '../src/serving/inference-desk.js';
import { InferenceServers } from '../src/serving/inference-servers.js';

const log = createLogger({ name: 'test', level: 'silent' });
const sums = {
  engine: 'arithmetic',
  inputShape: [2],
  classCount: 3,
  classNames: ['none', 'one: the sum', 'two'],
  infer: async (inputs: Float32Array, rowCount: number) =>
    Float32Array.from({ length: rowCount * 3 }, (_, i) => {
      const first = 2 * Math.floor(i / 3);
      return (i % 3) * ((inputs[first] ?? 0) + (inputs[first + 1] ?? 0));
    }),
};
let isReady = true;
let servers: InferenceServers;
let client: InferenceClient;

beforeAll(async () => {
  const desk = new InferenceDesk({
    find: (name) => (name === 'sums' ? sums : undefined),
    names: () => ['sums'],
    ready: () => isReady,
    version: '0.1.0',
  });
  servers = await InferenceServers.start(desk, { grpc: '127.0.0.1:0', insecure: false }, log);
  client = connectInference(servers.addresses.inference ?? '', undefined);
});
afterAll(async () => {
  client.close();
  await servers.stop(0);
});
beforeEach(() => {
  isReady = true;
});

const input = { name: 'input', datatype: 'FP32', shape: [2, 2] };
const infer = (part: object) =>
  call(client, client.modelInfer, ModelInferRequest.fromPartial({ modelName: 'sums', ...part }));

test('InferenceServers without an HTTP address serves gRPC alone', () => {
  expect(Object.keys(servers.addresses)).toEqual(['inference']);
});

test('typed contents are answered with typed contents', async () => {
  const contents = { fp32Contents: [1, 2, 3, 4] };
  expect(await infer({ id: 'q7', inputs: [{ ...input, contents }] })).toMatchObject({
    modelName: 'sums',
    modelVersion: '1',
    id: 'q7',
    outputs: [
      {
        name: 'logits',
        datatype: 'FP32',
        shape: [2, 3],
        contents: { fp32Contents: [0, 3, 6, 0, 7, 14] },
      },
    ],
    rawOutputContents: [],
  });
});

test.each(['FP32', 'UINT8', 'FP16', 'INT64'] as const)(
  'raw contents of %s are answered raw, in FP32',
  async (datatype) => {
    const response = await infer({
      inputs: [{ ...input, datatype }],
      rawInputContents: [rawNumbers(datatype, [1, 2, 3, 4])],
    });
    expect(response.outputs).toMatchObject([{ shape: [2, 3], contents: undefined }]);
    expect(response.rawOutputContents).toEqual([rawNumbers('FP32', [0, 3, 6, 0, 7, 14])]);
  },
);

const raw = [rawNumbers('FP32', [1, 2, 3, 4])];
const best = (count: number) => ({
  outputs: [
    {
      name: 'logits',
      parameters: {
        classification: { parameterChoice: { $case: 'int64Param', int64Param: count } },
      },
    },
  ],
});

test('parameter classification gives the best classes as texts, raw or typed', async () => {
  const two = ['6.000000:2:two', '3.000000:1:one: the sum', '14.000000:2:two'];
  const texts = [...two, '7.000000:1:one: the sum'];
  const rawly = await infer({ inputs: [input], rawInputContents: raw, ...best(2) });
  const head = { name: 'logits', datatype: 'BYTES', shape: [2, 2] };
  expect(rawly.outputs).toMatchObject([head]);
  expect(tensorTexts(head, rawly.rawOutputContents[0])).toEqual(texts);
  const contents = { fp32Contents: [1, 2, 3, 4] };
  const typed = await infer({ inputs: [{ ...input, contents }], ...best(2) });
  expect(typed.outputs[0]?.contents?.bytesContents.map(String)).toEqual(texts);
  // The model has only three classes.
  const all = await infer({ inputs: [input], rawInputContents: raw, ...best(1000) });
  expect(all.outputs[0]?.shape).toEqual([2, 3]);
});
test.each<[string, object, string, string]>([
  ['another model', { modelName: 'x' }, 'NOT_FOUND', 'there is no model x here; there is sums'],
  ['another version', { modelVersion: '2' }, 'NOT_FOUND', 'has version 1 only, not 2'],
  ['no input', { inputs: [] }, 'INVALID_ARGUMENT', 'want one input, input; got none'],
  ['two inputs', { inputs: [input, input] }, 'INVALID_ARGUMENT', 'got input, input'],
  ['two contents', { rawInputContents: [...raw, ...raw] }, 'INVALID_ARGUMENT', '2 raw contents'],
  ['bytes that lack', { rawInputContents: [Buffer.alloc(15)] }, 'INVALID_ARGUMENT', 'want 16'],
  ['another output', { outputs: [{ name: 'x' }] }, 'INVALID_ARGUMENT', 'there is no output x'],
  [
    'no number of best classes',
    { outputs: [{ name: 'logits', parameters: { classification: {} } }] },
    'INVALID_ARGUMENT',
    'parameter classification of logits must be a whole number, at least 1',
  ],
  [
    'shared memory',
    { inputs: [{ ...input, parameters: { shared_memory_region: {} } }] },
    'INVALID_ARGUMENT',
    'parameter shared_memory_region of input is not offered',
  ],
  [
    'an answer that no message holds',
    { inputs: [{ ...input, shape: [Math.ceil(INFERENCE_REQUEST_MAX_BYTES / 12) + 1, 2] }] },
    'RESOURCE_EXHAUSTED',
    'ask for fewer at a time',
  ],
  [
    'texts that no message holds',
    { inputs: [{ ...input, shape: [50_000, 2] }], ...best(3) },
    'RESOURCE_EXHAUSTED',
    'ask for fewer at a time',
  ],
])('a request is refused with the reason: %s', async (_, changes, code, message) => {
  const asked = infer({ inputs: [input], rawInputContents: raw, ...changes });
  await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test('readiness, metadata and configuration are served', async () => {
  const ready = (name: string, version = '') =>
    call(client, client.modelReady, { name, version }).then((answer) => answer.ready);
  expect([await ready('sums'), await ready('sums', '1')]).toEqual([true, true]);
  expect([await ready('sums', '2'), await ready('x')]).toEqual([false, false]);
  expect(await call(client, client.serverLive, {})).toEqual({ live: true });
  expect(await call(client, client.serverReady, {})).toEqual({ ready: true });
  isReady = false;
  expect(await call(client, client.serverReady, {})).toEqual({ ready: false });
  expect(await call(client, client.modelMetadata, { name: 'sums', version: '' })).toEqual({
    name: 'sums',
    versions: ['1'],
    platform: 'lyceum_arithmetic',
    inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 2] }],
    outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1, 3] }],
  });
  const { config } = await call(client, client.modelConfig, { name: 'sums', version: '' });
  expect(config?.maxBatchSize).toBe(Math.floor(INFERENCE_REQUEST_MAX_BYTES / 12));
  await expect(
    call(client, client.modelMetadata, { name: 'x', version: '' }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
