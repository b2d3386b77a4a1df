/** Models behind an inference server: found, described, asked in accepted parts, and checked for changes. */
import { LyceumError } from '@lyceum/proto';
import { afterEach, expect, test } from 'vitest';
import { parsePackagedModel } from '../../src/formats/packaged-model.js';
import { encodeRemotePackage } from '../../src/formats/remote/remote-package.js';
import { requireUnchanged } from '../../src/open-inference/find-model.js';
import { RemoteModel } from '../../src/open-inference/remote-model.js';
import {
  asInput,
  BOTH,
  behaviour,
  CLASSES,
  endAll,
  logitsOf,
  SAMPLE,
  startGrpc,
  startHttp,
} from './arithmetic-server.js';
import { found } from './found-sums.js';

afterEach(endAll);

const inputs = Float32Array.from({ length: 300 * 4 }, (_, i) => Math.fround(((i * 7) % 13) / 13));
const rows = (first: number, count: number) => inputs.subarray(first * 4, (first + count) * 4);
const read = asInput(rows);

test.each([
  ['raw answers', startGrpc, {}],
  ['typed answers', startGrpc, { typed: true }],
  ['fewer rows at a time', startGrpc, { maxRows: 20 }],
  ['one row at a time', startGrpc, { maxRows: 1 }],
  ['fixed rows', startGrpc, { fixedRows: 7 }],
  ['HTTP', startHttp, {}],
  ['HTTP, fewer rows at a time', startHttp, { maxRows: 20 }],
] as const)('RemoteModel gives every row its own answer: %s', async (_, start, changes) => {
  const server = behaviour(changes);
  const { remote, model } = await found(await start(server));
  const { maxRows, fixedRows } = server;
  expect(remote.found.rows).toBe(fixedRows ?? (maxRows === 20 ? 16 : Math.min(128, maxRows)));
  expect(remote).toMatchObject({
    found: { classCount: 3, question: { input: 'x', sampleShape: SAMPLE } },
    settings: { output: 'logits' },
  });
  const sentBefore = server.seen.length;
  expect(await model.infer(300, read)).toEqual(logitsOf(inputs, 1));
  const sizes = server.seen.slice(sentBefore).map((request) => request.inputs[0]?.shape[0] ?? 0);
  expect(Math.max(...sizes)).toBe(remote.found.rows);
  if (fixedRows !== undefined) expect(new Set(sizes)).toEqual(new Set([fixedRows]));
});

test('RemoteModel halves the rows of a request that the server refuses for its size', async () => {
  const server = behaviour();
  const { model } = await found(await startGrpc(server));
  // Refuses a message by its size, as a server or a proxy does.
  server.before = ({ inputs: [input] }) => {
    if ((input?.shape[0] ?? 0) <= 10) return;
    throw new LyceumError('RESOURCE_EXHAUSTED', 'received message larger than max');
  };
  expect(await model.infer(300, read)).toEqual(logitsOf(inputs, 1));
  server.seen = [];
  server.before = () => {
    throw new LyceumError('RESOURCE_EXHAUSTED', 'received message larger than max');
  };
  await expect(model.infer(8, read)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  expect(server.seen.map((request) => request.inputs[0]?.shape[0])).toEqual([8, 4, 2, 1]);
});

test.each([
  ['UINT8', [2, 2, 1], {}, 255],
  ['INT32', [1, 2, 2], {}, 255],
  ['UINT8', [2, 2, 1], { scale: 1 }, 1],
  ['UINT8', [2, 2, 1], { mean: [0.5] }, undefined],
  ['INT8', [2, 2, 1], {}, undefined],
  ['FP32', [2, 2, 1], {}, undefined],
  ['INT64', [4], {}, undefined],
] as const)('findModel of samples %s %j with the settings %j: scale %j', async (...row) => {
  const [datatype, shape, given, scale] = row;
  const server = behaviour({ inputs: [{ name: 'x', datatype, shape: [-1, ...shape] }] });
  const { remote } = await found(await startHttp(server), {}, given);
  expect(remote.settings.scale).toBe(scale);
  const asked = server.seen[0]?.inputs[0]?.contents;
  const values = [...(asked?.uintContents ?? []), ...(asked?.intContents ?? [])];
  expect(values.some((value) => value > 1)).toBe(scale === 255);
});

test('RemoteModel tries a failed request four times under one id', async () => {
  const server = behaviour();
  const { model } = await found(await startGrpc(server));
  server.seen = [];
  server.failures = 3;
  expect(await model.infer(2, read)).toEqual(logitsOf(inputs.subarray(0, 8), 1));
  expect(server.seen).toHaveLength(4);
  expect(new Set(server.seen.map(({ id }) => id)).size).toBe(1);
  expect(server.seen[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  server.failures = 4;
  await expect(model.infer(2, read)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^grpc:\/\/127\.0\.0\.1:\d+: .*not now$/),
  });
  expect(server.failures).toBe(0);
});

test('RemoteModel tries a request more often while the server answers others', async () => {
  const server = behaviour({ maxRows: 2 });
  const { model } = await found(await startGrpc(server), { concurrency: 2 });
  let [first, refusals, others] = ['', 0, 0];
  // The first request is refused four times. Each other request is answered after one more refusal of the first.
  server.before = async ({ id }) => {
    first ||= id;
    if (id === first) {
      if (refusals++ < 4) throw new LyceumError('UNAVAILABLE', 'not now');
      return;
    }
    const wanted = Math.min(++others, 4);
    while (refusals < wanted) await new Promise((resolve) => setImmediate(resolve));
  };
  expect(await model.infer(14, read)).toEqual(logitsOf(inputs.subarray(0, 14 * 4), 1));
  expect(refusals).toBe(5);
});

test('RemoteModel tries a request again after HTTP 429', async () => {
  const server = behaviour();
  const { model } = await found(await startHttp(server));
  server.failures = 2;
  expect(await model.infer(2, read)).toEqual(logitsOf(inputs.subarray(0, 8), 1));
});

test('RemoteModel reports a refused request as FAILED_PRECONDITION without a retry', async () => {
  const server = behaviour();
  const { model } = await found(await startGrpc(server));
  [server.failures, server.code, server.seen] = [1, 'INVALID_ARGUMENT', []];
  await expect(model.infer(2, read)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  expect(server.seen).toHaveLength(1);
});

test('RemoteModel has at most as many requests under way as its concurrency', async () => {
  const server = behaviour({ maxRows: 1 });
  const { remote } = await found(await startGrpc(server), { concurrency: 3 });
  let [underWay, most] = [0, 0];
  const counting = new RemoteModel(
    {
      serverMetadata: () => Promise.reject(new Error()),
      modelMetadata: () => Promise.reject(new Error()),
      bestClasses: () => Promise.reject(new Error()),
      close: () => undefined,
      infer: async ({ inputs: [input] }) => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        const values = Float32Array.from(input?.values as Float32Array);
        return {
          shape: [input?.shape[0] ?? 0, CLASSES],
          values: Float32Array.from(logitsOf(values, 1)),
        };
      },
    },
    remote,
    () => 0,
  );
  const both = await Promise.all([counting.infer(40, read), counting.infer(20, read)]);
  expect(most).toBe(3);
  expect(both[0]).toEqual(logitsOf(rows(0, 40), 1));
  expect(both[1]).toEqual(logitsOf(rows(0, 20), 1));
});

test('requireUnchanged refuses a model with other answers or other inputs', async () => {
  const server = behaviour();
  const { server: client, remote } = await found(await startGrpc(server));
  await requireUnchanged(client, remote);
  server.factor = 1.000001;
  await requireUnchanged(client, remote);
  server.factor = 1.1;
  await expect(requireUnchanged(client, remote)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(
      /model sums is not what it was when it was pushed: its answers to fixed inputs differ by up to/,
    ),
  });
  server.factor = 1;
  server.inputs = [{ name: 'x', datatype: 'FP64', shape: [-1, ...SAMPLE] }];
  await expect(requireUnchanged(client, remote)).rejects.toThrow(
    'its inputs were x FP32 [-1, 2, 2], and are x FP64 [-1, 2, 2]',
  );
});

test('requireUnchanged refuses a model with more classes', async () => {
  const server = behaviour();
  const { server: client, remote } = await found(await startGrpc(server));
  server.distort = (response) => {
    const outputs = response.outputs.map((output) => ({ ...output, shape: [4, CLASSES + 1] }));
    return { ...response, outputs, rawOutputContents: [Buffer.alloc(4 * 4 * (CLASSES + 1))] };
  };
  await expect(requireUnchanged(client, remote)).rejects.toThrow(
    'its answers to fixed inputs had shape [4,3], and have [4,4]; push it again',
  );
});

const LABELS = ['zebra', 'ape: great', 'newt'];

test.each([
  ['gRPC, raw', startGrpc, {}],
  ['gRPC, typed', startGrpc, { typed: true }],
  ['gRPC, fixed rows', startGrpc, { fixedRows: 7 }],
  ['HTTP', startHttp, {}],
] as const)('%s: findModel takes the labels of the server', async (_, start, changes) => {
  const { remote, model } = await found(await start(behaviour({ ...changes, labels: LABELS })));
  expect(remote.settings).toEqual({ output: 'logits', classes: LABELS });
  expect(remote.found.labels).toEqual(LABELS);
  // The model still answers with numbers.
  expect(await model.infer(2, read)).toEqual(logitsOf(inputs.subarray(0, 8), 1));
});

test.each([
  ['nobody named them', []],
  ['two have one name', ['a', 'a', 'b']],
  ['there are fewer than classes', ['a', 'b']],
  ['the server passes the question over', 'passed over'],
  ['the server refuses the question', 'refused'],
] as const)('findModel finds no labels where %s', async (_, labels) => {
  for (const start of [startGrpc, startHttp]) {
    const { remote } = await found(await start(behaviour({ labels })));
    expect(remote.settings).toEqual({ output: 'logits' });
    expect(remote.found.labels).toBeUndefined();
  }
});

test('findModel fails when the server is unavailable for the request of labels', async () => {
  const server = behaviour({ labels: LABELS });
  server.before = ({ outputs }) => {
    if (outputs[0]?.parameters['classification'] !== undefined) server.failures = 1;
  };
  await expect(found(await startGrpc(server))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('the classes setting may rename labels, and may not reorder them', async () => {
  const started = await startGrpc(behaviour({ labels: LABELS }));
  const named = { classes: ['cat', 'dog', 'eel'] };
  expect((await found(started, {}, named)).remote.settings.classes).toEqual(named.classes);
  const turned = { classes: ['newt', 'ape: great', 'zebra'] };
  await expect(found(started, {}, turned)).rejects.toThrow(
    'settings.classes: are newt, ape: great, zebra by its settings, and zebra, ape: great, newt by the server: output 0 is newt by the one and zebra by the other; take classes out of the settings, or mend the other',
  );
});

test('requireUnchanged refuses a model whose labels have changed', async () => {
  const server = behaviour({ labels: LABELS });
  const { server: client, remote } = await found(await startGrpc(server));
  await requireUnchanged(client, remote);
  server.labels = ['zebra', 'newt', 'ape: great'];
  await expect(requireUnchanged(client, remote)).rejects.toThrow(
    'model sums is not what it was when it was pushed: its class 1 was ape: great, and is newt; push it again',
  );
  server.labels = 'passed over';
  await expect(requireUnchanged(client, remote)).rejects.toThrow(
    'its class 0 was zebra, and is without a name',
  );
});

test('a package of a remote model reads back as it was written', async () => {
  const { remote } = await found(await startGrpc(behaviour()), { revision: '3' });
  const packaged = parsePackagedModel(encodeRemotePackage(remote));
  expect(packaged).toEqual({ format: 'open-inference', model: remote });
});

test('findModel refuses inputs and outputs that it cannot use, and lists all reasons', async () => {
  const two = { name: 'z', datatype: 'BYTES', shape: [-1, -1] };
  const server = behaviour();
  server.inputs = [...server.inputs, two];
  const started = await startGrpc(server);
  const listed = 'x FP32 [-1, 2, 2], z BYTES [-1, -1]';
  await expect(found(started, {}, { outputName: 'w' })).rejects.toThrow(
    `input: the model has several inputs; name the one for samples: ${listed}\n  - settings.outputName: the model has no output w of numbers [batch, classes]; its outputs are y FP32 [-1, 3]`,
  );
  two.shape = [-1, 2, 2];
  await expect(found(started, { input: 'z' })).rejects.toThrow(
    'input: is z BYTES [-1, 2, 2]; want numbers, or BYTES [batch] or [batch, 1] for texts',
  );
  server.inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, -1, 2] }];
  await expect(found(started)).rejects.toThrow('name the sizes of one sample');
  await expect(found(started, { inputShape: [2, 3] })).rejects.toThrow(
    "is [2,3], and the model's input is x FP32 [-1, -1, 2]",
  );
  expect((await found(started, { inputShape: [2, 2] })).remote.found.question).toMatchObject({
    sampleShape: [2, 2],
  });
});

test('findModel takes the input from the description where the server names none', async () => {
  const server = behaviour();
  server.inputs = [];
  const { remote, model } = await found(await startGrpc(server), {
    input: 'x',
    inputShape: SAMPLE,
  });
  expect(remote.found.inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [-1, 2, 2] }]);
  expect(await model.infer(5, read)).toEqual(logitsOf(rows(0, 5), 1));
});

test('findModel reports an unreachable server with its address', async () => {
  const { url, stop } = await startGrpc(behaviour());
  await stop();
  await expect(found({ url })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(url),
  });
});

test.each(BOTH)('a model that its server still loads counts as away over %s', async (_, start) => {
  const server = behaviour();
  const asked = await found(await start(server));
  server.before = () => {
    throw new LyceumError('INVALID_ARGUMENT', 'Model sums is not ready yet.');
  };
  const change = requireUnchanged(asked.server, asked.remote);
  await expect(change).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
