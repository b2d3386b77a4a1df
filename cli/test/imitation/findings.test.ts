/** Findings about answers, which drop none; oracles are counts by hand, and draws with a known share. */
import type { CheckedInput } from '@lyceum/learning/imitation';
import { expect, it } from 'vitest';
import { changePoint } from '../../src/imitation/drift/change-point.js';
import { biasOf } from '../../src/imitation/findings/bias.js';
import {
  entropyOf,
  explanationsOf,
  selfConsistencyOf,
} from '../../src/imitation/findings/diversity.js';
import { obedienceOf } from '../../src/imitation/findings/obedience.js';

const input = (more: Partial<CheckedInput>): CheckedInput => ({
  id: '1',
  value: { text: '' },
  answers: {},
  cutOff: [],
  ...more,
});

/** Numbers in [0, 1), the same each time. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it('changePoint finds where a share changes, near either end too', () => {
  for (const place of [30, 150, 288]) {
    const row = Array.from({ length: 300 }, (_, i) => (i < place ? i % 20 !== 3 : i % 3 === 0));
    const found = changePoint(row, 1);
    expect(found?.before).toBeGreaterThan(0.9);
    expect(found?.after).toBeLessThan(0.5);
    expect(Math.abs((found?.place ?? 0) - place)).toBeLessThan(4);
    expect(found?.earliest).toBeLessThanOrEqual(place);
    expect(found?.latest).toBeGreaterThanOrEqual(place);
  }
});

it('changePoint finds none in a steady share, and counts repeated answers as one', () => {
  const next = draws(7);
  const found = Array.from({ length: 300 }, (_, i) => {
    const row = Array.from({ length: 50 + i }, () => next() < 0.8);
    return changePoint(row, 1);
  });
  expect(found.filter((one) => one !== undefined)).toEqual([]);
  expect(changePoint([], 1)).toBeUndefined();
  expect(changePoint([true, true], 1)).toBeUndefined();
  // 40 answers are too few, even if each was said five times.
  const row = Array.from({ length: 40 }, (_, i) => i < 10 || i % 4 === 0);
  const five = row.flatMap((own) => [own, own, own, own, own]);
  expect(changePoint(row, 1)).toBeUndefined();
  expect(changePoint(five, 1)).toBeDefined();
  expect(changePoint(five, 5)).toBeUndefined();
});

it('biasOf reports a class named more or less often than it is the consensus, beyond chance', () => {
  const some = (count: number, own: string | null, consensus?: string) =>
    Array.from({ length: count }, () =>
      input({ answers: { a: own }, ...(consensus !== undefined && { consensus }) }),
    );
  const inputs = [
    ...some(20, 'x', 'x'),
    ...some(10, 'x', 'y'),
    ...some(6, 'y', 'y'),
    ...some(3, 'y', 'z'),
    ...some(1, 'z', 'z'),
    ...some(9, null, 'x'),
    ...some(9, 'x'),
  ];
  // Of 40: x is named 30 times, and is the consensus 20 times; y 9 and 16 times; z is too rare.
  expect(biasOf('a', ['x', 'y', 'z'], inputs)).toEqual([
    { class: 'x', named: 30, consensus: 20, difference: 0.25 },
  ]);
  expect(biasOf('a', ['x', 'y', 'z'], [...inputs, ...some(9, 'x', 'y')])).toEqual([
    { class: 'x', named: 39, consensus: 20, difference: 19 / 49 },
    { class: 'y', named: 9, consensus: 25, difference: -16 / 49 },
  ]);
  expect(biasOf('b', ['x', 'y', 'z'], inputs)).toEqual([]);
});

it('entropyOf is in bits; explanationsOf counts distinct words and pairs; selfConsistencyOf averages', () => {
  expect(entropyOf([2, 1, 1])).toBe(1.5);
  expect(entropyOf([5, 0])).toBe(0);
  expect(entropyOf([])).toBeNull();
  const inputs = [
    input({ explanations: { a: [{ class: 'x', text: 'it is so' }] }, shares: { a: { x: 1 } } }),
    input({
      explanations: { a: [{ class: 'x', text: 'It is' }, { class: 'y', text: 'äh' }] },
      shares: { a: { x: 0.5, y: 0.25 } },
    }), // biome-ignore format: two
    input({ shares: { a: {} } }),
  ];
  // Words: it is so, it is, äh; pairs: it is, is so, it is.
  expect(explanationsOf('a', inputs)).toEqual({
    count: 3,
    characters: 5,
    distinct: [4 / 6, 2 / 3],
  });
  expect(explanationsOf('b', inputs)).toBeNull();
  expect(selfConsistencyOf('a', inputs)).toBe(0.75);
  expect(selfConsistencyOf('b', inputs)).toBeNull();
});

it('obedienceOf doubts a teacher that leaves the consensus mostly where inputs tell it to', () => {
  const inputs = Array.from({ length: 60 }, (_, i) =>
    input({
      answers: { a: i < 10 ? 'y' : 'x', b: i % 6 === 0 ? 'y' : 'x', c: null },
      consensus: 'x',
    }),
  );
  const isTold = inputs.map((_, i) => i < 12);
  expect(obedienceOf('a', inputs, isTold)).toEqual({
    told: 12,
    apart: 10,
    apartElsewhere: 0,
    isDoubtful: true,
  });
  expect(obedienceOf('b', inputs, isTold)).toMatchObject({ apart: 2, isDoubtful: false });
  expect(obedienceOf('c', inputs, isTold)).toEqual({
    told: 0,
    apart: 0,
    apartElsewhere: 0,
    isDoubtful: false,
  });
  // A teacher that leaves the consensus more often elsewhere is not obedient.
  const isOther = isTold.map((told) => !told);
  expect(obedienceOf('a', inputs, isOther).isDoubtful).toBe(false);
});
