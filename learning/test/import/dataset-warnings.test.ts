/** Small tables with one fault each, and one without a fault: their warnings, and the errors that stop a push. */
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

/** 40 different rows, not in the order of their numbers. */
const rows = (row: (n: number) => string) =>
  Array.from({ length: 40 }, (_, place) => row((7 * place) % 40));
const ab = (n: number) => (n % 2 === 0 ? 'a' : 'b');

describe('a push warns of', () => {
  it('nothing for a table without a fault', async () => {
    expect(await warningsOf(['x,label', ...rows((n) => `${n},${ab(n)}`)])).toEqual([]);
  });

  it('classes without a sample in train', async () => {
    const split = { by: 'column', column: 'part' } as const;
    const lines = rows(
      (n) => `${n},${n === 1 || n === 3 ? 'c' : ab(n)},${n < 4 ? 'test' : 'train'}`,
    );
    expect(await warningsOf(['x,label,part', ...lines], { split })).toEqual([
      expect.stringMatching(/^classes: "c" is a class only in test, never in train.*--split/),
    ]);
  });

  it('classes with a single sample', async () => {
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
  ])('similar class names: %j and %j', async (one, other, difference) => {
    const lines = rows((n) => `${n},${n % 2 === 0 ? one : other}`);
    expect(await warningsOf(['x,label', ...lines])).toEqual([
      expect.stringContaining(`are classes of their own, and differ in ${difference}`),
    ]);
  });

  it('gaps between numeric labels', () => {
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

  it('given classes without a sample', async () => {
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

  it('letters replaced by U+FFFD', async () => {
    const lines = rows((n) => `${n},${n % 2 === 0 ? 'B\ufffdr' : 'b'}`);
    expect(await warningsOf(['x,label', ...lines])).toEqual([
      expect.stringContaining('has written U+FFFD for a letter'),
    ]);
  });

  it('numbers with a decimal comma, unless the column is declared a category', async () => {
    const lines = ['x,price,label', ...rows((n) => `${n},"${n % 3},5",${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(/^column "price": its values are numbers with a decimal comma.*3\.14/),
    ]);
    const columns = new Map([['price', 'category']] as const);
    expect(await warningsOf(lines, { columns })).toEqual([]);
  });

  it('numbers mixed with other marks, unless the column is declared a category', async () => {
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

  it('codes with leading zeros, unless the kind of the column is declared', async () => {
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

  it('whole numbers beyond 2^53, which lose digits', async () => {
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

  it('a column of split names that is not used as the split', async () => {
    const lines = ['x,part,label', ...rows((n) => `${n},${n % 4 ? 'train' : 'Test'},${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(/^column "part": its values are names of splits; --split column:NAME/),
    ]);
  });

  it('samples that are in two splits, in tables and in arrays', async () => {
    const lines = ['x,label', ...rows((n) => `${n % 5},${ab(n)}`)];
    expect(await warningsOf(lines)).toEqual([
      expect.stringMatching(
        /^duplicates: \d+ of validation (is|are) in train too, \d+ of test (is|are) in/,
      ),
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
      message: expect.stringContaining('1 of test is in train too'),
    });
  });
});

describe('a column with a name like split, class or id', () => {
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
  ])('is refused until the user declares it: %s', async (name, answer) => {
    const asked = summaryOf(table(name));
    await expect(asked).rejects.toThrow(`column "${name}": is called like`);
    await expect(asked).rejects.toThrow(answer);
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is also a column without a name, as pandas writes it', async () => {
    await expect(summaryOf(table(''))).rejects.toThrow("Want --id '' if it names the sample");
    expect((await summaryOf(table(''), { id: '' })).modalities[0]?.columns).toHaveLength(1);
  });

  it.each(['ignore', 'number', 'category'] as const)('is accepted as NAME=%s', async (kind) => {
    const columns = new Map([['target', kind]]);
    const [modality] = (await summaryOf(table('target'), { columns })).modalities;
    expect(modality?.columns?.[1]).toMatchObject({
      name: 'target',
      kind: kind === 'ignore' ? 'left out' : kind,
    });
  });

  it('is refused with --raw too, unless it is declared', async () => {
    await expect(summaryOf(table('id'), { raw: true })).rejects.toThrow('--id id');
    const columns = new Map([['id', 'ignore']] as const);
    const [modality] = (await summaryOf(table('id'), { raw: true, columns })).modalities;
    expect(modality?.rawColumns).toEqual(['x']);
    const seen = new Map([['id', 'number']] as const);
    const [other] = (await summaryOf(table('id'), { raw: true, columns: seen })).modalities;
    expect(other?.rawColumns).toEqual(['x', 'id']);
  });

  it('is named together with all other such columns of the table', async () => {
    const lines = ['id,target,split,label,x', ...rows((n) => `${n},${n % 2},train,${ab(n)},${n}`)];
    await expect(summaryOf(lines)).rejects.toThrow(/"id"[\s\S]*"target"[\s\S]*"split"/);
  });

  it('is refused in a table of texts only if it looks like a split', async () => {
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
  ])('is not assumed for %s', (name) => expect(tellingName(name, ['a', name])).toBeUndefined());

  it('is assumed for y only if there is no column x', () => {
    expect(tellingName('y', ['x', 'y'])).toBeUndefined();
    expect(tellingName('y', ['x1', 'y'])).toBe('class');
  });
});

describe('a push warns of columns of', () => {
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
  ])('numbers with signs or units: %s', async (_, value) => {
    expect(await column(value)).toEqual([expect.stringMatching(/numbers with signs or units/)]);
  });

  it('dates written as whole numbers', async () => {
    expect(await column((n) => `202401${String((n % 28) + 1).padStart(2, '0')}`)).toEqual([
      expect.stringMatching(/has days as whole numbers \(20240101\)/),
    ]);
  });

  it('values most of which occur once', async () => {
    expect(await column((n) => (n % 4 === 0 ? 'often' : `once ${n}`))).toEqual([
      expect.stringMatching(/^column "v": \d+ % of its values come once in train.*--text NAME/),
    ]);
  });

  it('two values that tell the class of every sample', async () => {
    const tells = expect.stringMatching(/its 2 values tell the class of all 28 labelled samples/);
    expect(await column((n) => (ab(n) === 'a' ? 'yes' : 'no'))).toEqual([tells]);
    expect(await column((n) => String(n % 2))).toEqual([tells]);
    expect(await column((n) => String(n % 3))).toEqual([]);
  });

  it('row numbers', async () => {
    const lines = Array.from({ length: 40 }, (_, n) => `${(7 * n) % 40},${100 + n},${ab(n)}`);
    expect(await warningsOf(['x,v,label', ...lines])).toEqual([
      expect.stringMatching(/^column "v": rises from row to row/),
    ]);
  });
});

describe('a push warns of classes named', () => {
  it.each(['NA', 'nan', '?', 'None', '\\N', '<NA>'])('%s, which may mean missing', async (name) => {
    const lines = rows((n) => `${n},${n % 4 === 0 ? name : ab(n)}`);
    expect(await warningsOf(['x,label', ...lines])).toContainEqual(
      expect.stringMatching(/is a class like any other.*leave their cells empty/),
    );
  });

  it('-1 among other numbers', async () => {
    expect(await warningsOf(['x,label', ...rows((n) => `${n},${(n % 3) - 1}`)])).toEqual([
      expect.stringMatching(/^classes: "-1" is a class like any other/),
    ]);
  });

  it('0.0 and 1.0 for whole numbers', async () => {
    expect(await warningsOf(['x,label', ...rows((n) => `${n},${n % 2}.0`)])).toEqual([
      expect.stringMatching(/^classes: 0\.0, 1\.0 are whole numbers with a point/),
    ]);
  });
});

it.each([
  ['channels that come first', [3, 6, 7], 0.5, /read as 3 pixels high, with 7 channels.*transpose/],
  ['pixels as floats', [6, 7, 3], 7, /pixels from 0 to 255 as floats/],
  ['nothing of pictures as they should be', [6, 7, 3], 0.5, undefined],
])('wholeSource warns of arrays with %s', (_, shape, step, message) => {
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
