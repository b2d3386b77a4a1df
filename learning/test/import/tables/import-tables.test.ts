/**
 * Tables in real files, made here: CSV and JSON lines by hand, Parquet by hyparquet-writer with the metadata that
 * Hugging Face's `datasets` writes. Expected are the values that were put in.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import { encodeDataset, parseDataset } from '../../../src/datasets/dataset-file.js';
import { importSource } from '../../../src/import/import-source.js';
import type { ImportSummary } from '../../../src/import/import-summary.js';
import type { ImportOptions } from '../../../src/import/samples/import-options.js';
import { limitedCompressors } from '../../../src/import/tables/parquet/codecs.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-tables-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(async () => {
  folder = join(root, `case-${count++}`, 'source');
  await mkdir(folder, { recursive: true });
});

const put = (name: string, content: Uint8Array | string) => writeFile(join(folder, name), content);

async function imported(
  name: string,
  options: ImportOptions = {},
): Promise<{ set: Dataset; file: Buffer; summary: ImportSummary }> {
  const scratch = mkdtempSync(join(root, 'scratch-'));
  const source = join(folder, name);
  const { content, summary } = await importSource(source, options, { cacheFolder: root, scratch });
  const file = await readFile(content as string);
  return { set: parseDataset(file), file, summary };
}

const gray = (values: number[], width: number) =>
  sharp(Uint8Array.from(values), { raw: { width, height: values.length / width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
/** `kind,height,width` and 20 rows; row n is `b,n,n.5` for odd n. */
const rows = Array.from({ length: 20 }, (_, n) => `${n % 2 ? 'b' : 'a'},${n},${n}.5`);

describe('importing CSV', () => {
  it('takes all columns but the class as numbers with raw, and writes the bytes of encodeDataset', async () => {
    await put('t.csv', ['\ufeffkind,height,width', ...rows, ''].join('\r\n'));
    const { set, file, summary } = await imported('t.csv', { label: 'kind', raw: true });
    expect(set).toMatchObject({
      sampleShape: [2],
      sampleCount: 20,
      classNames: ['a', 'b'],
      inputScale: 1,
    });
    expect([...set.inputs.slice(0, 6)]).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect([...set.labels.slice(0, 4)]).toEqual([0, 1, 0, 1]);
    expect(file.equals(encodeDataset(set))).toBe(true);
    const modalities = [{ sampleShape: [2], valueType: 'float32' }];
    expect(summary).toMatchObject({ kind: 'csv', modalities, refused: { count: 0 } });
  });

  it.each([
    ['encoded', {}],
    ['raw', { raw: true }],
    ['texts', { text: 'word' }],
  ] as const)('sorts classes that are numbers by value: %s', async (_, options) => {
    const classes = ['10', '2', '-3', '0'];
    const put40 = (names: readonly string[]) => {
      const lines = Array.from({ length: 40 }, (_, n) => `${names[n % 4]},${n % 7},w${n}`);
      return put('t.csv', ['grade,size,word', ...lines, ''].join('\n'));
    };
    const columns = new Map([['word', 'ignore' as const]]);
    const given = { label: 'grade', ...('text' in options ? options : { columns, ...options }) };
    await put40(classes);
    const { set, summary } = await imported('t.csv', given);
    expect(set.classNames).toEqual(['-3', '0', '2', '10']);
    expect([...set.labels.slice(0, 4)]).toEqual([3, 2, 0, 1]);
    expect(summary.classOrder).toBe('sorted as numbers');
    // As pandas writes whole numbers of a column with gaps.
    await put40(['10.0', '2.0', '-3.5', '0.0']);
    expect((await imported('t.csv', given)).set.classNames).toEqual(['-3.5', '0.0', '2.0', '10.0']);
    // One label in another form turns all of them into names.
    await put40(['10', '2', '03', '0']);
    const other = await imported('t.csv', given);
    expect(other.set.classNames).toEqual(['0', '03', '10', '2']);
    expect(other.summary.classOrder).toContain('"10" before "2"');
  });

  it('accepts LF and CRLF line ends in one file', async () => {
    const ends = ['\n', '\r\n'];
    const lines = [
      'height,kind',
      ...rows.map((row) => row.split(',').slice(0, 2).reverse().join()),
    ];
    await put('t.csv', lines.map((line, n) => `${line}${ends[n % 2]}`).join(''));
    const { set } = await imported('t.csv', { label: 'kind', raw: true });
    expect(set).toMatchObject({ sampleCount: 20, classNames: ['a', 'b'] });
  });

  it('reads quotes, and tabs in a .tsv, and takes an empty class as unlabelled', async () => {
    await put('t.tsv', 'label\tx\nc\t1\n\t2\n"a ""b"""\t3\n');
    const { set } = await imported('t.tsv', {
      raw: true,
      split: { by: 'shares', shares: { test: 0, validation: 0 }, seed: 1 },
    });
    expect(set.classNames).toEqual(['a "b"', 'c']);
    expect([...set.labels]).toEqual([1, -1, 0]);
  });

  it('takes splits from a column', async () => {
    const splits = ['train', 'val', 'TEST', 'train'];
    await put(
      't.csv',
      ['label,fold,x', ...splits.map((split, n) => `${n % 2},${split},${n}`)].join('\n'),
    );
    const { set, summary } = await imported('t.csv', {
      raw: true,
      split: { by: 'column', column: 'fold' },
    });
    expect([...set.splits]).toEqual([1, 2, 3, 1]);
    expect(set.sampleShape).toEqual([1]);
    expect(summary.splitSource).toBe('column fold');
  });

  it('takes splits from a boolean column named like one split', async () => {
    const truths = ['False', 'true', '0', '1', 'no'];
    await put(
      't.csv',
      ['label,is_test,x', ...truths.map((t, n) => `${n % 2},${t},${n}`)].join('\n'),
    );
    const split = { by: 'column', column: 'is_test' } as const;
    const { set } = await imported('t.csv', { raw: true, split });
    expect([...set.splits].map((own) => own === 3)).toEqual([false, true, false, true, false]);
    await put('u.csv', ['label,train,x', ...truths.map((t, n) => `${n % 2},${t},${n}`)].join('\n'));
    const other = await imported('u.csv', { raw: true, split: { by: 'column', column: 'train' } });
    expect([...other.set.splits].map((own) => own === 3)).toEqual([true, false, true, false, true]);
  });

  it('refuses rows without finite numbers, by row, and keeps the others', async () => {
    const bad = ['a,NaN,1', 'a,,1', 'b,1e39,1', 'b,Infinity,1', 'a,seven,1', 'b,0x,1'];
    await put('t.csv', ['kind,height,width', ...rows, ...bad].join('\n'));
    const { summary } = await imported('t.csv', { label: 'kind', raw: true });
    expect(summary).toMatchObject({
      samples: 20,
      refused: { count: 6, reasons: { 'no number': 6 } },
    });
    expect(summary.refused.first.slice(0, 2)).toMatchObject([
      { path: 'row 21', message: 'column height: want a number that float32 holds, got "NaN"' },
      { path: 'row 22', message: 'column height: want a number that float32 holds, got ""' },
    ]);
  });

  it('resolves image paths from the folder of the file, and refuses paths out of it', async () => {
    await put('secret.png', await gray([1, 2, 3, 4], 2));
    await mkdir(join(folder, 'in'));
    for (let n = 0; n < 4; n++) await put(`in/${n}.png`, await gray([n, n, n, n], 2));
    const paths = [
      '0.png',
      '1.png',
      '../in/2.png',
      './3.png',
      '../secret.png',
      join(folder, 'in', '0.png'),
      'none.png',
    ];
    await put(
      'in/labels.csv',
      ['file,label', ...paths.map((path, n) => `${path},${n % 2}`)].join('\n'),
    );
    const { set, summary } = await imported('in/labels.csv', { image: 'file' });
    expect(set).toMatchObject({ sampleShape: [2, 2, 1], sampleCount: 4 });
    expect([0, 4, 8, 12].map((at) => set.inputs[at])).toEqual([0, 1, 2, 3]);
    expect(summary.refused.reasons).toEqual({ 'outside the folder': 2, 'no such file': 1 });
  });

  it.each([
    ['', {}, /is empty/],
    ['a,b\n1,2\n', {}, /no column "label" of the label; the columns are: a, b\. --label/],
    ['label,x\n1,2\n', { image: 'file' }, /no column "file" of the image/],
    ['label,x,x\n1,2,3\n', {}, /two columns "x"/],
    ['label,x\n1,2,3\n', {}, /line 2/],
    ['label\n1\n', {}, /no column of numbers/],
    ['label,x\n', {}, /t\.csv has no samples/],
    [
      'label,x\nA,1\nA,2\n',
      {},
      /t\.csv cannot be used:\n {2}- classes: all samples are of one class, "A";/,
    ],
    ['label,x\n,1\n,2\n', {}, /t\.csv cannot be used:\n {2}- classes: no sample has a class/],
    ['label,x\nA,1\n', { classes: ['B', 'C'] }, /t\.csv, of which no sample can be taken,/],
    ['label,x\n1,"2\n', {}, /quote/i],
    ['label,x\n1,2\n', { fit: 'cover' }, /--fit means nothing without images/],
  ] as const)('refuses %j', async (text, options, message) => {
    await put('t.csv', text);
    await expect(imported('t.csv', options)).rejects.toThrow(message);
  });
});

/** 20 lines of two classes, each with a list of two numbers and a number. */
const jsonLines = Array.from({ length: 20 }, (_, n) =>
  JSON.stringify({ xs: [n, 2 * n], y: n / 2, label: n % 2 === 0 ? 'even' : 'odd' }),
);

/** Declares column `y` a number, since classes are often called `y`. */
const Y_IS_A_NUMBER = new Map([['y', 'number']] as const);

describe('importing JSON lines', () => {
  it('refuses rows with keys of their own, which would need a column per key', async () => {
    const rows = Array.from({ length: 1200 }, (_, n) =>
      JSON.stringify({
        label: n % 2,
        ...Object.fromEntries(Array.from({ length: 9 }, (__, k) => [`id${n}-${k}`, 1])),
      }),
    );
    await put('t.jsonl', rows.join('\n'));
    await expect(imported('t.jsonl')).rejects.toThrow(
      'the table has 10800 columns, and a row 10 of them on average: are its keys data, as ids are?',
    );
  });

  it('refuses numeric classes beyond 2^53, two of which may be read as one', async () => {
    const lines = rows.map((_, n) => `{"x":${n},"label":9007199254740${990 + 2 * (n % 2)}}`);
    await put('t.jsonl', lines.join('\n'));
    const { summary } = await imported('t.jsonl', { classes: ['9007199254740990', 'b'] });
    expect(summary.refused.reasons).toEqual({ 'no class': 10 });
    expect(summary.refused.first[0]?.message).toMatch(
      /near 9007199254740992, and numbers from 2\^53 on lose digits; write classes as texts/,
    );
  });

  it('accepts any value in an ignored column', async () => {
    await put('t.jsonl', jsonLines.join('\n'));
    const columns = new Map([...Y_IS_A_NUMBER, ['xs', 'ignore'] as const]);
    const { set, summary } = await imported('t.jsonl', { columns });
    expect(set).toMatchObject({ sampleShape: [1], sampleCount: 20 });
    expect(summary.refused.count).toBe(0);
    expect(summary.modalities[0]?.columns).toContainEqual({
      name: 'xs',
      kind: 'left out',
      detail: 'as asked',
    });
  });

  it('writes lists out as columns with raw', async () => {
    await put('t.jsonl', `${jsonLines.join('\n')}\n\n`);
    const { set } = await imported('t.jsonl', { raw: true, columns: Y_IS_A_NUMBER });
    expect(set).toMatchObject({ sampleShape: [3], sampleCount: 20, classNames: ['even', 'odd'] });
    expect([...set.inputs.slice(3, 9)]).toEqual([1, 2, 0.5, 2, 4, 1]);
  });

  it('refuses rows with a missing key, an object or another shape, by line', async () => {
    const bad = [
      '{"xs":[1,2],"label":"odd"}',
      '{"xs":[1,2],"y":{},"label":"odd"}',
      '{"xs":[1],"y":1,"label":"odd"}',
    ];
    await put('t.jsonl', [...jsonLines, ...bad].join('\n'));
    const { summary } = await imported('t.jsonl', { raw: true, columns: Y_IS_A_NUMBER });
    expect(summary.refused.first).toMatchObject([
      { path: 'line 21', message: 'has no column y' },
      {
        path: 'line 22',
        message: 'column y: want a number that float32 holds, got an object',
      },
      { path: 'line 23', message: 'has shape [2], the first sample [3]' },
    ]);
  });

  it.each(['constructor', '__proto__', 'label'])(
    'takes a row without the key %s of the class for unlabelled',
    async (name) => {
      const lines = jsonLines.map((line, n) =>
        line.replace(/"label":"[a-z]+"/, n === 7 ? '"z":1' : `"${name}":"c${n % 2}"`),
      );
      await put('t.jsonl', lines.join('\n'));
      const columns = new Map([...Y_IS_A_NUMBER, ['z', 'ignore'] as const]);
      const { summary, set } = await imported('t.jsonl', { raw: true, label: name, columns });
      expect(summary.refused.count).toBe(0);
      expect(set.classNames).toEqual(['c0', 'c1']);
      expect([...set.labels].map((label, n) => label === -1 && n)).toContain(7);
      expect([...set.labels].filter((label) => label === -1)).toHaveLength(1);
    },
  );

  it.each([
    ['{"label":1', /line 21: is no JSON/],
    ['[1]', /line 21: is no JSON object/],
    [Buffer.from('{"label":"\xff"}', 'latin1'), /line 21: is not UTF-8/],
  ])('stops at the line %j', async (line, message) => {
    await put(
      't.jsonl',
      Buffer.concat([Buffer.from(`${jsonLines.join('\n')}\n`), Buffer.from(line)]),
    );
    await expect(imported('t.jsonl', { columns: Y_IS_A_NUMBER })).rejects.toThrow(message);
  });
});

describe('importing a line of 100 MB', () => {
  it.each([
    ['t.csv', 'label,x\na,1\n"', /8388608|too large|exceed/i],
    ['t.jsonl', '{"label":"a","x":1}\n{"label":"', /line 2: is longer than 8388608 bytes/],
  ])('in %s is refused without holding it in memory', async (name, start, message) => {
    const file = await open(join(folder, name), 'w');
    await file.write(start);
    const piece = Buffer.alloc(10_000_000, 'a');
    for (let n = 0; n < 10; n++) await file.write(piece);
    await file.close();
    const before = process.memoryUsage().rss;
    await expect(imported(name)).rejects.toThrow(message);
    expect(process.memoryUsage().rss - before).toBeLessThan(90_000_000);
  });
});

const features = {
  image: { _type: 'Image' },
  label: { names: ['zebra', 'ant', 'unseen'], _type: 'ClassLabel' },
};
const huggingFace = [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }];
const imageSchema = [
  { name: 'root', num_children: 2 },
  { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
] as const;

/** Image n of 2 × 2 is all n. Its class is n modulo 2. */
async function imageFile(
  name: string,
  first: number,
  count: number,
  extra: object = {},
): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => first + n);
  const images = await Promise.all(
    numbers.map(async (n) => ({
      bytes: new Uint8Array(await gray([n, n, n, n], 2)),
      path: `${n}.png`,
    })),
  );
  const columnData: ColumnSource[] = [
    { name: 'image', data: images },
    { name: 'label', data: numbers.map((n) => BigInt(n % 2)) },
  ];
  const options = { schema: [...imageSchema], kvMetadata: huggingFace, rowGroupSize: 4, ...extra };
  await put(name, new Uint8Array(parquetWriteBuffer({ columnData, ...options })));
}

describe('importing Parquet', () => {
  it('reads the images and class names of Hugging Face over several row groups', async () => {
    await imageFile('t.parquet', 0, 20);
    const { set, summary } = await imported('t.parquet');
    expect(set).toMatchObject({
      sampleShape: [2, 2, 1],
      sampleCount: 20,
      classNames: ['zebra', 'ant', 'unseen'],
    });
    expect(Array.from({ length: 20 }, (_, n) => set.inputs[4 * n])).toEqual([...Array(20).keys()]);
    expect([...set.labels.slice(0, 4)]).toEqual([0, 1, 0, 1]);
    expect(summary).toMatchObject({ kind: 'parquet', classOrder: 'as the source has them' });
  });

  it('gives a class column its own class names', async () => {
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const columnData: ColumnSource[] = [
      { name: 'x', data: numbers, type: 'INT32' },
      { name: 'label', data: numbers.map((n) => n % 3), type: 'INT32' },
      { name: 'coarse', data: numbers.map((n) => n % 2), type: 'INT32' },
      { name: 'plain', data: numbers.map((n) => n % 2), type: 'INT32' },
    ];
    const columns = { x: 'number', label: 'ignore', coarse: 'ignore', plain: 'ignore' } as const;
    const written = async (own: object, label: string) => {
      const value = JSON.stringify({ info: { features: own } });
      const kvMetadata = [{ key: 'huggingface', value }];
      await put('t.parquet', new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata })));
      const ignored = Object.entries(columns).filter(([name]) => name !== label);
      return (await imported('t.parquet', { label, columns: new Map(ignored) })).set.classNames;
    };
    const { label } = features;
    const coarse = { names: ['up', 'down'], _type: 'ClassLabel' };
    expect(await written({ label }, 'plain')).toEqual(['0', '1']);
    expect(await written({ label, coarse }, 'coarse')).toEqual(['up', 'down']);
    expect(await written({ label, coarse }, 'label')).toEqual(['zebra', 'ant', 'unseen']);
  });

  it('reads the shards of a folder in order, with splits by file name', async () => {
    await mkdir(join(folder, 'data'));
    await imageFile('data/train-00000-of-00002.parquet', 0, 10);
    await imageFile('data/train-00001-of-00002.parquet', 10, 10);
    await imageFile('data/test-00000-of-00001.parquet', 20, 4);
    const { set, summary } = await imported('.');
    expect(summary.splits).toMatchObject({ train: { samples: 18 }, test: { samples: 4 } });
    expect([...set.splits.slice(0, 4)]).toEqual([3, 3, 3, 3]);
    expect(set.inputs[0]).toBe(20);
  });

  it('reads columns of numbers', async () => {
    const columnData: ColumnSource[] = [
      {
        name: 'label',
        data: Array.from({ length: 20 }, (_, n) => (n % 2 ? 'b' : 'a')),
        type: 'STRING',
      },
      { name: 'x', data: Float64Array.from({ length: 20 }, (_, n) => n / 2), type: 'DOUBLE' },
      { name: 'n', data: Int32Array.from({ length: 20 }, (_, n) => n), type: 'INT32' },
    ];
    await put('t.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    const { set } = await imported('t.parquet', { raw: true });
    expect(set).toMatchObject({ sampleShape: [2], classNames: ['a', 'b'] });
    expect([...set.inputs.slice(0, 6)]).toEqual([0, 0, 0.5, 1, 1, 2]);
  });

  it('takes a NaN class as unlabelled, and refuses dates and lists as classes', async () => {
    const x = Array.from({ length: 8 }, (_, n) => n);
    const write = (label: ColumnSource) =>
      put(
        't.parquet',
        new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'x', data: x }, label] })),
      );
    const classes = x.map((n) => (n % 4 === 0 ? Number.NaN : n % 2));
    await write({ name: 'label', data: Float64Array.from(classes) });
    expect([...(await imported('t.parquet', { raw: true })).set.labels]).toEqual([
      -1, 1, 0, 1, -1, 1, 0, 1,
    ]);
    await write({ name: 'label', data: x.map((n) => new Date(86_400_000 * n)), type: 'TIMESTAMP' });
    await expect(imported('t.parquet', { raw: true })).rejects.toThrow(
      /column label: want a class, a text or a number, got a date, 1970-01-01T00:00:00\.000Z/,
    );
    await write({ name: 'label', data: x.map((n) => [`${n % 2}`]), type: 'JSON' });
    await expect(imported('t.parquet', { raw: true })).rejects.toThrow(
      /got a list; a sample has one class/,
    );
  });

  it('reads Zstandard', async () => {
    await imageFile('t.parquet', 0, 20, { codec: 'ZSTD', compressors: { ZSTD: storedZstd } });
    const { set } = await imported('t.parquet');
    expect(Array.from({ length: 20 }, (_, n) => set.inputs[4 * n])).toEqual([...Array(20).keys()]);
  });

  it('refuses faulty images by row and keeps the others', async () => {
    const good = new Uint8Array(await gray([1, 2, 3, 4], 2));
    const images = Array.from({ length: 20 }, (_, n) =>
      n === 7
        ? { bytes: good.slice(0, 50), path: null }
        : { bytes: n === 8 ? null : good, path: 'x.png' },
    );
    const columnData: ColumnSource[] = [
      { name: 'image', data: images },
      { name: 'label', data: images.map((_, n) => BigInt(n === 9 ? 3 : n === 10 ? -1 : n % 2)) },
    ];
    const schema = [...imageSchema];
    await put(
      't.parquet',
      new Uint8Array(parquetWriteBuffer({ columnData, schema, kvMetadata: huggingFace })),
    );
    const { set, summary } = await imported('t.parquet');
    const refused = summary.refused.first.map(({ path }) => path);
    expect(refused).toEqual([8, 9, 10].map((row) => `t.parquet row ${row}`));
    expect(set.sampleCount).toBe(17);
    expect([...set.labels].filter((label) => label === -1)).toHaveLength(1);
  });

  it('reads a page whose Zstandard frame claims to hold 3 GB', async () => {
    await imageFile('t.parquet', 0, 20, { codec: 'ZSTD', compressors: { ZSTD: hugeZstd } });
    expect((await imported('t.parquet')).set.sampleCount).toBe(20);
  });

  it.each(['SNAPPY', 'ZSTD', 'GZIP', 'BROTLI', 'LZ4', 'LZ4_RAW'] as const)(
    'refuses a page of 2 GiB: %s',
    async (codec) => {
      const unpack = (await limitedCompressors())[codec];
      expect(() => unpack?.(new Uint8Array(8), 2 ** 31)).toThrow(/unpacks to 2147483648 bytes/);
    },
  );

  it.each([
    ['hello', /t\.parquet: cannot be read as Parquet/],
    ['PAR1aaaaaaaaaaaaPAR1', /t\.parquet: cannot be read as Parquet/],
  ])('refuses the file %j', async (text, message) => {
    await put('t.parquet', text);
    await expect(imported('t.parquet')).rejects.toThrow(message);
  });
});

/** A Zstandard frame that stores bytes uncompressed (RFC 8878, 3.1.1) in one raw block. */
function storedZstd(bytes: Uint8Array): Uint8Array {
  return zstdFrame(bytes.length, bytes);
}

/** The same frame with a claim that it holds 3 GB. */
function hugeZstd(bytes: Uint8Array): Uint8Array {
  return zstdFrame(3_000_000_000, bytes);
}

function zstdFrame(contentBytes: number, bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(12);
  header.writeUInt32LE(0xfd2fb528, 0);
  // A single segment, with the content size in four bytes.
  header[4] = 0b1010_0000;
  header.writeUInt32LE(contentBytes, 5);
  header.writeUIntLE((bytes.length << 3) | 1, 9, 3);
  return Buffer.concat([header, bytes]);
}
