import { expect, it } from 'vitest';
import type { TableColumn } from '../../src/datasets/index.js';
import { columnPlaces } from '../../src/models/table-reading.js';

const number = (name: string): TableColumn => ({ name, kind: 'number' });
const category = (name: string): TableColumn => ({ name, kind: 'category' });
const SET = [
  number('age'),
  number('hours-per-week'),
  category('Köln'),
  category('a b'),
  category('a-b'),
];

it('finds columns by their names, and by what exporters make of these', () => {
  expect(columnPlaces([category('Köln'), number('age')], SET)).toEqual([2, 0]);
  expect(columnPlaces([number('hours_per_week')], SET)).toEqual([1]);
  expect(columnPlaces([category('a b'), category('a-b')], SET)).toEqual([3, 4]);
});

it.each<[string, readonly TableColumn[], readonly TableColumn[] | undefined]>([
  ["reads a table's columns, and the data set has none", [number('age')], undefined],
  [
    'reads the column Age, which the data set has not; it has age, hours-per-week',
    [number('Age')],
    SET,
  ],
  ['reads the columns b, c, which', [number('age'), number('b'), number('c')], SET],
  ['reads the column a_b, which', [category('a_b')], SET],
  [
    'reads texts in the column age, which is one of numbers in the data set: push the set with --columns age=category',
    [category('age')],
    SET,
  ],
  [
    'reads numbers in the column Köln, which is one of categories in the data set: push the set with --columns Köln=number',
    [number('Köln')],
    SET,
  ],
])('refuses: %s', (problem, wanted, columns) => {
  expect(() => columnPlaces(wanted, columns)).toThrow(problem);
});
