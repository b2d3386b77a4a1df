/**
 * The Open Inference Protocol over HTTP, asked over a real socket with bodies written by hand, byte for byte (the
 * specification's "HTTP/REST" and Triton's extension "binary_tensor_data"). The model is plain arithmetic: class c of a
 * sample x has the logit c · Σx.
 */
import { connect } from 'node:net';
import { tensorTexts } from '@lyceum/learning/open-inference';
import { createLogger } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { HttpInferenceListener } from '../src/serving/http-inference-listener.js';
import { InferenceDesk } from '../src/serving/inference-desk.js';

const CLASSES = 3;
const log = createLogger({ name: 'test', level: 'silent' });
let listener: HttpInferenceListener;
let isReady = true;
/** The model answers once this resolves. */
let gate: Promise<unknown> = Promise.resolve();
let [underWay, gone] = [0, 0];

const sums = {
  engine: 'arithmetic',
  inputShape: [2],
  classCount: CLASSES,
  classNames: ['none', 'one', 'two'],
  infer: async (inputs: Float32Array, rowCount: number, signal: AbortSignal) => {
    underWay++;
    signal.addEventListener('abort', () => gone++);
    await gate;
    return Float32Array.from(
      { length: rowCount * CLASSES },
      (_, i) =>
        (i % CLASSES) *
        inputs
          .subarray(2 * Math.floor(i / CLASSES))
          .reduce((sum, x, j) => sum + (j < 2 ? x : 0), 0),
    );
  },
};

beforeAll(async () => {
  const desk = new InferenceDesk({
    find: (name) => (name === 'su ms' ? sums : undefined),
    names: () => ['su ms'],
    ready: () => isReady,
    version: '0.1.0',
  });
  listener = await HttpInferenceListener.start({
    address: '127.0.0.1:0',
    insecure: false,
    desk,
    log,
  });
});
afterAll(() => listener.stop(0));
beforeEach(() => {
  [isReady, gate, underWay, gone] = [true, Promise.resolve(), 0, 0];
});

const MODEL = '/v2/models/su%20ms';

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`http://${listener.address}${path}`, init);
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body };
}

async function json(path: string, init?: RequestInit) {
  const { status, body } = await ask(path, init);
  return { status, document: JSON.parse(body.toString()) };
}

function post(body: string | Buffer, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers };
}

const infer = (document: object) => json(`${MODEL}/infer`, post(JSON.stringify(document)));

/** [[1, 2], [3, 4]] of UINT8, raw after the request's JSON. */
function binaryQuestion(sizes: object, behind = Buffer.from([1, 2, 3, 4])) {
  const input = { name: 'input', datatype: 'UINT8', shape: [2, 2], parameters: sizes };
  const head = Buffer.from(JSON.stringify({ inputs: [input] }));
  const body = Buffer.concat([head, behind]);
  return post(body, { 'inference-header-content-length': String(head.length) });
}
const input = { name: 'input', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] };

test('metadata and readiness are served', async () => {
  expect(await json('/v2')).toEqual({
    status: 200,
    document: {
      name: 'lyceum-teacher-worker',
      version: '0.1.0',
      extensions: ['binary_tensor_data', 'classification', 'model_configuration'],
    },
  });
  expect(await json('/v2/health/live')).toEqual({ status: 200, document: { live: true } });
  expect(await json('/v2/health/ready')).toEqual({ status: 200, document: { ready: true } });
  isReady = false;
  expect((await json('/v2/health/ready')).status).toBe(400);
  expect((await json(`${MODEL}/ready`)).status).toBe(200);
  expect((await json(`${MODEL}/versions/1/ready`)).status).toBe(200);
  expect((await json(`${MODEL}/versions/2/ready`)).status).toBe(400);
  expect((await json('/v2/models/other/ready')).status).toBe(400);
});

test('values in JSON, nested or not, are answered in JSON', async () => {
  const nested = {
    ...input,
    data: [
      [1, 2],
      [[3], 4],
    ],
  };
  for (const asked of [input, nested, { ...input, datatype: 'INT64' }]) {
    expect(await infer({ id: 'q7', inputs: [asked] })).toEqual({
      status: 200,
      document: {
        model_name: 'su ms',
        model_version: '1',
        id: 'q7',
        outputs: [{ name: 'logits', datatype: 'FP32', shape: [2, 3], data: [0, 3, 6, 0, 7, 14] }],
      },
    });
  }
});

test('binary values behind the JSON are little endian in request and answer', async () => {
  const head =
    '{"parameters":{"binary_data_output":true},"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}';
  const values = Buffer.from('0000803f000020c0', 'hex');
  const length = String(head.length);
  const { status, headers, body } = await ask(
    `${MODEL}/versions/1/infer`,
    post(Buffer.concat([Buffer.from(head), values]), { 'Inference-Header-Content-Length': length }),
  );
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/octet-stream');
  const jsonLength = Number(headers.get('inference-header-content-length'));
  expect(JSON.parse(body.subarray(0, jsonLength).toString())).toEqual({
    model_name: 'su ms',
    model_version: '1',
    outputs: [
      {
        name: 'logits',
        datatype: 'FP32',
        shape: [1, 3],
        parameters: { binary_data_size: 12 },
      },
    ],
  });
  // 0, −1.5 and −3.
  expect(body.subarray(jsonLength).toString('hex')).toBe('000000800000c0bf000040c0');
});

test('binary_data of an output overrides binary_data_output of the request', async () => {
  const question = (binary_data: boolean, all: boolean) => ({
    inputs: [input],
    parameters: { binary_data_output: all },
    outputs: [{ name: 'logits', parameters: { binary_data } }],
  });
  const { document } = await infer(question(false, true));
  expect(document.outputs[0].data).toEqual([0, 3, 6, 0, 7, 14]);
  const { headers } = await ask(`${MODEL}/infer`, post(JSON.stringify(question(true, false))));
  expect(headers.get('inference-header-content-length')).not.toBeNull();
});

test('parameter classification gives the best classes as texts, in JSON or behind it', async () => {
  const question = (parameters: object) => ({
    inputs: [{ ...input, shape: [1, 2], data: [1, 2] }],
    outputs: [{ name: 'logits', parameters: { classification: 2, ...parameters } }],
  });
  const texts = ['6.000000:2:two', '3.000000:1:one'];
  const { document } = await infer(question({}));
  expect(document.outputs).toEqual([
    { name: 'logits', datatype: 'BYTES', shape: [1, 2], data: texts },
  ]);
  const body = JSON.stringify(question({ binary_data: true }));
  const answer = await ask(`${MODEL}/infer`, post(body));
  const jsonLength = Number(answer.headers.get('inference-header-content-length'));
  const raw = answer.body.subarray(jsonLength);
  expect(tensorTexts({ name: 'logits', datatype: 'BYTES', shape: [1, 2] }, raw)).toEqual(texts);
  for (const classification of [0, 1.5, 'two']) {
    expect((await infer(question({ classification }))).document.error).toBe(
      'parameter classification of logits must be a whole number, at least 1',
    );
  }
});

test.each([
  ['fewer bytes than are named', { binary_data_size: 9 }, 'binary_data_size 9; 4 bytes follow'],
  ['a size that is none', { binary_data_size: -1 }, 'binary_data_size -1; 4 bytes follow'],
  ['more bytes than are named', { binary_data_size: 3 }, '1 bytes follow that no input names'],
  ['bytes that no shape has', { binary_data_size: 2 }, '2 bytes follow that no input names'],
])('a binary request is refused: %s', async (_, sizes, message) => {
  const { status, document } = await json(`${MODEL}/infer`, binaryQuestion(sizes));
  expect(status).toBe(400);
  expect(document.error).toContain(message);
});

test.each<[string, object, string]>([
  ['too few values', { data: [1, 2, 3] }, 'has 3 values in its contents; want 4 for FP32 [2,2]'],
  ['texts', { data: ['1', 2, 3, 4] }, 'data of input: want numbers'],
  ['a datatype that is no text', { datatype: { toString: 1 } }, 'datatype of input: want a text'],
  [
    'a size that is no number',
    { parameters: { binary_data_size: { valueOf: 1 } } },
    'want a whole',
  ],
  ['half floats in JSON', { datatype: 'FP16' }, 'of datatype FP16; want its contents raw'],
  ['a shape that is none', { shape: 'two' }, 'shape of input: want a list'],
  ['sizes that are none', { shape: [2.5, 2] }, 'the shape [2.5,2]; want whole numbers'],
  [
    'shared memory',
    { parameters: { shared_memory_region: 'r' } },
    'parameter shared_memory_region of input is not offered',
  ],
])('an input is refused: %s', async (_, changes, message) => {
  const { status, document } = await infer({ inputs: [{ ...input, ...changes }] });
  expect(status).toBe(400);
  expect(document.error).toContain(message);
});

test('a malformed request is refused with the reason or an HTTP status', async () => {
  expect(await json(`${MODEL}/infer`, post('{'))).toEqual({
    status: 400,
    document: { error: 'the request is no JSON' },
  });
  expect((await infer([])).document.error).toBe('want one input, input; got none');
  expect((await infer({ inputs: [{}] })).document.error).toBe('inputs: want a name for each');
  const odd = { toString: 1, valueOf: 1 };
  expect(await infer({ id: odd, inputs: [input] })).toMatchObject({
    status: 400,
    document: { error: 'id: want a text' },
  });
  for (const length of ['9', '-1', 'x']) {
    const headers = { 'inference-header-content-length': length };
    const { document } = await json(`${MODEL}/infer`, post('{}', headers));
    expect(document.error).toBe(
      `inference-header-content-length is ${length}; the body has 2 bytes`,
    );
  }
  expect((await json(`${MODEL}/infer`)).status).toBe(405);
  expect((await json(MODEL, post('{}'))).status).toBe(405);
  expect(await json('/v2/repository/index', post('{}'))).toMatchObject({ status: 405 });
  expect(await json('/v2/none')).toEqual({
    status: 404,
    document: { error: '/v2/none is not offered here' },
  });
  const gzip = await json(`${MODEL}/infer`, post('{}', { 'content-encoding': 'gzip' }));
  expect(gzip.status).toBe(415);
});

test('long names and shapes of a request are cut in the error', async () => {
  const name = 'x'.repeat(1_000_000);
  for (const changes of [
    { inputs: [{ ...input, name }] },
    { inputs: Array(100_000).fill(input) },
    { inputs: [input], outputs: [{ name }] },
    { inputs: [{ ...input, datatype: name }] },
    { inputs: [{ ...input, parameters: { [name]: 1 } }] },
    { inputs: [{ ...input, shape: Array(1_000_000).fill(2) }] },
    { inputs: [{ ...input, shape: [0.5, ...Array(1_000_000).fill(2)] }] },
  ]) {
    const { status, document } = await infer(changes);
    expect(status).toBe(400);
    expect(document.error.length).toBeLessThanOrEqual(2048);
  }
  const { document } = await infer({ inputs: [{ ...input, shape: Array(20).fill(2) }] });
  expect(document.error).toBe(
    'input input has shape [2, 2, 2, 2, 2, 2, 2, 2, …]; want [-1, 2], at least one row',
  );
});

test('a body that is too long is answered with 413 and the reason', async () => {
  const tooLong = Buffer.alloc(48 * 1024 * 1024 + 1);
  const { status, document } = await json(`${MODEL}/infer`, post(tooLong));
  expect(status).toBe(413);
  expect(document.error).toContain('ask for fewer rows at a time');
});

test('an infinite logit is answered with 409 in JSON, and with 200 in binary', async () => {
  const inputs = [{ ...input, data: [3e38, 3e38, 1, 2] }];
  expect(await infer({ inputs })).toEqual({
    status: 409,
    document: { error: 'the answer has Infinity, which JSON cannot say; ask for binary_data' },
  });
  const asked = JSON.stringify({ inputs, parameters: { binary_data_output: true } });
  expect((await ask(`${MODEL}/infer`, post(asked))).status).toBe(200);
});

test('a 17th simultaneous request is answered with 503, until others are done', async () => {
  let open = (): void => undefined;
  gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const waiting = Array.from({ length: 16 }, () => infer({ inputs: [input] }));
  await expect.poll(() => underWay).toBe(16);
  const { status, headers } = await ask(
    `${MODEL}/infer`,
    post(JSON.stringify({ inputs: [input] })),
  );
  expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  open();
  for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(200);
  expect((await infer({ inputs: [input] })).status).toBe(200);
});

test('a caller that leaves aborts the inference for it', async () => {
  gate = new Promise(() => undefined);
  const leaving = new AbortController();
  const asked = ask(`${MODEL}/infer`, {
    ...post(JSON.stringify({ inputs: [input] })),
    signal: leaving.signal,
  });
  await expect.poll(() => underWay).toBe(1);
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await expect.poll(() => gone).toBe(1);
});

test('HttpInferenceListener.start refuses an address in use, and one beyond loopback', async () => {
  const desk = new InferenceDesk({
    find: () => undefined,
    names: () => [],
    ready: () => true,
    version: '0',
  });
  const start = (address: string) =>
    HttpInferenceListener.start({ address, insecure: false, desk, log });
  await expect(start('0.0.0.0:0')).rejects.toBeInstanceOf(LyceumError);
  await expect(start(listener.address)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
});

test('a request of a page from another site is refused, and nothing is computed for it', async () => {
  const body = JSON.stringify({
    inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
  });
  const elsewhere = post(body, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
  expect(await json(`${MODEL}/infer`, elsewhere)).toEqual({
    status: 403,
    document: { error: 'the request comes from a page of another site' },
  });
  expect(underWay).toBe(0);
  // DNS rebinding: the page's own name points here.
  expect(
    (await rawAnswer('GET /v2 HTTP/1.1\r\nHost: evil.example:8000\r\n\r\n')).split('\r\n', 1),
  ).toEqual(['HTTP/1.1 421 Misdirected Request']);
});

/** The beginning of the answer to a request that fetch cannot send. */
function rawAnswer(request: string): Promise<string> {
  const socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1');
  return new Promise<string>((resolve, reject) => {
    socket.once('data', (bytes) => resolve(bytes.toString())).once('error', reject);
    socket.write(request);
  }).finally(() => socket.destroy());
}
