/** Pictures of shards that have changed: other bytes are never returned, and the former file works again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseStoredDataset, type ShardIndex } from '../../src/datasets/index.js';
import { pictureText, ShardPictures } from '../../src/shards/index.js';
import { type PictureSet, pictureSet } from '../windows/picture-set.js';
import { CountedObjects } from './counted-objects.js';

const all = mkdtempSync(join(tmpdir(), 'lyceum-shards-'));
afterAll(() => rmSync(all, { recursive: true }));
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(all, 'case-'));
});

const { signal } = new AbortController();

function indexOf({ file }: PictureSet): ShardIndex {
  return parseStoredDataset(readFileSync(file)).shards as ShardIndex;
}

describe('ShardPictures of a Parquet file', () => {
  const COUNT = 12;
  const samples = Uint32Array.from({ length: COUNT }, (_, i) => i);
  const path = () => join(root, 'rows-0.parquet');

  async function opened() {
    const set = await pictureSet(root, { count: COUNT, formats: ['parquet'] });
    const objects = new CountedObjects(root);
    const pictures = new ShardPictures(objects);
    return { index: indexOf(set), objects, pictures, former: readFileSync(path()) };
  }

  it.each([
    ['noise', (former: Buffer) => Buffer.alloc(former.length, 7)],
    ['other pages', (former: Buffer) => Buffer.from(former).fill(0xff, 4, former.length >> 2)],
    ['half of it', (former: Buffer) => former.subarray(0, former.length / 2)],
  ])('refuses a file replaced by %s, and reads the former file again', async (_, spoil) => {
    const { index, pictures, former } = await opened();
    for (const isOpen of [false, true]) {
      if (isOpen) await pictures.readAll(index, samples, signal);
      writeFileSync(path(), spoil(former));
      await expect(pictures.readAll(index, samples, signal)).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        message: expect.stringMatching(/^rows-0\.parquet: /),
      });
      writeFileSync(path(), former);
      expect((await pictures.readAll(index, samples, signal)).size).toBe(COUNT);
    }
  });

  it('refuses a file with a wrong footer length', async () => {
    const { index, pictures, former } = await opened();
    for (const length of [0xffff_fff0, former.length + 1, 0, 1]) {
      const bytes = Buffer.from(former);
      bytes.writeUInt32LE(length, bytes.length - 8);
      writeFileSync(path(), bytes);
      await expect(pictures.readAll(index, samples, signal)).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        message: expect.stringMatching(/^rows-0\.parquet: .*cannot be read as Parquet/),
      });
    }
  });

  it('refuses other pictures in a file of the same size, and reads the former file again', async () => {
    const { index, pictures, former } = await opened();
    const other = mkdtempSync(join(all, 'other-'));
    const options = { count: COUNT, formats: ['parquet'], chunk: 6, broken: [1, 2, 7] } as const;
    await pictureSet(other, options);
    writeFileSync(path(), padded(readFileSync(join(other, 'rows-0.parquet')), former.length));
    const read = await pictures.read(index, samples, signal);
    expect([...read.keys()]).toEqual([0, 3, 4, 5, 6, 8, 9, 10, 11]);
    await expect(pictures.readAll(index, samples, signal)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message:
        'rows-0.parquet: row 2: its bytes are not those that were registered; was it replaced?',
    });
    writeFileSync(path(), former);
    expect((await pictures.readAll(index, samples, signal)).size).toBe(COUNT);
  });

  it('passes on an error of the server, and reads the file afterwards', async () => {
    const { index, objects, pictures } = await opened();
    for (const code of ['INVALID_ARGUMENT', 'UNAVAILABLE', 'PERMISSION_DENIED'] as const) {
      objects.before = () => Promise.reject(new LyceumError(code, 'as the server says'));
      await expect(pictures.readAll(index, samples, signal)).rejects.toMatchObject({
        code,
        message: 'as the server says',
      });
    }
    objects.before = () => undefined;
    expect((await pictures.readAll(index, samples, signal)).size).toBe(COUNT);
  });
});

/**
 * A Parquet file with zeros between its pages and its footer. The length of the footer is before the last four bytes.
 */
function padded(file: Buffer, length: number): Buffer {
  const footer = file.length - 8 - file.readUInt32LE(file.length - 8);
  const zeros = Buffer.alloc(length - file.length);
  return Buffer.concat([file.subarray(0, footer), zeros, file.subarray(footer)]);
}

it('ShardPictures refuses bytes at another place than registered', async () => {
  const set = await pictureSet(root);
  const index = indexOf(set);
  const pictures = new ShardPictures(new CountedObjects(root));
  index.offsets[3] = (index.offsets[3] as number) - 512;
  const samples = Uint32Array.of(2, 3, 4, 4);
  expect([...(await pictures.read(index, samples, signal)).keys()]).toEqual([2, 4]);
  await expect(pictures.readAll(index, samples, signal)).rejects.toThrowError(
    /^shard-0\.tar: bytes [\d,]+ to [\d,]+: its bytes are not those that were registered/,
  );
});

it('pictureText hides URL parameters and control characters, and is limited in length', () => {
  const index = (url: string, path: string) => ({
    shards: [{ url, format: 'folder', sizeBytes: 0 } as const],
    shardOf: Uint32Array.of(0),
    offsets: Float64Array.of(0),
    lengths: Uint32Array.of(1),
    paths: { bytes: Buffer.from(path), ends: Uint32Array.of(Buffer.from(path).length) },
  });
  const text = (url: string, path: string) => pictureText(index(url, path), 0);
  expect(text('https://sets.example/a/', 'b.jpg?signature=secret')).toBe(
    'https://sets.example/a/b.jpg?…',
  );
  expect(text('a/', '\u001b[2J.jpg')).not.toContain('\u001b');
  expect(text('a/', 'b'.repeat(100_000)).length).toBeLessThan(600);
});

it('ShardPictures reads a sample that is requested twice once', async () => {
  const set = await pictureSet(root, { formats: ['folder'] });
  const objects = new CountedObjects(root);
  const pictures = new ShardPictures(objects);
  const read = await pictures.readAll(indexOf(set), Uint32Array.of(1, 1, 2), signal);
  expect(read.size).toBe(2);
  expect(objects.reads).toHaveLength(2);
});
