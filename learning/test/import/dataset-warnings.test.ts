/** Small tables with one fault each, and one without any: what is said of them, and what stops a push. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeDataset } from '../../src/datasets/dataset-file.js';
import { tellingName } from '../../src/import/columns/telling-columns.js';
import { factWarnings } from '../../src/import/dataset-warnings.js';
import { importSource, inspectedSource, wholeSource } from '../../src/import/import-source.js';
import type { ImportOptions } from '../../src/import/samples/import-options.js';

/** Class order and split source of arrays. */
const SOURCES = { classOrder: 'as in the source', splitSource: 'as in the source' };

const root = mkdtempSync(join(tmpdir(), 'lyceum-warnings-'));
afterAll(() => rmSync(root, { recursive: true }));

async function summaryOf(lines: readonly string[], options: ImportOptions = {}, name = 't.csv') {
  const source = join(root, name);
  writeFileSync(source, lines.join('\n'));
  const places = { cacheFolder: root, scratch: mkdtempSync(join(root, 'scratch-')) };
  return (await inspectedSource(await importSource(source, options, places))).summary;
}

const warningsOf = async (lines: readonly string[], options: ImportOptions = {}) =>
  (await summaryOf(lines, options)).warnings.map(({ path, message }) => `${path}: ${message}`);

/** 40 different rows, in an order that is not that of their numbers. */
const rows = (row: (n: number) => string) =>
  Array.from({ length: 40 }, (_, place) => row((7 * place) % 40));
const ab = (n: number) => (n % 2 === 0 ? 'a' : 'b');

describe('a push warns of', () => {
  it('nothing where nothing is wrong', async () => {
    expect(await warningsOf(['x,label', ...rows((n) => `${n},${ab(n)}`)])).toEqual([]);
  });

  it('classes that train has none of', async () => {
    const split = { by: 'column', column: 'part' } as const;
    const lines = rows(
      (n) => `${n},${n === 1 || n === 3 ? 'c' : ab(n)},${n < 4 ? 'test' : 'train'}`,
    );
    expect(await warningsOf(['x,label,part', ...lines], { split })).toEqual([
      expect.stringMatching(/^classes: "c" is a class only in test, never in train.*--split/),
    ]);
  });

  it('classes of one sample', async () => {
    const lines = rows((n) => `${n},${n === 0 ? 'typo' : ab(n)}`);
    expect(await warningsOf(['x,label', ...lines])).toContainEqual(
      expect.stringMatching(/^classes: "typo" is a class of one sample/),
    );
  });

  it.each([
    ['cat', 'cat ', 'white space'],
    ['cat', 'Cat', 'case'],
    ['B\u00e4r', 'Ba\u0308r', 'how Unicode composes their letters'],
    ['cat', 'c\u200bat', 'characters that are not seen'],
    ['cat', '\u00adcat\ufeff', 'characters that are not seen'],
    ['big cat', 'Big  cat', 'white space, case, '],
    ['ﬁn', 'fin', 'how Unicode'],
  ])('%j beside %j', async (one, other, difference) => {
    const lines = rows((n) => `${n},${n % 2 === 0 ? one : other}`);
    expect(await warningsOf(['x,label', ...lines])).toEqual([
      expect.stringContaining(`are classes of their own, and differ in ${difference}`),
    ]);
  });

  it('gaps in labels that are numbers', () => {
    const labels = Int32Array.from({ length: 60 }, (_, n) => (n % 3) * 100);
    const splits = Uint8Array.from(labels, (_, n) => (n < 40 ? 1 : n < 50 ? 2 : 3));
    const classNames = Array.from({ length: 201 }, (_, n) => String(n));
    expect(factWarnings({ labels, splits, classNames })).toEqual([
      {
        path: 'classes',
        message:
          '198 of 201 have no sample: the labels are 0, 100, 200, and a class is made for every number up to 200. Number them 0 to 2 if that is not meant',
      },
    ]);
  });

  it('classes that are named and have no sample', async () => {
    const classes = ['a', 'b', 'dodo'];
    const lines = ['x,label', ...rows((n) => `${n},${ab(n)}`)];
    expect(await warningsOf(lines, { classes })).toEqual([
      'classes: "dodo" is a class without a sample',
    ]);
  });

  it('a set without labels', async () => {
    const lines = ['x', ...rows(String)];
    expect(await warningsOf(lines, { classes: ['a', 'b'] })).toEqual([
      expect.stringMatching(
        /^labels: no sample has one\. A run of this set cannot have the term ce/,
      ),
    ]);
  });

  it('letters that another program has lost', async () => {
    const lines = rows((n) => `${n},${n % 2 === 0 ? 'B\ufffdr' : 'b'}`);
    expect(await warningsOf(['x,label', ...lines])).toEqual([
      expect.stringContaining('has written U+FFFD for a letter'),
    ]);
  });

  it('numbers with a decimal comma, unless somebody says that they are categories', async () => {
    const lines = ['x,price,label', ...rows((n) => `${n},"${n % 3},5",${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(/^column "price": its values are numbers with a decimal comma.*3\.14/),
    ]);
    const columns = new Map([['price', 'category']] as const);
    expect(await warningsOf(lines, { columns })).toEqual([]);
  });

  it('numbers among which are other marks, unless somebody says that they are categories', async () => {
    const cell = (n: number) => (n % 4 === 0 ? 'inf' : String(n % 7));
    const lines = ['x,load,label', ...rows((n) => `${n},${cell(n)},${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(/^column "load": 7\d % of its values are numbers, and each is a cat/),
    ]);
    const columns = new Map([['load', 'category']] as const);
    expect(await warningsOf(lines, { columns })).toEqual([]);
    const few = ['x,load,label', ...rows((n) => `${n},${n % 4 === 0 ? n % 7 : 'off'},${ab(n)}`)];
    expect(await warningsOf(few)).toEqual([]);
  });

  it('codes that are taken for numbers, unless somebody says what they are', async () => {
    const lines = ['x,zip,label', ...rows((n) => `${n},0${1000 + n},${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(
        /^column "zip": has 01\d{3} and is taken for numbers; --columns NAME=cat/,
      ),
    ]);
    const columns = new Map([['zip', 'number']] as const);
    expect(await warningsOf(lines, { columns })).toEqual([]);
    const decimals = ['x,share,label', ...rows((n) => `${n},0.0${n},${ab(n)}`)];
    expect(await warningsOf(decimals)).toEqual([]);
  });

  it('whole numbers that lose digits', async () => {
    const numbered = (first: bigint, end = '') =>
      warningsOf(['x,no,label', ...rows((n) => `${n},${first + BigInt(n)}${end},${ab(n)}`)]);
    expect(await numbered(2n ** 53n)).toEqual([
      expect.stringMatching(
        /^column "no": has whole numbers beyond 2\^53, which lose digits; --id/,
      ),
    ]);
    expect(await numbered(2n ** 52n)).toEqual([]);
    expect(await numbered(2n ** 40n, '.5')).toEqual([]);
  });

  it('a column of splits under another name', async () => {
    const lines = ['x,part,label', ...rows((n) => `${n},${n % 4 ? 'train' : 'Test'},${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(/^column "part": its values are names of splits; --split column:NAME/),
    ]);
  });

  it('samples that are in two splits, in tables and arrays', async () => {
    const lines = ['x,label', ...rows((n) => `${n % 5},${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(/^duplicates: \d+ of validation are in train too, \d+ of test are in/),
    ]);
    const labels = Int32Array.of(0, 1, 0, 1, 0, 1);
    const bytes = encodeDataset({
      sampleShape: [1],
      sampleCount: 6,
      classCount: 2,
      classNames: ['0', '1'],
      inputs: Uint8Array.of(1, 2, 3, 4, 1, 6),
      inputScale: 1 / 255,
      labels,
      splits: Uint8Array.of(1, 1, 2, 2, 3, 3),
    });
    const { summary } = await inspectedSource(wholeSource({ bytes, ...SOURCES }));
    expect(summary.warnings).toContainEqual({
      path: 'duplicates',
      message: expect.stringContaining('1 of test are in train too'),
    });
  });
});

describe('a column that is called like a split, a class or an id', () => {
  const table = (name: string) => [`x,${name},label`, ...rows((n) => `${n},${n % 3},${ab(n)}`)];

  it.each([
    ['split', '--split column:split if it says the split'],
    ['Subset', '--split column:Subset if it says the split'],
    ['is_train', '--split column:is_train if it says the split'],
    ['fold', '--split column:fold'],
    ['target', '--label target if it is the class'],
    ['class', '--label class'],
    ['Class Label', "--label 'Class Label' if it is the class"],
    ['label_id', '--label label_id'],
    ['id', '--id id if it names the sample'],
    ['PassengerId', '--id PassengerId'],
    ['customer_id', '--id customer_id'],
    ['Unnamed: 0', "--id 'Unnamed: 0'"],
    ['index', '--id index'],
    ['uuid', '--id uuid'],
  ])('%s stops a push, which says what to answer', async (name, answer) => {
    const asked = summaryOf(table(name));
    await expect(asked).rejects.toThrow(`column "${name}": is called like`);
    await expect(asked).rejects.toThrow(answer);
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('the column without a name that pandas writes is one', async () => {
    await expect(summaryOf(table(''))).rejects.toThrow("Want --id '' if it names the sample");
    expect((await summaryOf(table(''), { id: '' })).modalities[0]?.columns).toHaveLength(1);
  });

  it.each(['ignore', 'number', 'category'] as const)('=%s is an answer', async (kind) => {
    const columns = new Map([['target', kind]]);
    const [modality] = (await summaryOf(table('target'), { columns })).modalities;
    expect(modality?.columns?.[1]).toMatchObject({
      name: 'target',
      kind: kind === 'ignore' ? 'left out' : kind,
    });
  });

  it('is asked about with --raw too, and may be left out there', async () => {
    await expect(summaryOf(table('id'), { raw: true })).rejects.toThrow('--id id');
    const columns = new Map([['id', 'ignore']] as const);
    const [modality] = (await summaryOf(table('id'), { raw: true, columns })).modalities;
    expect(modality?.rawColumns).toEqual(['x']);
    const seen = new Map([['id', 'number']] as const);
    const [other] = (await summaryOf(table('id'), { raw: true, columns: seen })).modalities;
    expect(other?.rawColumns).toEqual(['x', 'id']);
  });

  it('all of a table are named at once', async () => {
    const lines = ['id,target,split,label,x', ...rows((n) => `${n},${n % 2},train,${ab(n)},${n}`)];
    await expect(summaryOf(lines)).rejects.toThrow(/"id"[\s\S]*"target"[\s\S]*"split"/);
  });

  it('of texts, asks about splits that would be drawn anew, and about nothing else', async () => {
    const lines = ['say,split,id,label', ...rows((n) => `word ${n},train,${n},${ab(n)}`)];
    await expect(summaryOf(lines, { text: 'say' })).rejects.toThrow('column "split"');
    const split = { by: 'shares', shares: { test: 0.2, validation: 0.1 }, seed: 1 } as const;
    expect((await summaryOf(lines, { text: 'say', split })).samples).toBe(40);
    const columns = new Map([['split', 'ignore']] as const);
    expect((await summaryOf(lines, { text: 'say', columns })).samples).toBe(40);
    const kinds = new Map([['split', 'number']] as const);
    await expect(summaryOf(lines, { text: 'say', columns: kinds })).rejects.toThrow(
      '--columns split=number means nothing for images and texts',
    );
  });

  it.each([
    'width',
    'covid',
    'paid',
    'solid',
    'identity',
    'training_hours',
    'classic',
    'height_y',
    'spline',
  ])('%s is none', (name) => expect(tellingName(name, ['a', name])).toBeUndefined());

  it('y is a place beside x, else a class', () => {
    expect(tellingName('y', ['x', 'y'])).toBeUndefined();
    expect(tellingName('y', ['x1', 'y'])).toBe('class');
  });
});

describe('a push warns, of columns, of', () => {
  const column = async (value: (n: number) => string) =>
    (await warningsOf(['x,v,label', ...rows((n) => `${n},${value(n)},${ab(n)}`)])).filter((text) =>
      text.startsWith('column "v": '),
    );

  it.each([
    ['money', (n: number) => `$${n}.50`],
    ['percents', (n: number) => `${n}.5 %`],
    ['thousands', (n: number) => `"1,${100 + n},000"`],
    ['a sign of minus that is none', (n: number) => `\u2212${n}.5`],
    ['units', (n: number) => `${n}.5 cm`],
  ])('numbers with marks: %s', async (_, value) => {
    expect(await column(value)).toEqual([expect.stringMatching(/numbers with signs or units/)]);
  });

  it('days that are numbers', async () => {
    expect(await column((n) => `202401${String((n % 28) + 1).padStart(2, '0')}`)).toEqual([
      expect.stringMatching(/has days as whole numbers \(20240101\)/),
    ]);
  });

  it('values that come once for the most part', async () => {
    expect(await column((n) => (n % 4 === 0 ? 'often' : `once ${n}`))).toEqual([
      expect.stringMatching(/^column "v": \d+ % of its values come once in train.*--text NAME/),
    ]);
  });

  it('the class under another name, in words or numbers', async () => {
    const tells = expect.stringMatching(/its 2 values tell the class of all 28 labelled samples/);
    expect(await column((n) => (ab(n) === 'a' ? 'yes' : 'no'))).toEqual([tells]);
    expect(await column((n) => String(n % 2))).toEqual([tells]);
    expect(await column((n) => String(n % 3))).toEqual([]);
  });

  it('numbers of rows', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => `${(7 * n) % 40},${100 + n},${ab(n)}`);
    expect(await warningsOf(['x,v,label', ...lines])).toEqual([
      expect.stringMatching(/^column "v": rises from row to row/),
    ]);
  });
});

describe('a push warns, of classes, of', () => {
  it.each(['NA', 'nan', '?', 'None', '\\N', '<NA>'])('%s, which may be none', async (name) => {
    const lines = rows((n) => `${n},${n % 4 === 0 ? name : ab(n)}`);
    expect(await warningsOf(['x,label', ...lines])).toContainEqual(
      expect.stringMatching(/is a class like any other.*leave their cells empty/),
    );
  });

  it('-1 among numbers', async () => {
    expect(await warningsOf(['x,label', ...rows((n) => `${n},${(n % 3) - 1}`)])).toEqual([
      expect.stringMatching(/^classes: "-1" is a class like any other/),
    ]);
  });

  it('whole numbers with a point', async () => {
    expect(await warningsOf(['x,label', ...rows((n) => `${n},${n % 2}.0`)])).toEqual([
      expect.stringMatching(/^classes: 0\.0, 1\.0 are whole numbers with a point/),
    ]);
  });
});

it.each([
  ['channels that come first', [3, 6, 7], 0.5, /read as 3 pixels high, with 7 channels.*transpose/],
  ['pixels as floats', [6, 7, 3], 7, /pixels from 0 to 255 as floats/],
  ['nothing of pictures as they should be', [6, 7, 3], 0.5, undefined],
])('a push of arrays warns of %s', (_, shape, step, message) => {
  const length = 6 * shape.reduce((product, n) => product * n, 1);
  const { summary } = wholeSource({
    bytes: encodeDataset({
      sampleShape: shape,
      sampleCount: 6,
      classCount: 2,
      classNames: ['0', '1'],
      inputs: Float32Array.from({ length }, (_, n) => step * (n % 30)),
      inputScale: 1,
      labels: Int32Array.of(0, 1, 0, 1, 0, 1),
      splits: Uint8Array.of(1, 1, 2, 2, 3, 3),
    }),
    ...SOURCES,
  });
  const found = summary.warnings.filter(({ path }) => path === 'inputs');
  expect(found.map((warning) => warning.message)).toEqual(
    message === undefined ? [] : [expect.stringMatching(message)],
  );
});
