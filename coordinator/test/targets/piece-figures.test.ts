/** A piece of three steps of 4, 4 and 3 rows, whose rows come in parts of any size. */
import { shownColumns, targetSumColumns } from '@lyceum/learning/history';
import { expect, it } from 'vitest';
import { PieceFigures } from '../../src/targets/piece-figures.js';
import { SpanLatencies } from '../../src/targets/span-latencies.js';

const run = {
  kind: 'Distillation',
  spec: { objective: [], teachers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
} as const;
const columns = targetSumColumns(run);

/** By row: a disagrees in every third row, b has no answer to the first row; c has no answers. */
const VERDICTS = [
  Array.from({ length: 11 }, (_, row) => (row % 3 === 0 ? 1 : 0)),
  Array.from({ length: 11 }, (_, row) => (row === 0 ? -1 : 0)),
  new Array<number>(11).fill(-1),
];

it.each([[[11]], [[4, 4, 3]], [[1, 2, 3, 4, 1]], [[7, 4]]])(
  'PieceFigures sums parts of %j rows by step',
  (sizes) => {
    const figures = new PieceFigures({
      piece: { firstStep: 5, endStep: 8, contributors: [0, 1] },
      batchSize: 4,
      rowCount: 11,
      teacherCount: 3,
      openSpans: 2,
      latenciesMs: new Map([[1, 70]]),
    });
    let first = 0;
    const ended = sizes.flatMap((size) => {
      const rows = VERDICTS.flatMap((verdicts) => verdicts.slice(first, first + size));
      first += size;
      return figures.add(size, Int8Array.from(rows));
    });
    const named = ended.map(({ step, values }) => ({
      step,
      ...Object.fromEntries(columns.map((name, i) => [name, values[i]])),
    }));
    const always = {
      openSpans: 2,
      'teacher.a.share': 1,
      'teacher.b.share': 1,
      'teacher.c.share': 0,
    };
    const ticket = { 'teacher.a.tickets': 0, 'teacher.b.tickets': 1, 'teacher.b.latencyMs': 70 };
    expect(named).toMatchObject([
      {
        step: 5,
        ...always,
        ...ticket,
        'teacher.a.disagreeingRows': 2,
        'teacher.b.comparedRows': 3,
      },
      {
        step: 6,
        ...always,
        ...ticket,
        'teacher.a.disagreeingRows': 1,
        'teacher.b.comparedRows': 4,
      },
      {
        step: 7,
        ...always,
        ...ticket,
        'teacher.a.disagreeingRows': 1,
        'teacher.b.comparedRows': 3,
      },
    ]);
    expect(named[0]).toMatchObject({ 'teacher.c.comparedRows': 0, 'teacher.a.comparedRows': 4 });
    expect(shownColumns(run)).toContain('teacher.c.disagreement');
  },
);

it('SpanLatencies keeps the last ticket latency of each teacher for the newest spans', () => {
  const latencies = new SpanLatencies(() => 2);
  latencies.came({ span: 0, teachers: new Set([0]) }, 5);
  latencies.came({ span: 1, teachers: new Set([0, 2]) }, 7);
  latencies.came({ span: 1, teachers: new Set([1]) }, undefined);
  expect([...latencies.of(1)]).toEqual([
    [0, 7],
    [2, 7],
  ]);
  // Teacher 0 is asked again, and its answers are stored.
  latencies.came({ span: 1, teachers: new Set([0]) }, undefined);
  expect([...latencies.of(1)]).toEqual([[2, 7]]);
  latencies.came({ span: 2, teachers: new Set([0]) }, 9);
  expect([...latencies.of(0)]).toEqual([]);
});
