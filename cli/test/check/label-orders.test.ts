/** Assignments against all permutations; orders of classes against counts by hand. */
import { bestAssignment, mulberry32 } from '@lyceum/learning/arrays';
import { describe, expect, it } from 'vitest';
import {
  countsAmong,
  judgedOrders,
  labelOrders,
  mappedOrder,
} from '../../src/check/label-orders.js';

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) =>
    Array.from({ length: n }, (_, at) => shorter.toSpliced(at, 0, n - 1)),
  );
}

const worthOf = (worth: readonly number[], n: number, columns: ArrayLike<number>) =>
  Array.from({ length: n }, (_, row) => worth[row * n + (columns[row] as number)] as number).reduce(
    (sum, one) => sum + one,
    0,
  );

describe('bestAssignment', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])('finds the greatest sum of %d rows', (n) => {
    for (let seed = 0; seed < 20; seed++) {
      const worth = Array.from({ length: n * n }, (_, i) => Math.floor(10 * mulberry32(seed, i)));
      const found = bestAssignment(worth, n);
      expect([...found].sort()).toEqual([...Array(n).keys()]);
      const best = Math.max(...permutations(n).map((columns) => worthOf(worth, n, columns)));
      expect(worthOf(worth, n, found)).toBe(best);
    }
  });
});

describe('orders of classes', () => {
  const names = ['0', '1', '2', '10'];

  it('labelOrders gives the plausible orders, each once', () => {
    const told = (classNames: string[], count: number, own?: string[]) =>
      labelOrders(classNames, count, own).map(({ name, classes }) => [name, classes]);
    expect(told(names, 4)).toEqual([
      ["in the set's order", undefined],
      ['sorted as strings', ['0', '1', '10', '2']],
    ]);
    expect(told(['10', '2'], 2)).toEqual([
      ["in the set's order", undefined],
      ['sorted as numbers', ['2', '10']],
    ]);
    expect(told(['a', 'b'], 3)).toEqual([]);
    expect(told(['b', 'a'], 3, ['a', 'b', 'c'])).toEqual([
      ['as the settings say', ['a', 'b', 'c']],
    ]);
  });

  it('labelOrders and mappedOrder name some of the classes in full, and use samples of these', () => {
    expect(labelOrders(['a', 'b'], 2, undefined, true)).toEqual([
      { name: "in the set's order", classes: ['a', 'b'] },
    ]);
    // The set's second and fourth class; the model has the fourth first.
    const counts = countsAmong(
      [
        [0, 0, 5],
        [0, 3, 4],
        [1, 1, 3],
        [0, 1, 1],
      ],
      ['a', 'b', 'c', 'd'],
      ['b', 'd'],
    );
    expect(counts).toEqual([
      [0, 1, 4],
      [1, 0, 3],
      [0, 0, 1],
    ]);
    expect(mappedOrder(['b', 'd'], 2, counts)).toMatchObject({
      accuracy: 7 / 8,
      sampleCount: 8,
      frequentShare: 1 / 2,
      classes: ['d', 'b'],
    });
    // A model that names none of the classes has no order.
    expect(mappedOrder(['a', 'b', 'c'], 2, [[0, 2, 4]])).toBeUndefined();
  });

  it('judgedOrders sorts orders by accuracy, and mappedOrder finds the best one', () => {
    // The model's third class is the set's fourth, and the other way round.
    const counts = [
      [0, 0, 4],
      [1, 1, 2],
      [2, 3, 3],
      [3, 2, 1],
    ] as const;
    const judged = judgedOrders(labelOrders(names, 4, undefined), names, counts);
    expect(judged.map(({ name, accuracy }) => [name, accuracy])).toEqual([
      ['sorted as strings', 1],
      ["in the set's order", 0.6],
    ]);
    expect(mappedOrder(names, 4, counts)).toMatchObject({
      accuracy: 1,
      classes: ['0', '1', '10', '2'],
    });
    // A model of more classes has some that the set lacks.
    expect(
      mappedOrder(['a', 'b'], 3, [
        [2, 0, 4],
        [0, 1, 4],
      ]),
    ).toMatchObject({
      accuracy: 1,
      classes: ['b', 'output-1', 'a'],
    });
  });
});
