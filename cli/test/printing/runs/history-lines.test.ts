/** A run's history as lines. */
import { expect, it } from 'vitest';
import { historyLines, lossLine, teacherHistoryLines } from '../../../src/printing/runs/index.js';

const common = ['loss', 'learningRate', 'gradientNorm', 'samples', 'seconds', 'waitingSeconds'];

it('historyLines has a line for each point, with the terms of a loss that has several', () => {
  const columns = [...common, 'objective[0].kd', 'objective[1].ce'];
  const points = [
    { firstStep: 0, endStep: 50, means: [2.5, 0.01, 1.25, 128, 0.5, 0.25, 2.25, 0.25] },
    { firstStep: 50, endStep: 80, means: columns.map(() => Number.NaN) },
  ];
  expect(historyLines({ columns, points }, 0)).toEqual([
    'STEPS   LOSS     KD      CE  LEARNING RATE  GRADIENT NORM  SAMPLES/S  WAITING',
    '1–50   2.500  2.250  0.2500        0.01000          1.250        256     50 %',
    '51–80      -      -       -              -              -          -        -',
  ]);
});

it('historyLines shows no term of a loss that has one, and no rates of no time', () => {
  const points = [{ firstStep: 0, endStep: 1, means: [2, 1, 1, 10, 0, 0, 2] }];
  const [title, line] = historyLines({ columns: [...common, 'objective[0].kd'], points }, 0);
  expect(title).not.toContain('KD');
  expect(line).toMatch(/- +-$/);
});

it('historyLines says that no step has been taken', () => {
  expect(historyLines({ columns: common, points: [] }, 0)).toEqual(['no step has been taken']);
  const later = ['no step from 1,000 on has been taken'];
  expect(historyLines({ columns: common, points: [] }, 1000)).toEqual(later);
});

it('lossLine shows the loss in one line, blank where it is unknown', () => {
  const losses = [8, Number.NaN, 4, 2, 1];
  const points = losses.map((loss, i) => ({
    firstStep: 300 * i,
    endStep: 300 * i + 300,
    means: [loss],
  }));
  expect(lossLine({ columns: ['loss'], points })).toEqual([
    'Loss over 1,500 steps: 8.00 █ ▄▂▁ 1.00',
  ]);
  expect(lossLine({ columns: ['loss'], points: points.slice(4) })).toEqual([
    'Loss over 1,500 steps: 1.00 ▁ 1.00',
  ]);
  expect(lossLine({ columns: ['loss'], points: points.slice(1, 2) })).toEqual([]);
});

it('teacherHistoryLines has a line for each teacher, with the common figures in each', () => {
  const columns = [...common, 'storeShare', 'openSpans'];
  for (const name of ['a', 'b.c']) {
    columns.push(`teacher.${name}.latencyMs`, `teacher.${name}.share`);
    columns.push(`teacher.${name}.disagreement`);
  }
  const own = common.map(() => 1);
  const means = [...own, 0.25, 3, 1234, 1, 0.125, Number.NaN, 0.5, Number.NaN];
  const points = [{ firstStep: 0, endStep: 50, means }];
  expect(teacherHistoryLines({ columns, points }, 0)).toEqual([
    'STEPS  FROM STORE  OPEN SPANS  TEACHER    SHARE  DISAGREES   LATENCY',
    '1–50         25 %         3.0  a        100.0 %    12.50 %  1,234 ms',
    '1–50         25 %         3.0  b.c       50.0 %          -         -',
  ]);
  expect(teacherHistoryLines({ columns: common, points }, 0)).toEqual(['the run asks no teachers']);
  expect(teacherHistoryLines({ columns, points: [] }, 0)).toEqual(['no step has been taken']);
});
