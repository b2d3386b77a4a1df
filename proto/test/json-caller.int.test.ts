/**
 * Calls of a real HTTP server that limits, fails, hangs and answers garbage. The server counts what reaches it. Waits are
 * real, and short; of times only lower bounds are looked at.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { HTTP_RESPONSE_MAX_BYTES, LyceumError } from '../src/index.js';
import { inLanes, JsonCaller, type JsonCallerOptions } from '../src/node/index.js';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const NEVER = new AbortController().signal;
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handler: Handler): Promise<{ url: string; count: () => number }> {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    handler(request, response, ++count);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    count: () => count,
  };
}

function caller(url: string, options: Partial<JsonCallerOptions> = {}): JsonCaller {
  return new JsonCaller({
    url,
    headers: {},
    rate: {},
    timeoutMs: 30_000,
    attempts: 4,
    nowMs: Date.now,
    // Without jitter retries are at once.
    random: () => 0,
    ...options,
  });
}

const json = (response: ServerResponse, value: unknown, status = 200, headers = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(value));

it('sends JSON and headers, and gives the answer', async () => {
  const seen: unknown[] = [];
  const { url } = await listen((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen.push(JSON.parse(Buffer.concat(parts).toString()), request.headers['authorization']);
      json(response, { language: 'de' });
    });
  });
  const answer = await caller(url, { headers: { authorization: 'Bearer s3' } }).post(
    { text: 'a' },
    NEVER,
  );
  expect(answer).toEqual({ language: 'de' });
  expect(seen).toEqual([{ text: 'a' }, 'Bearer s3']);
});

it.each([429, 500, 502, 503, 504, 408])('tries again after %i', async (status) => {
  const { url, count } = await listen((_, response, n) =>
    n < 3 ? json(response, {}, status) : json(response, n),
  );
  expect(await caller(url).post({}, NEVER)).toBe(3);
  expect(count()).toBe(3);
});

it('waits as long as Retry-After says, and so does every other call', async () => {
  const beginsMs: number[] = [];
  const { url } = await listen((_, response, n) => {
    beginsMs.push(Date.now());
    if (n === 1) json(response, {}, 429, { 'retry-after': '1' });
    else json(response, n);
  });
  const both = caller(url);
  const first = both.post({}, NEVER);
  while (beginsMs.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  // The refusal has to be read before the other call begins.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await Promise.all([first, both.post({}, NEVER)]);
  const [refused = 0, ...others] = beginsMs;
  for (const begin of others) expect(begin - refused).toBeGreaterThanOrEqual(950);
});

it('gives up after so many tries, saying why', async () => {
  const { url, count } = await listen((_, response) =>
    json(response, { error: 'overloaded' }, 503),
  );
  const call = caller(url).post({}, NEVER);
  await expect(call).rejects.toThrow(
    'answers 503 Service Unavailable: {"error":"overloaded"}; tried 4 times',
  );
  await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(count()).toBe(4);
});

it('gives up on a server that wants more patience than an hour', async () => {
  const { url, count } = await listen((_, response) =>
    json(response, {}, 429, { 'retry-after': '3601' }),
  );
  await expect(caller(url).post({}, NEVER)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(count()).toBe(1);
});

it.each([
  [400, 'answers 400 Bad Request'],
  [401, 'answers 401 Unauthorized'],
  [404, 'answers 404 Not Found'],
  [302, 'answers 302 Found'],
])('does not try again after %i', async (status, reason) => {
  const { url, count } = await listen((_, response) =>
    json(response, {}, status, { location: '/x' }),
  );
  const call = caller(url).post({}, NEVER);
  await expect(call).rejects.toThrow(reason);
  await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(count()).toBe(1);
});

it('tries again where nothing answers, where a connection breaks and after a timeout', async () => {
  const { url, count } = await listen((request, response, n) => {
    if (n === 1) request.socket.destroy();
    else if (n > 2) json(response, n);
  });
  expect(await caller(url, { timeoutMs: 300 }).post({}, NEVER)).toBe(3);
  expect(count()).toBe(3);
  const nobody = caller('http://127.0.0.1:1/').post({}, NEVER);
  await expect(nobody).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('refuses what is no JSON, and what is too long', async () => {
  const html = await listen((_, response) => response.end('<html>\n hello </html>'));
  await expect(caller(html.url).post({}, NEVER)).rejects.toThrow(
    'answers what is no JSON: <html> hello </html>',
  );
  const long = await listen((_, response) =>
    response.end(Buffer.alloc(HTTP_RESPONSE_MAX_BYTES + 1, '1')),
  );
  await expect(caller(long.url).post({}, NEVER)).rejects.toThrow('answers more than the');
});

it('begins no more calls in a second than it may', async () => {
  const beginsMs: number[] = [];
  const { url } = await listen((_, response, n) => {
    beginsMs.push(Date.now());
    json(response, n);
  });
  const paced = caller(url, { rate: { perSecond: 3 } });
  await inLanes([1, 2, 3, 4, 5, 6, 7], 7, NEVER, async () => void (await paced.post({}, NEVER)));
  for (const [i, begin] of beginsMs.entries()) {
    const third = beginsMs[i - 3];
    // What the network adds to one call and not to another is below a tenth.
    if (third !== undefined) expect(begin - third).toBeGreaterThan(900);
  }
});

it('stops waiting when it is told to, and asks before each try', async () => {
  const { url } = await listen((_, response) => json(response, {}, 429, { 'retry-after': '60' }));
  const stop = new AbortController();
  const call = caller(url).post({}, stop.signal);
  setTimeout(() => stop.abort(new LyceumError('CANCELLED', 'enough')), 100);
  await expect(call).rejects.toThrow('enough');
  const paid = caller(url, {
    allow: () => {
      throw new LyceumError('RESOURCE_EXHAUSTED', 'no money');
    },
  });
  await expect(paid.post({}, NEVER)).rejects.toThrow('no money');
});

it('begins nothing more after the first failure, and waits for what has begun', async () => {
  const ended: number[] = [];
  let third: () => void = () => {};
  const thirdFailed = new Promise<void>((resolve) => {
    third = resolve;
  });
  const run = inLanes([1, 2, 3, 4, 5, 6], 2, NEVER, async (item) => {
    if (item === 1) await thirdFailed;
    ended.push(item);
    if (item !== 3) return;
    third();
    throw new Error('third');
  });
  await expect(run).rejects.toThrow('third');
  expect(ended).toEqual([2, 3, 1]);
});
