/** The table of a sweep as text. */
import type {
  ArmDifferenceOverRuns,
  MeanOverSeeds,
  SweepArm,
  SweepTable,
} from '../comparison/index.js';
import { type Column, points, tableLines } from './text/index.js';

const FIGURES: readonly Column<SweepArm>[] = [
  { title: 'RUNS', value: runsText, align: 'right' },
  { title: 'ACCURACY', value: (arm) => meanText(arm.accuracy, 100, 2, ' %'), align: 'right' },
  { title: 'NLL', value: (arm) => meanText(arm.nll, 1, 4, ''), align: 'right' },
  { title: 'AGREEMENT', value: (arm) => meanText(arm.agreement, 100, 2, ' %'), align: 'right' },
  { title: 'DEVICES', value: (arm) => meanText(arm.deviceSeconds, 1, 1, ' s'), align: 'right' },
  { title: 'WAITING', value: (arm) => meanText(arm.waitingShare, 100, 1, ' %'), align: 'right' },
  { title: 'DIFFERENCE', value: (arm) => differenceText(arm.difference), align: 'right' },
  { title: '95 % INTERVAL', value: (arm) => intervalText(arm.difference), align: 'right' },
  { title: 'PAIRS', value: (arm) => arm.difference?.pairCount, align: 'right' },
];

export function sweepLines(table: SweepTable): string[] {
  const { arms, fields } = table;
  const columns: Column<SweepArm>[] = [
    ...fields.map((field) => ({
      title: field,
      value: (arm: SweepArm) => valueText(arm.values[field]),
    })),
    ...FIGURES,
  ];
  const differences = arms.flatMap(({ difference }) => difference ?? []);
  return [
    ...tableLines(columns, arms),
    '',
    'Of the test split; mean ± standard deviation over the runs of a row, which differ in their seeds alone.',
    'DEVICES: seconds of student and teachers together; WAITING: share of its training that the student waited for targets.',
    ...(differences.length === 0 ? [] : [explained(differences)]),
    ...(table.notCompared === null ? [] : [`Rows are not compared: ${table.notCompared}.`]),
  ];
}

function explained(differences: readonly ArmDifferenceOverRuns[]): string {
  const overSeeds = differences.some(({ over }) => over === 'seeds');
  const overSamples = differences.some(({ over }) => over === 'samples');
  const ways = [
    ...(overSeeds ? ['over seeds (Student’s t)'] : []),
    ...(overSamples ? ['over test samples (Bonett and Price 2012) where there is one pair'] : []),
  ];
  const many = differences.length > 1 ? '; of so many intervals, 5 % miss by chance' : '';
  return `Differences in points of accuracy from the first row, run by run of equal seeds; intervals ${ways.join(', ')}${many}.`;
}

function valueText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

/** `3`; or `2 of 3` if a run has not succeeded, or not yet. */
function runsText({ runs }: SweepArm): string {
  const succeeded = runs.filter(({ state }) => state === 'SUCCEEDED').length;
  return succeeded === runs.length ? String(succeeded) : `${succeeded} of ${runs.length}`;
}

function meanText(
  of: MeanOverSeeds | null,
  scale: number,
  digits: number,
  unit: string,
): string | undefined {
  if (of === null) return undefined;
  const spread =
    of.standardDeviation === null ? '' : ` ± ${(of.standardDeviation * scale).toFixed(digits)}`;
  return `${(of.mean * scale).toFixed(digits)}${spread}${unit}`;
}

function differenceText(of: ArmDifferenceOverRuns | null): string | undefined {
  return of === null ? undefined : points(of.mean);
}

function intervalText(of: ArmDifferenceOverRuns | null): string | undefined {
  return of === null ? undefined : `${points(of.low)} to ${points(of.high)}`;
}
