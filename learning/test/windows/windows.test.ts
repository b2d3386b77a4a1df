/** Windows by the real thread, over real files, against the pixels of the decoder alone. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createLogger } from '@lyceum/platform';
import { Thread } from '@lyceum/platform/threads';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { Counters } from '../../src/windows/pieces/index.js';
import { openWindows, type WindowSettings, Windows } from '../../src/windows/windows.js';
import { GRID, pictureSet, pixelsOfAll } from './picture-set.js';

const MIB = 1024 * 1024;
const all = mkdtempSync(join(tmpdir(), 'lyceum-windows-'));
afterAll(() => rmSync(all, { recursive: true }));
let root = '';
const opened: Windows[] = [];
beforeEach(() => {
  root = mkdtempSync(join(all, 'case-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((windows) => windows.close()));
});

function windowsOn(changes: Partial<WindowSettings> = {}): Windows {
  const windows = openWindows({
    objects: {
      datasetsRoot: root,
      allowedAddresses: [],
      s3Endpoint: undefined,
      s3Region: undefined,
      environment: {},
    },
    memoryBytes: 64 * MIB,
    decodeThreads: 2,
    cacheFolder: undefined,
    cacheBytes: 0,
    log: createLogger({ name: 'test', level: 'silent' }),
    ...changes,
  });
  opened.push(windows);
  return windows;
}

/** Some samples in random order. */
function drawn(random: () => number, count: number): Uint32Array {
  const samples = [...Array(count).keys()].filter(() => random() < 0.4);
  return Uint32Array.from(samples.sort(() => random() - 0.5));
}

describe('Windows', () => {
  it('have the pixels of the decoder in any order of requests', async () => {
    const set = await pictureSet(root, { count: 30, formats: ['tar', 'parquet', 'folder'] });
    const windows = windowsOn();
    await windows.open(set);
    let draws = 0;
    const random = () => mulberry32(21, draws++);
    const lists = Array.from({ length: 24 }, () => drawn(random, 30)).filter((s) => s.length > 0);
    await Promise.all(
      lists.map(async (samples) => {
        const window = await windows.window(set.digest, samples);
        expect(window.inputs).toHaveLength(samples.length * GRID.height * GRID.width * 3);
        expect(Buffer.from(window.inputs).equals(await pixelsOfAll(set, samples))).toBe(true);
        window.release();
      }),
    );
  });

  it('share the memory of equal lists and decode them once', async () => {
    const set = await pictureSet(root);
    const windows = windowsOn();
    await windows.open(set);
    const before = windows.counters().picturesDecoded;
    const samples = Uint32Array.of(3, 1, 9);
    const [one, other] = await Promise.all([
      windows.window(set.digest, samples),
      windows.window(set.digest, samples),
    ]);
    expect(one.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    one.inputs[0] = 77;
    expect(other.inputs[0]).toBe(77);
    one.release();
    other.release();
    const again = await windows.window(set.digest, samples);
    expect(again.inputs[0]).toBe(77);
    expect(windows.counters().picturesDecoded - before).toBe(3);
  });

  it('work in memory for one window, for users with one window at a time', async () => {
    const set = await pictureSet(root, { count: 40, chunk: 5 });
    const pixels = GRID.height * GRID.width * 3;
    const lists = Array.from({ length: 8 }, (_, i) =>
      Uint32Array.from({ length: 5 }, (_, j) => 5 * i + j),
    );
    const largest = Math.max(
      ...lists.map((samples) => samples.reduce((sum, s) => sum + spanBytes(set.pictures, s), 0)),
    );
    const windows = windowsOn({ memoryBytes: 5 * pixels + largest });
    await windows.open(set);
    const use = async (order: readonly Uint32Array[]) => {
      for (const samples of order) {
        const window = await windows.window(set.digest, samples);
        expect(Buffer.from(window.inputs).equals(await pixelsOfAll(set, samples))).toBe(true);
        window.release();
      }
    };
    await Promise.all([use(lists), use([...lists].reverse()), use([...lists, ...lists])]);
  });

  it('refuse a window larger than the memory, with the numbers', async () => {
    const set = await pictureSet(root);
    const windows = windowsOn({ memoryBytes: 10_000 });
    await windows.open(set);
    const samples = Uint32Array.from({ length: 24 }, (_, i) => i);
    await expect(windows.window(set.digest, samples)).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(/takes 8640 bytes decoded .* may take 10000; .*memory-mib/),
    });
  });
});

it('Windows.open names a shard that has changed', async () => {
  const set = await pictureSet(root, { etag: 'of another version' });
  const opening = windowsOn().open(set);
  await expect(opening).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
    message: expect.stringMatching(/^shard-0\.tar: the object has changed/),
  });
});

describe('an aborted request for a window', () => {
  it('fails with CANCELLED and frees its memory', async () => {
    const set = await pictureSet(root);
    const samples = Uint32Array.from({ length: 24 }, (_, i) => i);
    const largest = 4 * Math.max(...set.pictures.map((_, s) => spanBytes(set.pictures, s)));
    const windows = windowsOn({ memoryBytes: 24 * GRID.height * GRID.width * 3 + largest });
    await windows.open(set);
    const leaving = new AbortController();
    const left = windows.window(set.digest, samples, leaving.signal);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
    const late = windows.window(set.digest, samples, AbortSignal.abort());
    await expect(late).rejects.toMatchObject({ code: 'CANCELLED' });
    const others = samples.slice().reverse();
    const window = await windows.window(set.digest, others, new AbortController().signal);
    expect(Buffer.from(window.inputs).equals(await pixelsOfAll(set, others))).toBe(true);
  });
});

it('the death of the picture thread is reported and fails all windows', async () => {
  const worker = new Worker('setTimeout(() => process.exit(3), 100)', { eval: true });
  const windows = new Windows(new Thread(worker, { name: 'the picture thread' }), new Counters());
  const open = windows.open({ digest: '', file: '' });
  expect((await windows.died).message).toBe('the picture thread ended with 3');
  await expect(open).rejects.toMatchObject({ name: 'ThreadDeathError', code: 'INTERNAL' });
});

/** Bytes in a tar: the picture, its header and the padding of its last block. */
function spanBytes(pictures: readonly Buffer[], sample: number): number {
  return 512 + Math.ceil((pictures[sample] as Buffer).length / 512) * 512;
}

it('the picture thread is built (dist/windows)', () => {
  expect(existsSync(new URL('../../dist/windows/picture-thread.js', import.meta.url))).toBe(true);
});
