/**
 * Real files in a temporary folder. The blob store is a map that counts its fetches: the cache exists to save them.
 */
import { randomUUID } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobCache } from '../../../src/nats/blobs/blob-cache.js';
import { sleep } from '../../../src/pacing/index.js';

const MIB = 1024 * 1024;

class CountedBlobs {
  readonly fetched: string[] = [];
  readonly #blobs = new Map<string, Buffer>();

  add(text: string, size = text.length): string {
    const bytes = Buffer.alloc(size, text);
    const digest = sha256Hex(bytes);
    this.#blobs.set(digest, bytes);
    return digest;
  }

  async get(digest: string): Promise<Buffer> {
    const bytes = this.#blobs.get(digest);
    if (bytes === undefined) throw new LyceumError('NOT_FOUND', `there is no blob ${digest}`);
    this.fetched.push(digest);
    return bytes;
  }
}

let folder: string;
let blobs: CountedBlobs;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-blobs-'));
  blobs = new CountedBlobs();
});

afterEach(() => rm(folder, { recursive: true }));

test('BlobCache fetches a blob once for simultaneous calls, and stores it whole', async () => {
  const digest = blobs.add('model');
  const cache = new BlobCache(join(folder, 'new'), blobs, MIB);
  const paths = await Promise.all([1, 2, 3].map(() => cache.file(digest)));
  expect(new Set(paths).size).toBe(1);
  expect(await readFile(paths[0] ?? '', 'utf8')).toBe('model');
  expect(blobs.fetched).toEqual([digest]);
  expect(await readdir(join(folder, 'new'))).toEqual([digest]);
});

test('BlobCache uses the file of an earlier process, and fetches a corrupt one again', async () => {
  const digest = blobs.add('model');
  const path = await new BlobCache(folder, blobs, MIB).file(digest);
  await new BlobCache(folder, blobs, MIB).file(digest);
  expect(blobs.fetched).toHaveLength(1);
  await writeFile(path, 'modem');
  await new BlobCache(folder, blobs, MIB).file(digest);
  expect(blobs.fetched).toHaveLength(2);
  expect(await readFile(path, 'utf8')).toBe('model');
});

test('BlobCache names a folder that stands where it wants to write a blob', async () => {
  const digest = blobs.add('model');
  const path = join(folder, digest);
  await mkdir(path);
  await expect(new BlobCache(folder, blobs, MIB).file(digest)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: `cannot write ${path}: it is a folder; name a file (EISDIR)`,
  });
});

test('BlobCache removes half-written files of a killed process', async () => {
  const digest = blobs.add('model');
  const draft = `${sha256Hex('other')}.${randomUUID()}.part`;
  await writeFile(join(folder, draft), 'half');
  await new BlobCache(folder, blobs, MIB).file(digest);
  expect(await readdir(folder)).toEqual([digest]);
});

test('BlobCache fetches blobs although a half-written file cannot be removed', async () => {
  const draft = `${sha256Hex('other')}.${randomUUID()}.part`;
  await mkdir(join(folder, draft, 'not empty'), { recursive: true });
  const cache = new BlobCache(folder, blobs, MIB);
  for (const text of ['one', 'two']) {
    const digest = blobs.add(text);
    expect(await readFile(await cache.file(digest), 'utf8')).toBe(text);
  }
});

test('BlobCache fetches again after a failed fetch', async () => {
  const cache = new BlobCache(folder, blobs, MIB);
  const digest = sha256Hex('late');
  await expect(cache.file(digest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  blobs.add('late');
  await cache.file(digest);
});

test('BlobCache makes room for 20 blobs that arrive at nearly the same time', async () => {
  for (let i = 0; i < 300; i++) await writeFile(join(folder, sha256Hex(`old ${i}`)), 'x');
  const late: Pick<CountedBlobs, 'get'> = {
    async get(digest) {
      await sleep(Math.random() * 20);
      return blobs.get(digest);
    },
  };
  const cache = new BlobCache(folder, late, 4);
  const digests = Array.from({ length: 20 }, (_, i) => blobs.add(`new ${i}`));
  await Promise.all(digests.map((digest) => cache.file(digest)));
  expect(new Set(blobs.fetched)).toEqual(new Set(digests));
});

test('BlobCache removes the least recently used blob to make room', async () => {
  const cache = new BlobCache(folder, blobs, 2.5 * MIB);
  const [a, b, c] = ['a', 'b', 'c'].map((text) => blobs.add(text, MIB));
  await cache.file(a ?? '');
  await cache.file(b ?? '');
  await cache.file(a ?? '');
  await cache.file(c ?? '');
  expect((await readdir(folder)).sort()).toEqual([a, c].sort());
  await cache.file(b ?? '');
  expect(blobs.fetched).toEqual([a, b, c, b]);
});

test('BlobCache removes files of an earlier process before its own, the oldest first', async () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => blobs.add(text, MIB));
  const earlier = new BlobCache(folder, blobs, 10 * MIB);
  await utimes(await earlier.file(a ?? ''), 2_000, 2_000);
  await utimes(await earlier.file(b ?? ''), 1_000, 1_000);
  const cache = new BlobCache(folder, blobs, 3.5 * MIB);
  await cache.file(c ?? '');
  await cache.file(d ?? '');
  expect((await readdir(folder)).sort()).toEqual([a, c, d].sort());
});

describe('BlobCache with mounted files', () => {
  let root: string;

  beforeEach(async () => {
    root = join(folder, 'root');
    await mkdir(root);
  });

  test('uses a mounted file in place when its digest matches', async () => {
    const cache = new BlobCache(folder, blobs, MIB, root);
    const path = join(root, 'digits.npz');
    await writeFile(path, 'digits');
    expect(await cache.file(sha256Hex('digits'), { path })).toBe(path);
    await symlink(path, join(root, 'link'));
    expect(await cache.file(sha256Hex('digits'), { path: join(root, 'link') })).toBe(path);
    expect(blobs.fetched).toEqual([]);
  });

  test('gives the same error for a wrong file, a missing one and one outside the root', async () => {
    const cache = new BlobCache(folder, blobs, MIB, root);
    const secret = join(folder, 'secret');
    await writeFile(secret, 'secret');
    await writeFile(join(root, 'other'), 'other');
    await symlink(secret, join(root, 'out'));
    const wanted = sha256Hex('digits');
    for (const name of ['other', 'none', 'out', '../secret', '../none', '.', 'other/x']) {
      const path = `${root}/${name}`;
      await expect(cache.file(wanted, { path }), name).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: `there is no data set of SHA-256 ${wanted} at ${path} below the datasets root`,
      });
    }
    // Outside the root even a file with the right bytes is refused.
    const right = cache.file(sha256Hex('secret'), { path: secret });
    await expect(right).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('refuses a mounted file without a root, and names --datasets-root', async () => {
    const cache = new BlobCache(folder, blobs, MIB);
    await writeFile(join(root, 'digits'), 'digits');
    const asked = cache.file(sha256Hex('digits'), { path: join(root, 'digits') });
    await expect(asked).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('--datasets-root FOLDER (LYCEUM_DATASETS_ROOT)'),
    });
  });

  test('reads a file for one caller although another caller aborts', async () => {
    const cache = new BlobCache(folder, blobs, MIB, root);
    const path = join(root, 'digits');
    await writeFile(path, Buffer.alloc(8 * MIB, 'digits'));
    const digest = sha256Hex(Buffer.alloc(8 * MIB, 'digits'));
    const gone = new AbortController();
    const [first, second] = [
      cache.file(digest, { path, signal: gone.signal }),
      cache.file(digest, { path }),
    ];
    gone.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await second).toBe(path);
    // A read whose only caller has aborted starts again for the next caller.
    const other = new BlobCache(folder, blobs, MIB, root);
    const alone = other.file(digest, { path, signal: AbortSignal.abort() });
    await expect(alone).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await other.file(digest, { path })).toBe(path);
  });
});
