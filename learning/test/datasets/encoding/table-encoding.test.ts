/** Rows and columns small enough to encode and fit by hand. */
import { describe, expect, it } from 'vitest';
import { type Cell, cellOf, isDate, numberOf } from '../../../src/datasets/encoding/cells.js';
import { encodeSample, encodingWidth } from '../../../src/datasets/encoding/encoding.js';
import {
  encodeRow,
  type TableEncoding,
  tableEncodingText,
} from '../../../src/datasets/encoding/table-encoding.js';
import {
  ColumnFacts,
  columnKinds,
  fittedTable,
  ValueCounts,
} from '../../../src/import/columns/fit-table.js';
import type { ColumnKind } from '../../../src/import/samples/import-options.js';

const ENCODING: TableEncoding = {
  kind: 'table',
  version: 1,
  columns: [
    { name: 'age', kind: 'number', mean: 40, deviation: 8, missing: true },
    { name: 'city', kind: 'category', values: ['', 'Bonn', 'Ulm'] },
    { name: 'owner', kind: 'number', mean: 0.5, deviation: 0.5, missing: false },
  ],
};

it('tableEncodingText counts columns, one of a kind too', () => {
  expect(tableEncodingText(ENCODING)).toBe(
    'rows: 2 columns of numbers and 1 of categories in 7 numbers',
  );
  const columns = ENCODING.columns.slice(0, 2);
  expect(tableEncodingText({ ...ENCODING, columns })).toMatch(
    /^rows: 1 column of numbers and 1 of categories in /,
  );
});

describe('encodeRow', () => {
  it.each<[Record<string, unknown>, number[]]>([
    [{ age: 44, city: 'Ulm', owner: true }, [0.5, 0, 0, 0, 1, 0, 1]],
    [{ owner: 'FALSE', city: ' Bonn\n', age: ' 36.0 ' }, [-0.5, 0, 0, 1, 0, 0, -1]],
    [{ age: 'NA', city: 'Rome', owner: '1', more: {} }, [0, 1, 0, 0, 0, 1, 1]],
    [{ age: null, city: null, owner: null }, [0, 1, 1, 0, 0, 0, 0]],
    [{ age: 40n, city: 7, owner: Number.NaN }, [0, 0, 0, 0, 0, 1, 0]],
  ])('encodes row %# as numbers', (row, want) => {
    expect([...encodeRow(ENCODING, row)]).toEqual(want);
    expect(encodingWidth(ENCODING)).toBe(want.length);
  });

  it.each<[unknown, string]>([
    [{ age: 1, city: 'Ulm' }, 'has no column owner'],
    [
      { age: 'old', city: 'Ulm', owner: 1 },
      'column age: want a number that float32 holds, got "old"',
    ],
    [{ age: '0x10', city: 'Ulm', owner: 1 }, 'column age'],
    [{ age: '1e39', city: 'Ulm', owner: 1 }, 'column age'],
    [{ age: Number.POSITIVE_INFINITY, city: 'Ulm', owner: 1 }, 'column age'],
    [{ age: 1, city: ['Ulm'], owner: 1 }, 'column city: want a number, a text or a truth value'],
    ['Ulm', 'want an object with a value for each column'],
    [[1, 'Ulm', 1], 'want an object'],
  ])('refuses %j with a message', (row, message) => {
    expect(() => encodeSample(ENCODING, row)).toThrow(message);
  });
});

describe('table cells', () => {
  it.each<[Cell, number | 'missing' | undefined]>([
    ['-1.5e-3', -0.0015],
    ['+.5', 0.5],
    ['7.', 7],
    ['n/a', 'missing'],
    [' ? ', 'missing'],
    ['\\N', 'missing'],
    ['<NA>', 'missing'],
    ['#N/A', 'missing'],
    ['true', 1],
    ['1,5', undefined],
    ['1_000', undefined],
    ['', 'missing'],
    ['toString', undefined],
  ])('numberOf reads %j as %s', (cell, want) => {
    expect(numberOf(cell)).toBe(want);
  });

  it.each([
    ...['2024-01-31', '2024/1/31 10:00', '2024-01-31T10:00:00Z', '31.01.2024', '1/31/24'],
    ...['31-Jan-2024', '31 January 2024', 'January 31, 2024', 'Wed, 31 Jan 2024 10:00:00 GMT'],
  ])('isDate accepts %s', (text) => expect(isDate(text)).toBe(true));

  it.each(['may', '3 may be', 'Mar 5', 'march on', '5 dec'])('isDate refuses %s', (text) =>
    expect(isDate(text)).toBe(false),
  );

  it('cellOf keeps the digits of 64-bit integers', () => {
    expect(cellOf(9_007_199_254_740_993n, 'hash')).toBe('9007199254740993');
    expect(cellOf(-7n, 'hash')).toBe(-7);
    expect(numberOf(cellOf(2n ** 60n, 'hash'))).toBe(2 ** 60);
  });

  it('cellOf accepts Parquet dates and refuses lists', () => {
    expect(isDate(cellOf(new Date(0), 'when'))).toBe(true);
    expect(() => cellOf(Float32Array.of(1), 'xs')).toThrow('--raw takes lists of numbers');
  });
});

function fit(names: string[], rows: Cell[][], wanted: [string, ColumnKind][] = []) {
  const facts = names.map((_, index) => {
    const own = new ColumnFacts();
    for (const row of rows) own.add(row[index] ?? null);
    return own;
  });
  const kinds = columnKinds(names, facts, new Map(wanted));
  const counts = new Map<string, ValueCounts>();
  for (const [index, name] of names.entries()) {
    if (kinds[index] !== 'category') continue;
    const values = new ValueCounts();
    for (const row of rows) values.add(row[index] ?? null);
    counts.set(name, values);
  }
  return fittedTable(names, facts, kinds, counts, new Map(wanted));
}

const column = (values: Cell[]) => values.map((value) => [value]);
const only = (values: Cell[], wanted: [string, ColumnKind][] = []) =>
  fit(['x'], column(values), wanted).encoding.columns[0];

describe('fittedTable', () => {
  it('gives a number column its population mean and deviation', () => {
    expect(only(['2', 4, '4', 4, 5, 5, 7, 9])).toEqual({
      name: 'x',
      kind: 'number',
      mean: 5,
      deviation: 2,
      missing: false,
    });
  });

  it('marks missing numbers and leaves them out of mean and deviation', () => {
    expect(only([1, 'NA', 3, null])).toMatchObject({ mean: 2, deviation: 1, missing: true });
    // Only one number occurs, so the column tells only whether it is missing.
    expect(only([6, '', 6])).toMatchObject({ mean: 6, deviation: 1, missing: true });
  });

  it('keeps the sorted values that occur at least twice in a category column', () => {
    expect(only(['b', 'a', 'b', 'a', 'c', '1', '', ''])).toEqual({
      name: 'x',
      kind: 'category',
      values: ['', 'a', 'b'],
    });
  });

  it('keeps the 256 most frequent values of a category column', () => {
    const values = Array.from({ length: 300 }, (_, n) =>
      Array(n < 256 ? 3 : 2).fill(`v${n}`),
    ).flat();
    expect(only(values)).toMatchObject({
      values: Array.from({ length: 256 }, (_, n) => `v${n}`).sort(),
    });
  });

  it('takes a column as numbers when nine cells of ten are numbers, unless another kind is asked for', () => {
    const mostly = [1, 2, 3, 4, 5, 6, 7, 8, 9, 'ten', ''];
    expect(only(mostly)).toMatchObject({ kind: 'number', mean: 5 });
    expect(only([...mostly, 'eleven', 'eleven'])).toMatchObject({ kind: 'category' });
    const codes = [1, 2, 1, 2];
    expect(only(codes, [['x', 'category']])).toMatchObject({ values: ['1', '2'] });
  });

  it('leaves out columns without information and gives the reason', () => {
    const names = ['same', 'word', 'gone', 'id', 'key', 'x'];
    const rows = [0, 1, 2, 3].map((n): Cell[] => [3, 'w', null, `n${n}`, n, n * n]);
    const { encoding, columns } = fit(names, rows, [['key', 'ignore']]);
    expect(encoding.columns.map(({ name }) => name)).toEqual(['x']);
    expect(columns.map(({ name, detail }) => [name, detail])).toEqual([
      ['same', '3 in all of train'],
      ['word', 'one value in all of train'],
      ['gone', 'empty in all of train'],
      ['id', 'no value comes twice in train'],
      ['key', 'as asked'],
      ['x', 'mean 3.5, deviation 3.5'],
    ]);
    expect(() => fit(['x'], column([1, 1]))).toThrow(
      'no column can be used: x (1 in all of train)',
    );
  });

  it('refuses columns x=number without any number, unless all cells are empty', () => {
    const wanted: [string, ColumnKind][] = [['x', 'number']];
    expect(() =>
      fit(
        ['x', 'n'],
        [
          ['3,14', 1],
          ['2,5', 2],
        ],
        wanted,
      ),
    ).toThrow(
      '--columns x=number: no cell of it in train is a number; write 3,14 as 3.14 in the source',
    );
    expect(() =>
      fit(
        ['x', 'n'],
        [
          ['one', 1],
          [null, 2],
        ],
        wanted,
      ),
    ).toThrow('is a number; want =category or =ignore');
    const { columns } = fit(
      ['x', 'n'],
      [
        [null, 1],
        [null, 2],
      ],
      wanted,
    );
    expect(columns[0]).toMatchObject({ kind: 'left out', detail: 'empty in all of train' });
  });

  it('refuses a column of dates unless it is asked for as a category', () => {
    const rows = column(['2024-01-31', '2024-02-01', '', '2024-01-31']);
    expect(() => fit(['when'], rows)).toThrow('columns of dates cannot be used as they are: when.');
    expect(fit(['when'], rows, [['when', 'category']]).encoding.columns).toEqual([
      { name: 'when', kind: 'category', values: ['2024-01-31'] },
    ]);
  });
});
