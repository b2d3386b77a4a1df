/** Progress of transfers, against lines written by hand. */
import { expect, test } from 'vitest';
import { barText, bytesText } from '../../src/printing/text/index.js';
import { lineWidth } from '../../src/session/terminal.js';
import { ProgressLine, progressText } from '../../src/session/with-progress.js';

test('progressText of a known length has a bar, a rate and the time that is left', () => {
  const progress = { what: 'pushing digits', done: 10e6, total: 40e6, elapsedMs: 2000 };
  expect(progressText(progress, bytesText)).toBe(
    'pushing digits  ██████··················  25 %  10.0 MB of 40.0 MB  5.00 MB/s  about 6 s left',
  );
});

test('progressText of an unknown length has the bytes so far and the rate', () => {
  const progress = { what: 'pulling x', done: 1500, total: undefined, elapsedMs: 500 };
  expect(progressText(progress, bytesText)).toBe('pulling x  1.50 kB  3.00 kB/s');
});

test.each([
  [0, '········'],
  [1 / 64, '▏·······'],
  [0.5, '████····'],
  [1, '████████'],
  [1.5, '████████'],
])('barText of %d', (share, bar) => {
  expect(barText(share, 8)).toBe(bar);
});

test('ProgressLine rewrites its line at intervals, cuts it to the terminal, and clears it', () => {
  const written: string[] = [];
  const screen = { columns: 32, write: (text: string) => written.push(text) };
  const line = new ProgressLine(screen, 'pushing digits', bytesText, 0);
  for (const nowMs of [0, 299, 300, 399, 400]) line.show(1000, undefined, nowMs);
  line.clear();
  expect(written).toEqual([
    '\u001b[Kpushing digits  1.00 kB  3.33 k\r',
    '\u001b[Kpushing digits  1.00 kB  2.50 k\r',
    '\u001b[K',
  ]);
});

test('ProgressLine shows nothing of a transfer that ends at once', () => {
  const written: string[] = [];
  const screen = { columns: 80, write: (text: string) => written.push(text) };
  const line = new ProgressLine(screen, 'pushing digits', bytesText, 0);
  line.show(1000, 1000, 20);
  line.clear();
  expect(written).toEqual([]);
});

test.each([
  [120, 119],
  [10, 20],
  [0, 79],
])('lineWidth of %d columns is %d', (columns, width) => {
  expect(lineWidth({ columns })).toBe(width);
});
