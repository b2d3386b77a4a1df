/** Tables are given by last use and counts of bytes. */
import { describe, expect, it } from 'vitest';
import { rowsToDrop, tablesToClose } from '../../src/answers/open-tables.js';

const NOW_MS = 100_000;

function table(name: string, lastUsedAtMs: number, useCount = 0) {
  return { name, lastUsedAtMs, useCount, opened: { memoryBytes: 10, indexBytes: 4 } };
}

const names = (tables: readonly { readonly name: string }[] | undefined) =>
  tables?.map(({ name }) => name);

describe('rowsToDrop', () => {
  const tables = [table('a', 0), table('b', 1), table('c', NOW_MS - 1)];

  it('drops no rows while there is room', () => {
    expect(rowsToDrop(tables, 10, { memoryBytes: 40 }, NOW_MS)).toEqual([]);
  });

  it('drops rows of as few tables as possible, those used longest ago first', () => {
    expect(names(rowsToDrop(tables, 10, { memoryBytes: 39 }, NOW_MS))).toEqual(['a']);
    expect(names(rowsToDrop(tables, 10, { memoryBytes: 20 }, NOW_MS))).toEqual(['a', 'b']);
  });

  it('finds no room while it would have to drop rows of a table used just now', () => {
    expect(rowsToDrop(tables, 10, { memoryBytes: 19 }, NOW_MS)).toBeUndefined();
    expect(names(rowsToDrop(tables, 10, { memoryBytes: 19 }, NOW_MS + 5_000))).toHaveLength(3);
  });
});

describe('tablesToClose', () => {
  const tables = [table('a', 0), table('b', 1, 1), { ...table('c', 2), opened: undefined }, table('d', 3)]; // biome-ignore format: one row

  it('closes no table within both limits', () => {
    expect(tablesToClose(tables, { openTableCount: 4, indexBytes: 12 })).toEqual([]);
  });

  it('closes the table used longest ago above the limit of tables or of index bytes', () => {
    expect(names(tablesToClose(tables, { openTableCount: 3, indexBytes: 12 }))).toEqual(['a']);
    expect(names(tablesToClose(tables, { openTableCount: 4, indexBytes: 11 }))).toEqual(['a']);
  });

  it('closes no table that is in use or being opened', () => {
    expect(names(tablesToClose(tables, { openTableCount: 0, indexBytes: 0 }))).toEqual(['a', 'd']);
  });
});
