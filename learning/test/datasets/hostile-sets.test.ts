/**
 * Files that lie about themselves: bombs, claims of gigabytes, damage, and names with control characters. Each file is
 * imported as by `push`. A {@link LyceumError} must say what is wrong, and memory use must stay small.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LyceumError } from '@lyceum/proto';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { parseStoredDataset } from '../../src/datasets/dataset-file.js';
import { type NpyArray, writeNpy } from '../../src/files/numpy/npy.js';
import { readNpz, writeNpz } from '../../src/files/numpy/npz.js';
import { writeZip } from '../../src/files/zip/zip.js';
import { parsePackagedModel } from '../../src/formats/packaged-model.js';
import { parseModelPackage } from '../../src/formats/tensorflowjs/model-package.js';
import { importSource, inspectedSource } from '../../src/import/import-source.js';
import type { ImportOptions } from '../../src/import/samples/import-options.js';

const MIB = 1024 * 1024;
const root = mkdtempSync(join(tmpdir(), 'lyceum-hostile-'));
afterAll(() => rmSync(root, { recursive: true }));

type Files = Readonly<Record<string, Uint8Array | string>>;

/** Writes the files to a folder. @returns the path of a single file, or the folder of several. */
function put(files: Files): string {
  const folder = mkdtempSync(join(root, 'source-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const [only, ...others] = Object.keys(files);
  return others.length === 0 && only !== undefined ? join(folder, only) : folder;
}

async function push(files: Files, options: ImportOptions = {}) {
  const places = { cacheFolder: root, scratch: mkdtempSync(join(root, 'scratch-')) };
  return inspectedSource(await importSource(put(files), options, places));
}

const uint32 = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
};
const idx = (shape: readonly number[], bytes: Uint8Array, type = 8) =>
  Buffer.concat([Buffer.of(0, 0, type, shape.length), ...shape.map(uint32), bytes]);
const IDX = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'] as const;
const idxFolder = (images: Uint8Array, labels: Uint8Array, ending = '') => ({
  [`${IDX[0]}${ending}`]: images,
  [`${IDX[1]}${ending}`]: labels,
});

/** An NPY file whose header claims this shape, with the given number of bytes of values. */
function claiming(shape: string, bytes = 16, descr = '<f4'): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117);
  const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  return Buffer.concat([start, Buffer.from(`${text}\n`), Buffer.alloc(bytes)]);
}
const labels: NpyArray = { dtype: 'int32', shape: [4], data: Int32Array.of(0, 1, 0, 1) };
const inputs: NpyArray = { dtype: 'float32', shape: [4, 1], data: new Float32Array(4) };
const npz = (members: Record<string, Uint8Array>) => writeZip(new Map(Object.entries(members)));
const npzOf = (arrays: Record<string, NpyArray>) => writeNpz(Object.entries(arrays));
const withLabels = (own: Uint8Array) => npz({ 'inputs.npy': own, 'labels.npy': writeNpy(labels) });

const parquet = () =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'x', data: Array.from({ length: 20 }, (_, n) => n * 1.5), type: 'DOUBLE' },
        { name: 'label', data: Array.from({ length: 20 }, (_, n) => `k${n % 2}`), type: 'STRING' },
      ],
    }),
  );
const latinParquet = () => {
  const bytes = Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'x', data: Array.from({ length: 20 }, (_, n) => n), type: 'INT32' },
        {
          name: 'label',
          data: Array.from({ length: 20 }, (_, n) =>
            Buffer.from(`B${'\xe4\xfc'[n % 2]}r`, 'latin1'),
          ),
          type: 'BYTE_ARRAY',
        },
      ],
      codec: 'UNCOMPRESSED',
    }),
  );
  return bytes;
};

const meta = (own: object) =>
  Buffer.from(
    JSON.stringify({
      format: 'lyceum.dev/dataset/v1',
      classCount: 2,
      classNames: ['a', 'b'],
      inputScale: 1,
      ...own,
    }),
  );
const splits: NpyArray = { dtype: 'uint8', shape: [4], data: Uint8Array.of(1, 1, 2, 3) };
/** A data set file with another meta.json. */
const ownSet = (own: object) =>
  npz({
    'inputs.npy': writeNpy(inputs),
    'labels.npy': writeNpy(labels),
    'splits.npy': writeNpy(splits),
    'meta.json': meta(own),
  });

const rows = (label: (n: number) => string) =>
  Array.from({ length: 20 }, (_, n) => `${n},${label(n)}`).join('\n');
const table = (label: (n: number) => string) => `x,label\n${rows(label)}\n`;

interface Hostile {
  readonly name: string;
  readonly files: Files;
  readonly message: RegExp;
  readonly options?: ImportOptions;
}

const hostile = (
  name: string,
  files: Files,
  message: RegExp,
  options: ImportOptions = {},
): Hostile => ({ name, files, message, options });

const HOSTILE: readonly Hostile[] = [
  hostile(
    'NPY of 2³¹ values',
    { 't.npz': withLabels(claiming('2147483648, 1')) },
    /inputs: array: shape \[2147483648,1\] of float32 needs 8589934592 bytes, and 16/,
  ),
  hostile(
    'NPY of 2⁶⁴ values',
    { 't.npz': withLabels(claiming('4294967296, 4294967296')) },
    /inputs: array: shape .* and 16 are there/,
  ),
  hostile(
    'NPY of more digits than a number has',
    { 't.npz': withLabels(claiming('9'.repeat(60))) },
    /inputs: array: shape/,
  ),
  hostile(
    'NPY of negative sizes',
    { 't.npz': withLabels(claiming('-4, 1')) },
    /inputs: array: the array's header cannot be read/,
  ),
  hostile(
    'NPY of Python objects',
    { 't.npz': withLabels(claiming('4, 1', 16, '|O')) },
    /values are of type object/,
  ),
  hostile(
    'NPY whose header is 4 GiB long',
    { 't.npz': withLabels(Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff{}', 'latin1')) },
    /header cannot be read/,
  ),
  hostile(
    'a label of 2,000,000,000',
    { 't.npz': npzOf({ inputs, labels: { ...labels, data: Int32Array.of(0, 1, 2e9, 1) } }) },
    /labels: sample 2 has label 2000000000; want a class from 0 to 65535/,
  ),
  hostile(
    'a zip bomb',
    {
      't.npz': zipSync({
        'inputs.npy': [Buffer.alloc(64 * MIB), { level: 9 }],
        'labels.npy': writeNpy(labels),
      }),
    },
    /inputs: array: not an NPY array/,
  ),
  hostile(
    'a zip bomb that hides its size',
    { 't.npz': lying(zipSync({ 'inputs.npy': [Buffer.alloc(64 * MIB), { level: 9 }] })) },
    /unpacks to more than the 100 bytes/,
  ),
  hostile(
    'an IDX of 2³² × 2³² bytes',
    idxFolder(idx([0xffffffff, 0xffffffff, 1], Buffer.alloc(9)), idx([2], Buffer.alloc(2))),
    /source-\w+: train images: shape .* needs 18446744065119617000 bytes; at most 2147483648 are read/,
  ),
  hostile(
    'an IDX that is longer than it says',
    idxFolder(idx([2, 1, 1], Buffer.alloc(9)), idx([2], Buffer.of(0, 1))),
    /shape \[2,1,1\] needs 2 bytes, and 9 are there/,
  ),
  hostile(
    'a gzip bomb as IDX',
    idxFolder(
      gzipSync(idx([2, 2, 2], Buffer.alloc(64 * MIB))),
      gzipSync(idx([2], Buffer.of(0, 1))),
      '.gz',
    ),
    /train images: unpacks to more bytes than its header says/,
  ),
  hostile(
    'a gzip with a changed byte',
    idxFolder(
      flipped(gzipSync(idx([40, 2, 2], Buffer.alloc(160, 7))), -6),
      gzipSync(idx([40], Buffer.alloc(40))),
      '.gz',
    ),
    /the gzip file is damaged/,
  ),
  hostile(
    'Parquet without an end',
    { 't.parquet': parquet().subarray(0, -9) },
    /cannot be read as Parquet/,
  ),
  hostile(
    'Parquet with no beginning',
    { 't.parquet': Buffer.from('PAR1 and so on PAR1') },
    /cannot be read as Parquet/,
  ),
  hostile('Parquet with texts in Latin-1', { 't.parquet': latinParquet() }, /label: is not UTF-8/),
  hostile(
    'a class with an escape sequence',
    { 't.csv': table((n) => (n % 2 ? 'a' : '\u001b[2J\u001b]0;owned\u0007')) },
    /label "\\u001b\[2J\\u001b\]0;owned\\u0007" holds a control character/,
  ),
  hostile(
    'a class that turns the writing direction',
    { 't.jsonl': JSON.stringify({ x: 1, label: 'a\u202eb' }) },
    /label "a\\u202eb" holds a control character/,
  ),
  hostile(
    'a class of half a character',
    { 't.jsonl': '{"x":1,"label":"a\\ud800"}\n' },
    /label "a\\ud800" holds a control character, a mark of direction or half a character/,
  ),
  hostile(
    'a class of a megabyte',
    { 't.csv': table((n) => (n % 2 ? 'a' : 'b'.repeat(MIB))) },
    /has 1048576 characters; at most 256/,
  ),
  hostile(
    'a column with a bell',
    { 't.csv': `x\u0007,label\n${rows((n) => `k${n % 2}`)}` },
    /column 1 is called "x\\u0007", which holds a control character/,
  ),
  hostile(
    'a column of 500 kB',
    { 't.csv': `${'x'.repeat(500_000)},label\n${rows((n) => `k${n % 2}`)}` },
    /column 1 is called "x{40}…", which has 500000 characters/,
  ),
  hostile('a table without a first line', { 't.csv': '\n' }, /is empty/),
  hostile(
    'JSON lines as deep as a well',
    { 't.jsonl': `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"label":"a"}` },
    /want a number/,
    { raw: true },
  ),
  hostile(
    'a folder of a class with a line break',
    { 'a\nb/1.png': 'no', 'c/1.png': 'no' },
    /control character|cannot be read as/,
  ),
  hostile(
    'a set whose class clears the screen',
    { 't.npz': ownSet({ classNames: ['a', '\u001b[2J'] }) },
    /classNames: "\\u001b\[2J" holds a control character/,
  ),
  hostile(
    'a set with one class twice',
    { 't.npz': ownSet({ classNames: ['a', 'a'] }) },
    /classNames: "a" is there twice/,
  ),
  hostile(
    'a set of 10⁹ classes',
    { 't.npz': ownSet({ classCount: 1e9 }) },
    /classCount: must be a whole number from 2 to 65536/,
  ),
  hostile(
    'a set of nobody’s modality',
    { 't.npz': ownSet({ modalities: { '../x': { inputScale: 1 } }, inputScale: undefined }) },
    /modalities|is missing/,
  ),
  hostile(
    'a set whose column rings',
    {
      't.npz': ownSet({
        encoding: {
          kind: 'table',
          version: 1,
          columns: [{ name: 'x\u0007', kind: 'number', mean: 0, deviation: 1, missing: false }],
        },
      }),
    },
    /columns\[0\]: "x\\u0007" holds a control character/,
  ),
  hostile(
    'a set that is compressed',
    {
      't.npz': zipSync({
        'meta.json': meta({}),
        'inputs.npy': [Buffer.alloc(64 * MIB), { level: 9 }],
      }),
    },
    /is compressed; want members stored/,
  ),
  hostile(
    'a set with meta.json of another kind',
    { 't.npz': npz({ 'meta.json': Buffer.from('[]') }) },
    /meta\.json: is no object/,
  ),
];

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] as number) ^ 0x10;
  return copy;
}

/** The archive, with 100 bytes claimed as the size of its only member. */
function lying(archive: Uint8Array): Buffer {
  const copy = Buffer.from(archive);
  copy.writeUInt32LE(100, copy.indexOf('PK\x01\x02', 0, 'latin1') + 24);
  return copy;
}

describe('importing a hostile file fails with a clear error and little memory', () => {
  it.each(HOSTILE)('$name', async ({ files, message, options = {} }) => {
    const before = process.memoryUsage().rss;
    const err = await push(files, options).then(
      ({ summary }) => new LyceumError('INVALID_ARGUMENT', JSON.stringify(summary.refused)),
      (thrown: unknown) => thrown,
    );
    expect(err).toBeInstanceOf(LyceumError);
    expect((err as LyceumError).code).toBe('INVALID_ARGUMENT');
    expect((err as LyceumError).message.replaceAll('\\\\', '\\')).toMatch(message);
    expect((err as LyceumError).message.length).toBeLessThan(4096);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
  });
});

describe('reading an archive with a compressed member is refused before it is unpacked', () => {
  const bomb = zipSync({ 'weights.bin': [Buffer.alloc(128 * MIB), { level: 9 }] });

  it.each([
    ['a model of layers', parseModelPackage],
    ['a model of any format', parsePackagedModel],
    ['a set', parseStoredDataset],
    ["a run's logits", readNpz],
  ])('%s', (_, read) => {
    expect(bomb.length).toBeLessThan(MIB);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => read(bomb)).toThrow(/weights\.bin is compressed; want members stored/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB);
  });
});

describe('reading a file with one changed byte', () => {
  it('gives an error or the same data set', () => {
    const bytes = ownSet({});
    const want = parseStoredDataset(bytes);
    for (let at = 0; at < bytes.length; at++) {
      try {
        expect({ ...parseStoredDataset(flipped(bytes, at)), digest: want.digest }).toEqual(want);
      } catch (err) {
        if (!(err instanceof LyceumError)) throw err;
      }
    }
  });

  it('gives an error or the same arrays for an NPZ file', () => {
    const bytes = npzOf({ inputs, labels });
    const want = readNpz(bytes);
    for (let at = 0; at < bytes.length; at++) {
      try {
        expect(readNpz(flipped(bytes, at))).toEqual(want);
      } catch (err) {
        if (!(err instanceof LyceumError)) throw err;
      }
    }
  });

  it('gives an error or all 20 rows for a Parquet file, with little memory', async () => {
    const bytes = parquet();
    const before = process.memoryUsage().rss;
    for (let at = 0; at < bytes.length; at++) {
      try {
        const { summary } = await push({ 't.parquet': flipped(bytes, at) });
        expect(summary.samples + summary.refused.count).toBe(20);
      } catch (err) {
        if (!(err instanceof LyceumError)) throw err;
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * MIB);
  });
});
