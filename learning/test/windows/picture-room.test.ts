/**
 * The parts of the picture thread without a thread, over objects that are counted and made to fail. Pixels are
 * compared with the decoder alone, bytes with the lengths of the pictures.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PictureRoom } from '../../src/windows/picture-room.js';
import { Counters } from '../../src/windows/pieces/index.js';
import type { PictureRoomSettings } from '../../src/windows/window-calls.js';
import { BASE, CountedObjects } from '../shards/counted-objects.js';
import { GRID, type PictureSet, pictureSet, pixelsOfAll } from './picture-set.js';

const MIB = 1024 * 1024;
const all = mkdtempSync(join(tmpdir(), 'lyceum-picture-room-'));
afterAll(() => rmSync(all, { recursive: true }));
let root = '';
let cacheFolder = '';
let warnings: { message: string; fields: object }[] = [];
const rooms: PictureRoom[] = [];
beforeEach(() => {
  root = mkdtempSync(join(all, 'case-'));
  cacheFolder = join(root, 'cache');
  warnings = [];
});
afterEach(() => {
  for (const room of rooms.splice(0)) room.close();
});

interface Opened {
  readonly room: PictureRoom;
  readonly objects: CountedObjects;
  readonly counters: Counters;
}

async function opened(
  set: PictureSet,
  changes: Partial<PictureRoomSettings> = {},
): Promise<Opened> {
  const objects = new CountedObjects(root);
  const counters = new Counters();
  const settings: PictureRoomSettings = {
    objects: {
      datasetsRoot: root,
      allowedAddresses: [],
      s3Endpoint: undefined,
      s3Region: undefined,
      environment: {},
    },
    memoryBytes: 64 * MIB,
    decodeThreads: 2,
    cacheFolder,
    cacheBytes: 64 * MIB,
    counters: counters.shared,
    ...changes,
  };
  const room = await PictureRoom.open(objects, settings, {
    warn: (fields, message) => warnings.push({ fields, message }),
  });
  rooms.push(room);
  await room.open({ digest: set.digest, file: set.file });
  return { room, objects, counters };
}

let uses = 0;

/** Takes a window, compares its pixels with those of the decoder, and releases it. */
async function expectPixels(room: PictureRoom, set: PictureSet, samples: number[]): Promise<void> {
  const id = ++uses;
  const inputs = await room.take(id, set.digest, Uint32Array.from(samples));
  expect(Buffer.from(inputs).equals(await pixelsOfAll(set, samples))).toBe(true);
  room.release(id);
}

const range = (start: number, end: number) =>
  Array.from({ length: end - start }, (_, i) => start + i);
const entries = () =>
  readdirSync(cacheFolder).filter((name) => name !== 'lock' && !name.endsWith('.tmp'));

describe('the disk cache of PictureRoom', () => {
  it('serves what was read once, for other windows and after a restart', async () => {
    const formats = ['tar', 'parquet', 'folder'] as const;
    const set = await pictureSet(root, { formats, base: BASE });
    const { room, objects, counters } = await opened(set);
    await expectPixels(room, set, range(0, 24));
    const once = objects.reads.length;
    await expectPixels(room, set, [23, 1, 12, 4]);
    await expectPixels(room, set, range(3, 19));
    expect(objects.reads).toHaveLength(once);
    expect(counters.read().cacheHits).toBeGreaterThan(0);
    room.close();
    const again = await opened(set);
    await expectPixels(again.room, set, range(0, 24).reverse());
    expect(again.objects.bytes).toBe(0);
  });

  it('is filled with one request for both halves of a piece', async () => {
    const set = await pictureSet(root, { chunk: 8, base: BASE });
    const { room, objects } = await opened(set);
    const before = objects.reads.length;
    await Promise.all([
      expectPixels(room, set, range(8, 12)),
      expectPixels(room, set, range(12, 16)),
    ]);
    expect(objects.reads.length - before).toBe(1);
  });

  it('reads damaged, truncated and missing entries again, with a warning', async () => {
    const set = await pictureSet(root, { base: BASE });
    const first = await opened(set);
    await expectPixels(first.room, set, range(0, 24));
    first.room.close();
    const [flipped, cutOff, missing] = entries().map((name) => join(cacheFolder, name));
    const bytes = readFileSync(flipped as string);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(flipped as string, bytes);
    const { room, objects } = await opened(set);
    truncateSync(cutOff as string, 100);
    rmSync(missing as string);
    await expectPixels(room, set, range(0, 24));
    expect(objects.reads).toHaveLength(3);
    expect(warnings.map(({ message }) => message)).toContain('dropped a damaged cache entry');
    // Once the cache knows that entries are gone, it fetches them again.
    await expectPixels(room, set, range(0, 23));
    expect(objects.reads).toHaveLength(6);
    await expectPixels(room, set, range(0, 22));
    expect(objects.reads).toHaveLength(6);
  });

  it.each([
    ['a file', () => writeFileSync(cacheFolder, 'not a folder')],
    [
      'nobody can write',
      () => {
        mkdirSync(cacheFolder);
        mkdirSync(join(cacheFolder, 'lock'));
      },
    ],
  ])('is not used, with a warning, where its folder is %s', async (_, spoil) => {
    spoil();
    const set = await pictureSet(root, { base: BASE });
    const { room } = await opened(set);
    await expectPixels(room, set, range(0, 24));
    expect(warnings).toEqual([
      {
        message: 'no pictures are kept on disk: the cache folder cannot be used',
        fields: { folder: cacheFolder, reason: expect.any(String) },
      },
    ]);
  });

  it('warns once when it cannot be written, and windows are still read', async () => {
    const set = await pictureSet(root, { base: BASE });
    const { room, objects } = await opened(set);
    rmSync(cacheFolder, { recursive: true });
    await expectPixels(room, set, range(0, 24));
    await expectPixels(room, set, range(0, 20));
    expect(warnings.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['pictures were not kept on disk']),
    );
    const told = warnings.filter(({ message }) => message === 'pictures were not kept on disk');
    expect(told).toHaveLength(1);
    expect(objects.bytes).toBeGreaterThan(0);
  });

  it('keeps its entries when it is full, and windows are read past it', async () => {
    const set = await pictureSet(root, { base: BASE });
    const half = set.pictures.reduce((sum, { length }) => sum + length, 0) / 2;
    const { room, objects } = await opened(set, { cacheBytes: half });
    await expectPixels(room, set, range(0, 24));
    const kept = entries();
    expect(kept.length).toBeGreaterThan(0);
    const before = objects.bytes;
    await expectPixels(room, set, range(0, 24).reverse());
    expect(entries()).toEqual(kept);
    const read = objects.bytes - before;
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(1.5 * half + 24 * 1024);
  });

  it('keeps nothing of shards below the datasets root', async () => {
    const set = await pictureSet(root);
    const { room } = await opened(set);
    room.fetchAhead(set.digest, Uint32Array.from(range(0, 24)));
    expect(entries()).toEqual([]);
  });
});

describe('the canary check of PictureRoom', () => {
  it('fits into the memory of one of its pictures', async () => {
    const set = await pictureSet(root, { chunk: 1 });
    const [first = 0, last = 0] = [set.pictures[0]?.length, set.pictures.at(-1)?.length];
    const memoryBytes = GRID.height * GRID.width * 3 + Math.max(first, last);
    const { room } = await opened(set, { cacheBytes: 0, memoryBytes });
    await expectPixels(room, set, [0]);
  });
});

describe('PictureRoom.fetchAhead', () => {
  it('brings all of a window into the cache, and counts the bytes', async () => {
    const formats = ['tar', 'parquet', 'folder'] as const;
    const set = await pictureSet(root, { formats, base: BASE });
    const { room, objects, counters } = await opened(set);
    room.fetchAhead(set.digest, Uint32Array.from(range(0, 24)));
    await vi.waitFor(() => expect(entries()).toHaveLength(6), 60_000);
    const before = objects.reads.length;
    await expectPixels(room, set, range(0, 24));
    expect(objects.reads).toHaveLength(before);
    const { bytesRead } = counters.read();
    expect(bytesRead).toBe(objects.bytes);
  });

  it('replaces entries read last, and its window is then read from the cache', async () => {
    const set = await pictureSet(root, { base: BASE });
    const sizeOf = (samples: number[]) =>
      samples.reduce((sum, s) => sum + (set.pictures[s] as Buffer).length, 0);
    const pieces = range(0, 6).map((piece) => range(4 * piece, 4 * piece + 4));
    const cacheBytes = 3.5 * Math.max(...pieces.map(sizeOf));
    const { room, objects } = await opened(set, { cacheBytes });
    for (const piece of pieces.slice(0, 3)) await expectPixels(room, set, piece);
    const ahead = pieces[4] as number[];
    const kept = entries();
    room.fetchAhead(set.digest, Uint32Array.from(ahead));
    await vi.waitFor(() => expect(entries()).not.toEqual(kept), 60_000);
    await vi.waitFor(() => expect(entries()).toHaveLength(kept.length), 60_000);
    const brought = objects.reads.length;
    await expectPixels(room, set, ahead);
    expect(objects.reads).toHaveLength(brought);
    await expectPixels(room, set, [...(pieces[0] as number[])].reverse());
    expect(objects.reads).toHaveLength(brought);
  });

  it('keeps its pictures until their window is read or forgotten', async () => {
    const set = await pictureSet(root, { base: BASE });
    const piece = (number: number) => range(4 * number, 4 * number + 4);
    const sizes = range(0, 6).map((number) =>
      piece(number).reduce((sum, s) => sum + (set.pictures[s] as Buffer).length, 0),
    );
    const { room, objects } = await opened(set, { cacheBytes: 2.1 * Math.max(...sizes) });
    const announce = async (number: number) => {
      const before = entries();
      room.fetchAhead(set.digest, Uint32Array.from(piece(number)));
      await vi.waitFor(() => {
        expect(entries()).not.toEqual(before);
        expect(entries()).toHaveLength(before.length);
      }, 60_000);
    };
    await announce(1);
    await announce(2);
    room.forget(set.digest, Uint32Array.from(piece(1)));
    await announce(4);
    const brought = objects.reads.length;
    await expectPixels(room, set, piece(2));
    await expectPixels(room, set, piece(4));
    expect(objects.reads).toHaveLength(brought);
    await expectPixels(room, set, piece(1));
    expect(objects.reads).toHaveLength(brought + 1);
  });

  it('reports no error; taking the window does', async () => {
    const set = await pictureSet(root, { base: BASE });
    const { room, objects } = await opened(set);
    objects.before = (url) => {
      throw new LyceumError('UNAVAILABLE', `${url}: no answer`);
    };
    room.fetchAhead(set.digest, Uint32Array.from(range(0, 24)));
    await vi.waitFor(() => expect(objects.reads.length).toBeGreaterThan(4), 60_000);
    const taken = room.take(++uses, set.digest, Uint32Array.from(range(0, 24)));
    await expect(taken).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `${BASE}shard-0.tar: no answer`,
    });
  });
});

describe('PictureRoom with pictures that cannot be read', () => {
  it('names the picture whose bytes have changed', async () => {
    const set = await pictureSet(root, { base: BASE });
    const { room } = await opened(set, { cacheBytes: 0 });
    const tar = readFileSync(join(root, 'shard-0.tar'));
    const at = tar.indexOf(set.pictures[7] as Buffer) + 50;
    tar[at] = (tar[at] as number) ^ 1;
    writeFileSync(join(root, 'shard-0.tar'), tar);
    const taken = room.take(++uses, set.digest, Uint32Array.from(range(4, 9)));
    await expect(taken).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining(
        `picture 7 of set ${set.digest.slice(0, 12)}, in ${BASE}shard-0.tar: its bytes are not those`,
      ),
    });
    await expectPixels(room, set, range(8, 24));
  });

  it('names the picture that cannot be decoded, and the reason', async () => {
    const set = await pictureSet(root, { broken: [5], formats: ['folder'], base: BASE });
    const { room } = await opened(set);
    const taken = room.take(++uses, set.digest, Uint32Array.from(range(0, 24)));
    await expect(taken).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(
        `picture 5 of set ${set.digest.slice(0, 12)}, in ${BASE}photos-0/bee/5.img: `,
      ),
    });
  });

  it('passes on the errors of the shard and of the server', async () => {
    const set = await pictureSet(root, { base: BASE });
    const { room, objects } = await opened(set, { cacheBytes: 0 });
    truncateSync(join(root, 'shard-0.tar'), 2048);
    const tar = readFileSync(join(root, 'shard-0.tar'));
    const samples = range(0, 24);
    await expect(room.take(++uses, set.digest, Uint32Array.from(samples))).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
    });
    expect(tar).toHaveLength(2048);
    objects.before = () => Promise.reject(new LyceumError('PERMISSION_DENIED', 'answers 403'));
    await expect(room.take(++uses, set.digest, Uint32Array.from(samples))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('frees its memory when the window is released', async () => {
    const set = await pictureSet(root, { base: BASE });
    const memoryBytes = 24 * GRID.height * GRID.width * 3 + 40 * 1024;
    const { room, objects } = await opened(set, { cacheBytes: 0, memoryBytes });
    const aborted: boolean[] = [];
    objects.before = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          aborted.push(true);
          reject(signal.reason);
        });
      });
    const id = ++uses;
    const before = objects.reads.length;
    const taken = room.take(id, set.digest, Uint32Array.from(range(0, 24)));
    await vi.waitFor(() => expect(objects.reads.length).toBeGreaterThan(before), 60_000);
    const other = room.take(++uses, set.digest, Uint32Array.from(range(0, 23)));
    room.release(id);
    await expect(taken).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(aborted).not.toEqual([]);
    room.release(uses);
    await expect(other).rejects.toMatchObject({ code: 'CANCELLED' });
    objects.before = () => undefined;
    await expectPixels(room, set, range(0, 24));
  });

  it('refuses to open a set with another canary digest', async () => {
    const set = await pictureSet(root, { canaryDigest: 'ab'.repeat(32) });
    await expect(opened(set)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/lyceum-pictures\/\d+ jpeg-turbo.*of the test/),
    });
  });
});
