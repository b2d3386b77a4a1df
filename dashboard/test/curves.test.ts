/** Charts of histories of a few points, with figures by hand. */
import { describe, expect, it } from 'vitest';
import { chartsOf, curveText, spread, valueAt } from '../src/web/charts/curves.js';

describe('chartsOf a history', () => {
  const history = {
    columns: [
      ...['loss', 'samples', 'seconds', 'waitingSeconds', 'objective[0].kd', 'objective[1].ce'],
      ...['objective[2].kd', 'teacher.a.b.latencyMs', 'teacher.a.b.share', 'storeShare'],
    ],
    points: [
      { firstStep: 0, endStep: 2, means: [2, 64, 0.5, 0.1, 1, 2, 3, 20, 0.5, null] },
      { firstStep: 2, endStep: 4, means: [1, 64, 0, 0, null, 1, 2, null, 1, null] },
    ],
  };
  const { learning, speed, teachers } = chartsOf(history);
  const find = (charts: typeof learning, title: string) =>
    charts.find((chart) => chart.title === title)?.curves;

  it('has charts only of known columns', () => {
    expect(learning.map(({ title }) => title)).toEqual(['Loss', 'Loss by term']);
    expect(speed.map(({ title }) => title)).toEqual([
      'Samples per second',
      'Time spent waiting',
      'Latency of teachers',
    ]);
    expect(teachers.map(({ title }) => title)).toEqual(['Share of targets']);
  });

  it('has null instead of a division by zero', () => {
    expect(find(speed, 'Samples per second')?.[0]?.values).toEqual([128, null]);
    expect(find(speed, 'Time spent waiting')?.[0]?.values).toEqual([20, null]);
  });

  it('names terms and teachers', () => {
    expect(find(learning, 'Loss by term')?.map(({ name }) => name)).toEqual([
      'kd (1)',
      'ce',
      'kd (3)',
    ]);
    expect(find(speed, 'Latency of teachers')).toEqual([{ name: 'a.b', values: [20, null] }]);
    expect(find(teachers, 'Share of targets')).toEqual([{ name: 'a.b', values: [50, 100] }]);
  });
});

describe('curveText', () => {
  it('has the first, last, least and greatest value', () => {
    const values = [null, 2, 0.5, 3, 1, null];
    expect(curveText({ name: 'x', values }, [0, 1000, 2000, 3000, 4000, 5000])).toBe(
      'from 2 at step 1,000 to 1 at step 4,000; least 0.5 at step 2,000, most 3 at step 3,000',
    );
    expect(curveText({ name: 'x', values: [null] }, [0])).toBe('nothing yet');
  });
});

describe('spread', () => {
  it('spreads rows of a table over all points, with the last one', () => {
    expect(spread(3, 50)).toEqual([0, 1, 2]);
    expect(spread(10, 4)).toEqual([2, 5, 8, 9]);
    expect(spread(512, 50)).toHaveLength(47);
    expect(spread(512, 50).at(-1)).toBe(511);
    expect(spread(0, 50)).toEqual([]);
  });
});

it('valueAt gives the last known value of a sparse curve', () => {
  const values = [null, 1, null, null, 2, null];
  expect(values.map((_, index) => valueAt(values, index, true))).toEqual([null, 1, 1, 1, 2, 2]);
  expect(values.map((_, index) => valueAt(values, index, false))).toEqual(values);
});
