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

it('columnPlaces finds columns by their names, and by the names that exporters make of these', () => {
  expect(columnPlaces([category('Köln'), number('age')], SET)).toEqual([2, 0]);
  expect(columnPlaces([number('hours_per_week')], SET)).toEqual([1]);
  expect(columnPlaces([category('a b'), category('a-b')], SET)).toEqual([3, 4]);
});

it('columnPlaces takes a changed name only if one of the two names has underscores', () => {
  const set = [number('x<1'), number('2010'), number('-'), number('a+b-c')];
  expect(columnPlaces([number('_2010'), number('a+b_c'), number('x_1')], set)).toEqual([1, 3, 0]);
  for (const name of ['x>1', '#', 'a-b-c']) {
    expect(() => columnPlaces([number(name)], set)).toThrow(`reads the column ${name}, which`);
  }
  const both = [number('hours-per-week'), number('hours_per_week')];
  expect(() => columnPlaces(both, SET)).toThrow('reads the column hours_per_week, which');
});

it.each<[string, readonly TableColumn[], readonly TableColumn[] | undefined]>([
  ["reads a table's columns, and the data set has none", [number('age')], undefined],
  [
    'reads the column Age, which the data set does not have; it has age, hours-per-week',
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
])('columnPlaces refuses a model that %s', (problem, wanted, columns) => {
  expect(() => columnPlaces(wanted, columns)).toThrow(problem);
});
