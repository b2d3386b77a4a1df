/**
 * Sources of several modalities: tables and images in real files made here, in different orders, and with every fault
 * of ids. Expected are the values that were written.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeStoredDataset, parseStoredDataset } from '../../src/datasets/dataset-file.js';
import { type SampleTexts, sampleText } from '../../src/datasets/sample-texts.js';
import { alignSources } from '../../src/import/align-sources.js';
import { importModalities, parseModality } from '../../src/import/import-modalities.js';
import type { ImportOptions } from '../../src/import/samples/import-options.js';
import type { RefusedSample } from '../../src/import/samples/refusals.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-modalities-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(async () => {
  folder = join(root, `case-${count++}`);
  await mkdir(folder);
});

const put = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content);
};

/** @param sources - `NAME=FILE` in the folder of the case. */
async function imported(
  sources: readonly string[],
  given: ImportOptions = {},
  alignment: 'ids' | 'rows' = 'ids',
) {
  const modalities = sources.map((text) => parseModality(text.replace('=', `=${folder}/`)));
  const options = { raw: true, ...given };
  const scratch = mkdtempSync(join(root, 'scratch-'));
  const places = { cacheFolder: root, scratch };
  const { content, summary } = await importModalities(modalities, alignment, options, places);
  const file = await readFile(content as string);
  return { set: parseStoredDataset(file), file, summary };
}

describe('alignSources', () => {
  const rows = (name: string, ids: string, labels: number[] = [], splits: number[] = []) => ({
    name,
    ids: [...ids],
    labels: Int32Array.from(ids, (_, row) => labels[row] ?? -1),
    splits: Int32Array.from(ids, (_, row) => splits[row] ?? 0),
  });
  const aligned = (...sources: ReturnType<typeof rows>[]) => {
    const refused: RefusedSample[] = [];
    const { orders, labels, splits } = alignSources(
      sources,
      'id',
      (number) => `c${number}`,
      (one) => refused.push(one),
    );
    return {
      orders: orders.map((order) => [...order]),
      labels: [...labels],
      splits: [...splits],
      refused: refused.map(({ where, refusal }) => `${where}: ${refusal.message}`),
      reasons: refused.map(({ refusal }) => refusal.reason),
    };
  };

  it('orders rows like the first source, and takes labels and splits from any source', () => {
    const one = rows('one', 'abc', [-1, 1, 2], [1, 0, 3]);
    const two = rows('two', 'cab', [2, 0, -1], [0, 1, 2]);
    expect(aligned(one, two)).toEqual({
      orders: [
        [0, 1, 2],
        [1, 2, 0],
      ],
      labels: [0, 1, 2],
      splits: [1, 2, 3],
      refused: [],
      reasons: [],
    });
  });

  it('refuses ids that any source lacks', () => {
    const found = aligned(rows('one', 'abc'), rows('two', 'bcd'), rows('three', 'cb'));
    expect(found.orders).toEqual([
      [1, 2],
      [0, 1],
      [1, 0],
    ]);
    expect(found.refused).toEqual([
      'id a: is in one, and in two, three there is no such row that can be taken',
      'id d: is in two, and in one, three there is no such row that can be taken',
    ]);
    expect(found.reasons).toEqual(['not in two, three', 'not in one, three']);
  });

  it('refuses all rows that share an id, and reports the id once', () => {
    const found = aligned(rows('one', 'abaa'), rows('two', 'abba'));
    expect(found.orders).toEqual([[], []]);
    expect(found.refused).toEqual([
      'id a: is the id of several rows of one',
      'id b: is the id of several rows of two',
    ]);
  });

  it('refuses rows whose labels or splits differ, and names both', () => {
    const one = rows('one', 'abc', [0, 1, 1], [1, 1, 2]);
    const two = rows('two', 'abc', [0, 2, 1], [1, 1, 3]);
    const found = aligned(one, two);
    expect(found.orders).toEqual([[0], [0]]);
    expect(found.refused).toEqual([
      'id b: labels differ: "c1" in one, "c2" in two',
      'id c: splits differ: "validation" in one, "test" in two',
    ]);
    expect(found.reasons).toEqual(['labels differ', 'splits differ']);
  });
});

/** 20 samples; sample n has the id `s<n>`, the class a or b, and the value n. */
const samples = Array.from({ length: 20 }, (_, n) => ({
  id: `s${n}`,
  label: n % 2 ? 'b' : 'a',
  n,
}));
const csv = (header: string, rows: readonly string[]) => [header, ...rows].join('\n');
const left = samples.map(({ id, label, n }) => `${id},${label},${n},${100 - n}`);
/** The same samples in another order. */
const right = [...samples].reverse().map(({ id, n }) => `${n / 2},${id}`);

describe('importModalities of raw tables', () => {
  beforeEach(async () => {
    await put('left.csv', csv('id,label,x,y', left));
    await put('right.csv', csv('z,id', right));
  });
  const both = ['left=left.csv', 'right=right.csv'];

  it('joins rows by id in any order', async () => {
    const { set, file, summary } = await imported(both, { id: 'id' });
    expect(set).toMatchObject({ sampleCount: 20, classNames: ['a', 'b'] });
    expect([...set.labels]).toEqual(samples.map(({ n }) => n % 2));
    expect([...set.modalities]).toEqual([
      [
        'left',
        {
          sampleShape: [2],
          inputs: Float32Array.from(samples.flatMap(({ n }) => [n, 100 - n])),
          inputScale: 1,
        },
      ],
      [
        'right',
        { sampleShape: [1], inputs: Float32Array.from(samples, ({ n }) => n / 2), inputScale: 1 },
      ],
    ]);
    expect(file.equals(encodeStoredDataset(set))).toBe(true);
    expect(summary).toMatchObject({
      kind: 'csv, csv',
      samples: 20,
      modalities: [
        { name: 'left', sampleShape: [2], valueType: 'float32', rawColumns: ['x', 'y'] },
        { name: 'right', sampleShape: [1], valueType: 'float32', rawColumns: ['z'] },
      ],
      refused: { count: 0 },
    });
  });

  it('accepts columns of one file, and files of other formats', async () => {
    const lines = samples.map((sample) => JSON.stringify({ ...sample, wave: [sample.n, 1, 2] }));
    await put('all.jsonl', lines.reverse().join('\n'));
    const sources = ['x=left.csv#x', 'y=left.csv#y', 'wave=all.jsonl#wave'];
    const { set } = await imported(sources, { id: 'id' });
    const shapes = [...set.modalities].map(([name, { sampleShape }]) => [name, sampleShape]);
    expect(shapes).toEqual([
      ['wave', [3]],
      ['x', [1]],
      ['y', [1]],
    ]);
    const waves = set.modalities.get('wave')?.inputs;
    expect([0, 3, 57].map((at) => waves?.[at])).toEqual([0, 1, 19]);
  });

  it('joins rows by position only with alignment "rows", and keeps the position of refused rows', async () => {
    await expect(imported(both)).rejects.toThrow(
      /modality left is of a table; --id names the column .* or --by-row says/,
    );
    const plain = samples.map(({ label, n }) => `${label},${n}`);
    await put('left.csv', csv('label,x', plain));
    const ordered = samples.map(({ n }) => (n === 3 ? 'many' : `${n / 2}`));
    await put('right.csv', csv('z', ordered));
    const { set, summary } = await imported(both, {}, 'rows');
    expect(set.sampleCount).toBe(19);
    expect([...(set.modalities.get('left')?.inputs ?? [])].slice(0, 5)).toEqual([0, 1, 2, 4, 5]);
    expect([...(set.modalities.get('right')?.inputs ?? [])].slice(0, 5)).toEqual([
      0, 0.5, 1, 2, 2.5,
    ]);
    expect(summary.refused.reasons).toEqual({ 'no number': 1, 'not in right': 1 });
    expect(summary.refused.first[0]).toMatchObject({ path: 'right, row 4' });

    const contrary = samples.map(({ label, n }) => `${n / 2},${n === 4 ? 'b' : label}`);
    await put('right.csv', csv('z,label', contrary));
    const { first } = (await imported(both, {}, 'rows')).summary.refused;
    expect(first).toMatchObject([
      { path: 'row 5', message: 'labels differ: "a" in left, "b" in right' },
    ]);

    await put('right.csv', csv('z', ordered.slice(1)));
    await expect(imported(both, {}, 'rows')).rejects.toThrow(
      '--by-row wants as many rows in every source: left has 20, right has 19',
    );
  });

  it('refuses numeric ids that have lost digits', async () => {
    const lines = (ids: readonly string[]) =>
      ids.map((id, n) => `{"id":${id},"x":${n},"label":"${n % 2 ? 'b' : 'a'}"}\n`).join('');
    const ids = Array.from({ length: 19 }, (_, n) => `${n}`);
    // Both ids are read as 2^60.
    await put('one.jsonl', lines([...ids, '1152921504606846976']));
    await put('two.jsonl', lines([...ids, '1152921504606846977']));
    const { set, summary } = await imported(['one=one.jsonl', 'two=two.jsonl'], { id: 'id' });
    expect(set.sampleCount).toBe(19);
    expect(summary.refused.reasons).toEqual({ 'no id': 2 });
    expect(summary.refused.first[0]?.message).toContain('near 1152921504606847000');
  });

  it('counts the ids that are missing in a source, that occur twice, or whose labels differ', async () => {
    const contrary = ['z,id,label', '7,s0,b', '7,s0,b', '1,s1,a', '2,s2,a', '9,new,a'];
    await put('right.csv', contrary.join('\n'));
    const { set, summary } = await imported(both, {
      id: 'id',
      split: { by: 'shares', shares: { test: 0, validation: 0 }, seed: 1 },
      classes: ['a', 'b'],
    });
    expect(set.sampleCount).toBe(1);
    expect(summary.refused).toMatchObject({
      count: 20,
      reasons: { 'id twice': 1, 'labels differ': 1, 'not in right': 17, 'not in left': 1 },
    });
    expect(summary.refused.first.slice(0, 2)).toMatchObject([
      { path: 'id s0', message: 'is the id of several rows of right' },
      { path: 'id s1', message: 'labels differ: "b" in left, "a" in right' },
    ]);
  });

  it('takes splits from the source that has the split column', async () => {
    const folds = ['train', 'validation', 'test'];
    const rows = samples.map(({ id, n }) => `${n},${id},${folds[n % 3]}`);
    await put('right.csv', csv('z,id,fold', rows.reverse()));
    const { set } = await imported(both, { id: 'id', split: { by: 'column', column: 'fold' } });
    expect([...set.splits.slice(0, 4)]).toEqual([1, 2, 3, 1]);
    expect(set.modalities.get('right')?.sampleShape).toEqual([1]);
  });

  it.each([
    [['left=left.csv', 'left=right.csv'], { id: 'id' }, /--modality: left is there twice/],
    [['left=left.csv'], { id: 'id' }, /want two or more/],
    [['Left=left.csv', 'right=right.csv'], { id: 'id' }, /"Left" is no name of one/],
    [
      both,
      { id: 'key' },
      /modality left: there is no column "key" of the id; .* --id names another/,
    ],
    [['left=left.csv#q', 'right=right.csv'], { id: 'id' }, /modality left: there is no column "q"/],
    [['left=left.csv', 'right=none.csv'], { id: 'id' }, /modality right: .*none.csv: no such file/],
    [['a=right.csv', 'b=right.csv'], { id: 'id' }, /no source has a column of the class; --label/],
    [both, { id: 'id', size: { height: 2, width: 2 } }, /--size means nothing for .* csv, csv/],
  ] as const)('refuses the sources %j with the options %j', async (sources, options, message) => {
    await expect(imported(sources, options)).rejects.toThrow(message);
  });

  it('refuses sources without a common sample, with the first refusal', async () => {
    await put('right.csv', csv('z,id', ['1,t1', '2,t2']));
    await expect(imported(both, { id: 'id' })).rejects.toThrow(/id s0: is in left, and in right/);
  });
});

describe('importModalities of encoded tables', () => {
  const FOLD = { id: 'id', raw: false, split: { by: 'column', column: 'fold' } } as const;
  const folds = samples.map(({ n }) =>
    n % 5 === 3 ? 'validation' : n % 5 === 4 ? 'test' : 'train',
  );
  const train = samples.filter((_, n) => folds[n] === 'train');
  const moments = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt(squares / values.length) };
  };
  beforeEach(async () => {
    const towns = samples.map(({ id, label, n }) => `${id},${label},${n ** 2},${'rst'[n % 3]}`);
    await put('left.csv', csv('id,label,x,town', towns));
    const reversed = samples.map(({ id, n }) => `${10 - n},${id},${folds[n]}`).reverse();
    await put('right.csv', csv('z,id,fold', reversed));
  });
  const both = ['left=left.csv', 'right=right.csv'];

  it('fits each encoding on the train split, which any source may give', async () => {
    const { set, file, summary } = await imported(both, FOLD);
    const x = moments(train.map(({ n }) => n ** 2));
    const z = moments(train.map(({ n }) => 10 - n));
    const want = samples.map(({ n }) => [
      (n ** 2 - x.mean) / x.deviation,
      ...['r', 's', 't', 'others'].map((town) => Number(town === 'rst'[n % 3])),
    ]);
    const [left, right] = ['left', 'right'].map((name) => set.modalities.get(name));
    expect(left?.sampleShape).toEqual([5]);
    for (const [i, value] of want.flat().entries()) expect(left?.inputs[i]).toBeCloseTo(value, 5);
    for (const { n } of samples) {
      expect(right?.inputs[n]).toBeCloseTo((10 - n - z.mean) / z.deviation, 5);
    }
    expect([...set.splits]).toEqual(
      folds.map((fold) => ['', 'train', 'validation', 'test'].indexOf(fold)),
    );
    expect(left?.encoding).toMatchObject({
      kind: 'table',
      columns: [{ name: 'x' }, { name: 'town' }],
    });
    expect(summary.splitSource).toBe('column fold');
    expect(summary.modalities.map(({ columns }) => columns?.map(({ name }) => name))).toEqual([
      ['x', 'town'],
      ['z'],
    ]);
    expect(file.equals(encodeStoredDataset(set))).toBe(true);
  });

  it('drops rows that cannot be encoded, without changing the splits of the others', async () => {
    const rows = samples.map(({ id, n }) => `${n === 7 ? 'many' : n},${id}`);
    await put('right.csv', csv('z,id', rows));
    const { set, summary } = await imported(both, { id: 'id', raw: false });
    const { set: whole } = await imported(['left=left.csv', 'other=left.csv'], {
      id: 'id',
      raw: false,
    });
    expect([...set.splits]).toEqual([...whole.splits].filter((_, n) => n !== 7));
    expect(summary.splitSource).toBe('a draw with seed "modalities": test 0.2, validation 0.1');
    expect(summary.refused.reasons).toEqual({ 'no number': 1, 'not in right': 1 });
    expect(summary.refused.first[0]?.path).toBe('right, row 8');
  });

  it('encodes tables beside texts, and applies --columns', async () => {
    await put(
      'right.csv',
      csv(
        'say,id',
        samples.map(({ id }) => `word,${id}`),
      ),
    );
    const columns = new Map([['town', 'ignore']] as const);
    const options = { id: 'id', raw: false, columns, text: 'say', buckets: 16 };
    const { set } = await imported(both, options);
    expect([...set.modalities].map(([, { encoding }]) => encoding?.kind)).toEqual([
      'table',
      'text',
    ]);
    expect(set.modalities.get('left')?.sampleShape).toEqual([1]);
  });

  it.each([
    [both, { columns: new Map([['q', 'ignore']]) }, /--columns: no modality has a column "q"/],
    [
      both,
      { columns: new Map([['x', 'category']]), raw: true },
      /--columns x=category means nothing with --raw/,
    ],
    [
      ['a=left.csv', 'b=left.csv#label,x'],
      { columns: new Map([['x', 'ignore']]) },
      /modality b: no c/,
    ],
  ])('refuses the sources %j with the options %j', async (sources, options, message) => {
    const given = { id: 'id', raw: false, ...options } as ImportOptions;
    await expect(imported(sources, given)).rejects.toThrow(message);
  });

  it('refuses sources without a common sample, with the first refusal', async () => {
    await put('right.csv', csv('z,id,fold', ['1,t1,train', '2,t2,test']));
    await expect(imported(both, FOLD)).rejects.toThrow(/id s0: is in left, and in right/);
  });
});

it('importModalities keeps texts with their samples, and the text encoding with its modality', async () => {
  const said = samples.map(({ id, n, label }) => `${id},${label},${'word '.repeat(n)}end`);
  await put('say.csv', csv('id,label,say', said));
  await put('right.csv', csv('z,id', right));
  const { set, file, summary } = await imported(['number=right.csv', 'say=say.csv'], {
    id: 'id',
    text: 'say',
    buckets: 16,
  });
  const say = set.modalities.get('say');
  const texts = set.labels.map((_, sample) => sampleText(say?.texts as SampleTexts, sample).length);
  expect([...texts]).toEqual([...samples].reverse().map(({ n }) => 5 * n + 3));
  expect(say).toMatchObject({ sampleShape: [16], encoding: { kind: 'text', buckets: 16 } });
  expect(Object.keys(set.modalities.get('number') ?? {})).not.toContain('encoding');
  expect(summary.modalities.map(({ encoding }) => encoding)).toEqual([
    undefined,
    'texts: hashed 1- to 4-grams of characters in 16 buckets',
  ]);
  expect(file.equals(encodeStoredDataset(set))).toBe(true);
});

it('importModalities joins images and tables by file name', async () => {
  for (const { id, label, n } of samples) {
    await mkdir(join(folder, 'pictures', label), { recursive: true });
    const image = sharp({
      create: { width: 2, height: 2, channels: 3, background: { r: n, g: 0, b: 0 } },
    });
    await image.png().toFile(join(folder, 'pictures', label, `${id}.png`));
  }
  await put('right.csv', csv('z,id', right));
  const { set, summary } = await imported(['picture=pictures', 'number=right.csv'], { id: 'id' });
  expect(summary).toMatchObject({ kind: 'images, csv', samples: 20, refused: { count: 0 } });
  const [pictures, numbers] = ['picture', 'number'].map((name) => set.modalities.get(name)?.inputs);
  for (let sample = 0; sample < 20; sample++) {
    expect(pictures?.[sample * 12]).toBe(2 * (numbers?.[sample] as number));
  }
});

it.each([
  ['pixels', /want NAME=SOURCE/],
  ['=x.csv', /want NAME=SOURCE/],
  ['pixels=', /want NAME=SOURCE/],
  ['x=t.csv#a,b,a', /modality "x=t.csv#a,b,a": column a is there twice/],
])('parseModality refuses %j', (text, message) => {
  expect(() => parseModality(text)).toThrow(message);
});
