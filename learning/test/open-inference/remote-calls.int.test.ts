/**
 * Calls of an inference server that fail or are answered in an unusual way: late, out of order, in other datatypes,
 * wrongly. Also headers from secrets, and TLS (ended by a proxy of node:tls before the server).
 */
import { constants, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer as createSockets, type Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { AddressGuard } from '@lyceum/platform';
import { createAuthority, issueCertificate, validFor } from '@lyceum/platform/certificates';
import { LyceumError, type ModelInferResponse } from '@lyceum/proto';
import { afterEach, expect, test } from 'vitest';
import { requireUnchanged } from '../../src/open-inference/find-model.js';
import { type NumberDatatype, rawNumbers } from '../../src/open-inference/tensor-bytes.js';
import {
  asInput,
  atEnd,
  type Behaviour,
  BOTH,
  behaviour,
  CLASSES,
  endAll,
  logitsOf,
  SAMPLE,
  type Started,
  startGrpc,
  startHttp,
} from './arithmetic-server.js';
import { found as foundSums, opened, outsideOf } from './found-sums.js';

afterEach(endAll);

/** Whole numbers below 13, which are exact in every datatype. */
const inputs = Float32Array.from({ length: 100 * 4 }, (_, i) => (i * 7) % 13);
const rows = (first: number, count: number) => inputs.subarray(first * 4, (first + count) * 4);
const read = asInput(rows);

const found = (
  url: string,
  changes: object = {},
  secrets: Readonly<Record<string, string>> = {},
  random?: () => number,
) => foundSums({ url }, changes, { scale: 13 }, outsideOf(secrets), random);

/** A server of bare sockets. @returns its URL. */
async function startSocket(accept: (socket: Socket) => void): Promise<string> {
  const server = createSockets((socket) => {
    socket.on('error', () => undefined);
    accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that speaks only HTTP/2. @returns its URL. */
async function startHttp2(answer: (stream: ServerHttp2Stream) => void): Promise<string> {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return `grpc://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers every request with this JSON. */
function startAnswering(json: string): Promise<string> {
  return startSocket((socket) =>
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${json.length}\r\n\r\n${json}`),
    ),
  );
}

/** Asks for the output `y` once, without reading metadata. */
async function askedOnce(url: string) {
  return opened({ url }).server.infer({ id: '1', inputs: read(0, 1), output: 'y' });
}

/** A promise that resolves when `open` is called. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test.each(BOTH)(
  'RemoteModel puts answers that arrive out of order in their places, over %s',
  async (_, start) => {
    const server = behaviour({ maxRows: 16 });
    const { model } = await found((await start(server)).url, { concurrency: 3 });
    const held: (() => void)[] = [];
    server.before = () => {
      const { opened, open } = gate();
      held.push(open);
      // Answers three requests at a time, the last one first.
      if (held.length === 3) for (const release of held.splice(0).reverse()) setImmediate(release);
      return opened;
    };
    expect(await model.infer(96, read)).toEqual(logitsOf(rows(0, 96), 1));
  },
);

test.each(BOTH)(
  'RemoteModel asks again under the same id when the deadline passes, over %s',
  async (_, start) => {
    const server = behaviour();
    const { model } = await found((await start(server)).url, { deadlineSeconds: 4 });
    const { opened, open } = gate();
    server.seen = [];
    server.before = () => (server.seen.length === 1 ? opened : undefined);
    expect(await model.infer(2, read)).toEqual(logitsOf(rows(0, 2), 1));
    expect(server.seen).toHaveLength(2);
    expect(server.seen[1]?.id).toBe(server.seen[0]?.id);
    open();
  },
);

test.each(BOTH)(
  'a single call without an answer ends at its deadline, over %s',
  async (_, start) => {
    const server = behaviour();
    const { server: client } = await found((await start(server)).url, { deadlineSeconds: 4 });
    const { opened, open } = gate();
    server.before = () => opened;
    const asked = client.infer({ id: '1', inputs: read(0, 1), output: 'y' });
    await expect(asked).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    open();
  },
);

test.each(BOTH)(
  'RemoteModel asks a server again that was away for a moment, over %s',
  async (_, start) => {
    const server = behaviour();
    const started = await start(server);
    let back: Promise<Started> | undefined;
    const { model } = await found(started.url, {}, {}, () => {
      // Called after a failed attempt to get the wait before the next one.
      back ??= start(server, started.address);
      return 1;
    });
    await started.stop();
    server.seen = [];
    expect(await model.infer(2, read)).toEqual(logitsOf(rows(0, 2), 1));
    expect(back).toBeDefined();
    expect(server.seen).toHaveLength(1);
  },
);

test.each<[NumberDatatype, NumberDatatype]>([
  ['UINT8', 'FP32'],
  ['FP16', 'FP16'],
  ['BF16', 'FP64'],
  ['INT64', 'BF16'],
])('RemoteModel sends %s and reads %s', async (datatype, outputDatatype) => {
  const server = behaviour({ outputDatatype });
  server.inputs = [{ name: 'x', datatype, shape: [-1, ...SAMPLE] }];
  const { model } = await found((await startGrpc(server)).url);
  server.seen = [];
  expect(await model.infer(3, asInput(rows, datatype))).toEqual(logitsOf(rows(0, 3), 1));
  const [request] = server.seen;
  expect(request?.inputs[0]).toMatchObject({ datatype, contents: undefined });
  const bytes = { UINT8: 1, FP16: 2, BF16: 2, INT64: 8 }[datatype as 'UINT8'];
  expect(request?.rawInputContents[0]).toHaveLength(3 * 4 * bytes);
});

type Distort = Behaviour['distort'];
const output =
  (changes: object): Distort =>
  (response) => ({
    ...response,
    outputs: response.outputs.map((tensor) => ({ ...tensor, ...changes })),
  });
const raw =
  (rawOutputContents: Buffer[]): Distort =>
  (response: ModelInferResponse) => ({
    ...response,
    rawOutputContents,
  });

test.each<[string, Distort, string]>([
  ['another output', output({ name: 'z' }), 'the answer lacks the output y; it has z'],
  ['no output', (response) => ({ ...response, outputs: [] }), 'lacks the output y; it has none'],
  ['other rows', output({ shape: [1, CLASSES] }), 'has 24 bytes of raw contents; want 12'],
  ['another form', output({ shape: [CLASSES, 2] }), 'output y has shape [3,2]; want [2,3]'],
  ['a datatype that is none', output({ datatype: 'FP8' }), 'is of datatype FP8; want BOOL'],
  ['texts', output({ datatype: 'BYTES' }), 'is of datatype BYTES; want BOOL'],
  ['bytes that lack', raw([Buffer.alloc(23)]), 'has 23 bytes of raw contents; want 24'],
  ['no contents', raw([]), 'has 0 values in its contents; want 6'],
])('RemoteModel refuses an answer with %s at the first attempt', async (_, distort, message) => {
  const server = behaviour();
  const { model } = await found((await startGrpc(server)).url);
  [server.distort, server.seen] = [distort, []];
  await expect(model.infer(2, read)).rejects.toThrow(message);
  expect(server.seen).toHaveLength(1);
});

test('a server error is reported in one short line over gRPC, and by its status alone over HTTP', async () => {
  const said = `\x1b[2Jgone\n${'x'.repeat(100_000)}`;
  for (const [name, start] of BOTH) {
    const server = behaviour();
    const { server: client } = await found((await start(server)).url);
    server.before = () => {
      throw new LyceumError('NOT_FOUND', said);
    };
    const asked = client.infer({ id: '1', inputs: read(0, 1), output: 'y' });
    const message = await asked.catch((err: Error) => err.message);
    if (name === 'HTTP')
      expect(message).toMatch(/^answers HTTP 400 to POST \/v2\/models\/sums\/infer, \d+ bytes$/);
    else expect(message).toMatch(/^\[2Jgone x{300,400}…$/);
  }
});

test.each(['UINT8', 'INT64', 'BOOL'] as const)(
  'inputs of %s are rounded and limited alike over HTTP and gRPC',
  async (datatype) => {
    const shape = [-1, ...SAMPLE];
    const fractions = Float32Array.of(0.2, 1.6, 254.9, 300, 0, 0.4, 12, 2.5);
    const sent = [];
    for (const [, start] of BOTH) {
      const server = behaviour({ inputs: [{ name: 'x', datatype, shape }] });
      const { model } = await found((await start(server)).url);
      const input = { name: 'x', datatype, shape: [2, ...SAMPLE], values: fractions };
      sent.push(await model.infer(2, () => [input]));
    }
    expect(sent[1]).toEqual(sent[0]);
  },
);

test('an only output may have another name in the answers than in the metadata', async () => {
  // As MLServer's runtime for MLflow has it.
  for (const [, start] of BOTH) {
    const server = behaviour({ distort: output({ name: 'output-1' }) });
    const { model, remote, server: client } = await found((await start(server)).url);
    expect(remote.found).toMatchObject({ output: 'output-1', outputs: [{ name: 'y' }] });
    expect(await model.infer(3, read)).toEqual(logitsOf(rows(0, 3), 1));
    await requireUnchanged(client, remote);
    // From then on it has this name.
    server.distort = output({ name: 'y' });
    await expect(model.infer(3, read)).rejects.toThrow('lacks the output output-1; it has y');
  }
});

test('a server that calls its only output otherwise each time is refused', async () => {
  let count = 0;
  const distort: Distort = (response) => output({ name: `z${count++}` })(response);
  const asked = found((await startGrpc(behaviour({ distort }))).url);
  await expect(asked).rejects.toThrow('the answer lacks the output z0; it has z1');
});

test('an answer over HTTP may hold booleans, and one without the output names its outputs', async () => {
  const answers = (outputs: object[], beside: object = {}) =>
    startAnswering(JSON.stringify({ outputs, ...beside }));
  const y = { name: 'y', datatype: 'BOOL', shape: [1, 2] };
  expect(await askedOnce(await answers([{ ...y, data: [true, false] }]))).toMatchObject({
    values: Float32Array.of(1, 0),
  });
  const lacks = 'the answer lacks the output y; it has';
  await expect(askedOnce(await answers([{ ...y, name: 'z' }]))).rejects.toThrow(`${lacks} z`);
  await expect(askedOnce(await answers([], { error: 'no room' }))).rejects.toThrow(
    `${lacks} none, and an error`,
  );
});

test('a model of FP16 that refuses HTTP requests is reported with a hint to use gRPC', async () => {
  const inputs = [{ name: 'x', datatype: 'FP16', shape: [-1, ...SAMPLE] }];
  const asked = found((await startHttp(behaviour({ inputs }))).url);
  await expect(asked).rejects.toThrow(
    /answers HTTP 400 .*; JSON has no form for x FP16: want grpc:\/\/$/,
  );
});

test('requireUnchanged accepts versions in another order, and refuses other versions', async () => {
  for (const [, start] of BOTH) {
    const server = behaviour({ versions: ['1', '2'] });
    const { server: client, remote } = await found((await start(server)).url);
    server.versions = ['2', '1'];
    await requireUnchanged(client, remote);
    server.versions = ['2', '3'];
    await expect(requireUnchanged(client, remote)).rejects.toThrow('its versions were 1, 2, and');
  }
});

test('a request on a kept connection that the server closes is sent on another connection', async () => {
  // Each connection answers once, and closes at the next request.
  let connections = 0;
  const body = JSON.stringify({ name: 'test', version: '1' });
  const url = await startSocket((socket) => {
    connections++;
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      socket.once('data', () => socket.destroy());
    });
  });
  const { server: client } = opened({ url });
  for (let n = 0; n < 3; n++) expect(await client.serverMetadata()).toMatchObject({ version: '1' });
  expect(connections).toBe(3);
});

test('a gRPC call whose stream was refused is made again', async () => {
  // Like a proxy that closes a quiet connection at that moment.
  let streams = 0;
  const url = await startHttp2((stream) => {
    streams++;
    if (streams === 1) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    // A message without fields.
    stream.end(Buffer.alloc(5));
  });
  const { server: client } = opened({ url });
  expect(await client.serverMetadata()).toEqual({ name: '', version: '' });
  expect(streams).toBe(2);
});

test('HTTP status 413 of a proxy before a gRPC server is reported as RESOURCE_EXHAUSTED', async () => {
  const url = await startHttp2((stream) => {
    stream.respond({ ':status': 413, 'content-type': 'text/html' });
    stream.end('<h1>413 Request Entity Too Large</h1>');
  });
  const asked = askedOnce(url);
  await expect(asked).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  await expect(asked).rejects.toThrow('answered with HTTP status 413 (Payload Too Large)');
});

test('HTTP status 429 and an exceeded quota are reported as UNAVAILABLE with a wait of 1 s', async () => {
  const [line, header] = ['HTTP/1.1 429 Too Many Requests', 'content-length: 0'];
  const http = await startSocket((socket) => {
    socket.once('data', () => socket.end(`${line}\r\n${header}\r\n\r\n`));
  });
  const grpc = await startHttp2((stream) => {
    stream.respond({ ':status': 429, 'content-type': 'text/html' });
    stream.end('<h1>429 Too Many Requests</h1>');
  });
  const quota = await exhausted('quota of requests a minute exceeded');
  for (const url of [http, grpc, quota]) {
    await expect(askedOnce(url)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/( 429 |quota of ).*; want a lower concurrency$/),
      retryAfterMs: 1000,
    });
  }
});

test.each([
  'Received message larger than max (9 vs. 4)',
  'gRPC message exceeds maximum size 4: 9',
  'CUDA out of memory',
  'OOM when allocating tensor',
])('a gRPC server without room is reported as RESOURCE_EXHAUSTED: %s', async (message) => {
  await expect(askedOnce(await exhausted(message))).rejects.toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
    message: expect.stringContaining(message),
  });
});

/** The URL of a gRPC server that answers every call with RESOURCE_EXHAUSTED. */
function exhausted(message: string): Promise<string> {
  return startHttp2((stream) => {
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    const status = { 'grpc-status': '8', 'grpc-message': message };
    stream.respond({ ...head, ...status }, { endStream: true });
  });
}

test.each(BOTH)('headers carry secrets; a missing one is refused, over %s', async (_, start) => {
  const server = behaviour();
  const { url } = await start(server);
  const headers = {
    'x-tenant': 'blue',
    authorization: { secret: 'triton-token', prefix: 'Bearer ' },
  };
  const { model } = await found(url, { headers }, { TRITON_TOKEN: 's3cret\n' });
  server.headers = [];
  await model.infer(2, read);
  expect(server.headers).toEqual([
    expect.objectContaining({ 'x-tenant': 'blue', authorization: 'Bearer s3cret' }),
  ]);
  await expect(found(url, { headers })).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message:
      'there is no secret triton-token: want the environment variable LYCEUM_SECRET_TRITON_TOKEN',
  });
});

test('a secret that a server repeats is removed from errors', async () => {
  const server = behaviour();
  const headers = { authorization: { secret: 'token', prefix: 'Bearer ' } };
  const token = 'sk-triton-0123456789';
  const { model } = await found((await startGrpc(server)).url, { headers }, { TOKEN: token });
  for (const code of ['PERMISSION_DENIED', 'UNAVAILABLE', 'INTERNAL'] as const) {
    server.before = () => {
      throw new LyceumError(code, `${'x'.repeat(378)} ${token} is no key`);
    };
    const thrown = await model.infer(2, read).catch((err: unknown) => err);
    const chain: unknown[] = [];
    for (let at = thrown; at instanceof Error; at = at.cause) chain.push(at.message, at.stack);
    expect([code, chain.join().includes('sk-')]).toEqual([code, false]);
    expect(String(thrown)).toContain('x [se');
  }
});

test.each(['line\nsecret-rest', 'кey-secret-rest'])(
  'a secret that cannot be sent is not in the error: %j',
  async (token) => {
    const headers = { authorization: { secret: 'token', prefix: 'Bearer ' } };
    for (const [, start] of BOTH) {
      const { url } = await start(behaviour());
      const said = await found(url, { headers }, { TOKEN: token }).catch(String);
      expect(said).toContain('the secret token cannot be sent');
      expect(said).not.toContain('rest');
    }
  },
);

const push = async (server: Behaviour, settings: object = {}) =>
  (await foundSums(await startGrpc(server), {}, settings)).remote;
/** Answers whose numbers are computed from their index; each row has three numbers. */
const answering = (numbers: (index: number) => number) =>
  raw([
    rawNumbers(
      'FP32',
      Float32Array.from({ length: 128 * CLASSES }, (_, i) => numbers(i)),
    ),
  ]);

test.each<[string, Distort, string]>([
  ['NaN', answering((i) => (i === 4 ? Number.NaN : i)), 'y: answers NaN as value 1 of a row, to inputs from 0 to 1; want finite'], // biome-ignore format: one line
  ['infinity', answering((i) => (i === 2 ? Number.NEGATIVE_INFINITY : i)), 'answers -Infinity as value 2'], // biome-ignore format: one line
  ['percentages', answering((i) => [33, 0, 66][i % 3] as number), 'settings.output: its rows are from 0 to 100'], // biome-ignore format: one line
])('findModel refuses a model that answers %s', async (_, distort, message) => {
  await expect(push(behaviour({ distort }))).rejects.toThrow(message);
});

test('findModel refuses a model whose answers depend on other rows or on chance', async () => {
  const server = behaviour();
  server.before = ({ inputs: [input] }) => {
    server.factor = input?.shape[0] ?? 1;
  };
  await expect(push(server)).rejects.toThrow(
    /y: asked again, its answers to fixed inputs differ by up to .*: the answers depend on chance, or on the other rows/,
  );
  server.before = () => {
    server.factor += 1;
  };
  await expect(push(server)).rejects.toThrow('the answers depend on chance');
});

test('findModel refuses names that are too long, and more than 1024 inputs', async () => {
  const server = behaviour();
  server.inputs = [{ name: 'x'.repeat(300), datatype: 'FP32', shape: [-1, ...SAMPLE] }];
  await expect(push(server)).rejects.toThrow('a name of 300 letters, xxxxxxxxxxxxxxxxxxx…; at most 256'); // biome-ignore format: one line
  server.inputs = Array.from({ length: 1025 }, (_, i) => ({ name: `x${i}`, datatype: 'FP32', shape: [-1, ...SAMPLE] })); // biome-ignore format: one line
  await expect(push(server)).rejects.toThrow(
    'inputs: the server lists 1025; at most 1024 are read',
  );
});

test('RemoteModel names a value over HTTP that is not a number', async () => {
  const server = behaviour();
  const { model } = await found((await startHttp(server)).url);
  server.distort = output({ contents: { fp32Contents: [0, 1, null, 3, 4, 5] } });
  await expect(model.infer(2, read)).rejects.toThrow(
    '6 values (value 2 is no number); want 6 numbers',
  );
});

const VALIDITY = validFor(1, Date.now());
const SERVER = { name: 'server', hosts: ['127.0.0.1'] };

/** A proxy that ends TLS before a server. @returns its `HOST:PORT`. */
async function tlsBefore({ address }: Started, options: TlsOptions): Promise<string> {
  const port = Number(address.replace(/.*:/, ''));
  const proxy = createServer({ ...options, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    const behind = connect(port, '127.0.0.1');
    for (const side of [socket, behind]) {
      side.on('error', () => undefined);
      side.on('close', () => [socket, behind].forEach((each) => void each.destroy()));
    }
    socket.pipe(behind).pipe(socket);
    atEnd(() => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  atEnd(() => proxy.close());
  const bound = proxy.address();
  return `127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
}

test.each([
  ['grpcs', startGrpc],
  ['https', startHttp],
] as const)('%s:// trusts only the named certificate authority', async (scheme, start) => {
  const own = await createAuthority('own', VALIDITY);
  const { certificate: cert, key } = await issueCertificate(own, SERVER, VALIDITY);
  const url = `${scheme}://${await tlsBefore(await start(behaviour()), { cert, key })}`;
  const other = await createAuthority('other', VALIDITY);
  const secrets = { CA: own.certificate, OTHER: other.certificate };
  const { model } = await found(url, { tls: { ca: 'ca' } }, secrets);
  expect(await model.infer(2, read)).toEqual(logitsOf(rows(0, 2), 1));
  for (const tls of [{ ca: 'other' }, {}]) {
    await expect(found(url, { tls }, secrets)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        scheme === 'https'
          ? /certificate.*NODE_EXTRA_CA_CERTS=FILE/
          : /certificate.*; tls.ca of its/,
      ),
    });
  }
  await expect(found(url, { tls: { ca: 'none' } }, secrets)).rejects.toThrow(
    'there is no secret none',
  );
  const plain = url.replace('s:', ':');
  await expect(found(plain)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(found(plain, { tls: { ca: 'ca' } }, secrets)).rejects.toThrow(
    'tls is for grpcs:// and https://',
  );
});

test.each([
  ['grpcs', startGrpc],
  ['https', startHttp],
] as const)('%s:// sends a client certificate where one is required', async (scheme, start) => {
  const own = await createAuthority('own', VALIDITY);
  const { certificate: cert, key } = await issueCertificate(own, SERVER, VALIDITY);
  const wants = { cert, key, ca: own.certificate, requestCert: true, rejectUnauthorized: true };
  const url = `${scheme}://${await tlsBefore(await start(behaviour()), wants)}`;
  const client = await issueCertificate(own, { name: 'client', hosts: ['client'] }, VALIDITY);
  const secrets = { CA: own.certificate, CERT: client.certificate, KEY: client.key };
  const tls = { ca: 'ca', certificate: 'cert', key: 'key' };
  const { model } = await found(url, { tls }, secrets);
  expect(await model.infer(2, read)).toEqual(logitsOf(rows(0, 2), 1));
  await expect(found(url, { tls: { ca: 'ca' } }, secrets)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  await expect(found(url, { tls: { ca: 'ca', key: 'key' } }, secrets)).rejects.toThrow(
    'a certificate and its key go together',
  );
  const swapped = { ca: 'ca', certificate: 'key', key: 'cert' };
  await expect(found(url, { tls: swapped }, secrets)).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: 'tls: the secret key is no certificate in PEM',
  });
  await expect(found(url, { tls: { ...tls, key: 'ca' } }, secrets)).rejects.toThrow(
    'tls: the secret ca is no private key without a passphrase in PEM',
  );
});

test('a certificate of another host is told as that, without advice about authorities', async () => {
  const own = await createAuthority('own', VALIDITY);
  const other = { name: 'other', hosts: ['sums.internal'] };
  const { certificate: cert, key } = await issueCertificate(own, other, VALIDITY);
  const url = `grpcs://${await tlsBefore(await startGrpc(behaviour()), { cert, key })}`;
  await expect(found(url, { tls: { ca: 'ca' } }, { CA: own.certificate })).rejects.toThrow(
    /does not match certificate's altnames(?!.*authority)/,
  );
});

test('a status is told with the path that was asked, as where the URL has a model too many', async () => {
  const { url } = await startHttp(behaviour());
  await expect(found(`${url}/v2/models/sums`)).rejects.toThrow(
    'answers HTTP 404 to GET /v2/models/sums/v2/models/sums,',
  );
});

test('a gRPC host with a forbidden address is called once its address is an allowed one', async () => {
  const { port } = new URL((await startGrpc(behaviour())).url);
  let address = '10.0.0.1';
  const addresses = new AddressGuard(['127.0.0.0/8'], async () => [{ address, family: 4 }]);
  const url = `grpc://sums.example:${port}`;
  const { server } = opened({ url }, {}, { ...outsideOf(), addresses });
  await expect(server.modelMetadata()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  address = '127.0.0.1';
  expect(await server.modelMetadata()).toMatchObject({ inputs: [{ datatype: 'FP32' }] });
});

test('a gRPC server that listens at addresses of one family is found, whichever the name has first', async () => {
  const { port } = new URL((await startGrpc(behaviour())).url);
  const both = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ];
  const url = `grpc://sums.example:${port}`;
  for (const found of [both, both.toReversed()]) {
    const addresses = new AddressGuard(['all'], async () => found);
    const { server } = opened({ url }, {}, { ...outsideOf(), addresses });
    expect(await server.modelMetadata()).toMatchObject({ inputs: [{ datatype: 'FP32' }] });
  }
});
