/** Files below a root in a temporary folder, with a pipe and with links that lead out of the root. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AddressGuard } from '../../src/index.js';
import { ObjectChangedError, type Objects, openObjects } from '../../src/objects/index.js';
import { failureOf } from '../failure-of.js';

const BYTES = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 251));

let folder: string;
let root: string;
let objects: Objects;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
  root = join(folder, 'root');
  for (const path of ['root/b/deep', 'root/b-', 'root2', 'elsewhere'])
    mkdirSync(join(folder, path), { recursive: true });
  const files = {
    'root/a.tar': BYTES,
    'root/b/1.jpg': 'one',
    'root/b/deep/ü.jpg': 'two',
    'root/b-/3.jpg': 'three',
    'root2/x': 'x',
    'elsewhere/secret': 'secret',
  };
  for (const [path, data] of Object.entries(files)) writeFileSync(join(folder, path), data);
  symlinkSync('../elsewhere', join(root, 'out'));
  symlinkSync('../elsewhere/secret', join(root, 'secret.jpg'));
  symlinkSync('../root2', join(root, 'c'));
  symlinkSync('a.tar', join(root, 'same.tar'));
  symlinkSync('..', join(root, 'b/round'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  objects = openObjects({ datasetsRoot: root, guard: new AddressGuard([]), environment: {} });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

it('reads ranges and whole files, also through a link within the root', async () => {
  const { sizeBytes, etag } = await objects.facts('a.tar');
  expect(sizeBytes).toBe(BYTES.length);
  const range = { start: 999_999, end: 2_500_001, etag };
  const wanted = BYTES.subarray(999_999, 2_500_001);
  expect(wanted.equals(await objects.read('a.tar', range))).toBe(true);
  expect(wanted.equals(await objects.read('same.tar', range))).toBe(true);
  expect(await objects.read('a.tar', { start: 5, end: 5 })).toEqual(Buffer.alloc(0));
  expect(BYTES.equals(Buffer.concat(await all(objects.stream('a.tar'))))).toBe(true);
  expect(Buffer.concat(await all(objects.stream('a.tar', { start: 2_999_990 })))).toEqual(
    BYTES.subarray(2_999_990),
  );
});

it.each(['nothing', 'out/secret', 'secret.jpg', 'c/x', 'b', 'pipe', 'a.tar/x', ''])(
  'gives the path %j the same NOT_FOUND error as every path that cannot be read',
  async (path) => {
    const failure = await failureOf(objects.read(path, { start: 0, end: 1 }));
    expect(failure).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failureOf(objects.facts(path))).toEqual(failure);
    expect(failure.message).toBe(
      `${path}: there is no file or folder below the datasets root (--datasets-root) that can be read`,
    );
  },
);

it('reports a file that has changed or is too short as ObjectChangedError', async () => {
  writeFileSync(join(root, 'changing'), 'abcdef');
  const { etag } = await objects.facts('changing');
  utimesSync(join(root, 'changing'), 1, 1);
  const other = await failureOf(objects.read('changing', { start: 0, end: 3, etag }));
  const short = await failureOf(objects.read('changing', { start: 3, end: 9 }));
  rmSync(join(root, 'changing'));
  expect(other).toBeInstanceOf(ObjectChangedError);
  expect(other).toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(/^changing: .*its size and times/),
  });
  expect(short).toBeInstanceOf(ObjectChangedError);
  expect(short.message).toMatch(/it has 6 bytes, and 9 are wanted/);
});

it('gives other bytes of the same size and time another ETag', async () => {
  const path = join(root, 'changing');
  const versions = [];
  for (const text of ['abc', 'xyz']) {
    writeFileSync(path, text);
    utimesSync(path, 1, 1);
    versions.push(await objects.facts('changing'));
  }
  rmSync(path);
  expect(versions[0]).toMatchObject({ sizeBytes: 3 });
  expect(versions[0]?.etag).not.toBe(versions[1]?.etag);
});

it('looks at a few entries of a folder at a time, however many it has', async () => {
  const many = join(folder, 'many');
  mkdirSync(many);
  for (let i = 0; i < 2_000; i++) writeFileSync(join(many, `${i}.jpg`), '');
  const files = openObjects({ datasetsRoot: many, guard: new AddressGuard([]), environment: {} });
  let most = 0;
  const watch = setInterval(() => {
    const underWay = process.getActiveResourcesInfo().filter((kind) => kind === 'FSReqPromise');
    most = Math.max(most, underWay.length);
  }, 0);
  expect(await all(files.list(''))).toHaveLength(2_000);
  clearInterval(watch);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(100);
});

it('lists files below a folder in the order of S3, and marks links out of the root as unreadable', async () => {
  const notUtf8 = Buffer.concat([Buffer.from(`${root}/b/`), Buffer.from('\xe4.jpg', 'latin1')]);
  writeFileSync(notUtf8, 'x');
  const found = await all(objects.list(''));
  rmSync(notUtf8);
  expect(found.map(({ url, sizeBytes, unreadable }) => [url, unreadable ?? sizeBytes])).toEqual([
    ['a.tar', BYTES.length],
    ['b-/3.jpg', 5],
    ['b/1.jpg', 3],
    ['b/deep/ü.jpg', 3],
    ['b/\ufffd.jpg', 'has a name that is not UTF-8; convmv -f latin1 -t utf8 renames it'],
    ['c', expect.stringContaining('a link that leads nowhere or out of the datasets root')],
    ['out', expect.stringContaining('leads nowhere or out')],
    ['same.tar', BYTES.length],
    ['secret.jpg', expect.stringContaining('leads nowhere or out')],
  ]);
  expect((await all(objects.list('b/'))).map(({ url }) => url)).toEqual([
    'b/1.jpg',
    'b/deep/ü.jpg',
  ]);
  expect(await failureOf(all(objects.list('out')))).toMatchObject({ code: 'NOT_FOUND' });
});

it('writes whole files or none, and removes what a killed program left', async () => {
  async function* chunks(fails: boolean) {
    yield Buffer.from('ab');
    if (fails) throw new LyceumError('ABORTED', 'broken');
    yield Buffer.from('c');
  }
  expect(await objects.write('new/file', chunks(false))).toMatchObject({ sizeBytes: 3 });
  expect(await failureOf(objects.write('new/file', chunks(true)))).toMatchObject({
    message: 'broken',
  });
  expect(readFileSync(join(root, 'new/file'), 'utf8')).toBe('abc');
  // A killed program left this.
  writeFileSync(join(root, 'new/file.12345.partial'), 'a');
  writeFileSync(join(root, 'new/file.partial'), "somebody's own");
  await objects.write('new/file', chunks(false));
  expect(readdirSync(join(root, 'new')).sort()).toEqual(['file', 'file.partial']);
  rmSync(join(root, 'new/file.partial'));
  expect(readdirSync(join(root, 'new'))).toEqual(['file']);
  rmSync(join(root, 'new'), { recursive: true });
  expect(await failureOf(objects.write('out/new/file', chunks(false)))).toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['secret']);
});

it('refuses to read a file without a datasets root', async () => {
  const none = openObjects({ guard: new AddressGuard([]), environment: {} });
  const failure = await failureOf(none.facts('a.tar'));
  expect(failure).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('--datasets-root'),
  });
});

it('fails as CANCELLED when the signal is aborted', async () => {
  const failure = await failureOf(
    objects.read('a.tar', { start: 0, end: 10 }, AbortSignal.abort()),
  );
  expect(failure).toMatchObject({ code: 'CANCELLED', message: 'a.tar: cancelled' });
});

it.each([
  ['HTTP cannot list objects', () => all(objects.list('https://example.org/'))],
  [
    'nothing is written over HTTP',
    () => objects.write('https://example.org/x', objects.stream('b/1.jpg')),
  ],
  ['is no range', () => objects.read('a.tar', { start: 5, end: 4 })],
])('refuses: %s', async (message, call) => {
  const failure = await failureOf(call());
  expect(failure).toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  });
});
