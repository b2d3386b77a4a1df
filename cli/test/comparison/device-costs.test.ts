// Costs of three runs, of which two share a teacher under other names.
import type { Report } from '@lyceum/coordinator/documents';
import { Run } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { costsBy, deviceSeconds, runExpense } from '../../src/comparison/index.js';
import { costLines, expenseLines } from '../../src/printing/index.js';
import { costText } from '../../src/printing/runs/index.js';

const run = (
  runId: string,
  team: string,
  studentDeviceSeconds: number,
  teachers: [name: string, identity: string, deviceSeconds: number][] = [],
) =>
  Run.fromPartial({
    runId,
    team,
    teacherIdentities: teachers.map(([, identity]) => identity),
    cost: {
      studentDeviceSeconds,
      teachers: teachers.map(([name, , deviceSeconds]) => ({
        name,
        deviceSeconds,
        sampleCount: 100,
      })),
    },
  });

const AA = 'aa'.repeat(32);
const BB = 'bb'.repeat(32);
const runs = [
  run('one', 'vision', 2, [
    ['wide', AA, 3],
    ['deep', BB, 1],
  ]),
  run('two', 'vision', 1, [['mine', AA, 5]]),
  run('alone', '', 1500),
  Run.fromPartial({ runId: 'of before' }),
];

it('costsBy sums up by run, team and teacher, the dearest first', () => {
  const of = (by: 'run' | 'team' | 'teacher') =>
    costsBy(runs, by).map((row) => [row.name, row.runCount, deviceSeconds(row), row.sampleCount]);
  expect(of('run')).toEqual([
    ['alone', 1, 1500, 0],
    ['one', 1, 6, 200],
    ['two', 1, 6, 100],
  ]);
  expect(of('team')).toEqual([
    ['', 1, 1500, 0],
    ['vision', 2, 12, 300],
  ]);
  // The teacher's names in both runs.
  expect(of('teacher')).toEqual([
    ['wide, mine', 2, 8, 200],
    ['deep', 1, 1, 100],
  ]);
});

it('costLines gives tables by run, team and teacher', () => {
  expect(costLines(costsBy(runs, 'run'), 'run')).toEqual([
    'RUN    STUDENT  TEACHERS  TOGETHER  SAMPLES ANSWERED',
    'alone  1,500 s     0.0 s   1,500 s                 0',
    'one      2.0 s     4.0 s     6.0 s               200',
    'two      1.0 s     5.0 s     6.0 s               100',
  ]);
  expect(costLines(costsBy(runs, 'team'), 'team')[1]).toMatch(/^- +1 +1,500 s/);
  expect(costLines(costsBy(runs, 'teacher'), 'teacher').slice(0, 2)).toEqual([
    'TEACHER     IDENTITY      RUNS  TEACHERS  SAMPLES ANSWERED',
    'wide, mine  aaaaaaaaaaaa     2     8.0 s               200',
  ]);
  expect(costLines([], 'run')).toEqual(['Nothing is known of any run.']);
});

it('costText gives the costs of a run in a line, expenseLines those of compared runs in a table', () => {
  const cost = runs[0]?.cost;
  expect(cost && costText(cost)).toBe(
    '6.0 s of devices: student 2.0 s, teachers 4.0 s (wide 3.0 s, deep 1.0 s)',
  );
  expect(costText({ studentDeviceSeconds: 2, teachers: [] })).toBe(
    '2.0 s of devices: student 2.0 s',
  );
  const report = {
    runId: 'one',
    cost,
    wallSeconds: 9,
    training: { seconds: 4, waitingSeconds: 1 },
  };
  const older = { ...report, runId: 'older', cost: null };
  const expenses = [report, older].map((of) => runExpense(of as unknown as Report));
  expect(expenseLines(expenses)).toEqual([
    'RUN    DEVICES  WAITING  FROM SUBMIT TO END',
    'one      6.0 s   25.0 %               9.0 s',
    'older        -   25.0 %               9.0 s',
  ]);
});
