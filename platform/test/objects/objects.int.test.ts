/**
 * Objects over real connections: from an HTTP server that misbehaves in each way that servers do, and from a real S3
 * server that is killed, slowed and loses bytes while it is read.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AddressGuard } from '../../src/index.js';
import {
  ObjectChangedError,
  type ObjectSettings,
  type Objects,
  openObjects,
} from '../../src/objects/index.js';
import { failureOf } from '../failure-of.js';
import { S3_SERVER_MS, type S3Server, startS3Server, startSlowedServer } from '../support.js';
import { type Answer, cutAfter, ObjectServer, says, serveWell, slowly } from './object-server.js';

const BYTES = bytesOf(3_000_000, 7);
/** Where no time limit is tested: enough even for a machine that stalls. */
const PATIENT_MS = 60_000;
const SETTINGS = {
  guard: new AddressGuard(['127.0.0.1']),
  environment: {},
  requestTimeoutMs: PATIENT_MS,
};

const PART_BYTES = 16 * 1024 * 1024;
const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();

function bytesOf(length: number, factor: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i * factor) % 251));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('Objects over HTTP', () => {
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

  it('reads ranges and whole objects over at most three connections', async () => {
    expect(await objects.facts(url)).toEqual({ sizeBytes: BYTES.length, etag: '"first"' });
    for (let i = 0; i < 5; i++) expect(wanted.equals(await objects.read(url, part))).toBe(true);
    expect(BYTES.equals(Buffer.concat(await all(objects.stream(url))))).toBe(true);
    // undici ends the connection of a HEAD, and may open another while it tidies up the first.
    expect(server.connectionCount).toBeLessThanOrEqual(3);
    expect(server.asked.slice(-2)).toEqual([
      'GET /set/000.tar bytes=1000001-2500000 "first"',
      'GET /set/000.tar - -',
    ]);
  });

  it('resumes a read that broke off, at the same version', async () => {
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
  ])('tries again if the server %s, and is UNAVAILABLE in the end', async (_, answer) => {
    server.next.push(answer, answer);
    expect(wanted.equals(await objects.read(url, part))).toBe(true);
    expect(server.asked).toHaveLength(3);
    server.next.push(answer, answer);
    const failure = await failureOf(open({ attempts: 2 }).read(url, part));
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining(url) });
    expect(server.asked).toHaveLength(5);
  });

  it('gives up on headers or a body that take longer than the request timeout', async () => {
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

  it('reports an object that has changed as ObjectChangedError, also without If-Match', async () => {
    server.next.push((request, response, served) => {
      cutAfter(100_000)(request, response, served);
      served.etag = '"second"';
    });
    const honest = await failureOf(all(objects.stream(url)));
    expect(honest).toBeInstanceOf(ObjectChangedError);
    expect(honest).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: `${url}: the object has changed: answers 412 Precondition Failed; restore the former one, or register the set again`,
    });
    // A server that does not know If-Match.
    server.next.push((request, response, served) => {
      delete request.headers['if-match'];
      serveWell(request, response, served);
    });
    const careless = await failureOf(objects.read(url, part));
    expect(careless).toBeInstanceOf(ObjectChangedError);
    expect(careless.message).toMatch(/its ETag is "second", not "first"/);
  });

  it('compares a weak ETag itself and sends no If-Match', async () => {
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
  ])('reports an object that has only %d bytes as ObjectChangedError', async (length, message) => {
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
      'its server sends the whole object where a part is asked for; sets in shards need a server that serves ranges',
    ],
    [
      says(302, { location: 'ftp://127.0.0.1/' }),
      'INVALID_ARGUMENT',
      'redirects to an address without https://',
    ],
  ])('does not try again after a refusal: case %#', async (answer, code, message) => {
    server.next.push(answer);
    const failure = await failureOf(objects.read(`${url}?token=abc`, part));
    expect(failure).toMatchObject({ code, message: `${url}?…: ${message}` });
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['refuses HEAD', says(405)],
    ['has signed the URL for GET', says(403)],
    ['names no length to HEAD', says(200, { 'transfer-encoding': 'chunked' })],
  ])('facts asks for the first byte when the server %s', async (_, answer) => {
    server.next.push(answer);
    expect(await objects.facts(url)).toEqual({ sizeBytes: BYTES.length, etag: '"first"' });
    expect(server.asked).toEqual(['HEAD /set/000.tar - -', 'GET /set/000.tar bytes=0-0 -']);
  });

  it('refuses a compressed answer', async () => {
    server.next.push((request, response, served) => {
      response.setHeader('content-encoding', 'gzip');
      serveWell(request, response, served);
    });
    expect(await failureOf(objects.read(url, part))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/000\.tar: its server sends it compressed/),
    });
    expect(server.asked).toHaveLength(1);
  });

  it('refuses an object whose server does not say how long it is', async () => {
    const endless = says(200, { 'transfer-encoding': 'chunked' });
    server.next.push(endless, endless);
    expect(await failureOf(objects.facts(url))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${url}: its server does not say how long it is`,
    });
  });

  it('follows at most five redirects, and only to allowed addresses', async () => {
    server.next.push(says(302, { location: '/there' }));
    expect(wanted.equals(await objects.read(url, part))).toBe(true);
    expect(server.asked.map((line) => line.split(' ')[1])).toEqual(['/set/000.tar', '/there']);
    server.next.push(says(302, { location: '/there' }), says(404));
    expect((await failureOf(objects.facts(url))).message).toMatch(
      /000\.tar: answers 404 Not Found; it redirected to 127\.0\.0\.1:\d+$/,
    );
    server.next.push(says(302, { location: 'http://127.0.0.2:1/' }));
    expect(await failureOf(objects.facts(url))).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(/000\.tar: 127\.0\.0\.2:1: .*--allow-addresses/),
    });
    server.next.push(...Array.from({ length: 9 }, () => says(302, { location: '/round' })));
    expect(await failureOf(objects.facts(url))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `${url}: redirects more than 5 times`,
    });
  });

  describe('redirects of a URL that a person names', () => {
    // 127.0.0.1 stands for all public addresses.
    let inside: ObjectServer;
    let looks: string[];
    let typed: Objects;
    const resolve = async (host: string) => {
      const turned = host === 'turning.example.org' ? looks.shift() : undefined;
      const address = turned ?? (host === 'public.example.org' ? '127.0.0.1' : '127.0.0.2');
      return [{ address, family: 4 }];
    };
    const at = (host: string) => url.replace('127.0.0.1', host);

    beforeEach(async () => {
      inside = new ObjectServer(BYTES);
      await inside.listen(Number(new URL(url).port), '127.0.0.2');
      looks = [];
      typed = open({
        guard: new AddressGuard(['all'], resolve),
        redirects: new AddressGuard(['127.0.0.1'], resolve),
      });
    });
    afterEach(() => inside.close());

    it('refuses a public host that leads to a private one; a private host may lead anywhere', async () => {
      for (const to of [at('127.0.0.2'), at('private.example.org')]) {
        server.next.push(says(302, { location: to }));
        expect(await failureOf(typed.facts(at('public.example.org')))).toMatchObject({
          code: 'PERMISSION_DENIED',
          message: `${at('public.example.org')}: redirects to ${new URL(to).host}, which is no public address; name that URL itself if it is meant`,
        });
      }
      expect(server.asked).toHaveLength(2);
      expect(inside.connectionCount).toBe(0);
      for (const from of [at('127.0.0.2'), at('private.example.org')]) {
        for (const to of [at('127.0.0.1'), at('127.0.0.2')]) {
          inside.next.push(says(302, { location: to }));
          expect((await typed.facts(from)).sizeBytes).toBe(BYTES.length);
        }
      }
    });

    it.each([
      ['private', ['127.0.0.1', '127.0.0.2', '127.0.0.2']],
      ['public', ['127.0.0.2', '127.0.0.1', '127.0.0.1']],
    ])('refuses a private address when the host turns %s between look-ups', async (_, turns) => {
      looks = turns;
      server.next.push(says(302, { location: at('127.0.0.2') }));
      const failure = await failureOf(typed.facts(at('turning.example.org')));
      expect(failure.code).toBe('PERMISSION_DENIED');
      expect(inside.connectionCount).toBe(0);
    });
  });

  it('does not connect to an address that is not allowed, given by number or by name', async () => {
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
  ])('stops waiting for %s when the signal is aborted', async (_, answer) => {
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

  it('close ends a read in progress, without another attempt', async () => {
    server.next.push(slowly(1_000, 50));
    const failing = failureOf(objects.read(url, part));
    await vi.waitFor(() => expect(server.asked).toHaveLength(1), 60_000);
    await objects.close();
    expect(await failing).toMatchObject({ code: 'CANCELLED', message: `${url}: cancelled` });
    expect(await failureOf(objects.facts(url))).toMatchObject({ code: 'CANCELLED' });
    expect(server.asked).toHaveLength(1);
  });

  describe('as S3', () => {
    const [key, folder] = ['AKIAEXAMPLE', tmpdir()];
    let headers: IncomingHttpHeaders;
    const look: Answer = (request, response, served) => {
      headers = request.headers;
      serveWell(request, response, served);
    };

    beforeEach(() => {
      // The chain of credential providers reads these variables: keep it from this machine's user and cloud.
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
      vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
      for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
        vi.stubEnv(name, undefined);
      objects = open({ s3Endpoint: new URL(url).origin });
    });
    afterEach(() => {
      vi.unstubAllEnvs();
    });

    it('sends no signature without credentials', async () => {
      server.next.push(look);
      expect(wanted.equals(await objects.read('s3://pictures/a', part))).toBe(true);
      expect(server.asked).toEqual(['GET /pictures/a bytes=1000001-2500000 "first"']);
      expect(headers.authorization).toBeUndefined();
    });

    it('signs with the credentials of a profile', async () => {
      const file = join(mkdtempSync(join(folder, 'lyceum-test-')), 'credentials');
      writeFileSync(
        file,
        `[default]\naws_access_key_id = ${key}\naws_secret_access_key = secret\n`,
      );
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
      server.next.push(look);
      await objects.facts('s3://pictures/a');
      rmSync(dirname(file), { recursive: true });
      expect(headers.authorization).toContain(`Credential=${key}/`);
    });

    it('signs with the keys and the token in environment variables', async () => {
      const environment = {
        AWS_ACCESS_KEY_ID: key,
        AWS_SECRET_ACCESS_KEY: 's',
        AWS_SESSION_TOKEN: 'token',
        AWS_REGION: 'eu-central-1',
      };
      server.next.push(look);
      await open({ s3Endpoint: new URL(url).origin, environment }).facts('s3://pictures/a');
      expect(headers.authorization).toContain(`Credential=${key}/`);
      expect(headers.authorization).toContain('/eu-central-1/s3/aws4_request');
      expect(headers['x-amz-security-token']).toBe('token');
    });

    it.each([
      [
        says(301, { 'x-amz-bucket-region': 'eu-west-1' }),
        'INVALID_ARGUMENT',
        /its bucket is in eu-west-1; give --s3-region eu-west-1/,
      ],
      [
        says(400, {}, '<Error><Code>ExpiredToken</Code></Error>'),
        'PERMISSION_DENIED',
        /answers 400 ExpiredToken$/,
      ],
      [
        says(400, {}, '<Error><Code>AuthorizationHeaderMalformed</Code></Error>'),
        'INVALID_ARGUMENT',
        /its region is not us-east-1/,
      ],
    ])('explains an error of S3 and does not try again: case %#', async (answer, code, message) => {
      server.next.push(answer);
      const failure = await failureOf(objects.read('s3://pictures/a', part));
      expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(server.asked).toHaveLength(1);
    });

    it('tries each failed request of an upload again, also one with status 200 and an error', async () => {
      const failed = says(200, {}, '<Error><Code>InternalError</Code></Error>');
      const slow = says(503, {}, '<Error><Code>SlowDown</Code></Error>');
      const begun = says(200, {}, '<UploadId>1&amp;2</UploadId>');
      server.next.push(
        slow,
        begun,
        slow,
        says(200, { etag: '"1"' }),
        says(200, { etag: '"2"' }),
        failed,
        says(200),
      );
      async function* chunks() {
        yield Buffer.alloc(20_000_000);
      }
      await objects.write('s3://pictures/a', chunks());
      expect(server.asked.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        'POST /pictures/a?uploads=',
        'POST /pictures/a?uploads=',
        'PUT /pictures/a?partNumber=1&uploadId=1%262',
        'PUT /pictures/a?partNumber=1&uploadId=1%262',
        'PUT /pictures/a?partNumber=2&uploadId=1%262',
        'POST /pictures/a?uploadId=1%262',
        'POST /pictures/a?uploadId=1%262',
        'HEAD /pictures/a',
      ]);
    });

    it.each([
      ['is one whose answer was lost', '"b4ab393b73e0e71830bf2bf0e63c4d91-2"', undefined],
      [
        'is not done, if the object is another',
        '"00000000000000000000000000000000-2"',
        'NOT_FOUND',
      ],
    ])('an upload that is unknown at the second try %s', async (_, etag, code) => {
      const part = (digit: string) => says(200, { etag: `"${digit.repeat(32)}"` });
      const unknown = says(404, {}, '<Error><Code>NoSuchUpload</Code></Error>');
      const lost: Answer = (request) => request.socket.destroy();
      server.etag = etag;
      server.next.push(
        says(200, {}, '<UploadId>1</UploadId>'),
        part('1'),
        part('2'),
        lost,
        unknown,
      );
      async function* chunks() {
        yield Buffer.alloc(20_000_000);
      }
      const written = objects.write('s3://pictures/a', chunks());
      if (code === undefined) expect(await written).toMatchObject({ etag });
      else expect(await failureOf(written)).toMatchObject({ code });
    });
  });

  it('reports a refused connection as UNAVAILABLE', async () => {
    server.close();
    const failure = await failureOf(open({ attempts: 2 }).facts(url));
    expect(failure).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/000\.tar: the connection failed: .*ECONNREFUSED/),
    });
  });
});

describe('Objects in buckets of a real S3 server', () => {
  let server: S3Server;
  let lack: string | undefined;
  let objects: Objects;
  const opened: Objects[] = [];

  beforeAll(async () => {
    const found = await startS3Server();
    if (found.server === undefined) {
      lack = found.lack;
      return;
    }
    server = found.server;
    objects = open();
  }, S3_SERVER_MS);
  afterAll(async () => {
    for (const one of opened) await one.close();
    await server?.stop();
  });

  // No address is allowed: the endpoint is, because the operator names it.
  const open = (settings: Partial<ObjectSettings> = {}): Objects => {
    const { endpoint, environment } = server;
    const guard = new AddressGuard([]);
    const made = openObjects({
      ...SETTINGS,
      guard,
      s3Endpoint: endpoint,
      environment,
      ...settings,
    });
    opened.push(made);
    return made;
  };
  async function* once(bytes: Buffer) {
    yield bytes;
  }
  const onServer = (name: string, holds: () => Promise<void>) =>
    it(name, async ({ skip }) => {
      if (lack !== undefined) skip(lack);
      await holds();
    });
  const onFiles = (name: string, holds: (folder: string) => Promise<void>) =>
    it(name, async ({ skip }) => {
      if (server?.folder === undefined) skip(lack ?? 'moto keeps objects in its memory');
      await holds(server.folder ?? '');
    });

  onServer('writes in parts and reads ranges, whatever the key', async () => {
    const bytes = randomBytes(37_000_000);
    const url = "s3://pictures/train/ü +%2F?#&=(1)*!'~.tar";
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += 3_000_001) yield bytes.subarray(at, at + 3_000_001);
    }
    const { sizeBytes, etag = '' } = await objects.write(url, chunks());
    expect(sizeBytes).toBe(bytes.length);
    // The object has three parts.
    const md5s = [0, 1, 2].map((i) => md5(bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES)));
    expect(etag).toBe(`"${md5(Buffer.concat(md5s)).toString('hex')}-3"`);
    const got = await objects.read(url, { start: 15_000_000, end: 25_000_000, etag });
    expect(got.equals(bytes.subarray(15_000_000, 25_000_000))).toBe(true);
    expect(Buffer.concat(await all(objects.stream(url))).equals(bytes)).toBe(true);
    expect(await all(objects.list('s3://pictures/train/'))).toEqual([{ url, sizeBytes, etag }]);
    expect(await objects.write('s3://pictures/empty', once(Buffer.alloc(0)))).toMatchObject({
      sizeBytes: 0,
    });
  });

  onServer('refuses to read an object that was replaced', async () => {
    const url = 's3://pictures/replaced.tar';
    const { etag } = await objects.write(url, once(Buffer.from('former')));
    await objects.write(url, once(Buffer.from('latter')));
    const failure = await failureOf(objects.read(url, { start: 0, end: 6, etag }));
    expect(failure).toBeInstanceOf(ObjectChangedError);
    expect(failure.message).toMatch(
      /^s3:\/\/pictures\/replaced\.tar: .*answers 412 PreconditionFailed/,
    );
  });

  onServer('lists more keys than a page has, and none of a broken upload', async () => {
    const prefix = 's3://pictures/many/';
    const names = Array.from(
      { length: 1_003 },
      (_, i) => `${prefix}${String(i).padStart(5, '0')}.jpg`,
    );
    if (server.folder === undefined)
      for (const name of names) await objects.write(name, once(Buffer.from('x')));
    else {
      mkdirSync(join(server.folder, 'many'));
      for (const name of names)
        writeFileSync(join(server.folder, name.slice('s3://pictures/'.length)), 'x');
    }
    const broken = `${prefix}zzz.tar`;
    async function* chunks() {
      yield randomBytes(17_000_000);
      throw new LyceumError('ABORTED', 'broken');
    }
    expect(await failureOf(objects.write(broken, chunks()))).toMatchObject({ message: 'broken' });
    const listed = await all(objects.list(prefix));
    expect(listed.map(({ url }) => url)).toEqual(names);
    expect(listed.every(({ sizeBytes }) => sizeBytes === 1)).toBe(true);
  });

  onServer('names an object or bucket that does not exist', async () => {
    const noKey = await failureOf(objects.read('s3://pictures/none', { start: 0, end: 1 }));
    expect(noKey).toMatchObject({
      code: 'NOT_FOUND',
      message: 's3://pictures/none: answers 404 NoSuchKey',
    });
    expect(await failureOf(objects.facts('s3://pictures/none'))).toMatchObject({
      code: 'NOT_FOUND',
    });
    const noBucket = await failureOf(all(objects.list('s3://no-bucket/x')));
    expect(noBucket).toMatchObject({
      code: 'NOT_FOUND',
      message: 's3://no-bucket/x: answers 404 NoSuchBucket',
    });
  });

  onServer("allows the endpoint's private address in s3:// alone", async () => {
    const failure = await failureOf(objects.facts(`${server.endpoint}/pictures/x`));
    expect(failure).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('--allow-addresses'),
    });
  });

  onFiles('is refused with a wrong secret and without one, and shows no secret', async () => {
    await objects.write('s3://pictures/guarded', once(Buffer.from('x')));
    const secret = 'a-secret-that-is-wrong';
    const wrong = open({ environment: { ...server.environment, AWS_SECRET_ACCESS_KEY: secret } });
    const failure = await failureOf(wrong.read('s3://pictures/guarded', { start: 0, end: 1 }));
    expect(failure).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(
        /^s3:\/\/pictures\/guarded: answers 403 SignatureDoesNotMatch; look at the credentials/,
      ),
    });
    expect(failure.message).not.toContain(secret);
    expect(failure.message).not.toContain(server.environment['AWS_ACCESS_KEY_ID']);
    const head = await failureOf(wrong.facts('s3://pictures/guarded'));
    expect(head).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(/guarded: answers 403 Forbidden; look at the credentials/),
    });
  });

  onFiles('goes on when the server comes back', async () => {
    const bytes = randomBytes(40_000_000);
    const url = 's3://pictures/restarted.tar';
    await objects.write(url, once(bytes));
    const chunks: Buffer[] = [];
    for await (const chunk of open({ attempts: 100 }).stream(url)) {
      if (chunks.length === 0) {
        await server.kill();
        setTimeout(() => void server.start(), 1_000);
      }
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  onFiles('says that the server is away', async () => {
    await server.kill();
    try {
      const failure = await failureOf(open({ attempts: 2 }).facts('s3://pictures/x'));
      expect(failure).toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(
          /^s3:\/\/pictures\/x: the connection failed: .*ECONNREFUSED/,
        ),
      });
    } finally {
      await server.start();
    }
  });

  onServer('reads slowly from a slow server, and leaves one that trickles', async () => {
    const url = 's3://pictures/slow.tar';
    const bytes = randomBytes(1_000_000);
    await objects.write(url, once(bytes));
    const slowed = await startSlowedServer(server.endpoint);
    try {
      const part = { start: 0, end: bytes.length };
      const settings = { s3Endpoint: slowed.endpoint, requestTimeoutMs: 1_000 };
      slowed.bytesPerSecond = 500_000;
      expect((await open(settings).read(url, part)).equals(bytes)).toBe(true);
      slowed.bytesPerSecond = 1_000;
      const failure = await failureOf(open({ ...settings, attempts: 1 }).read(url, part));
      expect(failure).toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/slow\.tar: the answer comes too slowly/),
      });
    } finally {
      slowed.close();
    }
  });

  onFiles('says that an object is shorter than it was', async (folder) => {
    const url = 's3://pictures/truncated.tar';
    const { etag } = await objects.write(url, once(randomBytes(1_000_000)));
    truncateSync(join(folder, 'truncated.tar'), 600_000);
    const failure = await failureOf(objects.read(url, { start: 500_000, end: 1_000_000, etag }));
    expect(failure).toBeInstanceOf(ObjectChangedError);
    expect(failure.message).toMatch(/it has 600000 bytes, and those up to 1000000 are wanted/);
  });
});
