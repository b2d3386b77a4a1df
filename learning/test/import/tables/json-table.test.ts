/** JSON as pandas, Python and others write it, in real files, compared with the values that were put in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { tableFileAt } from '../../../src/import/tables/table-files.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-json-'));
afterAll(() => rmSync(root, { recursive: true }));

async function read(content: string | Uint8Array, name: string) {
  const file = join(root, name);
  writeFileSync(file, content);
  const table = await tableFileAt(file)?.open(file);
  const rows = [];
  for await (const { values } of table?.rows(table.columns) ?? []) rows.push({ ...values });
  return { columns: table?.columns, rows };
}

const ROWS = [
  { a: 1, b: 'x' },
  { a: 2, b: 'y' },
];
const LINES = ROWS.map((row) => JSON.stringify(row)).join('\n');

describe('a JSON table', () => {
  it.each([
    ['a list of objects', JSON.stringify(ROWS)],
    ['a list over lines', JSON.stringify(ROWS, null, 2)],
    ['an object with one list', JSON.stringify({ version: 1, data: ROWS, empty: [] })],
    ['an object a line', `${LINES}\n`],
    ['behind a mark', `\ufeff${JSON.stringify(ROWS)}`],
  ])('is read from %s', async (_, text) => {
    expect(await read(text, 't.json')).toEqual({ columns: ['a', 'b'], rows: ROWS });
  });

  it('is read from a gzipped file', async () => {
    expect((await read(gzipSync(JSON.stringify(ROWS)), 't.json.gz')).rows).toEqual(ROWS);
    expect((await read(gzipSync(LINES), 't.jsonl.gz')).rows).toEqual(ROWS);
  });

  it.each([
    ['[1, 2]', /t\.json, entry 1: is no JSON object; want a list of objects/],
    ['{"a": {"0": 1}, "b": {"0": 2}}', /no list of objects; its keys are: a, b/],
    ['{"images": [{}], "annotations": [{}]}', /several lists.*images, annotations/],
    ['', /t\.json: is empty; want a list of objects/],
    ['[]', /t\.json: is empty; want a list of objects/],
    ['{}', /no list of objects; its keys are: none\./],
    ['[{"a": 1}', /is no JSON/],
  ])('is refused: %j', async (text, message) => {
    await expect(read(text, 't.json')).rejects.toThrow(message);
  });
});

describe('JSON lines', () => {
  it('have the keys of all lines as columns', async () => {
    const { columns } = await read('{"a":1}\n{"b":2,"a":1}\n', 't.jsonl');
    expect(columns).toEqual(['a', 'b']);
  });

  it('may contain NaN beside a text of tens of MB', async () => {
    const picture = 'iVBORw0KGgo='.repeat(2_500_000);
    const { rows } = await read(`[{"a": NaN, "b": "${picture}"}]`, 'large.json');
    const { a, b } = rows[0] ?? {};
    expect(a).toBe(null);
    expect(b === picture).toBe(true);
  });

  it('is refused as no JSON, whatever its length and its escapes', async () => {
    const text = `[{"a": nan, "b": "${'x\\n'.repeat(10_000_000)}"}]`;
    await expect(read(text, 'escapes.json')).rejects.toThrow('is no JSON: Unexpected token');
  });

  it('may contain the NaN and Infinity of Python outside strings', async () => {
    const text = '{"a": NaN, "b": "NaN \\" NaN"}\n{"a": -Infinity, "b": "x"}\n';
    expect((await read(text, 't.jsonl')).rows).toEqual([
      { a: null, b: 'NaN " NaN' },
      { a: Number.NEGATIVE_INFINITY, b: 'x' },
    ]);
  });

  it('are refused if they hold a list, with a hint to call the file .json', async () => {
    await expect(read('[{"a": 1}]', 't.jsonl')).rejects.toThrow(/from a file called \.json/);
  });
});
