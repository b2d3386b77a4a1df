/** Sets of small pictures in a temporary folder: registered, and read back through their manifests. */
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LyceumError } from '@lyceum/proto';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { parseStoredDataset, type StoredDataset } from '../../src/datasets/index.js';
import { type RegisterOptions, registerSet } from '../../src/indexing/index.js';
import { pictureDecoder } from '../../src/pictures/index.js';
import { type FileObjects, fileObjects } from './file-objects.js';
import { type Members, picture, tarOf, typedMember } from './tars.js';

const top = mkdtempSync(join(tmpdir(), 'lyceum-indexing-'));
afterAll(() => rmSync(top, { recursive: true }));

let root = '';
let cacheFolder = '';
let objects: FileObjects;
let count = 0;
beforeEach(() => {
  root = join(top, `${count++}`);
  cacheFolder = join(root, '.cache');
  mkdirSync(root);
  objects = fileObjects(root);
});

const GRID = { height: 3, width: 3, channels: 3, fit: 'cover' } as const;

function register(sources: readonly string[], options: Partial<RegisterOptions> = {}) {
  return registerSet(
    { sources, grid: GRID, checksPictures: false, ...options },
    { objects, cacheFolder },
  );
}

function put(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), bytes);
}

async function samples(from: number, to: number, classes = 2): Promise<Members> {
  const members: [string, Uint8Array | string][] = [];
  for (let n = from; n < to; n++) {
    members.push([`${n}.jpg`, await picture(n)], [`${n}.cls`, `${n % classes}`]);
  }
  return members;
}

/** The encoded pictures by sample, read at the places in the manifest. */
function picturesOf({ shards }: StoredDataset): Buffer[] {
  if (shards === undefined) throw new Error('no manifest');
  return Array.from(shards.shardOf, (shard, sample) => {
    const { url, format } = shards.shards[shard] as { url: string; format: string };
    const length = shards.lengths[sample] as number;
    const ends = shards.paths?.ends;
    const path = Buffer.from(shards.paths?.bytes ?? []).subarray(
      sample === 0 ? 0 : ends?.[sample - 1],
      ends?.[sample],
    );
    const start = shards.offsets[sample] as number;
    const bytes = readFileSync(join(root, format === 'folder' ? `${url}${path}` : url));
    const found = bytes.subarray(start, start + length);
    const digest = createHash('sha256').update(found).digest().subarray(0, 16);
    expect(digest.equals(shards.digests.subarray(16 * sample, 16 * sample + 16))).toBe(true);
    return found;
  });
}

function picturePaths({ shards }: StoredDataset): string[] {
  const { bytes, ends } = shards?.paths ?? { bytes: new Uint8Array(0), ends: new Uint32Array(0) };
  return Array.from(ends, (end, sample) =>
    Buffer.from(bytes.subarray(sample === 0 ? 0 : ends[sample - 1], end)).toString(),
  );
}

describe('registerSet of tars', () => {
  test('records the pictures, labels and splits of the tars, and the digest of decoded canary pictures', async () => {
    put('train-0.tar', tarOf(await samples(0, 20)));
    put('train-1.tar', tarOf(await samples(20, 40)));
    put('val/0.tar', tarOf(await samples(40, 50)));
    const { manifest, summary, shards, mixing } = await register(
      ['train-{0..1}.tar', 'val/', 'test=x.tar'].slice(0, 2),
      {
        split: { by: 'names' },
      },
    );
    const stored = parseStoredDataset(manifest);
    expect(summary).toMatchObject({
      kind: 'webdataset',
      samples: 50,
      classOrder: 'by number',
      refused: { count: 0 },
    });
    expect(stored.shards?.shards).toMatchObject([
      { url: 'train-0.tar', format: 'tar' },
      { url: 'train-1.tar', format: 'tar' },
      { url: 'val/0.tar', format: 'tar' },
    ]);
    // Test samples are drawn from train. The others keep the order of the tars.
    const pictures = picturesOf(stored);
    const numbers = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => (await picture(n)).toString('hex')),
    );
    const found = pictures.map((bytes) => numbers.indexOf(bytes.toString('hex')));
    expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect([...stored.labels]).toEqual(found.map((n) => n % 2));
    expect(found.filter((_, sample) => stored.splits[sample] === 2)).toEqual([
      40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
    ]);
    const train = found.filter((_, sample) => stored.splits[sample] === 1);
    expect(train).toEqual([...train].sort((a, b) => a - b));
    expect(shards).toMatchObject({ count: 3, chunks: 5 });
    expect(mixing).toMatchObject({ chunkOrder: 2 });
    const decode = await pictureDecoder(GRID);
    const hash = createHash('sha256');
    for (const sample of stored.shards?.canary.samples ?? [])
      hash.update(await decode(pictures[sample] as Buffer));
    expect(stored.shards?.canary).toMatchObject({ digest: hash.digest('hex') });
    expect(stored.shards?.canary.samples).toHaveLength(5);
  });

  test('reads labels from a file ending, a JSON field, or as numbers of given classes', async () => {
    const jpg = await Promise.all([1, 2, 3].map((n) => picture(n)));
    const names = ['cat', 'dog', ''];
    const all = jpg.flatMap((bytes, n) => [
      [`${n}.JPG`, bytes],
      [`${n}.txt`, ` ${names[n] || 'ant'}\n`],
      [`${n}.json`, JSON.stringify({ kind: names[n], id: n })],
    ]) as Members;
    put('a.tar', tarOf(all));
    const split = { by: 'shares', shares: { test: 0, validation: 0 }, seed: undefined } as const;
    await expect(register(['a.tar'], { split })).rejects.toThrowError(
      /no picture has a label; beside pictures there is json, txt. --label ENDING/,
    );
    const unlabelled = await register(['a.tar'], { split, classes: ['x', 'y'] });
    expect(unlabelled).toMatchObject({ summary: { samples: 3 }, mixing: undefined });
    const read = async (options: Partial<RegisterOptions>) => {
      const { manifest } = await register(['a.tar'], { split, ...options });
      const { classNames, labels } = parseStoredDataset(manifest);
      return { classNames, labels: [...labels] };
    };
    expect(await read({ label: { by: 'ending', ending: 'txt' } })).toEqual({
      classNames: ['ant', 'cat', 'dog'],
      labels: [1, 2, 0],
    });
    expect(await read({ label: { by: 'json', field: 'kind' } })).toEqual({
      classNames: ['cat', 'dog'],
      labels: [0, 1, -1],
    });
    const classes = ['x', 'y', 'z'];
    expect(await read({ label: { by: 'json', field: 'id' }, classes })).toEqual({
      classNames: classes,
      labels: [0, 1, 2],
    });
    const numerals = ['2', '1', '0'];
    expect(await read({ label: { by: 'json', field: 'id' }, classes: numerals })).toEqual({
      classNames: numerals,
      labels: [2, 1, 0],
    });
  });

  test('warns of a single label that is not a number and moves the others', async () => {
    const named = async (label: string) =>
      (await samples(0, 10, 5)).map(([name, bytes]) => {
        return [name, name === '7.cls' ? label : bytes] as const;
      });
    put('a.tar', tarOf(await named('-2')));
    const { summary } = await register(['a.tar']);
    expect(summary.classNames).toEqual(['-2', '0', '1', '2', '3', '4']);
    expect(summary.warnings[0]).toEqual({
      path: 'labels',
      message: expect.stringMatching(
        /^a.tar: 7 has label "-2", no whole .* class "0" has number 1/,
      ),
    });
    // A name that sorts after the numerals does not move them.
    put('a.tar', tarOf(await named('cat')));
    const behind = (await register(['a.tar'])).summary.warnings;
    expect(behind.filter(({ path }) => path === 'labels')).toEqual([]);
    expect(
      (await register(['a.tar'], { classes: ['4', '3', '2', '1', '0', 'cat'] })).summary,
    ).toMatchObject({
      warnings: behind,
    });
  });

  test('refuses a set with a single class, and lists the refused samples', async () => {
    put(
      'a.tar',
      tarOf([
        ['0.jpg', await picture(0)],
        ['0.cls', 'cat'],
        ['1.jpg', await picture(1)],
        ['1.cls', 'a\0'],
      ]),
    );
    await expect(register(['a.tar'])).rejects.toThrowError(
      /classes: all labels are "cat", and a set has two classes or more.*a.tar: 1: label "a\\u0000" holds/s,
    );
  });

  test('refuses faulty samples and tars by name, and keeps the other samples', async () => {
    const [a, b] = [await picture(1), await picture(2)];
    put(
      'a.tar',
      tarOf([
        ['good.jpg', a],
        ['good.cls', '0'],
        ['good2.jpg', b],
        ['good2.cls', '1'],
        ['unlabelled.jpg', a],
        ['alone.cls', '1'],
        ['two.jpg', a],
        ['two.png', b],
        ['two.cls', '1'],
        ['twice.jpg', a],
        ['twice.jpg', a],
        ['empty.jpg', ''],
        ['empty.cls', '1'],
        ['page.jpg', '<html>'],
        ['page.cls', '1'],
        ['blank.jpg', a],
        ['blank.cls', ' '],
        ['new\nline.jpg', ''],
        ['strange.jpg', a],
        ['strange.cls', '7'],
        ['README', 'hello'],
      ]),
    );
    put('cut.tar', tarOf(await samples(0, 2)).subarray(0, 1200));
    put('nothing.tar', '');
    put('tars.tar', tarOf([['0.tar', tarOf([['1.jpg', a]])]]));
    const { summary, manifest } = await register(['a.tar', 'cut.tar', 'nothing.tar', 'tars.tar'], {
      classes: ['x', 'y'],
    });
    expect(summary).toMatchObject({ samples: 3, ignored: { count: 1, first: ['README'] } });
    expect([...parseStoredDataset(manifest).labels].sort()).toEqual([-1, 0, 1]);
    expect(summary.refused).toMatchObject({
      count: 11,
      reasons: {
        'no picture': 3,
        'two pictures': 1,
        'two of a name': 1,
        'empty picture': 2,
        'no label': 1,
        'cut off': 1,
        'empty file': 1,
        'unknown class': 1,
      },
      first: [
        { path: 'a.tar: alone', message: expect.stringContaining('has no picture, but cls') },
        { path: 'a.tar: two', message: 'has two pictures, jpg and png; --image jpg takes the one' },
        { path: 'a.tar: twice' },
        { path: 'a.tar: empty' },
        { path: 'a.tar: page' },
        // The first refusal of each further reason.
        { path: 'a.tar: blank' },
        { path: 'cut.tar' },
        { path: 'nothing.tar' },
        { path: 'a.tar: strange' },
      ],
    });
    await expect(register(['nothing.tar'])).rejects.toThrowError(
      /^the pictures of the sources cannot be used:\n {2}- nothing.tar/,
    );
    await expect(register(['tars.tar'])).rejects.toThrowError(/tars.tar.*has no picture, but tar/s);
    const both = await register(['a.tar'], { image: 'jpg', classes: ['x', 'y'] });
    expect(both.summary.refused.reasons).not.toHaveProperty('two pictures');
  });

  test('refuses samples with a linked label or picture, or with a second dot in the name', async () => {
    const jpg = await picture(1);
    const file = (name: string, bytes: Uint8Array | string) =>
      tarOf([[name, bytes]]).subarray(0, -1024);
    put(
      'a.tar',
      Buffer.concat([
        tarOf(await samples(0, 4)).subarray(0, -1024),
        file('4.jpg', jpg),
        typedMember('1', '4.cls', ''),
        typedMember('2', '5.jpg', ''),
        file('6.jpg', jpg),
        typedMember('1', '6.txt', ''),
        file('7.cls', '1'),
        file('7.v2.jpg', jpg),
        tarOf([]),
      ]),
    );
    const { summary } = await register(['a.tar']);
    expect(summary).toMatchObject({
      samples: 5,
      refused: {
        count: 3,
        first: [
          {
            path: 'a.tar: 4',
            message: expect.stringMatching(/^its cls is a link, .*-dereference/),
          },
          { path: 'a.tar: 5', message: expect.stringMatching(/^its jpg is a link/) },
          {
            path: 'a.tar: 7',
            message: expect.stringMatching(/^has no picture, but cls, v2.jpg; .* --image v2.jpg/),
          },
        ],
      },
    });
  });

  test('refuses 5000 files of one sample name in one short message', async () => {
    const jpg = await picture(1);
    const frames = Array.from({ length: 5000 }, (_, n) => [`frame.${n}.jpg`, jpg] as const);
    put('a.tar', tarOf([...frames, ['good.jpg', jpg], ['good.cls', '1']]));
    const { summary } = await register(['a.tar']);
    expect(summary).toMatchObject({ samples: 1, refused: { reasons: { 'too many files': 1 } } });
    expect(summary.refused.first).toMatchObject([
      { path: 'a.tar: frame', message: expect.stringMatching(/^has 5000 files, 0.jpg, 1.jpg and/) },
    ]);
  });

  test('finds undecodable pictures among the canaries, or all of them with checksPictures', async () => {
    const [whole, other] = [await picture(1), await picture(2)];
    const broken = whole.subarray(0, whole.length - 40);
    put(
      'a.tar',
      tarOf([
        ['0.jpg', broken],
        ['0.cls', '0'],
        ['1.jpg', whole],
        ['1.cls', '1'],
        ['2.jpg', other],
        ['2.cls', '0'],
      ]),
    );
    const split = { by: 'shares', shares: { test: 0, validation: 0 }, seed: undefined } as const;
    const unseen = await register(['a.tar'], { split });
    expect(unseen.summary).toMatchObject({ samples: 3, refused: { count: 0 } });
    expect(unseen.summary.warnings).toContainEqual({
      path: 'pictures',
      message: expect.stringContaining('--check-pictures finds all'),
    });
    const seen = await register(['a.tar'], { split, checksPictures: true });
    expect(seen.summary).toMatchObject({
      samples: 2,
      refused: { count: 1, reasons: { 'unreadable image': 1 }, first: [{ path: 'a.tar: 0' }] },
    });
  });

  test('reads again only the shards that have changed', async () => {
    put('train-0.tar', tarOf(await samples(0, 20)));
    put('train-1.tar', tarOf(await samples(20, 40)));
    const first = await register(['train-{0..1}.tar']);
    const all = objects.readBytes;
    objects.readBytes = 0;
    const second = await register(['train-{0..1}.tar']);
    expect(second.manifest.equals(first.manifest)).toBe(true);
    // Only the canary was read.
    expect(objects.readBytes).toBeLessThan(all / 10);
    utimesSync(join(root, 'train-1.tar'), 1, 1);
    objects.readBytes = 0;
    const third = await register(['train-{0..1}.tar']);
    // The bytes are the same, as in a copied folder, so the set is the same.
    expect(third.manifest.equals(first.manifest)).toBe(true);
    expect(objects.readBytes).toBeGreaterThan(all / 3);
    expect(objects.readBytes).toBeLessThan((2 * all) / 3);
    for (const file of readdirSync(join(cacheFolder, 'shard-indexes')))
      put(join('.cache/shard-indexes', file), 'damaged');
    expect((await register(['train-{0..1}.tar'])).summary.samples).toBe(40);
  });

  test('warns of an unusable cache folder, and completes the set', async () => {
    put('train-0.tar', tarOf(await samples(0, 20)));
    const kept = await register(['train-0.tar']);
    expect(kept.summary.warnings.filter(({ path }) => path === 'cache')).toEqual([]);
    cacheFolder = join(root, 'train-0.tar');
    const { manifest, summary } = await register(['train-0.tar']);
    expect(manifest.equals(kept.manifest)).toBe(true);
    expect(summary.warnings).toContainEqual({
      path: 'cache',
      message: expect.stringMatching(/shard-indexes.*; the set is complete/),
    });
  });

  test('removes the drafts of a killed registration, and keeps a draft that is being written', async () => {
    put('train-0.tar', tarOf(await samples(0, 20)));
    const [left, now] = ['left.npz.7.tmp', 'now.npz.8.tmp'];
    for (const draft of [left, now]) put(join('.cache/shard-indexes', draft), 'half');
    const anHourAgo = Date.now() / 1000 - 3600;
    utimesSync(join(cacheFolder, 'shard-indexes', left), anHourAgo, anHourAgo);
    await register(['train-0.tar']);
    const drafts = readdirSync(join(cacheFolder, 'shard-indexes')).filter((name) => name.endsWith('.tmp')); // biome-ignore format: one line
    expect(drafts).toEqual([now]);
  });

  test('reads a shard without an etag again', async () => {
    const { facts } = objects;
    objects.facts = async (url) => ({ sizeBytes: (await facts(url)).sizeBytes });
    const split = { by: 'shares', shares: { test: 0, validation: 0 }, seed: undefined } as const;
    put('a.tar', tarOf(await samples(0, 4)));
    await register(['a.tar'], { split });
    const relabelled = (await samples(0, 4)).map(([name, bytes]) => {
      return [name, name.endsWith('.cls') ? `${1 - Number(bytes)}` : bytes] as const;
    });
    put('a.tar', tarOf(relabelled));
    const { manifest } = await register(['a.tar'], { split });
    expect([...parseStoredDataset(manifest).labels]).toEqual([1, 0, 1, 0]);
  });

  test('passes on an error of the server, and does not cache it', async () => {
    put('a.tar', tarOf(await samples(0, 10)));
    const { stream } = objects;
    objects.stream = () => {
      throw new LyceumError('INVALID_ARGUMENT', 'a.tar: its server sends the whole object');
    };
    await expect(register(['a.tar'])).rejects.toThrowError(
      /^a.tar: its server sends the whole object$/,
    );
    objects.stream = stream;
    expect((await register(['a.tar'])).summary.samples).toBe(10);
  });

  test('reads nothing of a tar whose server cannot send a part of it', async () => {
    put('a.tar', tarOf(await samples(0, 10)));
    objects.read = async (url) => {
      throw new LyceumError('INVALID_ARGUMENT', `${url}: its server sends the whole object`);
    };
    await expect(register(['a.tar'])).rejects.toThrowError(
      /^a.tar: its server sends the whole object$/,
    );
    expect(objects.readBytes).toBe(0);
  });

  test('warns of shards sorted by class, and not of mixed shards', async () => {
    const split = { by: 'shares', shares: { test: 0, validation: 0 }, seed: undefined } as const;
    const jpg = await picture(1);
    const classes = 40;
    const member = (n: number, label: number): Members => [
      [`${n}.jpg`, jpg],
      [`${n}.cls`, `${label}`],
    ];
    const tar = (shard: number, labelOf: (n: number) => number) =>
      tarOf(Array.from({ length: 200 }, (_, n) => member(n, labelOf(200 * shard + n))).flat());
    for (let shard = 0; shard < 10; shard++) {
      put(
        `sorted/${shard}.tar`,
        tar(shard, (n) => Math.floor((n * classes) / 2000)),
      );
      put(
        `mixed/${shard}.tar`,
        tar(shard, (n) => n % classes),
      );
    }
    const grid = { ...GRID, height: 256, width: 256 };
    const sorted = await register(['sorted/'], { split, grid });
    const mixed = await register(['mixed/'], { split, grid });
    expect(sorted.summary.warnings).toMatchObject([
      { path: 'mixing', message: expect.stringContaining('repack') },
    ]);
    expect(mixed.summary.warnings).toEqual([]);
    expect(mixed.mixing?.fullOrder).toBeCloseTo(40, 0);
  });
});

describe('registerSet of folders', () => {
  test('takes a class per folder, splits from folder names, and a file per picture', async () => {
    for (const [split, from] of [
      ['train', 0],
      ['val', 20],
      ['test', 30],
    ] as const) {
      for (let n = from; n < from + 10; n++)
        put(`pets/${split}/${n % 2 ? 'dog' : 'cat'}/${n}.jpg`, await picture(n));
    }
    put('pets/train/cat/new\nline.jpg', await picture(99));
    put('pets/train/notes.txt', 'hello');
    put('pets/train/alone.png', await picture(1, 'png'));
    const { summary, manifest } = await register(['pets/']);
    expect(summary).toMatchObject({
      kind: 'images',
      samples: 30,
      classNames: ['cat', 'dog'],
      splits: { train: { samples: 10 }, validation: { samples: 10 }, test: { samples: 10 } },
      refused: { reasons: { 'no plain name': 1, 'no label': 1 } },
      ignored: { first: ['pets/train/notes.txt'] },
    });
    const stored = parseStoredDataset(manifest);
    const pictures = picturesOf(stored);
    const hexes = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => (await picture(n)).toString('hex')),
    );
    const found = pictures.map((bytes) => hexes.indexOf(bytes.toString('hex')));
    expect([...stored.labels]).toEqual(found.map((n) => n % 2));
    expect([...stored.splits]).toEqual(found.map((n) => (n < 20 ? 1 : n < 30 ? 2 : 3)));
    expect(stored.shards?.shards).toEqual([{ url: 'pets/', format: 'folder', sizeBytes: 0 }]);
  });

  test('refuses a folder without pictures, and pictures in a folder without a name', async () => {
    put('pets/cat/1.bmp', 'BM');
    await expect(register(['pets/'])).rejects.toThrowError(
      /^pets\/: there is no .tar, no .parquet, no .tfrecord and no picture, but pets\/cat\/1.bmp; pictures are .jpg, /,
    );
    const { list } = objects;
    objects.list = async function* (prefix) {
      yield* list(prefix);
      yield { url: 'pets//1.jpg', sizeBytes: 1 };
    };
    await expect(register(['pets/'])).rejects.toThrowError(
      /pets\/\/1.jpg: lies in no folder of a class/,
    );
  });

  test('refuses unreadable files named like pictures or shards, and ignores other unreadable files', async () => {
    for (let n = 0; n < 8; n++) put(`pets/${n % 2 ? 'dog' : 'cat'}/${n}.jpg`, await picture(n));
    const { list } = objects;
    const unreadable = 'cannot be read';
    objects.list = async function* (prefix) {
      yield* list(prefix);
      for (const name of ['cat/a.jpg', 'cow', 'b.tar', 'notes.txt', '.git']) {
        yield { url: `pets/${name}`, sizeBytes: 0, unreadable };
      }
    };
    const { summary } = await register(['pets/']);
    expect(summary).toMatchObject({
      samples: 8,
      refused: {
        count: 3,
        first: ['cat/a.jpg', 'cow', 'b.tar'].map((name) => ({
          path: `pets/${name}`,
          message: unreadable,
        })),
      },
      ignored: { first: ['pets/notes.txt', 'pets/.git'] },
    });
  });

  test('draws the same splits as a push, and mixes classes in the first chunk', async () => {
    for (let n = 0; n < 600; n++) put(`pets/${n < 300 ? 'a' : 'a-b'}/${n}.jpg`, await picture(n));
    const { manifest } = await register(['pets/']);
    const stored = parseStoredDataset(manifest);
    const { importSource } = await import('../../src/import/index.js');
    const scratch = join(root, 'scratch');
    mkdirSync(scratch);
    const pushed = await importSource(
      join(root, 'pets'),
      { size: { height: 3, width: 3 }, channels: 'rgb' },
      { cacheFolder, scratch },
    );
    const own = parseStoredDataset(readFileSync(pushed.content as string));
    expect(pushed.summary.splits).toEqual((await register(['pets/'])).summary.splits);
    expect(own.classNames).toEqual(stored.classNames);
    const splitOf = new Map(
      picturePaths(stored).map((path, sample) => [path, stored.splits[sample]]),
    );
    const inOrder = ['a', 'a-b'].flatMap((name) =>
      readdirSync(join(root, 'pets', name))
        .sort()
        .map((file) => `${name}/${file}`),
    );
    expect([...own.splits]).toEqual(inOrder.map((path) => splitOf.get(path)));
    const [end = 0] = stored.chunkEnds ?? [];
    const inFirst = [...stored.labels.subarray(0, end)].filter((label) => label === 0).length;
    expect(inFirst).toBeGreaterThan(0.3 * end);
    expect(inFirst).toBeLessThan(0.7 * end);
  });
});

describe('registerSet of Parquet files', () => {
  async function parquet(
    rows: readonly { bytes: Uint8Array | null; label: number | null }[],
    rowCount = 10,
  ): Promise<Uint8Array> {
    const features = {
      image: { _type: 'Image' },
      label: { _type: 'ClassLabel', names: ['cat', 'dog'] },
    };
    return new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          {
            name: 'image',
            data: rows.map(({ bytes }) => bytes),
            type: 'BYTE_ARRAY',
            nullable: true,
          },
          { name: 'label', data: rows.map(({ label }) => label), type: 'INT32', nullable: true },
        ],
        kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
        rowGroupSize: rowCount,
      }),
    );
  }

  test('keeps row groups whole, takes null and -1 as unlabelled, and class names from the schema', async () => {
    const rows = await Promise.all(
      Array.from({ length: 30 }, async (_, n) => ({
        bytes: n === 5 ? null : await picture(n),
        label: [0, 1, null, -1][n % 4] as number | null,
      })),
    );
    put('train-0.parquet', await parquet(rows));
    const split = { by: 'shares', shares: { test: 0, validation: 0 }, seed: undefined } as const;
    const { summary, manifest } = await register(['train-0.parquet'], { split });
    expect(summary).toMatchObject({
      samples: 29,
      classNames: ['cat', 'dog'],
      refused: { count: 1, first: [{ path: 'train-0.parquet: row 6' }] },
    });
    const stored = parseStoredDataset(manifest);
    const kept = Array.from({ length: 30 }, (_, n) => n).filter((n) => n !== 5);
    expect([...(stored.shards?.offsets ?? [])]).toEqual(kept);
    expect([...stored.labels]).toEqual(kept.map((n) => [0, 1, -1, -1][n % 4]));
    expect([...(stored.chunkEnds ?? [])]).toEqual([29]);
    const one = { bytes: await picture(1), label: 1 };
    put('large.parquet', await parquet(new Array(600).fill(one), 150));
    const large = parseStoredDataset((await register(['large.parquet'], { split })).manifest);
    expect([...(large.chunkEnds ?? [])]).toEqual([150, 300, 450, 600]);
    expect(stored.shards?.shards).toMatchObject([{ format: 'parquet', column: 'image' }]);
    const drawn = parseStoredDataset((await register(['train-0.parquet'])).manifest);
    expect(drawn.chunkEnds?.length).toBe(3);
  });

  test('takes the names of the label column, and asks which of several picture columns to use', async () => {
    const pictures = await Promise.all(Array.from({ length: 6 }, (_, n) => picture(n)));
    const data = pictures.map((bytes) => new Uint8Array(bytes));
    const numbers = data.map((_, n) => n % 2);
    const classLabel = (...names: string[]) => ({ _type: 'ClassLabel', names });
    const features = {
      image: { _type: 'Image' },
      mask: { _type: 'Image' },
      fine: classLabel('cat', 'dog'),
      coarse: classLabel('small', 'large'),
    };
    const columnData = [
      ...['image', 'mask'].map((name) => ({ name, data, type: 'BYTE_ARRAY' as const })),
      ...['fine', 'coarse'].map((name) => ({ name, data: numbers, type: 'INT32' as const })),
    ];
    const kvMetadata = [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }];
    put('a.parquet', new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata })));
    const label = { by: 'ending', ending: 'coarse' } as const;
    await expect(register(['a.parquet'], { label })).rejects.toThrowError(
      'a.parquet: has 2 columns of pictures, image, mask. --image COLUMN names one',
    );
    const { summary } = await register(['a.parquet'], { label, image: 'mask' });
    expect(summary.classNames).toEqual(['small', 'large']);
  });

  test('reports an encrypted file, and a null picture by its row', async () => {
    put('a.parquet', Buffer.concat([Buffer.alloc(64, 1), Buffer.from('PARE')]));
    await expect(register(['a.parquet'])).rejects.toThrowError(/a.parquet: .*: it is encrypted/);
    const rows = [0, 1, 2].map(async (n) => ({
      bytes: n === 1 ? null : await picture(n),
      label: n % 2,
    }));
    put('b.parquet', await parquet(await Promise.all(rows)));
    expect((await register(['b.parquet'])).summary.refused.first).toMatchObject([
      {
        path: 'b.parquet: row 2',
        message: expect.stringMatching(/^column image: want .*, got null$/),
      },
    ]);
  });

  test('refuses files without pictures, damaged files, and a mix of formats by name', async () => {
    put(
      'numbers.parquet',
      new Uint8Array(
        parquetWriteBuffer({ columnData: [{ name: 'x', data: [1, 2], type: 'INT32' }] }),
      ),
    );
    await expect(register(['numbers.parquet'])).rejects.toThrowError(
      /numbers.parquet.*has no column of pictures.*columns are x/s,
    );
    put('cut.parquet', (await parquet([{ bytes: await picture(1), label: 0 }])).subarray(0, 100));
    await expect(register(['cut.parquet'])).rejects.toThrowError(
      /cut.parquet.*cannot be read as Parquet/s,
    );
    put('a.tar', tarOf(await samples(0, 2)));
    await expect(register(['a.tar', 'cut.parquet'])).rejects.toThrowError(
      'a.tar is a tar, cut.parquet is Parquet',
    );
  });
});

test('registerSet refuses a shard named like a split beside a shard without a split', async () => {
  put('train.tar', tarOf(await samples(0, 4)));
  put('rest.tar', tarOf(await samples(4, 8)));
  await expect(register(['train.tar', 'rest.tar'])).rejects.toThrowError(
    /name of train.tar says its split, that of rest.tar does not/,
  );
  const { summary } = await register(['train.tar', 'test=rest.tar']);
  expect(summary.splits.test.samples).toBe(4);
});

test('registerSet warns of other bytes between train pictures, and of pictures in two splits', async () => {
  const jpg = await picture(1);
  const other = Buffer.alloc(70_000, 'x');
  const files = Array.from(
    { length: 20 },
    (_, n): Members => [
      [`${n}.jpg`, jpg],
      [`${n}.cls`, `${n % 2}`],
      [`${n}.json`, other],
    ],
  );
  put('train.tar', tarOf(files.flat()));
  put('test.tar', tarOf(await samples(1, 4)));
  const { summary } = await register(['train.tar', 'test.tar']);
  expect(summary.warnings).toEqual([
    { path: 'shards', message: expect.stringMatching(/a chunk of train takes \d\d requests/) },
    {
      path: 'duplicates',
      message: expect.stringMatching(/1 of test is in train too.*, the same files/),
    },
  ]);
  put('train.tar', tarOf((await Promise.all([samples(10, 20), samples(20, 30)])).flat()));
  expect((await register(['train.tar', 'test.tar'])).summary.warnings).toEqual([]);
});
