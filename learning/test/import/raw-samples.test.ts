/** Raw samples for a student, the same rows in every kind of file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, expect, test } from 'vitest';
import type { Encoding } from '../../src/datasets/encoding/index.js';
import { rawSamples } from '../../src/import/raw-samples.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-raw-'));
afterAll(() => rmSync(root, { recursive: true }));

const TABLE: Encoding = {
  kind: 'table',
  version: 1,
  columns: [
    { name: 'x', kind: 'number', mean: 0, deviation: 1, missing: true },
    { name: 'city', kind: 'category', values: ['', 'Ulm'] },
  ],
};
const TEXT: Encoding = { kind: 'text', version: 1, ngrams: { from: 1, to: 2 }, buckets: 16 };

async function raw(encoding: Encoding, name: string, content: string | Uint8Array, text?: string) {
  const file = join(root, name);
  writeFileSync(file, content);
  const found: unknown[] = [];
  for await (const sample of rawSamples(encoding, file, text)) {
    found.push(typeof sample.raw === 'string' ? sample.raw : { ...(sample.raw as object) });
  }
  return found;
}

const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'x', data: [1.5, null], type: 'DOUBLE' },
      { name: 'city', data: ['Ulm', 'Köln'] },
    ],
  }),
);

test.each([
  ['rows.json', '[{"x":1.5,"city":"Ulm"},{"x":null,"city":"Köln"}]'],
  ['rows.parquet', parquet],
  ['rows.jsonl', '{"x":1.5,"city":"Ulm"}\n\n{"x":NaN,"city":"Köln"}\n'],
])('rawSamples reads the rows of %s', async (name, content) => {
  const rows = [
    { x: 1.5, city: 'Ulm' },
    { x: null, city: 'Köln' },
  ];
  expect(await raw(TABLE, name, content)).toEqual(rows);
});

test('rawSamples gives null for a missing key only in columns that missed values in training', async () => {
  const lines = '{"city":"Ulm"}\n{"x":1}\n';
  expect(await raw(TABLE, 'sparse.jsonl', lines)).toEqual([
    { x: null, city: 'Ulm' },
    { x: 1, city: null },
  ]);
  const columns = [{ name: 'x', kind: 'number', mean: 0, deviation: 1, missing: false }] as const;
  expect(await raw({ ...TABLE, columns }, 'sparse.jsonl', '{"y":1}\n')).toEqual([{ y: 1 }]);
});

const REVIEWS = 'review,stars\n"two\nlines",5\n😀,1\n';

test('rawSamples reads texts from the lines of a text file or from a named column of a table', async () => {
  expect(await raw(TEXT, 't.txt', 'one\ntwo\n')).toEqual(['one', 'two']);
  expect(await raw(TEXT, 't.csv', REVIEWS, 'review')).toEqual(['two\nlines', '😀']);
  expect(await raw(TEXT, 'only.csv', 'review\none\n')).toEqual(['one']);
  await expect(raw(TEXT, 't.csv', REVIEWS)).rejects.toThrow(
    /t\.csv: is a table; --text names the column of texts, of review, stars/,
  );
  await expect(raw(TEXT, 't.csv', REVIEWS, 'text')).rejects.toThrow(/has no column "text"/);
  await expect(raw(TEXT, 't.txt', 'one', 'text')).rejects.toThrow(/t\.txt is no table/);
});
