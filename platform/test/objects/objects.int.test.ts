/**
 * Objects over real connections: of an HTTP server that misbehaves in each way that servers do.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AddressGuard } from '../../src/index.js';
import {
  ObjectChangedError,
  type ObjectSettings,
  type Objects,
  openObjects,
} from '../../src/objects/index.js';
import { failureOf } from '../failure-of.js';
import { cutAfter, ObjectServer, says, serveWell, slowly } from './object-server.js';

const BYTES = bytesOf(3_000_000, 7);
/** Long enough for a machine that stands still, where no time limit is the subject. */
const PATIENT_MS = 60_000;
const SETTINGS = {
  guard: new AddressGuard(['127.0.0.1']),
  environment: {},
  requestTimeoutMs: PATIENT_MS,
};

function bytesOf(length: number, factor: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * factor) % 251));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('over HTTP', () => {
  let server: ObjectServer;
  let url: string;
  let objects: Objects;
  const opened: Objects[] = [];

  const open = (settings: Partial<ObjectSettings> = {}): Objects => {
    const made = openObjects({ ...SETTINGS, ...settings });
    opened.push(made);
    return made;
  };
  const part = { start: 1_000_001, end: 2_500_001, etag: '"first"' };
  const wanted = BYTES.subarray(part.start, part.end);

  beforeEach(async () => {
    server = new ObjectServer(BYTES);
    url = `${await server.listen()}/set/000.tar`;
    objects = open();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    server.close();
  });

  it('reads ranges and whole objects over connections that stay', async () => {
    expect(await objects.facts(url)).toEqual({ sizeBytes: BYTES.length, etag: '"first"' });
    for (let i = 0; i < 5; i++) expect(wanted.equals(await objects.read(url, part))).toBe(true);
    expect(BYTES.equals(Buffer.concat(await all(objects.stream(url))))).toBe(true);
    // undici ends a HEAD's, and may take another one while it tidies the first.
    expect(server.connectionCount).toBeLessThanOrEqual(3);
    expect(server.asked.slice(-2)).toEqual([
      'GET /set/000.tar bytes=1000001-2500000 "first"',
      'GET /set/000.tar - -',
    ]);
  });

  it('goes on where a read broke off, at the same version', async () => {
    server.next.push(cutAfter(100_000), cutAfter(70_000));
    expect(BYTES.equals(Buffer.concat(await all(objects.stream(url))))).toBe(true);
    const [first, ...others] = server.asked;
    expect(first).toBe('GET /set/000.tar - -');
    expect(others).toEqual([
      expect.stringMatching(/bytes=1?\d{4,6}-2999999 "first"$/),
      expect.stringMatching(/ "first"$/),
    ]);
  });

  it.each([
    ['answers 503', says(503)],
    ['answers 429 with a time', says(429, { 'retry-after': '0' })],
    ['ends the connection', cutAfter(0)],
    [
      'sends more than was asked for',
      says(
        206,
        { 'content-range': 'bytes 1000001-2500000/3000000' },
        BYTES.subarray(1_000_001, 2_500_002),
      ),
    ],
    ['sends another part', says(206, { 'content-range': 'bytes 0-1/3000000' }, 'xx')],
  ])('tries again if the server %s, and tells in the end', async (_, answer) => {
    server.next.push(answer, answer);
    expect(wanted.equals(await objects.read(url, part))).toBe(true);
    expect(server.asked).toHaveLength(3);
    server.next.push(answer, answer);
    const failure = await failureOf(open({ attempts: 2 }).read(url, part));
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining(url) });
    expect(server.asked).toHaveLength(5);
  });

  it('waits no longer than it may for headers, nor for a body that trickles', async () => {
    const hasty = open({ requestTimeoutMs: 1_000, attempts: 1 });
    server.next.push(() => {});
    expect(await failureOf(hasty.facts(url))).toMatchObject({
      code: 'UNAVAILABLE',
      message: `${url}: no answer within 1 s`,
    });
    server.next.push(slowly(100, 20));
    expect(await failureOf(hasty.read(url, part))).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/000\.tar: the answer comes too slowly: \d+ bytes in 1 s$/),
    });
  });

  it('waits for a body that is slow and steady, and for a slow reader', async () => {
    const hasty = open({ requestTimeoutMs: 2_000, attempts: 1 });
    server.next.push(slowly(50_000, 100));
    const beganMs = performance.now();
    expect(wanted.equals(await hasty.read(url, part))).toBe(true);
    expect(performance.now() - beganMs).toBeGreaterThan(2_500);
    let bytes = 0;
    for await (const chunk of hasty.stream(url)) {
      if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 5_000));
      bytes += chunk.length;
    }
    expect(bytes).toBe(BYTES.length);
  });

  it('does not mix versions', async () => {
    server.next.push((request, response, served) => {
      cutAfter(100_000)(request, response, served);
      served.etag = '"second"';
    });
    const honest = await failureOf(all(objects.stream(url)));
    expect(honest).toBeInstanceOf(ObjectChangedError);
    expect(honest).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: `${url}: the object has changed: answers 412 Precondition Failed; put the former one back, or register the set anew`,
    });
    // Of a server that knows no If-Match.
    server.next.push((request, response, served) => {
      delete request.headers['if-match'];
      serveWell(request, response, served);
    });
    const careless = await failureOf(objects.read(url, part));
    expect(careless).toBeInstanceOf(ObjectChangedError);
    expect(careless.message).toMatch(/its ETag is "second", not "first"/);
  });

  it('compares a weak ETag itself', async () => {
    server.etag = 'W/"a"';
    expect(wanted.equals(await objects.read(url, { ...part, etag: 'W/"a"' }))).toBe(true);
    expect(server.asked).toEqual(['GET /set/000.tar bytes=1000001-2500000 -']);
    expect(await failureOf(objects.read(url, { ...part, etag: 'W/"b"' }))).toBeInstanceOf(
      ObjectChangedError,
    );
  });

  it.each([
    [2_000_000, /it has 2000000 bytes, and those up to 2500001 are wanted/],
    [1_000_000, /answers 416/],
  ])('tells of an object of %d bytes', async (length, message) => {
    server.bytes = BYTES.subarray(0, length);
    const failure = await failureOf(objects.read(url, { start: part.start, end: part.end }));
    expect(failure).toBeInstanceOf(ObjectChangedError);
    expect(failure.message).toMatch(message);
  });

  it.each([
    [says(401), 'PERMISSION_DENIED', 'answers 401 Unauthorized'],
    [says(403, {}, 'a secret text'), 'PERMISSION_DENIED', 'answers 403 Forbidden'],
    [says(404), 'NOT_FOUND', 'answers 404 Not Found'],
    [says(451), 'INVALID_ARGUMENT', 'answers 451 Unavailable For Legal Reasons'],
    [
      says(200, {}, 'x'.repeat(3_000_000)),
      'INVALID_ARGUMENT',
      'its server sends all of it where a part is asked for; sets in shards want one that serves ranges',
    ],
    [
      says(302, { location: 'ftp://127.0.0.1/' }),
      'INVALID_ARGUMENT',
      'leads to what is no https:// address',
    ],
  ])('is refused once: %#', async (answer, code, message) => {
    server.next.push(answer);
    const failure = await failureOf(objects.read(`${url}?token=abc`, part));
    expect(failure).toMatchObject({ code, message: `${url}?…: ${message}` });
    expect(server.asked).toHaveLength(1);
  });

  it('wants to know how long an object is', async () => {
    server.next.push(says(200, { 'transfer-encoding': 'chunked' }));
    expect(await failureOf(objects.facts(url))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${url}: its server does not say how long it is`,
    });
  });

  it('follows redirects, and only to addresses that may be called', async () => {
    server.next.push(says(302, { location: '/there' }));
    expect(wanted.equals(await objects.read(url, part))).toBe(true);
    expect(server.asked.map((line) => line.split(' ')[1])).toEqual(['/set/000.tar', '/there']);
    server.next.push(says(302, { location: 'http://127.0.0.2:1/' }));
    expect(await failureOf(objects.facts(url))).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(/000\.tar: 127\.0\.0\.2:1: .*--allow-addresses/),
    });
    server.next.push(...Array.from({ length: 9 }, () => says(302, { location: '/round' })));
    expect(await failureOf(objects.facts(url))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${url}: leads to more than 5 others`,
    });
  });

  it('calls no address that is not allowed, by number or by name', async () => {
    const guard = new AddressGuard([], async () => [{ address: '127.0.0.1', family: 4 }]);
    const strict = open({ guard });
    for (const address of [url, url.replace('127.0.0.1', 'shards.example.org')]) {
      const failure = await failureOf(strict.facts(address));
      expect(failure).toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringMatching(/000\.tar: .*--allow-addresses/),
      });
    }
    expect(server.connectionCount).toBe(0);
  });

  it('connects to the address that was checked', async () => {
    const guard = new AddressGuard(['shards.example.org'], async () => [
      { address: '127.0.0.1', family: 4 },
    ]);
    const address = url.replace('127.0.0.1', 'shards.example.org');
    expect(wanted.equals(await open({ guard }).read(address, part))).toBe(true);
  });

  it.each([
    ['headers', () => {}],
    ['a body', slowly(1_000, 50)],
    ['a server that may be well later', says(503, { 'retry-after': '50' })],
  ])('stops waiting for %s when nobody wants it any more', async (_, answer) => {
    server.next.push(answer);
    const abort = new AbortController();
    const failing = failureOf(objects.read(url, part, abort.signal));
    await vi.waitFor(() => expect(server.asked).toHaveLength(1), 60_000);
    abort.abort();
    expect(await failing).toMatchObject({
      code: expect.stringMatching(/CANCELLED|UNAVAILABLE/),
      message: expect.stringContaining(url),
    });
    expect(server.asked).toHaveLength(1);
  });

  it('says that nobody is there', async () => {
    server.close();
    const failure = await failureOf(open({ attempts: 2 }).facts(url));
    expect(failure).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/000\.tar: the connection failed: .*ECONNREFUSED/),
    });
  });
});
