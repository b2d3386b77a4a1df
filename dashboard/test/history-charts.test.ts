/** Curves of made-up histories, with means and quotients by hand. */
import { expect, it } from 'vitest';
import { historyCharts, meanOverRun } from '../src/report/history-charts.js';

const COLUMNS = ['loss', 'samples', 'seconds', 'waitingSeconds', 'teacher.a.b.latencyMs'];

/** The loss is the point's index; every second latency is unknown. */
function history(pointCount: number) {
  return {
    columns: COLUMNS,
    points: Array.from({ length: pointCount }, (_, point) => ({
      firstStep: 10 * point,
      endStep: 10 * point + 10,
      means: [point, 64, 0.5, 0.125, point % 2 === 0 ? 7 : null],
    })),
  };
}

const chart = (title: string, pointCount: number) =>
  historyCharts(history(pointCount)).find((one) => one.title === title);

it('historyCharts has quotients of summed columns', () => {
  expect(chart('Samples per second', 3)?.series[0]?.values).toEqual([128, 128, 128]);
  expect(chart('Share of the time spent waiting for targets', 3)?.series[0]?.values).toEqual([
    0.25, 0.25, 0.25,
  ]);
});

it('historyCharts has a curve for each teacher, and no chart of an unknown column', () => {
  expect(chart('Latency of teachers, ms', 2)?.series).toEqual([{ name: 'a.b', values: [7, null] }]);
  expect(historyCharts(history(2)).map(({ title }) => title)).not.toContain('Gradient norm');
});

it('historyCharts averages known neighbours of a long history', () => {
  const loss = chart('Loss', 250);
  expect(loss?.x).toHaveLength(84);
  expect(loss?.x.slice(0, 2)).toEqual([30, 60]);
  expect(loss?.x.at(-1)).toBe(2500);
  expect(loss?.series[0]?.values.slice(0, 2)).toEqual([1, 4]);
  expect(loss?.series[0]?.values.at(-1)).toBe(249);
  expect(chart('Latency of teachers, ms', 250)?.series[0]?.values[0]).toBe(7);
});

it('meanOverRun is the mean of the known points, or null', () => {
  expect(meanOverRun(history(5), 'loss')).toBe(2);
  expect(meanOverRun(history(5), 'teacher.a.b.latencyMs')).toBe(7);
  expect(meanOverRun(history(5), 'teacher.a.b.share')).toBeNull();
});
