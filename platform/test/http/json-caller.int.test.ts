/**
 * Calls of a real HTTP server that limits, fails, hangs and answers garbage. The server counts the calls that reach
 * it. Waits are real, and short; only lower bounds of times are checked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTP_RESPONSE_MAX_BYTES, LyceumError } from '@lyceum/proto';
import { afterEach, expect, it, vi } from 'vitest';
import {
  AddressGuard,
  endpointCaller,
  inLanes,
  JsonCaller,
  type JsonCallerOptions,
  secretPlaces,
  UnreadableAnswerError,
} from '../../src/index.js';
import { failureOf } from '../failure-of.js';

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
    addresses: new AddressGuard(['127.0.0.0/8']),
    rate: {},
    timeoutMs: 30_000,
    attempts: 4,
    nowMs: () => performance.now(),
    // Without jitter retries are at once.
    random: () => 0,
    ...options,
  });
}

const json = (response: ServerResponse, value: unknown, status = 200, headers = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(value));

it('goes on calling where the clock of the machine is set back by an hour', async () => {
  const { url } = await listen((_, response, n) => json(response, n));
  vi.useFakeTimers({ toFake: ['Date'] });
  const endpoint = endpointCaller(
    { url, headers: {}, rate: { perSecond: 2 }, timeoutMs: 30_000, attempts: 1 },
    {
      secrets: secretPlaces(undefined, {}, 'nowhere'),
      addresses: new AddressGuard(['127.0.0.0/8']),
    },
  );
  try {
    expect(await endpoint.post({}, NEVER)).toBe(1);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(await endpoint.post({}, NEVER)).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

it('sends JSON and headers, and returns the answer', async () => {
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

it.each([429, 500, 502, 503, 504, 408, 520, 529])('tries again after %i', async (status) => {
  const { url, count } = await listen((_, response, n) =>
    n < 3 ? json(response, {}, status) : json(response, n),
  );
  expect(await caller(url).post({}, NEVER)).toBe(3);
  expect(count()).toBe(3);
});

it('waits as long as Retry-After says, and makes its other calls wait too', async () => {
  const beginsMs: number[] = [];
  const { url } = await listen((_, response, n) => {
    beginsMs.push(Date.now());
    if (n === 1) json(response, {}, 429, { 'retry-after': '1' });
    else json(response, n);
  });
  // The refusal has to be read before the other call begins.
  let both = caller(url);
  let first: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    both = caller(url, { retried: () => resolve() });
    first = both.post({}, NEVER);
  });
  await Promise.all([first, both.post({}, NEVER)]);
  const [refused = 0, ...others] = beginsMs;
  for (const begin of others) expect(begin - refused).toBeGreaterThanOrEqual(950);
});

it('gives up after the last attempt and names the reason', async () => {
  const { url, count } = await listen((_, response) =>
    json(response, { error: 'overloaded' }, 503),
  );
  const call = caller(url).post({}, NEVER);
  await expect(call).rejects.toThrow('answers 503 Service Unavailable, 22 bytes; tried 4 times');
  await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(count()).toBe(4);
});

it('suggests a lower rate or concurrency after repeated 429 answers', async () => {
  const { url } = await listen((_, response) => json(response, {}, 429));
  await expect(caller(url).post({}, NEVER)).rejects.toThrow(
    'answers 429 Too Many Requests, 2 bytes; tried 4 times; want a lower rate or concurrency',
  );
});

it('gives up at once when Retry-After is longer than an hour', async () => {
  const { url, count } = await listen((_, response) =>
    json(response, {}, 429, { 'retry-after': '3601' }),
  );
  const call = caller(url).post({}, NEVER);
  await expect(call).rejects.toThrow('2 bytes; it asks to wait 61 minutes; tried once');
  await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(count()).toBe(1);
});

it('gives up at once when Retry-After is longer than `longestWaitMs`', async () => {
  const { url, count } = await listen((_, response) =>
    json(response, {}, 503, { 'retry-after': '30' }),
  );
  await expect(caller(url, { longestWaitMs: 29_000 }).post({}, NEVER)).rejects.toThrow(
    'answers 503 Service Unavailable, 2 bytes; it asks to wait 30 s; tried once',
  );
  expect(count()).toBe(1);
});

it.each([
  [400, 'answers 400 Bad Request'],
  [401, 'answers 401 Unauthorized'],
  [404, 'answers 404 Not Found'],
  [302, 'answers 302 Found, 2 bytes; redirects are not followed'],
  [501, 'answers 501 Not Implemented'],
])('does not try again after %i', async (status, reason) => {
  const { url, count } = await listen((_, response) =>
    json(response, {}, status, { location: '/x' }),
  );
  const call = caller(url).post({}, NEVER);
  await expect(call).rejects.toThrow(reason);
  await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(count()).toBe(1);
});

it('leaves the query of the URL out of its errors', async () => {
  const { url } = await listen((_, response, n) => json(response, {}, n === 1 ? 400 : 500));
  for (const reason of [/answers 400/, /answers 500/]) {
    const failure = await failureOf(caller(`${url}f?code=abc`, { attempts: 1 }).post({}, NEVER));
    expect(failure.message).toMatch(reason);
    expect(failure.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/f\?…: /);
  }
});

it('tries again after a broken connection and a timeout; nothing listening is UNAVAILABLE', async () => {
  const { url, count } = await listen((request, response, n) => {
    if (n === 1) request.socket.destroy();
    else if (n > 2) json(response, n);
  });
  expect(await caller(url, { timeoutMs: 4_000 }).post({}, NEVER)).toBe(3);
  expect(count()).toBe(3);
  const nobody = caller('http://127.0.0.1:1/').post({}, NEVER);
  await expect(nobody).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it.each<[string, string, Handler]>([
  ['HTML', 'its answer is no JSON, 22 bytes', (_, r) => r.end('<html>\n secret </html>')],
  ['nothing', 'its answer is no JSON, 0 bytes', (_, r) => r.end()],
  ['half of the JSON', 'its answer is no JSON, 10 bytes', (_, r) => r.end('{"class":"')],
  ['NaN', 'holds NaN or Infinity, which is no JSON, 13 bytes', (_, r) => r.end('{"class":NaN}')],
  ['an error with 200', 'holds no class', (_, r) => json(r, { error: 'secret' })],
  [
    'less than it said',
    'the answer was cut off after 8 bytes',
    (request, r) => {
      r.writeHead(200, { 'content-length': '17' }).write('{"class"');
      setTimeout(() => request.socket.destroy(), 20);
    },
  ],
  [
    'a chunk that never ends',
    'the answer was cut off after 8 bytes',
    (request, r) => {
      r.writeHead(200).write('{"class"');
      setTimeout(() => request.socket.destroy(), 20);
    },
  ],
  [
    'more than is read',
    `the answer is longer than the ${HTTP_RESPONSE_MAX_BYTES} bytes`,
    (_, r) => r.end(Buffer.alloc(HTTP_RESPONSE_MAX_BYTES + 1, '1')),
  ],
])('tries again when a 200 answer holds %s, and gives up in the end', async (_, reason, broken) => {
  // biome-ignore format: a case a line
  const problemOf = (answer: unknown) =>
    (answer as { class?: string }).class === undefined ? 'holds no class' : undefined;
  const told: [string, boolean][] = [];
  const retried = (why: string, __: number, unreadable: boolean) => told.push([why, unreadable]);
  const once = await listen((request, response, n) =>
    n < 4 ? broken(request, response, n) : json(response, { class: 'a' }),
  );
  const paid: unknown[] = [];
  const answered = (body: unknown, answer: unknown) => void paid.push([body, answer]);
  const call = caller(once.url, { retried, answered }).post('asked', NEVER, problemOf);
  expect(await call).toEqual({ class: 'a' });
  // All four answers had status 200; the last one was good.
  expect(paid).toHaveLength(4);
  expect(paid.at(-1)).toEqual(['asked', { class: 'a' }]);
  expect(told.map(([, unreadable]) => unreadable)).toEqual([true, true, true]);
  for (const [why] of told) expect(why).toContain(reason);

  const always = await listen(broken);
  const failure = await caller(always.url)
    .post({}, NEVER, problemOf)
    .catch((err: unknown) => err);
  expect(failure).toBeInstanceOf(UnreadableAnswerError);
  expect(String(failure)).toContain(`${reason}`);
  expect(String(failure)).toContain('; tried 4 times');
  // The body may hold what only the caller may see.
  expect(String(failure)).not.toContain('secret');
  expect(always.count()).toBe(4);
});

it('leaves the body of a refusal out of the error', async () => {
  const { url } = await listen((_, response) => json(response, { password: 'hunter2' }, 403));
  const failure = await caller(url)
    .post({}, NEVER)
    .catch((err: unknown) => err);
  expect(String(failure)).toMatch(/answers 403 Forbidden, 22 bytes$/);
});

it('follows no redirect, so headers reach no other server', async () => {
  const other = await listen((_, response) => json(response, 'mine'));
  for (const status of [301, 302, 303, 307, 308]) {
    const { url } = await listen((_, response) =>
      json(response, {}, status, { location: other.url }),
    );
    const headers = { authorization: 'Bearer s3' };
    await expect(caller(url, { headers }).post({}, NEVER)).rejects.toThrow(`answers ${status} `);
  }
  expect(other.count()).toBe(0);
});

it('causes no warning of Node while 40 calls wait', async () => {
  const warnings: string[] = [];
  const listener = (warning: Error) => warnings.push(warning.name);
  process.on('warning', listener);
  const { url } = await listen((_, response, n) =>
    n <= 40 ? json(response, {}, 503) : json(response, n),
  );
  const { signal } = new AbortController();
  const patient = caller(url, { random: () => 0.2 });
  await inLanes(
    Array.from({ length: 40 }),
    40,
    signal,
    async () => void (await patient.post({}, signal)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listener);
  expect(warnings).toEqual([]);
});

it('begins no more calls per second than its rate allows', async () => {
  const beginsMs: number[] = [];
  const { url } = await listen((_, response, n) => {
    beginsMs.push(Date.now());
    json(response, n);
  });
  const paced = caller(url, { rate: { perSecond: 3 } });
  const startedMs = Date.now();
  await inLanes([1, 2, 3, 4, 5, 6, 7], 7, NEVER, async () => void (await paced.post({}, NEVER)));
  // A call may arrive late, and none arrives before it is sent. A timer may be a little early.
  for (const [i, begin] of beginsMs.entries()) {
    expect(begin - startedMs).toBeGreaterThan(950 * Math.floor(i / 3));
  }
});

it('stops waiting when it is aborted, and fails when `allow` refuses the call', async () => {
  const { url } = await listen((_, response) => json(response, {}, 429, { 'retry-after': '60' }));
  const stop = new AbortController();
  const call = caller(url).post({}, stop.signal);
  setTimeout(() => stop.abort(new LyceumError('CANCELLED', 'enough')), 100);
  await expect(call).rejects.toThrow('enough');
  const paid = caller(url, {
    allow: (body) => {
      expect(body).toEqual({});
      throw new LyceumError('RESOURCE_EXHAUSTED', 'no money');
    },
  });
  await expect(paid.post({}, NEVER)).rejects.toThrow('no money');
});

it('inLanes begins no item after the first failure, and waits for those in progress', async () => {
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
