/** Tables of numbers and categories in real files, made here, against arithmetic on the rows of the train split. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeDataset, parseDataset } from '../../../src/datasets/dataset-file.js';
import { encodeRow, type TableEncoding } from '../../../src/datasets/encoding/table-encoding.js';
import { columnCells, type TableCells } from '../../../src/datasets/table-cells.js';
import { importSource } from '../../../src/import/import-source.js';
import { type ImportOptions, parseColumns } from '../../../src/import/samples/import-options.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-encoded-'));
afterAll(() => rmSync(root, { recursive: true }));

async function imported(name: string, content: string, options: ImportOptions = {}) {
  const source = join(root, name);
  await writeFile(source, content);
  const scratch = mkdtempSync(join(root, 'scratch-'));
  const done = await importSource(source, options, { cacheFolder: root, scratch });
  const file = await readFile(done.content as string);
  return { set: parseDataset(file), file, summary: done.summary };
}

/** 20 people. The last six are not in train, and their ages are far from the others. */
const people = Array.from({ length: 20 }, (_, n) => ({
  age: n < 14 ? (n === 5 ? null : 20 + n) : 900,
  city: n < 14 ? ['Ulm', 'Bonn', 'Rome'][n % 3] : 'Oslo',
  owns: n % 4 === 0,
  id: `p${n}`,
  fold: n < 14 ? 'train' : n < 17 ? 'val' : 'test',
  label: n % 2 === 0 ? 'yes' : 'no',
}));
type Person = (typeof people)[number];
const jsonl = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const csv = (rows: readonly Person[]) =>
  ['age,city,owns,id,fold,label', ...rows.map((row) => Object.values(row).join(','))].join('\n');
const FOLD = {
  split: { by: 'column', column: 'fold' },
  columns: new Map([['id', 'category']] as const),
} as const;

describe('importing a table of numbers and categories', () => {
  it('encodes by the train split, with the same result from CSV and JSON lines', async () => {
    const { set, file, summary } = await imported('t.csv', csv(people), FOLD);
    const ages = people.slice(0, 14).flatMap(({ age }) => age ?? []);
    const mean = ages.reduce((sum, age) => sum + age, 0) / 13;
    const encoding = set.encoding as TableEncoding;
    expect(encoding.columns).toEqual([
      {
        name: 'age',
        kind: 'number',
        mean: expect.closeTo(mean, 10),
        deviation: expect.closeTo(Math.sqrt(ages.reduce((s, a) => s + (a - mean) ** 2, 0) / 13), 10), // biome-ignore format: short
        missing: true,
      },
      { name: 'city', kind: 'category', values: ['Bonn', 'Rome', 'Ulm'] },
      { name: 'owns', kind: 'number', mean: expect.closeTo(4 / 14, 10), deviation: expect.any(Number), missing: false }, // biome-ignore format: short
    ]);
    expect(set.sampleShape).toEqual([7]);
    for (const [n, person] of people.entries()) {
      expect(set.inputs.subarray(n * 7, n * 7 + 7)).toEqual(encodeRow(encoding, person));
    }
    expect([...set.inputs.subarray(5 * 7, 5 * 7 + 2)]).toEqual([0, 1]);
    expect([...set.inputs.subarray(19 * 7 + 2, 19 * 7 + 6)]).toEqual([0, 0, 0, 1]);
    expect([...set.splits]).toEqual(
      people.map(({ fold }) => ({ train: 1, val: 2, test: 3 })[fold]),
    );
    expect(set.classNames).toEqual(['no', 'yes']);
    expect(file.equals(encodeDataset(set))).toBe(true);
    expect(summary).toMatchObject({
      splitSource: 'column fold',
      modalities: [
        {
          encoding: 'rows: 2 columns of numbers and 1 of categories in 7 numbers',
          columns: [
            { name: 'age', detail: expect.stringContaining('missing in 1 of 14') },
            { name: 'city', kind: 'category' },
            { name: 'owns', kind: 'number' },
            { name: 'id', kind: 'left out', detail: 'no value comes twice in train' },
          ],
        },
      ],
    });
    expect((await imported('t.jsonl', jsonl(people), FOLD)).file.equals(file)).toBe(true);
  });

  it('keeps the original rows beside the encoding', async () => {
    const rows = [...people.map(({ id: _, ...row }) => row)];
    const columns = parseColumns('owns=ignore');
    const { set, file } = await imported('t.jsonl', jsonl(rows), { ...FOLD, columns });
    const kept = [
      { name: 'age', kind: 'number' },
      { name: 'city', kind: 'category' },
    ];
    expect(set.columns).toEqual(kept);
    const [ages, cities] = columnCells(set.columns ?? [], set.cells as TableCells);
    for (const [n, { age, city }] of rows.entries()) {
      expect(ages?.at(n)).toBe(age ?? Number.NaN);
      expect(cities?.at(n)).toBe(city);
    }
    expect(file.equals(encodeDataset(set))).toBe(true);
  });

  it('keeps white space in texts, and the cells of columns left out of the encoding', async () => {
    const rows = people.map(({ age, fold, label }, n) => ({
      age,
      ...{ code: n % 2 === 0 ? ' 01' : null, one: n < 14 ? 7 : 'none', fold, label },
    }));
    const columns = parseColumns('code=category');
    const { set, summary } = await imported('t.jsonl', jsonl(rows), { ...FOLD, columns });
    const detail = { name: 'one', kind: 'left out', detail: '7 in all of train' };
    expect(summary.modalities[0]?.columns).toContainEqual(detail);
    const cellsOf = (place: number) => {
      const cells = columnCells(set.columns ?? [], set.cells as TableCells)[place];
      return [0, 1, 19].map((sample) => cells?.at(sample));
    };
    expect(set.columns?.map(({ name }) => name)).toEqual(['age', 'code', 'one']);
    expect(cellsOf(1)).toEqual([' 01', '', '']);
    expect(cellsOf(2)).toEqual([7, 7, Number.NaN]);
    expect((await imported('r.jsonl', jsonl(people), { raw: true, columns: parseColumns('city=ignore,id=ignore,fold=ignore,age=ignore') })).set).not.toHaveProperty('cells'); // biome-ignore format: short
  });

  it('fits the encoding on the train split only', async () => {
    const other = people.map((row, n) => (n < 14 ? row : { ...row, age: 5, city: 'Paris' }));
    const [one, two] = [await imported('a.jsonl', jsonl(people), FOLD), await imported('b.jsonl', jsonl(other), FOLD)]; // biome-ignore format: short
    expect(two.set.encoding).toEqual(one.set.encoding);
    const trained = people.map((row, n) => (n === 0 ? { ...row, age: 5 } : row));
    const three = await imported('c.jsonl', jsonl(trained), FOLD);
    expect(three.set.encoding).not.toEqual(one.set.encoding);
  });

  it('draws the same splits encoded and with --raw, and none on request', async () => {
    const rows = jsonl(people.map(({ age, label }) => ({ age: age ?? 1, label })));
    const encoded = await imported('t.jsonl', rows);
    const raw = await imported('t.jsonl', rows, { raw: true });
    expect(encoded.set.splits).toEqual(raw.set.splits);
    expect(encoded.summary.splitSource).toBe(raw.summary.splitSource);
    const none = { by: 'shares', shares: { test: 0, validation: 0 }, seed: 1 } as const;
    const whole = await imported('t.jsonl', rows, { split: none });
    expect(whole.set.splits.every((split) => split === 1)).toBe(true);
  });

  it('takes the kinds of columns from the columns option', async () => {
    const columns = parseColumns('owns=category,city=ignore,age=number,id=ignore');
    const { set } = await imported('t.jsonl', jsonl(people), { ...FOLD, columns });
    const encoding = set.encoding as TableEncoding;
    expect(encoding.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['age', 'number'],
      ['owns', 'category'],
    ]);
  });

  it('refuses faulty rows with a reason and keeps the others', async () => {
    const [first = {}] = people;
    const bad = [
      { ...first, age: 'old' },
      { ...first, city: ['Ulm'] },
      { ...first, label: {} },
      { ...first, fold: 'later' },
      { city: 'Ulm', owns: true, id: 'p', fold: 'test', label: 'yes' },
    ];
    const { set, summary } = await imported('t.jsonl', jsonl([...people, ...bad]), FOLD);
    // The row without an age is accepted: its age is missing.
    expect(set.sampleCount).toBe(21);
    expect(summary.refused.count).toBe(4);
    expect(summary.refused.reasons).toEqual({
      'no number': 1,
      'no value': 1,
      'no class': 1,
      'no split': 1,
    });
  });

  it.each<[string, ImportOptions, RegExp]>([
    [jsonl(people.map((row) => ({ ...row, born: '1990-01-01' }))), FOLD, /columns of dates.*born/],
    [jsonl([{ xs: [1, 2], label: 'a' }]), {}, /--raw takes lists of numbers/],
    [jsonl(people.slice(14)), FOLD, /the train split is empty/],
    [jsonl(people), { columns: new Map([['agee', 'number']]) }, /there is no column "agee"/],
    [jsonl(people), { raw: true, columns: new Map([['age', 'category']]) }, /nothing with --raw/],
    [jsonl(people), { text: 'id', raw: true }, /--raw means nothing for images and texts/],
    [
      jsonl(people.map(({ label }) => ({ x: 1, label }))),
      {},
      /no column can be used: x \(1 in all of train\); a column of texts is named with --text NAME/,
    ],
  ])('refuses table %# with a clear message', async (content, options, message) => {
    await expect(imported('t.jsonl', content, options)).rejects.toThrow(message);
  });
});

describe('--columns', () => {
  it('reads a list or a file, and a column without a name', async () => {
    const file = join(root, 'kinds.txt');
    await writeFile(file, 'a=b=number\nzip, code=category\n');
    const kinds = new Map([
      ['a=b', 'number'],
      ['zip, code', 'category'],
    ]);
    expect(parseColumns(`@${file}`)).toEqual(kinds);
    // The column of row numbers that pandas writes has no name.
    expect(parseColumns('=ignore,age=number')).toEqual(
      new Map([
        ['', 'ignore'],
        ['age', 'number'],
      ]),
    );
  });

  it.each([
    ['age', /want NAME=number, NAME=category, NAME=ignore/],
    ['age=date', /columns "age=date"/],
    ['=number', /columns "=number"/],
    ['a=number,a=ignore', /"a" is there twice/],
    ['@none.txt', /columns: none.txt cannot be read/],
  ])('refuses %s', (text, message) => {
    expect(() => parseColumns(text)).toThrow(message);
  });
});
