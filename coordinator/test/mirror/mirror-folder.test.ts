// Files of a real folder; tests change single bits of them.
import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHUNK_BYTES, sha256Hex } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MirrorFolder } from '../../src/mirror/mirror-folder.js';

const BUCKETS = ['runs', 'pointers', 'names'];

let path: string;
let folder: MirrorFolder;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'lyceum-mirror-'));
  folder = await MirrorFolder.open(path, BUCKETS);
});
afterEach(() => rm(path, { recursive: true }));

const fileOf = (bucket: string, key: string) => join(path, 'buckets', bucket, `${key}.record`);

/** Changes one bit of each byte of a file, one byte at a time. */
async function* damages(file: string): AsyncGenerator<number> {
  const bytes = await readFile(file);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ (1 << (at % 7));
    await writeFile(file, damaged);
    yield at;
  }
  await writeFile(file, bytes);
}

it.each(BUCKETS)('MirrorFolder does not return a changed or cut record of %s', async (bucket) => {
  const text = JSON.stringify({ name: 'one', step: 1000, tail: 'Bär' });
  await folder.putRecord(bucket, 'one', text);
  const file = fileOf(bucket, 'one');
  for await (const at of damages(file)) {
    expect(await folder.record(bucket, 'one'), `byte ${at}`).toBeUndefined();
  }
  expect(await folder.record(bucket, 'one')).toBe(text);
  // Another digit: only a checksum finds it.
  await writeFile(file, (await readFile(file, 'utf8')).replace('1000', '1001'));
  expect(await folder.record(bucket, 'one')).toBeUndefined();
  await folder.putRecord(bucket, 'one', text);
  await truncate(file, 64);
  expect(await folder.record(bucket, 'one')).toBeUndefined();
  await truncate(file, 0);
  expect(await folder.record(bucket, 'one')).toBeUndefined();
});

it('MirrorFolder does not return a record whose file was copied to another key', async () => {
  await folder.putRecord('runs', 'one', 'text');
  await copyFile(fileOf('runs', 'one'), fileOf('runs', 'two'));
  expect(await folder.record('runs', 'one')).toBe('text');
  expect(await folder.record('runs', 'two')).toBeUndefined();
});

it('MirrorFolder reports any changed byte of store.json as damage', async () => {
  const store = { storeId: 'a', generation: 1, leaderEpoch: 12 };
  await folder.setStore(store);
  for await (const at of damages(join(path, 'store.json'))) {
    await expect(folder.store(), `byte ${at}`).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('store.json is damaged'),
    });
  }
  expect(await folder.store()).toEqual(store);
});

it('MirrorFolder reads a blob of more than 2 GiB, in chunks', async () => {
  const digest = 'ab'.repeat(32);
  const wantBytes = 2 ** 31 + 1;
  await folder.putBlob(digest, Buffer.from('a model'));
  // The rest of the file is a hole, which takes no room on the disk.
  await truncate(join(path, 'blobs', digest), wantBytes);
  const { sizeBytes, chunks } = await folder.blobChunks(digest);
  expect(sizeBytes).toBe(wantBytes);
  for await (const chunk of chunks) {
    expect(chunk.length).toBe(CHUNK_BYTES);
    expect(chunk.toString('latin1', 0, 7)).toBe('a model');
    break;
  }
});

it('MirrorFolder removes temporary files of killed writers when it is opened', async () => {
  await folder.putRecord('runs', 'one', 'text');
  await folder.putBlob(sha256Hex('a model'), Buffer.from('a model'));
  const drafts = ['buckets/runs/two.record.7.tmp', `blobs/${sha256Hex('other')}.7.tmp`];
  for (const draft of drafts) await writeFile(join(path, draft), 'half');
  const again = await MirrorFolder.open(path, BUCKETS);
  expect(await readdir(join(path, 'buckets', 'runs'))).toEqual(['one.record']);
  expect(await readdir(join(path, 'blobs'))).toEqual([sha256Hex('a model')]);
  expect(await again.record('runs', 'one')).toBe('text');
});

it('MirrorFolder lists keys that look like temporary files, and no key that was set aside', async () => {
  for (const key of ['model.a.tmp', 'model.a.1.tmp', 'model.b.record', 'dataset.c.damaged']) {
    await folder.putRecord('names', key, key);
  }
  expect((await folder.keys('names')).sort()).toEqual([
    'dataset.c.damaged',
    'model.a.1.tmp',
    'model.a.tmp',
    'model.b.record',
  ]);
  const aside = await folder.setAside('names', 'model.a.tmp');
  expect(await readFile(aside, 'utf8')).toContain('model.a.tmp');
  expect(await folder.keys('names')).not.toContain('model.a.tmp');
  expect(await folder.record('names', 'model.a.tmp')).toBeUndefined();
  expect(await readdir(join(path, 'buckets', 'names'))).toContain('model.a.tmp.damaged');
});

it('MirrorFolder ignores a file whose name is not an encoded key', async () => {
  await folder.putRecord('runs', 'ä b', '{}');
  await writeFile(join(path, 'buckets', 'runs', '%zz.record'), 'x');
  expect(await folder.keys('runs')).toEqual(['ä b']);
});
