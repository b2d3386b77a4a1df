/** Folders as people and programs leave them, in real files: which are read, and the messages for the others. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDataset } from '../../src/datasets/dataset-file.js';
import { importSource } from '../../src/import/import-source.js';
import type { ImportOptions } from '../../src/import/samples/import-options.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-folders-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(root, `case-${count++}`);
});

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

async function imported(options: ImportOptions = {}) {
  const scratch = mkdtempSync(join(root, 'scratch-'));
  const places = { cacheFolder: root, scratch };
  const { content, summary } = await importSource(folder, options, places);
  const set = parseDataset(await readFile(content as string));
  const labels = [...set.labels].map((label) => (label < 0 ? undefined : set.classNames[label]));
  return { set, summary, labels, splits: [...set.splits] };
}

const png = (value: number) =>
  sharp({ create: { width: 2, height: 2, channels: 3, background: { r: value, g: 0, b: 0 } } })
    .png()
    .toBuffer();

describe('importing a folder of text files', () => {
  it('reads a folder per class and split as in IMDB, and takes texts of unsup as unlabelled', async () => {
    for (const split of ['train', 'test']) {
      for (const name of ['pos', 'neg']) {
        for (const n of [0, 1]) put(`${split}/${name}/${n}.txt`, `${split} ${name}\n${n} 😀`);
      }
    }
    put('train/unsup/0.txt', 'who knows');
    put('README', 'no text of the set');
    const { set, summary, labels, splits } = await imported();
    expect(summary).toMatchObject({ kind: 'texts', samples: 9, classNames: ['neg', 'pos'] });
    expect(labels).toEqual(['neg', 'neg', 'pos', 'pos', 'neg', 'neg', 'pos', 'pos', undefined]);
    expect(splits.slice(0, 4)).toEqual([3, 3, 3, 3]);
    expect(set.texts?.ends[0]).toBe(Buffer.byteLength('test neg\n0 😀'));
  });

  it('reads text files without an extension, and refuses faulty ones by name', async () => {
    put('sport/10001', 'a goal');
    put('sport/10002', Buffer.from('B\xe4r', 'latin1'));
    put('space/20001', 'a star');
    put('space/20002', ' ');
    const { summary } = await imported();
    expect(summary.refused.first).toMatchObject([
      { path: 'space/20002', message: 'is empty' },
      { path: 'sport/10002', message: expect.stringContaining('is not UTF-8') },
    ]);
  });
});

describe('importing a folder of tables', () => {
  it('reads a table per split by its name', async () => {
    put('train.csv', 'x,label\n1,a\n2,b\n3,a\n');
    put('test.csv', 'x,label\n4,b\n');
    put('README.md', '');
    const { set, labels, splits, summary } = await imported({ raw: true });
    expect([...set.inputs]).toEqual([1, 2, 3, 4]);
    expect(labels).toEqual(['a', 'b', 'a', 'b']);
    expect(splits[3]).toBe(3);
    expect(summary.splitSource).toMatch(/^names/);
  });

  it('refuses tables with different columns', async () => {
    put('train.jsonl', '{"x":1,"label":"a"}\n{"x":2,"label":"b"}\n');
    put('test.jsonl', '{"x":1}\n');
    await expect(imported()).rejects.toThrow(
      /test\.jsonl: has no column label, and train\.jsonl has/,
    );
  });

  it('reads images listed in metadata.jsonl, as imagefolder of Hugging Face does', async () => {
    for (const [split, first] of [
      ['train', 0],
      ['test', 4],
    ] as const) {
      const names = [0, 1, 2, 3].map((n) => ({
        file_name: `${n}.png`,
        label: n % 2 ? 'odd' : 'even',
      }));
      for (const n of [0, 1, 2, 3]) put(`${split}/${n}.png`, await png(first + n));
      put(`${split}/metadata.jsonl`, names.map((row) => JSON.stringify(row)).join('\n'));
    }
    const { set, labels, splits } = await imported();
    expect(labels).toEqual(['even', 'odd', 'even', 'odd', 'even', 'odd', 'even', 'odd']);
    expect([...set.inputs].filter((_, at) => at % 12 === 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(splits.slice(4)).toEqual([3, 3, 3, 3]);
  });

  it('reads Parquet partitions, whose folder names are columns', async () => {
    const part = (xs: number[], label: string[]) =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: 'x', data: xs },
            { name: 'label', data: label },
          ],
        }),
      );
    put('year=2023/city=K%C3%B6ln/0.parquet', part([1, 2], ['a', 'b']));
    put('year=2024/city=__HIVE_DEFAULT_PARTITION__/0.parquet', part([3, 4], ['a', 'b']));
    put('_SUCCESS', '');
    const none = { by: 'shares', shares: { test: 0, validation: 0 }, seed: 1 } as const;
    const { set, labels } = await imported({ split: none });
    expect(labels).toEqual(['a', 'b', 'a', 'b']);
    expect(set.columns).toEqual([
      { name: 'x', kind: 'number' },
      { name: 'year', kind: 'number' },
      { name: 'city', kind: 'category' },
    ]);
    expect([...(set.cells?.numbers ?? [])]).toEqual([1, 2023, 2, 2023, 3, 2024, 4, 2024]);
    expect(Buffer.from(set.cells?.categories.bytes ?? []).toString()).toBe('KölnKöln');
  });

  it('names a refused Parquet row with the path of its file', async () => {
    const part = (x: string[]) =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: 'x', data: x },
            { name: 'label', data: ['a', 'b'] },
          ],
        }),
      );
    put('year=2023/0.parquet', part(['1', '2']));
    put('year=2024/0.parquet', part(['3', 'q']));
    const { summary } = await imported({ columns: new Map([['x', 'number']]) });
    expect(summary.refused.first.map(({ path }) => path)).toEqual(['year=2024/0.parquet row 2']);
  });

  it('reads Parquet files in a folder per split', async () => {
    const file = (xs: number[]) =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: 'x', data: xs },
            { name: 'label', data: xs.map((x) => (x % 2 ? 'odd' : 'even')) },
          ],
        }),
      );
    put('train/a.parquet', file([1, 2, 3, 4]));
    put('test/a.pq', file([5, 6]));
    const { splits, set } = await imported({ raw: true });
    expect([...set.inputs]).toEqual([5, 6, 1, 2, 3, 4]);
    expect(splits.slice(0, 2)).toEqual([3, 3]);
  });
});

describe('importing a folder of images', () => {
  it('reads splits with other usual names, and ignores folders without images', async () => {
    for (const split of ['training_set', 'test_set']) {
      for (const name of ['cat', 'dog']) put(`${split}/${name}/1.png`, await png(1));
    }
    put('__MACOSX/training_set/._1.png', 'x');
    const { summary, labels } = await imported();
    expect(summary.classNames).toEqual(['cat', 'dog']);
    expect(labels).toHaveLength(4);
    expect(summary.ignored.first).toContain('__MACOSX');
  });

  it('says how many samples it has read, refused ones included', async () => {
    put('a/1.png', await png(1));
    put('b/1.png', await png(2));
    put('b/2.png', 'no picture');
    const counts: number[] = [];
    const scratch = mkdtempSync(join(root, 'scratch-'));
    const onRead = (count: number) => counts.push(count);
    await importSource(folder, {}, { cacheFolder: root, scratch, onRead });
    expect(counts).toEqual([1, 2, 3]);
  });

  it('warns of class folders that look like splits', async () => {
    for (const split of ['seg_train', 'seg_test']) {
      for (const name of ['cat', 'dog']) put(`${split}/${name}/1.png`, await png(1));
    }
    const { summary } = await imported();
    expect(summary.warnings).toContainEqual({
      path: 'classes',
      message: expect.stringMatching(
        /^"seg_test", "seg_train" have the same folders in them: "cat", "dog"/,
      ),
    });
  });

  it('refuses a table that names a missing image, and reads paths with backslashes', async () => {
    put('train.csv', 'id,label\n1,a\n2,b\n');
    put('img/3.png', await png(3));
    await expect(imported({ image: 'id' })).rejects.toThrow(
      /no such file: "1"; want its name with/,
    );
    put('train.csv', 'id,label\nimg\\3.png,a\nimg\\3.png,b\n');
    expect((await imported({ image: 'id' })).labels).toEqual(['a', 'b']);
  });
});

describe('importing a faulty image reports', () => {
  it.each([
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
      /git lfs pull/,
    ],
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', /is HEIC.*want JPEG/],
  ])('%s', async (_, content, message) => {
    put('a/1.png', await png(1));
    put('b/1.png', await png(1));
    put('b/2.jpg', content);
    expect((await imported()).summary.refused.first).toMatchObject([
      { path: 'b/2.jpg', message: expect.stringMatching(message) },
    ]);
  });
});

describe('importing a folder without a data set suggests what to import', () => {
  it.each([
    ['MNIST/raw/train-images-idx3-ubyte', /want the folder in it with the set: .*MNIST\/raw/],
    ['plain_text/train-00000-of-00001.parquet', /want the folder in it with the set: .*plain_text/],
    ['rows.csv', /want one of its tables, .*rows\.csv/],
    ['train/data-00000-of-00001.arrow', /is of Arrow files.*to_parquet/],
    [
      'batches/data_batch_1',
      /has no images and no texts \(\.txt\); it has "batches\/data_batch_1"/,
    ],
  ])('for %s', async (path, message) => {
    put(path, 'anything');
    await expect(imported()).rejects.toThrow(message);
  });
});

describe('importing with an option of images', () => {
  const options: ImportOptions = { channels: 'gray' };

  it('first says that a folder is not there, then what the option means', async () => {
    await expect(imported(options)).rejects.toThrow(`${folder}: no such file or folder`);
  });

  it('first says that a file is of another kind', async () => {
    const scratch = mkdtempSync(join(root, 'scratch-'));
    put('photos.tgz', 'anything');
    const places = { cacheFolder: root, scratch };
    const done = importSource(join(folder, 'photos.tgz'), options, places);
    await expect(done).rejects.toThrow(/photos\.tgz is compressed; unpack it first/);
  });

  it('refuses the option for arrays', async () => {
    put('train-images-idx3-ubyte', 'anything');
    await expect(imported(options)).rejects.toThrow(
      '--channels means nothing for a source of arrays',
    );
  });
});
