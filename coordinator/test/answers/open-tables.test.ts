/** Which tables are closed, and whose rows leave memory, by plain counts. */
import { describe, expect, it } from 'vitest';
import { rowsToDrop, tablesToClose } from '../../src/answers/open-tables.js';

const NOW_MS = 100_000;

function table(name: string, lastUsedAtMs: number, useCount = 0) {
  return { name, lastUsedAtMs, useCount, opened: { memoryBytes: 10, indexBytes: 4 } };
}

const names = (tables: readonly { readonly name: string }[] | undefined) =>
  tables?.map(({ name }) => name);

describe('rows in memory', () => {
  const tables = [table('a', 0), table('b', 1), table('c', NOW_MS - 1)];

  it('stay where there is room', () => {
    expect(rowsToDrop(tables, 10, { memoryBytes: 40 }, NOW_MS)).toEqual([]);
  });

  it('leave for others, those unused longest first, and no more than needed', () => {
    expect(names(rowsToDrop(tables, 10, { memoryBytes: 39 }, NOW_MS))).toEqual(['a']);
    expect(names(rowsToDrop(tables, 10, { memoryBytes: 20 }, NOW_MS))).toEqual(['a', 'b']);
  });

  it('stay for a while after a use, whoever needs room', () => {
    expect(rowsToDrop(tables, 10, { memoryBytes: 19 }, NOW_MS)).toBeUndefined();
    expect(names(rowsToDrop(tables, 10, { memoryBytes: 19 }, NOW_MS + 5_000))).toHaveLength(3);
  });
});

describe('open tables', () => {
  const tables = [table('a', 0), table('b', 1, 1), { ...table('c', 2), opened: undefined }, table('d', 3)]; // biome-ignore format: one row

  it('stay open within both limits', () => {
    expect(tablesToClose(tables, { openTableCount: 4, indexBytes: 12 })).toEqual([]);
  });

  it('close when they are too many, those unused longest first', () => {
    expect(names(tablesToClose(tables, { openTableCount: 3, indexBytes: 12 }))).toEqual(['a']);
    expect(names(tablesToClose(tables, { openTableCount: 4, indexBytes: 11 }))).toEqual(['a']);
  });

  it('stay open in use, and while they are being opened', () => {
    expect(names(tablesToClose(tables, { openTableCount: 0, indexBytes: 0 }))).toEqual(['a', 'd']);
  });
});
