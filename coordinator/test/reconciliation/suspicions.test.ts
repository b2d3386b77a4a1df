/** Suspicions as values. */
import { expect, test } from 'vitest';
import { Suspicions } from '../../src/reconciliation/suspicions.js';
import { ANNA, key } from './a-suspect-run.js';

const ANNAS = { workerId: 'worker', teacher: ANNA };

function added(...items: [first: number, end: number, atMs?: number, view?: string][]) {
  const suspicions = new Suspicions();
  const records = items.map(([first, end, atMs = 1, view = key.view]) => ({
    key: { ...key, view },
    range: { first, end },
    atMs,
  }));
  suspicions.add(ANNAS, 'why', records);
  return suspicions.waiting[0];
}

test.each([
  [
    'neighbours are one, in whatever order they came',
    [
      [5, 8],
      [0, 5],
    ],
    [[0, 8]],
  ],
  [
    'so are those that overlap',
    [
      [0, 9],
      [2, 4],
      [8, 10],
    ],
    [[0, 10]],
  ],
  [
    'those with others between them are not',
    [
      [0, 2],
      [3, 4],
    ],
    [
      [0, 2],
      [3, 4],
    ],
  ],
] as const)('Suspicions merges ranges: %s', (_, items, want) => {
  const ranges = added(...items.map(([first, end]) => [first, end] as [number, number]))?.records;
  expect(ranges?.map(({ range }) => [range.first, range.end])).toEqual(want);
});

test('Suspicions does not merge ranges of different tables', () => {
  const records = added([0, 2, 1, 'one'], [2, 4, 1, 'two'])?.records;
  expect(records?.map(({ key: own, range }) => [own.view, range.first])).toEqual([
    ['one', 0],
    ['two', 2],
  ]);
});

test('Suspicions counts from the time of the earliest record', () => {
  expect(added([0, 1, 7], [1, 2, 3], [2, 3, 5])?.sinceMs).toBe(3);
});
