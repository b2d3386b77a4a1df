/**
 * Small files of each kind, in the form in which their publishers write them, and NPZ files that NumPy wrote.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDataset } from '../../../src/datasets/dataset-file.js';
import { fixedSplits } from '../../../src/datasets/fixed-split.js';
import type { NpyArray } from '../../../src/files/numpy/npy.js';
import { writeNpz } from '../../../src/files/numpy/npz.js';
import { importDataset } from '../../../src/import/arrays/import-dataset.js';
import { importIdx } from '../../../src/import/arrays/import-idx.js';
import { importNpz } from '../../../src/import/arrays/import-npz.js';
import { importPackaged } from '../../../src/import/arrays/import-packages.js';

const KERAS_NAMES = fileURLToPath(new URL('../../fixtures/numpy-keras-names.npz', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'lyceum-import-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(async () => {
  folder = join(root, `case-${count++}`);
  await mkdir(folder);
});

function idx(shape: number[], values: ArrayLike<number>, type = 0x08): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = type;
  header[3] = shape.length;
  for (const [i, n] of shape.entries()) header.writeUInt32BE(n, 4 + 4 * i);
  return Buffer.concat([header, Uint8Array.from(values)]);
}

const pixels = (length: number) => Array.from({ length }, (_, i) => i % 256);
const labelsOf = (length: number) => Array.from({ length }, (_, i) => i % 2);
const countOf = (splits: Uint8Array) => [1, 2, 3].map((n) => splits.filter((s) => s === n).length);

describe('fixedSplits', () => {
  const labels = Int32Array.from({ length: 110 }, (_, i) => (i < 100 ? i % 2 : -1));

  it('takes the same share of every class, and of unlabelled samples', () => {
    const splits = fixedSplits('x', labels);
    for (const label of [0, 1, -1]) {
      const n = label < 0 ? 10 : 50;
      const ofClass = splits.filter((_, i) => labels[i] === label);
      expect(countOf(ofClass)).toEqual([0.7 * n, 0.1 * n, 0.2 * n].map(Math.round));
    }
  });

  it('depends only on the name, the class and the position within the class', () => {
    const splits = fixedSplits('x', labels);
    expect(fixedSplits('x', labels)).toEqual(splits);
    expect(fixedSplits('y', labels)).not.toEqual(splits);
    const sorted = fixedSplits('x', Int32Array.from(labels).sort());
    expect(sorted.slice(10, 60)).toEqual(splits.filter((_, i) => labels[i] === 0));
  });

  it('keeps the recorded splits of 20 digits', () => {
    const splits = fixedSplits(
      'digits',
      Int32Array.from({ length: 20 }, (_, i) => i % 2),
    );
    expect([...splits].join('')).toBe('32311111231111131111');
  });
});

describe('importIdx', () => {
  const files = { images: idx([20, 2, 3], pixels(120)), labels: idx([20], labelsOf(20)) };
  const test = { testImages: idx([4, 2, 3], pixels(24)), testLabels: idx([4], [2, 1, 0, 2]) };

  it('draws splits where the files have none', () => {
    const { parts, splitSource } = importIdx(files);
    expect(parts).toMatchObject({ sampleCount: 20, classCount: 2 });
    const inputs = Uint8Array.from(pixels(120));
    expect([...parts.modalities]).toEqual([
      ['', expect.objectContaining({ sampleShape: [2, 3, 1], inputs })],
    ]);
    expect(countOf(parts.splits)).toEqual([14, 2, 4]);
    expect(splitSource).toBe('a draw with seed "idx": test 0.2, validation 0.1');
  });

  it('keeps a given test split, and draws validation from the rest', () => {
    const { parts } = importIdx({ ...files, ...test });
    expect(parts).toMatchObject({ sampleCount: 24, classCount: 3, classNames: ['0', '1', '2'] });
    expect([...parts.splits.subarray(20)]).toEqual([3, 3, 3, 3]);
    expect([...parts.labels.subarray(20)]).toEqual([2, 1, 0, 2]);
    expect(countOf(parts.splits)).toEqual([18, 2, 4]);
  });

  it('draws other shares with another seed on request', () => {
    const split = { by: 'shares', shares: { test: 0.5, validation: 0.2 }, seed: 7 } as const;
    const { parts, splitSource } = importIdx(files, { split });
    expect(countOf(parts.splits)).toEqual([6, 4, 10]);
    expect(splitSource).toBe('a draw with seed "idx/7": test 0.5, validation 0.2');
    const other = importIdx(files, { split: { ...split, seed: 8 } });
    expect(other.parts.splits).not.toEqual(parts.splits);
  });

  it('reads gzip files like plain ones', () => {
    const packed = { images: gzipSync(files.images), labels: gzipSync(files.labels) };
    expect(importIdx(packed)).toEqual(importIdx(files));
  });

  it('refuses 300 million samples without unpacking them', () => {
    // 300 million labels in 300 KB.
    const [images, labels] = [idx([300_000_000, 1], []), idx([300_000_000], [])];
    const claims = (file: Buffer) => gzipSync(Buffer.concat([file, Buffer.alloc(5_000_000)]));
    const before = process.memoryUsage().rss;
    expect(() => importIdx({ images: claims(images), labels: claims(labels) })).toThrow(
      /train images: are 300000000; at most 20000000 are read/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(90_000_000);
    expect(() => fixedSplits('x', new Int32Array(20_000_001))).toThrow(
      /^the set has 20000001 samples to draw splits of; at most 20000000/,
    );
  });

  it.each([
    ['a wrong magic number', { images: Buffer.from('PNG and more') }, /train images: not an IDX/],
    ['an empty file', { labels: Buffer.alloc(0) }, /train labels: not an IDX file: begins with no/],
    [
      'values that are no bytes',
      { images: idx([20, 2, 3], pixels(120), 0x0d) },
      /train images: values are of type 0x0d; want unsigned bytes/,
    ],
    [
      'a truncated file',
      { images: files.images.subarray(0, -1) },
      /train images: shape \[20,2,3\] needs 120 bytes, and 119 are there/,
    ],
    ['a truncated header', { labels: files.labels.subarray(0, 6) }, /1 dimensions cannot be read/],
    [
      'truncated gzip',
      { images: gzipSync(files.images).subarray(0, 40) },
      /train images: the gzip file is damaged/,
    ],
    ['another count of labels', { labels: idx([19], labelsOf(19)) }, /are 19, and images 20/],
    ['files swapped', { images: files.labels, labels: files.images }, /are they labels\?/],
    [
      'test images of another size',
      { testImages: idx([4, 2, 2], pixels(16)), testLabels: test.testLabels },
      /test images: have shape \[2,2,1\], train images \[2,3,1\]/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => importIdx({ ...files, ...change })).toThrow(message);
  });
});

describe('importNpz', () => {
  const array = (dtype: NpyArray['dtype'], shape: number[], data: NpyArray['data']): NpyArray => ({
    dtype,
    shape,
    data,
  });
  const inputs = array('float64', [20, 2], new Float64Array(40).fill(0.5));
  const labels = array('int64', [20, 1], BigInt64Array.from(labelsOf(20), BigInt));

  it('converts floats and labels, and draws splits where there are none', () => {
    const { parts } = importNpz(
      writeNpz([
        ['inputs', inputs],
        ['labels', labels],
      ]),
    );
    expect(parts).toMatchObject({ sampleCount: 20, classCount: 2 });
    const values = new Float32Array(40).fill(0.5);
    expect([...parts.modalities]).toEqual([
      ['', { sampleShape: [2], inputs: values, inputScale: 1 }],
    ]);
    expect([...parts.labels]).toEqual(labelsOf(20));
    expect(countOf(parts.splits)).toEqual([14, 2, 4]);
  });

  it('keeps given splits', () => {
    const given = Uint8Array.from({ length: 20 }, (_, i) => (i % 3) + 1);
    const splits = array('int32', [20], Int32Array.from(given));
    const named = { inputs, labels, splits };
    expect(importNpz(writeNpz(Object.entries(named))).parts.splits).toEqual(given);
  });

  it('draws splits of other shares instead of given ones on request', () => {
    const splits = array('int32', [20], new Int32Array(20).fill(1));
    const split = { by: 'shares', shares: { test: 0.5, validation: 0 }, seed: undefined } as const;
    for (const named of [
      { inputs, labels, splits },
      { inputs, labels },
    ]) {
      const { parts, splitSource } = importNpz(writeNpz(Object.entries(named)), { split });
      expect(countOf(parts.splits)).toEqual([10, 0, 10]);
      expect(splitSource).toBe('a draw with seed "npz": test 0.5');
    }
  });

  it('reads an array for each of several modalities', () => {
    const pixels = array('uint8', [20, 3, 4], new Uint8Array(240).fill(7));
    const arrays = { 'inputs.sound': inputs, 'inputs.pixels': pixels, labels };
    const { modalities } = importNpz(writeNpz(Object.entries(arrays))).parts;
    expect([...modalities.keys()]).toEqual(['pixels', 'sound']);
    expect(modalities.get('pixels')).toEqual({
      sampleShape: [3, 4, 1],
      inputs: pixels.data,
      inputScale: 1 / 255,
    });
  });

  it('reads a data set file unchanged, and refuses a split option for it', async () => {
    const file = join(folder, 'keras.npz');
    const { bytes } = await importDataset(KERAS_NAMES, folder);
    await writeFile(file, bytes);
    expect((await importDataset(file, folder)).bytes.equals(await readFile(file))).toBe(true);
    const split = { by: 'names' } as const;
    await expect(importDataset(file, folder, () => ({ split }))).rejects.toThrow(
      /--split: is a set as `datasets` keeps it, which has its split already/,
    );
  });

  it('reads the array names of Keras from a compressed NumPy archive', async () => {
    const dataset = parseDataset((await importDataset(KERAS_NAMES, folder)).bytes);
    expect(dataset).toMatchObject({ sampleShape: [2, 2, 1], sampleCount: 46, classCount: 2 });
    expect([...dataset.inputs.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
    expect([...dataset.inputs.subarray(-4)]).toEqual([9, 9, 9, 9]);
    expect(countOf(dataset.splits)).toEqual([34, 6, 6]);
    expect([...dataset.splits.subarray(40)]).toEqual([3, 3, 3, 3, 3, 3]);
  });

  it.each([
    ['missing labels', { inputs }, /labels: is missing/],
    [
      'labels that are no whole numbers',
      { inputs, labels: array('float32', [20], new Float32Array(20).fill(0.5)) },
      /labels: is of type float32; want whole numbers/,
    ],
    [
      'inputs without a name beside those with one',
      { inputs, 'inputs.sound': inputs, labels },
      /modalities: one has no name, and there are others/,
    ],
    [
      'modalities of other counts',
      { 'inputs.a': inputs, 'inputs.b': array('uint8', [19, 1], new Uint8Array(19)), labels },
      /inputs\.b: want 20 values, got 19/,
    ],
    [
      'labels beyond 32 bits',
      { inputs, labels: array('int64', [20], new BigInt64Array(20).fill(2n ** 40n)) },
      /labels: entry 0 is 1099511627776, which is no 32-bit number/,
    ],
    [
      'one-hot labels',
      { inputs, labels: array('int32', [20, 2], new Int32Array(40)) },
      /labels: has shape \[20,2\]; want one a sample/,
    ],
    [
      'inputs that are whole numbers',
      { inputs: array('int32', [20, 2], new Int32Array(40)), labels },
      /inputs: is of type int32; want uint8 for pixels, or floats .*inputs\.astype\('float32'\)/,
    ],
    [
      'a split of another number',
      { inputs, labels, splits: array('int32', [20], new Int32Array(20).fill(257)) },
      /splits: sample 0 has split 0/,
    ],
  ])('refuses %s', (_, arrays, message) => {
    expect(() => importNpz(writeNpz(Object.entries(arrays)))).toThrow(message);
  });
});

describe('importDataset', () => {
  it('reads a folder of IDX files by their usual names, some of them gzipped', async () => {
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idx([20, 2, 2], pixels(80)));
    await writeFile(join(folder, 'train-labels.idx1-ubyte.gz'), gzipSync(idx([20], labelsOf(20))));
    await writeFile(join(folder, 'README.txt'), 'not data');
    const dataset = parseDataset((await importDataset(folder, root)).bytes);
    expect(dataset).toMatchObject({ sampleShape: [2, 2, 1], sampleCount: 20 });
  });

  it.each([
    ['s.tar', 'is a tar; `coordinator datasets register` takes it as it is'],
    ['S.CSV.GZ', 'is compressed; unpack it first'],
    ['s.xlsx', 'is a spreadsheet; save the sheet as CSV in UTF-8'],
    ['s.arrow', 'is Arrow; want Parquet'],
    ['s.pkl', 'is read by other programs; save it as CSV or Parquet'],
    ['s.npy', 'is a single array; want an .npz with inputs and labels'],
    ['s.txt', 'has an ending that is not read; call a table .csv or .tsv'],
    ['s.bin', 'is of no kind that is read; want an .npz, a table in .csv'],
  ])('says of %s how to make a readable file of it', async (name, message) => {
    await writeFile(join(folder, name), 'anything');
    await expect(importDataset(join(folder, name), root)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`${join(folder, name)} ${message}`),
    });
  });

  it('names the files that an IDX folder lacks', async () => {
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idx([20, 2, 2], pixels(80)));
    await expect(importDataset(folder, root)).rejects.toThrow(
      /is no set of IDX files; missing: train-labels, test-images, test-labels/,
    );
  });

  it('refuses two files for the same part', async () => {
    for (const name of ['a-train-images-idx3-ubyte', 'b-train-images-idx3-ubyte']) {
      await writeFile(join(folder, name), '');
    }
    await expect(importDataset(folder, root)).rejects.toThrow(/both a-train-.* and b-train-/);
  });

  it('lists the known names when the file does not exist', async () => {
    await expect(importDataset(join(folder, 'x.npz'), root)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('digits, fashion'),
    });
  });

  it('refuses a file that is not an NPZ file, and names it', async () => {
    const file = join(folder, 'x.npz');
    await writeFile(file, '1,2,3');
    await expect(importDataset(file, root)).rejects.toThrow(/x\.npz cannot be used:\n.*not a zip/);
  });
});

describe('packaged images', () => {
  /** Two images per class, told apart by their first pixels. */
  async function packageOf(
    name: 'mnist' | 'fashion-mnist',
    data: (label: number) => unknown,
  ): Promise<void> {
    const classes = join(folder, 'datasets', name, 'src', name === 'mnist' ? 'digits' : 'clothes');
    await mkdir(classes, { recursive: true });
    for (let label = 0; label < 10; label++) {
      await writeFile(join(classes, `${label}.json`), JSON.stringify(data(label)));
    }
  }
  const image = (...first: number[]) => [...first, ...Array<number>(784 - first.length).fill(0)];

  it('have bytes restored from shares with three decimals', async () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    const shares = bytes.map((byte) => Number((byte / 255).toFixed(3)));
    await packageOf('mnist', (label) => ({
      data: [...image(label / 255, 1), ...image(label / 255, ...shares)],
    }));
    const dataset = parseDataset(importPackaged('digits', folder));
    expect(dataset.sampleCount).toBe(20);
    expect([...dataset.inputs.subarray(3 * 784, 3 * 784 + 257)]).toEqual([1, ...bytes]);
  });

  it('are imported without empty lists and repeated images, even of different classes', async () => {
    await packageOf('fashion-mnist', (label) => ({
      data: [image(label), [], image(0), image(label, 200), []],
    }));
    const dataset = parseDataset(importPackaged('fashion', folder));
    // image(0) occurs eleven times and is kept once, as class 0.
    expect(dataset.sampleCount).toBe(20);
    expect([...dataset.labels]).toEqual(Array.from({ length: 20 }, (_, i) => i >> 1));
    expect(dataset.classNames[9]).toBe('Ankle boot');
  });

  it.each([
    ['mnist', { data: [0, 1] }, /3\.json: has 2 values, which are no whole images/],
    ['mnist', { data: image(1.5) }, /3\.json: value 0 is 1\.5; want a number from 0 to 1/],
    ['mnist', {}, /3\.json: has no list "data"/],
    ['fashion-mnist', { data: [[1, 2]] }, /3\.json: image 0 is no list of 784 values/],
    ['fashion-mnist', { data: [image(256)] }, /3\.json: image 0 holds 256; want a byte/],
  ] as const)('are refused with the problem named, in %s: %#', async (name, wrong, message) => {
    const right = (label: number) => (name === 'mnist' ? image(label / 9) : [image(label + 1)]);
    await packageOf(name, (label) => (label === 3 ? wrong : { data: right(label) }));
    const set = name === 'mnist' ? 'digits' : 'fashion';
    await expect(importDataset(set, folder)).rejects.toThrow(message);
  });

  it('are reported missing with the file and a hint', async () => {
    await expect(importDataset('digits', folder)).rejects.toThrow(
      /0\.json: .*run the set-up again/,
    );
  });
});
