/** TFRecords that TensorFlow wrote (fixtures/tfrecord/make.py), and damaged ones, made here byte by byte. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { parseStoredDataset, SPLIT_NAMES } from '../../src/datasets/index.js';
import { tfRecord } from '../../src/files/index.js';
import { type RegisterOptions, registerSet } from '../../src/indexing/index.js';
import { fileObjects } from './file-objects.js';
import { picture } from './tars.js';

const FIXTURES = join(import.meta.dirname, '../fixtures/tfrecord');
const GRID = { height: 3, width: 3, channels: 3, fit: 'cover' } as const;

const top = mkdtempSync(join(tmpdir(), 'lyceum-tfrecords-'));
afterAll(() => rmSync(top, { recursive: true }));

let root = '';
let count = 0;
beforeEach(() => {
  root = join(top, `${count++}`);
  mkdirSync(root);
});

function register(sources: readonly string[], options: Partial<RegisterOptions> = {}, at = root) {
  return registerSet(
    { sources, grid: GRID, checksPictures: false, ...options },
    { objects: fileObjects(at), cacheFolder: join(root, '.cache') },
  );
}

type Value = Uint8Array | string | bigint | number;

/** One `tf.train.Example`. */
function example(features: Readonly<Record<string, readonly Value[]>>): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  for (const [name, values] of Object.entries(features)) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).fork();
    const [first] = values;
    const kind = typeof first === 'bigint' ? 3 : typeof first === 'number' ? 2 : 1;
    writer.tag(kind, WireType.LengthDelimited).fork();
    for (const value of values) {
      if (typeof value === 'bigint') writer.tag(1, WireType.Varint).int64(value);
      else if (typeof value === 'number') writer.tag(1, WireType.Bit32).float(value);
      else writer.tag(1, WireType.LengthDelimited).bytes(Buffer.from(value as Uint8Array));
    }
    writer.join().join().join();
  }
  return writer.join().finish();
}

async function examples(
  labels: readonly (readonly Value[])[],
  more: Readonly<Record<string, readonly Value[]>> = {},
): Promise<Uint8Array[]> {
  return Promise.all(
    labels.map(async (label, n) => example({ image: [await picture(n)], label, ...more })),
  );
}

function put(name: string, records: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(records.map(tfRecord));
  writeFileSync(join(root, name), bytes);
  return bytes;
}

/** By sample: digest of the bytes at its place in the manifest, class and split. */
function rowsOf(manifest: Uint8Array, at: string): [string, number, string][] {
  const { shards, labels, splits } = parseStoredDataset(manifest);
  if (shards === undefined) throw new Error('no manifest');
  return Array.from(shards.shardOf, (shard, sample) => {
    const bytes = readFileSync(join(at, shards.shards[shard]?.url ?? ''));
    const start = shards.offsets[sample] as number;
    const found = bytes.subarray(start, start + (shards.lengths[sample] as number));
    const digest = createHash('sha256').update(found).digest('hex');
    return [digest, labels[sample] ?? -1, SPLIT_NAMES[(splits[sample] ?? 0) - 1] ?? ''];
  });
}

describe('registerSet of TFRecords that TensorFlow wrote', () => {
  const expected: Record<string, string[]> = JSON.parse(
    readFileSync(join(FIXTURES, 'expected.json'), 'utf8'),
  );

  test('reads the records in the layout of TensorFlow Datasets', async () => {
    const names = ['tiny-train', 'tiny-test'].map((name) => `${name}.tfrecord-00000-of-00001`);
    const { manifest, summary } = await register(names, { split: { by: 'names' } }, FIXTURES);
    expect(summary).toMatchObject({ kind: 'tfrecord', samples: 15, refused: { count: 0 } });
    const found = rowsOf(manifest, FIXTURES);
    const [train = '', test = ''] = names;
    expect(found.map(([digest, label]) => `${digest} ${label}`)).toEqual([
      ...(expected[train] ?? []),
      ...(expected[test] ?? []),
    ]);
    expect(found.slice(9).map(([, , split]) => split)).toEqual(Array(6).fill('test'));
  });

  test('reads the layout of the ImageNet scripts, with labels as numbers or as names', async () => {
    const name = 'train-00000-of-00001';
    const numbered = await register([name], { split: { by: 'names' } }, FIXTURES);
    const found = rowsOf(numbered.manifest, FIXTURES);
    expect(found.map(([digest, label]) => `${digest} ${label}`)).toEqual(expected[name]);
    const label = { by: 'ending', ending: 'image/class/text' } as const;
    const named = await register([name], { split: { by: 'names' }, label }, FIXTURES);
    expect(parseStoredDataset(named.manifest).classNames).toEqual(['ant', 'bee', 'cat']);
  });
});

test('registerSet takes TFRecords without a label, with an empty one or with -1 as unlabelled', async () => {
  put('a.tfrecord', [
    ...(await examples([[0n], [1n], [], [-1n]])),
    example({ image: [await picture(9)] }),
  ]);
  const { manifest } = await register(['a.tfrecord']);
  expect([...parseStoredDataset(manifest).labels]).toEqual([0, 1, -1, -1, -1]);
});

test.each([
  ['two classes', [1n, 2n], 'its label has 2 values; want one'],
  ['a fraction', [0.5], 'its label has floats; want a whole number or a text'],
  ['no text', [Buffer.from([0xff])], 'its label is not UTF-8'],
])('registerSet refuses a TFRecord whose label has %s', async (_, label, message) => {
  put('a.tfrecord', await examples([[0n], [1n], label]));
  const { summary } = await register(['a.tfrecord']);
  expect(summary.refused.first).toMatchObject([{ path: 'a.tfrecord: record 3', message }]);
});

test('registerSet refuses a TFRecord with no picture, two pictures or a faulty picture', async () => {
  const [one, two] = await Promise.all([picture(1), picture(2)]);
  put('a.tfrecord', [
    ...(await examples([[0n], [1n]])),
    example({ label: [0n] }),
    example({ label: [0n], image: [one, two] }),
    example({ label: [0n], image: ['pixels'] }),
    Buffer.from('no example'),
  ]);
  const { summary } = await register(['a.tfrecord']);
  expect(summary.refused.first.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'a.tfrecord: record 3: has no picture in the feature image',
    'a.tfrecord: record 4: has 2 pictures in the feature image; want one a record',
    'a.tfrecord: record 5: does not begin as JPEG, PNG, WebP, GIF, TIFF or AVIF do',
    expect.stringMatching(/^a\.tfrecord: record 6: is no tf\.train\.Example: /),
  ]);
});

test('registerSet refuses features written in several parts, where the picture is not in one piece', async () => {
  const bytes = example({ image: [await picture(3)], label: [0n] });
  // Two occurrences of a message are merged into one.
  const merged = Buffer.concat([example({ label: [1n] }), bytes]);
  put('a.tfrecord', [...(await examples([[0n], [1n]])), merged]);
  const { summary } = await register(['a.tfrecord']);
  expect(summary.refused.first).toMatchObject([
    { path: 'a.tfrecord: record 3', message: expect.stringMatching(/written in several parts/) },
  ]);
});

test('registerSet refuses a record with changed bytes and reads the next record', async () => {
  const bytes = put('a.tfrecord', await examples([[0n], [1n], [0n]]));
  bytes[40] = (bytes[40] as number) ^ 1;
  writeFileSync(join(root, 'a.tfrecord'), bytes);
  const { summary } = await register(['a.tfrecord']);
  expect(summary.samples).toBe(2);
  expect(summary.refused.first).toMatchObject([
    { path: 'a.tfrecord: record 1', message: 'its bytes have another sum' },
  ]);
});

describe('registerSet refuses a TFRecord file that', () => {
  const refused = async (bytes: Uint8Array, options: Partial<RegisterOptions> = {}) => {
    writeFileSync(join(root, 'a.tfrecord'), bytes);
    put('b.tfrecord', await examples([[0n], [1n]]));
    const { summary } = await register(['a.tfrecord', 'b.tfrecord'], options);
    return summary.refused.first.filter(({ path }) => path === 'a.tfrecord')[0]?.message;
  };

  test('is of another format, empty, compressed, truncated or damaged', async () => {
    const whole = put('a.tfrecord', await examples([[0n], [1n]]));
    expect(await refused(Buffer.from('PAR1 and so on, and on'))).toMatch(/^is no TFRecord: /);
    expect(await refused(Buffer.alloc(0))).toBe('empty file');
    expect(await refused(gzipSync(whole))).toMatch(/^is compressed, /);
    expect(await refused(whole.subarray(0, -3))).toMatch(/^is cut off: its bytes end at \d+/);
    expect(await refused(whole.subarray(0, -whole.length + 5))).toMatch(/^is no TFRecord/);
    const length = Number(whole.readBigUInt64LE());
    const torn = Buffer.from(whole);
    torn[length + 16] = (torn[length + 16] as number) ^ 1;
    expect(await refused(torn)).toMatch(new RegExp(`^is damaged: at byte ${length + 16} `));
  });

  test('has no picture feature, several of them, or no feature of the given name', async () => {
    const pixels = tfRecord(example({ pixels: [Buffer.alloc(12)], label: [0n] }));
    expect(await refused(pixels)).toMatch(/^its first record has no feature that begins as JPEG/);
    const twice = { image: [await picture(0)], mask: [await picture(1)], label: [1n] };
    expect(await refused(tfRecord(example(twice)))).toBe(
      'has pictures in image, mask; --image image names one',
    );
    const label = { by: 'ending', ending: 'klass' } as const;
    await expect(refused(tfRecord(example(twice)), { image: 'mask', label })).rejects.toThrow(
      'a.tfrecord: has no feature klass; its first record has image, mask, label',
    );
  });
});

test.each(['label', 'y'])('registerSet accepts records without a feature %s', async (name) => {
  const records = await Promise.all(
    [undefined, 2n, undefined, 0n, 1n].map(async (value, n) =>
      example({ image: [await picture(n)], ...(value !== undefined && { [name]: [value] }) }),
    ),
  );
  put('a.tfrecord', records);
  const label = name === 'label' ? {} : { label: { by: 'ending', ending: name } as const };
  const { manifest } = await register(['a.tfrecord'], label);
  expect(rowsOf(manifest, root).map(([, number]) => number)).toEqual([-1, 2, -1, 0, 1]);
});

test('registerSet names the other features when a set has no labels', async () => {
  put('a.tfrecord', [example({ image: [await picture(0)], klass: [1n] })]);
  await expect(register(['a.tfrecord'])).rejects.toThrow(/klass/);
});
