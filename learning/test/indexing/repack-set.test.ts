/**
 * Sets of small pictures, repacked in a temporary folder. The new set has the same classes and splits, and similar
 * pixels.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import {
  parseStoredDataset,
  type ShardIndex,
  type StoredDataset,
} from '../../src/datasets/index.js';
import { registerSet, repackSet } from '../../src/indexing/index.js';
import { repackPlan, runEnds } from '../../src/indexing/repack/repack-plan.js';
import { pictureDecoder } from '../../src/pictures/index.js';
import { ShardPictures } from '../../src/shards/index.js';
import { type FileObjects, fileObjects } from './file-objects.js';
import { picture, tarOf } from './tars.js';

const top = mkdtempSync(join(tmpdir(), 'lyceum-repack-'));
afterAll(() => rmSync(top, { recursive: true }));

const GRID = { height: 8, width: 8, channels: 3, fit: 'stretch' } as const;
const OPTIONS = {
  target: 'mixed/',
  grid: GRID,
  format: 'jpeg',
  quality: 90,
  seed: 3,
  skipsRefused: false,
} as const;
const CLASSES = ['1', '0', 'two', 'three'];

type SetInShards = StoredDataset & { readonly shards: ShardIndex };

let root = '';
let objects: FileObjects;
let count = 0;
beforeEach(async () => {
  root = join(top, `${count++}`);
  await mkdir(root);
  objects = fileObjects(root);
});

const places = () => ({ objects, cacheFolder: join(root, '.cache') });

/** A set sorted by class, in which each class has pictures of one colour. The last picture has no label. */
async function sortedSet(): Promise<SetInShards> {
  const colours = await Promise.all(CLASSES.map((_, n) => picture(n)));
  for (const [split, rows] of [
    ['train', 600],
    ['test', 60],
  ] as const) {
    const members = Array.from({ length: rows }, (_, row) => {
      const label = Math.floor((row * CLASSES.length) / rows);
      const jpg = [`${row}.jpg`, colours[label] as Buffer] as const;
      return row === rows - 1 ? [jpg] : [jpg, [`${row}.cls`, String(label)] as const];
    }).flat();
    await writeFile(join(root, `${split}.tar`), tarOf(members));
  }
  return registered(['train.tar', 'test.tar']);
}

async function registered(sources: readonly string[]): Promise<SetInShards> {
  const options = {
    sources,
    grid: GRID,
    checksPictures: false,
    classes: CLASSES,
    areRepacked: true,
  };
  const { manifest } = await registerSet(options, places());
  return parseStoredDataset(manifest) as SetInShards;
}

async function firstPixels(set: SetInShards): Promise<string[]> {
  const decode = await pictureDecoder(GRID);
  const samples = Uint32Array.from(set.labels.keys());
  const { signal } = new AbortController();
  const pictures = await new ShardPictures(objects).readAll(set.shards, samples, signal);
  return Promise.all(
    Array.from(set.labels, async (label, sample) => {
      const pixels = await decode(pictures.get(sample) as Uint8Array);
      return `${label} ${set.splits[sample]} ${[...pixels.subarray(0, 3)].map((value) => Math.round(value / 12))}`;
    }),
  );
}

test('repackSet keeps pictures, labels and splits, and mixes the classes', async () => {
  const set = await sortedSet();
  const told: number[] = [];
  const onProgress = (done: number) => told.push(done);
  const { sources, refusals } = await repackSet(set, OPTIONS, { ...places(), onProgress });
  expect(sources).toEqual(['train=mixed/train-0000.tar', 'test=mixed/test-0000.tar']);
  expect(refusals.count).toBe(0);
  expect(told).toEqual(Array.from({ length: 660 }, (_, n) => n + 1));
  const mixed = await registered(sources);
  expect(mixed.classNames).toEqual(CLASSES);
  expect((await firstPixels(mixed)).sort()).toEqual((await firstPixels(set)).sort());
  const [end = 0] = mixed.chunkEnds ?? [];
  expect(new Set(mixed.labels.subarray(0, end)).size).toBeGreaterThanOrEqual(CLASSES.length);
  expect(new Set(set.labels.subarray(0, set.chunkEnds?.[0])).size).toBeLessThanOrEqual(2);
});

test('repackSet writes only missing or changed shards when it is run again', async () => {
  const set = await sortedSet();
  const written: string[] = [];
  const { write } = objects;
  objects.write = (url, chunks) => {
    written.push(url);
    if (written.length === 2) throw new Error('killed');
    return write(url, chunks);
  };
  await expect(repackSet(set, OPTIONS, places())).rejects.toThrowError('killed');
  await repackSet(set, OPTIONS, places());
  expect(written).toEqual(['mixed/train-0000.tar', 'mixed/test-0000.tar', 'mixed/test-0000.tar']);
  await writeFile(join(root, 'mixed/train-0000.tar'), 'another');
  await repackSet(set, OPTIONS, places());
  expect(written.slice(3)).toEqual(['mixed/train-0000.tar']);
});

test('repackSet refuses a target folder with other files', async () => {
  const set = await sortedSet();
  await mkdir(join(root, 'mixed'));
  await writeFile(join(root, 'mixed/notes.txt'), 'hello');
  await expect(repackSet(set, OPTIONS, places())).rejects.toThrowError(
    /mixed\/ is not empty, there is mixed\/notes.txt/,
  );
});

test('repackSet stops at an undecodable picture, or leaves it out with skipsRefused', async () => {
  const whole = await picture(1);
  const cut = whole.subarray(0, whole.length - 60);
  const rows = [whole, cut, whole].flatMap(
    (bytes, n) =>
      [
        [`${n}.jpg`, bytes],
        [`${n}.cls`, '1'],
      ] as const,
  );
  await writeFile(join(root, 'train.tar'), tarOf(rows));
  const set = await registered(['train.tar']);
  await expect(repackSet(set, OPTIONS, places())).rejects.toThrowError(
    /train.tar: bytes [\d,]+ to [\d,]+: .*--skip-refused leaves it out/,
  );
  const { sources, refusals } = await repackSet(set, { ...OPTIONS, skipsRefused: true }, places());
  expect(refusals.count).toBe(1);
  expect((await registered(sources)).sampleCount).toBe(2);
});

test('repackSet refuses bytes that have changed since the registration', async () => {
  const set = await sortedSet();
  const at = set.shards.offsets[5] as number;
  const { read } = objects;
  objects.read = async (url, range) => {
    const bytes = await read(url, range);
    if (url === 'train.tar' && range.start <= at && at < range.end) bytes[at - range.start] = 0;
    return bytes;
  };
  await expect(repackSet(set, OPTIONS, places())).rejects.toThrowError(
    `train.tar: bytes ${at.toLocaleString('en-US')} to `,
  );
});

test('repackPlan has each sample once, in shards of one split that fit into memory', () => {
  const splits = Uint8Array.from({ length: 30_000 }, (_, n) => (n < 25_000 ? 1 : 3));
  const chunkEnds = Uint32Array.from({ length: 300 }, (_, n) => 100 * (n + 1));
  const ends = runEnds(chunkEnds, () => false);
  expect([...ends.subarray(0, 14)]).toEqual([
    8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 100, 108,
  ]);
  expect(runEnds(chunkEnds, () => true)).toEqual(chunkEnds);
  const grid = { ...GRID, height: 224, width: 224 };
  const plan = repackPlan({ splits }, ends, grid, 'jpeg', 1);
  const all = plan.flatMap(({ samples }) => [...samples]);
  expect(all.sort((a, b) => a - b)).toEqual([...splits.keys()]);
  for (const { name, split, samples } of plan) {
    expect(name.startsWith(split)).toBe(true);
    expect(samples.length).toBeLessThanOrEqual(3566);
    // The shard has whole runs, except for the two at its ends. So it has samples of far more chunks than with whole
    // chunks.
    const runOf = (sample: number) => ends.findIndex((end) => sample < end);
    const runs = new Set([...samples].map(runOf)).size;
    expect(runs).toBeLessThanOrEqual(Math.ceil((samples.length / 100) * 13) + 26);
    if (samples.length < 3566) continue;
    expect(new Set([...samples].map((sample) => Math.floor(sample / 100))).size).toBeGreaterThan(
      split === 'train' ? 180 : 45,
    );
  }
  expect(repackPlan({ splits }, ends, grid, 'png', 1).length).toBeGreaterThan(3 * plan.length);
  const large = { ...GRID, height: 4096, width: 4096 };
  for (const { samples } of repackPlan({ splits }, ends, large, 'png', 1)) {
    expect(samples.length).toBeLessThanOrEqual(2);
  }
  const other = repackPlan({ splits }, ends, grid, 'jpeg', 2);
  expect(other[0]?.samples).not.toEqual(plan[0]?.samples);
});
