/** A run's history as text: a line for each range of steps, or for each teacher in each range. */
import type { GetHistoryResponse } from '@lyceum/proto';
import {
  type Column,
  countText,
  curveText,
  orUnknown,
  percentText,
  tableLines,
} from '../text/index.js';

type Point = GetHistoryResponse['points'][number];

/** @param from - the first step that was asked for, from 0. */
export function historyLines({ columns, points }: GetHistoryResponse, from: number): string[] {
  if (points.length === 0) return [noSteps(from)];
  const value = (name: string) => meanOf(columns, name);
  const figure = (title: string, name: string): Column<Point> => ({
    title,
    value: (point) => value(name)(point)?.toPrecision(4),
    align: 'right',
  });
  const terms = columns.filter((name) => name.startsWith('objective['));
  const seconds = value('seconds');
  const share = (name: string) => (point: Point) => {
    const spent = seconds(point);
    return spent === undefined || spent === 0 ? undefined : (value(name)(point) ?? 0) / spent;
  };
  const validation: Column<Point> = {
    title: 'VALIDATION',
    value: (point) => orUnknown(value('validationAccuracy')(point), percentText),
    align: 'right',
  };
  const samples = share('samples');
  const waiting = share('waitingSeconds');
  return tableLines(
    [
      { title: 'STEPS', value: stepsText },
      figure('LOSS', 'loss'),
      // With only one term, the loss is that term.
      ...(terms.length > 1 ? terms.map((name) => figure(termTitle(name), name)) : []),
      ...(columns.includes('validationAccuracy') ? [validation] : []),
      figure('LEARNING RATE', 'learningRate'),
      figure('GRADIENT NORM', 'gradientNorm'),
      {
        title: 'SAMPLES/S',
        value: (point) => orUnknown(samples(point), countText),
        align: 'right',
      },
      {
        title: 'WAITING',
        value: (point) => orUnknown(waiting(point), (w) => percentText(w, 0)),
        align: 'right',
      },
    ],
    points,
  );
}

function noSteps(from: number): string {
  return from === 0
    ? 'no step has been taken'
    : `no step from ${countText(from)} on has been taken`;
}

/** Each teacher's part in the targets of the steps, as a table. @param from - as of {@link historyLines}. */
export function teacherHistoryLines(
  { columns, points }: GetHistoryResponse,
  from: number,
): string[] {
  const names = columns.flatMap((name) => /^teacher\.(.+)\.share$/.exec(name)?.[1] ?? []);
  if (names.length === 0) return ['the run asks no teachers'];
  if (points.length === 0) return [noSteps(from)];
  const rows = points.flatMap((point) => names.map((name) => ({ point, name })));
  type Row = (typeof rows)[number];
  const ofAll = (title: string, column: string, text: (mean: number) => string): Column<Row> => ({
    title,
    value: ({ point }) => orUnknown(meanOf(columns, column)(point), text),
    align: 'right',
  });
  const own = (title: string, figure: string, text: (mean: number) => string): Column<Row> => ({
    title,
    value: ({ point, name }) =>
      orUnknown(meanOf(columns, `teacher.${name}.${figure}`)(point), text),
    align: 'right',
  });
  return tableLines(
    [
      { title: 'STEPS', value: ({ point }) => stepsText(point) },
      ofAll('FROM STORE', 'storeShare', (share) => percentText(share, 0)),
      ofAll('OPEN SPANS', 'openSpans', (count) => count.toFixed(1)),
      { title: 'TEACHER', value: ({ name }) => name },
      own('SHARE', 'share', (share) => percentText(share, 1)),
      own('DISAGREES', 'disagreement', percentText),
      own('LATENCY', 'latencyMs', (ms) => `${countText(ms)} ms`),
    ],
    rows,
  );
}

function stepsText({ firstStep, endStep }: Point): string {
  return `${firstStep + 1}–${endStep}`;
}

/** @returns a reader of the column's mean; it returns undefined if the mean is not known. */
function meanOf(columns: readonly string[], name: string) {
  const index = columns.indexOf(name);
  return ({ means }: Point): number | undefined => {
    const mean = means[index];
    return mean === undefined || Number.isNaN(mean) ? undefined : mean;
  };
}

/** The loss of each point; NaN where it is not known. */
export function lossesOf({ columns, points }: GetHistoryResponse): number[] {
  return points.map(({ means }) => means[columns.indexOf('loss')] ?? Number.NaN);
}

/** The loss over all steps in one line; empty if no loss is known. */
export function lossLine(history: GetHistoryResponse): string[] {
  const losses = lossesOf(history);
  const known = losses.filter(Number.isFinite);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return [];
  const steps = countText(history.points.at(-1)?.endStep ?? 0);
  return [
    `Loss over ${steps} steps: ${first.toPrecision(3)} ${curveText(losses)} ${last.toPrecision(3)}`,
  ];
}

/** `objective[0].kd` as `KD`. */
function termTitle(name: string): string {
  return name.slice(name.indexOf('.') + 1).toUpperCase();
}
