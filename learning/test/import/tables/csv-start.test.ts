/** CSV as spreadsheets and other programs write it, in real files, compared with the values that were written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { tableFileAt } from '../../../src/import/tables/table-files.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-csv-'));
afterAll(() => rmSync(root, { recursive: true }));

async function read(content: string | Uint8Array, name = 't.csv') {
  const file = join(root, name);
  writeFileSync(file, content);
  const table = await tableFileAt(file)?.open(file);
  const rows = [];
  for await (const { values } of table?.rows(table.columns) ?? []) {
    rows.push((table?.columns ?? []).map((column) => values[column]));
  }
  return { columns: table?.columns, rows };
}

const WANTED = {
  columns: ['a', 'b'],
  rows: [
    ['1', 'x'],
    ['2', 'y'],
  ],
};

describe('columns of a CSV table are separated', () => {
  it.each([
    ['by semicolons', 'a;b\n1;x\n2;y\n'],
    ['by tabs', 'a\tb\n1\tx\n2\ty\n'],
    ['by bars', 'a|b\n1|x\n2|y\n'],
    ["as Excel's first line says", 'sep=;\r\na;b\r\n1;x\r\n2;y\r\n'],
    ["as Excel's first line says, behind a mark", '\ufeffsep=,\na,b\n1,x\n2,y\n'],
    ['by commas with a space behind each', 'a, b\n1, x\n2, "y"\n'],
    ['with nothing behind the last', 'a,b,\n1,x,\n2,y,\n'],
    ['with nothing behind the last of a row', 'a,b\n1,x,\n2,y,\n'],
    ['with rows of nothing below, as spreadsheets have them', 'a,b\n1,x\n2,y\n,\n  ,\n,,,\n'],
    ['with a line of spaces at the end', 'a,b\n1,x\n2,y\n   \n'],
  ])('%s', async (_, text) => expect(await read(text)).toEqual(WANTED));

  it('by the character of the file extension if the first line has it', async () => {
    expect(await read('a,"b;c;d"\n1,x\n')).toEqual({ columns: ['a', 'b;c;d'], rows: [['1', 'x']] });
    expect(await read('a\tb,c\n1\tx\n', 't.tsv')).toMatchObject({ columns: ['a', 'b,c'] });
    expect(await read('a,b\n1,x\n2,y\n', 't.tsv')).toEqual(WANTED);
  });

  it('in a gzipped file, and a .gz file that is not gzip is refused', async () => {
    expect(await read(gzipSync('a,b\n1,x\n2,y\n'), 't.csv.gz')).toEqual(WANTED);
    await expect(read('a,b\n1,x\n', 'u.csv.gz')).rejects.toThrow(/u\.csv\.gz: the gzip file is/);
  });
});

describe('values of a CSV table', () => {
  it('with a decimal comma become numbers where semicolons separate columns', async () => {
    const { rows } = await read('a;b;c\n3,14;-1,5e3;1.234,5\n 7,0;1,2,3;x,5\n');
    expect(rows).toEqual([
      ['3.14', '-1.5e3', '1.234,5'],
      [' 7.0', '1,2,3', 'x,5'],
    ]);
    expect((await read('a,b\n"3,14",x\n')).rows).toEqual([['3,14', 'x']]);
  });

  it('may contain quotes', async () => {
    expect((await read('a,b\n5" pipe,say "hi" now\n')).rows).toEqual([['5" pipe', 'say "hi" now']]);
  });
});

it.each([
  [
    'a,b\n1,x\n2\n',
    /t\.csv, line 3: has 1 values, and the first line names 2 columns, separated by commas/,
  ],
  ['sep=;\na;b\n1;x;y\n', /t\.csv, line 3: has 3 values.*names 2 columns, separated by semicolons/],
  [
    '# by a program\na,b\n1,x\n',
    /line 2: has 2 values, and the first line names 1 column,.*Want a first line/,
  ],
  ['a,b,\n1,x,9\n', /line 2: has 3 values, and the first line names 2 columns/],
  ['a,b\nx,"say \\"hi\\", ok"\n', /line 2: has 3 values.*a quote within quotes is written twice/],
  ['a,a\n1,2\n', /has two columns "a"; rename one in its first line/],
])('a CSV table is refused with its line: %j', async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});
