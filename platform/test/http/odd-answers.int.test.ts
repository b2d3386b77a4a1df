/**
 * Odd answers that real servers and proxies send. A server of bare sockets writes these bytes exactly. The caller must
 * read the answer, or name what is wrong with it.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { HTTP_RESPONSE_MAX_BYTES } from '@lyceum/proto';
import { afterEach, expect, it } from 'vitest';
import { AddressGuard, JsonCaller, type JsonCallerOptions } from '../../src/index.js';

const SECRET = 'sk-a/b+c-0123456789';
const NEVER = new AbortController().signal;
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Writes `bytes` once a request has come, and keeps the connection open. */
async function answering(bytes: (request: string) => Buffer | string): Promise<string> {
  const server = createServer((socket: Socket) => {
    let request = '';
    socket.on('error', () => undefined);
    socket.on('data', (part) => {
      request += part.toString('latin1');
      if (!request.endsWith('{}')) return;
      socket.write(bytes(request));
      request = '';
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function http(
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
  status = '200 OK',
): Buffer {
  // biome-ignore format: one line
  const all = { 'content-length': Buffer.byteLength(body), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`),
    Buffer.from(body),
  ]);
}

function post(url: string, options: Partial<JsonCallerOptions> = {}): Promise<unknown> {
  const caller = new JsonCaller({
    url,
    headers: { authorization: `Bearer ${SECRET}` },
    secrets: [SECRET],
    addresses: new AddressGuard(['127.0.0.0/8']),
    rate: {},
    timeoutMs: 60_000,
    attempts: 1,
    nowMs: () => performance.now(),
    random: () => 0,
    ...options,
  });
  return caller.post({}, NEVER);
}

const JSON_TEXT = '{"label":"français"}';
const LABEL = { label: 'français' };

it.each([
  ['gzip', gzipSync(JSON_TEXT)],
  ['X-GZIP', gzipSync(JSON_TEXT)],
  ['br', brotliCompressSync(JSON_TEXT)],
  ['deflate', deflateSync(JSON_TEXT)],
  ['deflate', deflateRawSync(JSON_TEXT)],
  ['identity', Buffer.from(JSON_TEXT)],
])('reads content coding %s, although it asked for identity', async (coding, body) => {
  const url = await answering((request) => {
    expect(request).toContain('accept-encoding: identity');
    return http(body, { 'content-encoding': coding });
  });
  expect(await post(url)).toEqual(LABEL);
});

it('reads JSON after a byte order mark, and chunks with extensions and trailers', async () => {
  expect(await post(await answering(() => http(`\uFEFF${JSON_TEXT}`)))).toEqual(LABEL);
  const length = Buffer.byteLength(JSON_TEXT).toString(16);
  const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n${length};a=b\r\n${JSON_TEXT}\r\n0\r\nx-sum: 1\r\n\r\n`;
  expect(await post(await answering(() => chunked))).toEqual(LABEL);
});

const TOO_LONG = `the answer is longer than the ${HTTP_RESPONSE_MAX_BYTES} bytes that are read`;
const zeros = Buffer.alloc(64 * HTTP_RESPONSE_MAX_BYTES, '1');
const typed = (contentType: string) => ({ 'content-type': contentType });
const coded = (coding: string) => ({ 'content-encoding': coding });

it.each<[string, Buffer, string]>([
  ['a bomb of gzip', http(gzipSync(zeros), coded('gzip')), TOO_LONG],
  ['a bomb of Brotli', http(brotliCompressSync(zeros), coded('br')), TOO_LONG],
  ['half of a gzip', http(gzipSync(JSON_TEXT).subarray(0, 18), coded('gzip')), 'the answer is no gzip, 18 bytes'], // biome-ignore format: one line
  ['no gzip', http(JSON_TEXT, coded('gzip')), 'the answer is no gzip, 21 bytes'],
  ['no gzip behind a refusal', http(JSON_TEXT, coded('gzip'), '401 Unauthorized'), 'answers 401, and the answer is no gzip'], // biome-ignore format: one line
  ['zstd', http(JSON_TEXT, coded('zstd')), 'compressed by another method than gzip, x-gzip, br, deflate'], // biome-ignore format: one line
  ['Latin-1', http(Buffer.from(JSON_TEXT, 'latin1')), 'its answer is not in UTF-8, 20 bytes'],
  ['UTF-16', http(Buffer.from(`\uFEFF${JSON_TEXT}`, 'utf16le')), 'its answer is not in UTF-8'],
  ['a page', http('<html>', typed('text/html; charset=utf-8')), 'its answer is no JSON but text/html, 6 bytes'], // biome-ignore format: one line
  [
    'a stream',
    http('data: {}\n\n', typed('text/event-stream')),
    'is no JSON but text/event-stream',
  ],
  ['half of the JSON', http('{"a', typed('application/problem+json')), 'its answer is no JSON, 3 bytes'], // biome-ignore format: one line
  ['minus infinity', http('[1, -Infinity ]'), 'holds NaN or Infinity, which is no JSON, 15 bytes'],
  ['lists in lists', http('['.repeat(3e5) + ']'.repeat(3e5)), 'is nested more than 256 deep'],
])('names what is wrong with this answer: %s', async (_, bytes, reason) => {
  const url = await answering(() => bytes);
  await expect(post(url)).rejects.toThrow(`${url}: `);
  await expect(post(url)).rejects.toThrow(reason);
});

it('does not count brackets within strings as nesting', async () => {
  const answer = { label: `${'[{'.repeat(500)}"\\`, list: [[1], [2]] };
  expect(await post(await answering(() => http(JSON.stringify(answer))))).toEqual(answer);
});

it('reports a server that switches protocols as UNAVAILABLE', async () => {
  const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n';
  const call = post(await answering(() => upgrade));
  await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(call).rejects.toThrow('the connection ended without an answer');
});

it('replaces its secrets in an answer by [secret]', async () => {
  const echo = { args: { key: SECRET }, said: [`Bearer ${SECRET}`, 'sk-'], n: 1, none: null };
  expect(await post(await answering(() => http(JSON.stringify(echo))))).toEqual({
    ...echo,
    args: { key: '[secret]' },
    said: ['Bearer [secret]', 'sk-'],
  });
  const keys = { [`key ${SECRET}`]: [{ [SECRET]: 1 }] };
  expect(await post(await answering(() => http(JSON.stringify(keys))))).toEqual({
    'key [secret]': [{ '[secret]': 1 }],
  });
  // PHP and .NET escape these characters.
  const escaped = `["${SECRET.replace('/', '\\/').replace('+', '\\u002B')}"]`;
  expect(await post(await answering(() => http(escaped)))).toEqual(['[secret]']);
});

it.each([
  [{ error: { message: `no key ${SECRET}` } }, '; it says: no key [secret]'],
  [{ error: `\u001b[31mno key\n${SECRET}` }, '; it says: [31mno key [secret]'],
  [{ message: 'm'.repeat(900) }, `; it says: ${'m'.repeat(200)}…`],
  [{ message: `${'m'.repeat(195)}${SECRET}` }, `; it says: ${'m'.repeat(195)}[secr…`],
  [{ detail: [{ loc: 'body' }] }, ' bytes'],
  [`[${SECRET}]`, ' bytes'],
])('quotes a refusal only with the option `quotes`, and without secrets: %j', async (said, end) => {
  const url = await answering(() => http(JSON.stringify(said), {}, '401 Unauthorized'));
  const quoted = String(await post(url, { quotes: true }).catch((err: unknown) => err));
  expect(quoted.slice(-end.length)).toBe(end);
  const plain = String(await post(url).catch((err: unknown) => err));
  expect(plain).toMatch(/answers 401 Unauthorized, \d+ bytes$/);
});

it('names where a redirect leads with the option `quotes`, and without secrets', async () => {
  const to = { location: `https://api.example.org/v2?key=${SECRET}` };
  const url = await answering(() => http('', to, '308 Permanent Redirect'));
  await expect(post(url, { quotes: true })).rejects.toThrow(
    'answers 308 Permanent Redirect to https://api.example.org/v2?key=[secret], 0 bytes; redirects are not followed',
  );
});

it.each([
  ['https', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'it speaks no TLS'],
  // The first frame of a server of HTTP/2.
  [
    'http',
    Buffer.from('000000040000000000', 'hex'),
    'it speaks no HTTP/1.1; it may be a port of gRPC',
  ],
])('reports that a server called by %s speaks another protocol', async (scheme, bytes, words) => {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await expect(post(url)).rejects.toThrow(`${url}: ${words}; tried once`);
});
