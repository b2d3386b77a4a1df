// Tables are given by name, size and time of last use.
import { describe, expect, it } from 'vitest';
import { tablesToEvict } from '../../src/answers/eviction.js';

const table = (name: string, sizeBytes: number, lastUsedAtMs: number) => ({
  name,
  sizeBytes,
  lastUsedAtMs,
});
const tables = [table('new', 10, 30), table('old', 20, 10), table('middle', 30, 20)];
const names = (maxBytes: number, needed: readonly string[] = []) =>
  tablesToEvict(tables, maxBytes, ({ name }) => needed.includes(name)).map(({ name }) => name);

describe('tablesToEvict', () => {
  it('evicts no table while all fit', () => {
    expect(names(60)).toEqual([]);
  });

  it('evicts as few tables as possible, those used longest ago first', () => {
    expect(names(59)).toEqual(['old']);
    expect(names(40)).toEqual(['old']);
    expect(names(39)).toEqual(['old', 'middle']);
    expect(names(0)).toEqual(['old', 'middle', 'new']);
  });

  it('never evicts needed tables, even if they exceed the limit', () => {
    expect(names(30, ['old'])).toEqual(['middle']);
    expect(names(5, ['old', 'new'])).toEqual(['middle']);
  });
});
