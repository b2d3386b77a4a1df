/** The device time of runs, in tables. */
import { type CostRow, type CostsBy, deviceSeconds, type RunExpense } from '../comparison/index.js';
import {
  type Column,
  countText,
  orUnknown,
  percentText,
  secondsText,
  tableLines,
} from './text/index.js';

const TITLES: Readonly<Record<CostsBy, string>> = { run: 'RUN', team: 'TEAM', teacher: 'TEACHER' };

export function costLines(rows: readonly CostRow[], by: CostsBy): string[] {
  if (rows.length === 0) return ['Nothing is known of any run.'];
  const right = (title: string, value: Column<CostRow>['value']): Column<CostRow> => ({
    title,
    value,
    align: 'right',
  });
  const columns: Column<CostRow>[] = [
    { title: TITLES[by], value: ({ name }) => (name === '' ? undefined : name) },
    ...(by === 'teacher'
      ? [{ title: 'IDENTITY', value: ({ identity }: CostRow) => identity.slice(0, 12) }]
      : []),
    ...(by === 'run' ? [] : [right('RUNS', ({ runCount }) => countText(runCount))]),
    ...(by === 'teacher'
      ? []
      : [right('STUDENT', (row) => orUnknown(row.studentDeviceSeconds, secondsText))]),
    right('TEACHERS', (row) => secondsText(row.teacherDeviceSeconds)),
    ...(by === 'teacher' ? [] : [right('TOGETHER', (row) => secondsText(deviceSeconds(row)))]),
    right('SAMPLES ANSWERED', ({ sampleCount }) => countText(sampleCount)),
  ];
  return tableLines(columns, rows);
}

/** The cost of compared runs, printed below their comparison. */
export function expenseLines(runs: readonly RunExpense[]): string[] {
  return tableLines<RunExpense>(
    [
      { title: 'RUN', value: (run) => run.runId },
      {
        title: 'DEVICES',
        value: (run) => orUnknown(run.deviceSeconds, secondsText),
        align: 'right',
      },
      {
        title: 'WAITING',
        value: (run) => orUnknown(run.waitingShare, (share) => percentText(share, 1)),
        align: 'right',
      },
      { title: 'FROM SUBMIT TO END', value: (run) => secondsText(run.wallSeconds), align: 'right' },
    ],
    runs,
  );
}
