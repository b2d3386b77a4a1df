/** Positions of dots and lines. */
import { expect, it } from 'vitest';
import { dotPlot } from '../../src/plots/dot-plot.js';

const row = (label: string, value: number, reach = 0) => ({
  label,
  figure: { value, low: value - reach, high: value + reach },
});
const numbers = (svg: string, pattern: RegExp) =>
  [...svg.matchAll(pattern)].map(([, x]) => Number(x));
const ticks = (svg: string) =>
  [...svg.matchAll(/text-anchor="middle">([^<]+)</g)].map(([, text]) => text);

it('dotPlot places dots in proportion, with lines as long as their intervals', () => {
  const svg = dotPlot([row('a', 10, 5), row('b', 20, 5), row('c', 30)], 'points');
  const [a = 0, b = 0, c = 0] = numbers(svg, /<circle cx="([^"]+)"/g);
  expect(b - a).toBeCloseTo(c - b, 0);
  expect(numbers(svg, /class="interval" x1="([^"]+)"/g)).toHaveLength(2);
  expect(numbers(svg, /class="interval" x1="([^"]+)"/g)[0]).toBeCloseTo(a - (b - a) / 2, 0);
  expect(numbers(svg, /class="interval" x1="[^"]+" x2="([^"]+)"/g)[0]).toBeCloseTo((a + b) / 2, 0);
});

it('dotPlot has round ticks around all intervals, and a line at zero', () => {
  const svg = dotPlot([row('a', -1.3, 0.4), row('b', 2.2, 1)], 'difference, points');
  expect(ticks(svg)).toEqual(['−2', '−1', '0', '1', '2', '3', '4', 'difference, points']);
  expect(svg.match(/class="zero"/g)).toHaveLength(1);
  expect(ticks(dotPlot([row('a', 94.2), row('b', 94.4)], '%'))).toEqual([
    ...['94.2', '94.25', '94.3', '94.35', '94.4', '%'],
  ]);
});

it('dotPlot of one figure has no NaN', () => {
  expect(dotPlot([row('a', 3)], '%')).not.toMatch(/NaN|Infinity/);
});

it('dotPlot escapes names', () => {
  expect(dotPlot([row('a < "b"', 1)], 'x & y')).toContain('a &lt; &quot;b&quot;');
});
