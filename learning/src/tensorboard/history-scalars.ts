/** A run's history as scalars, under their names in TensorBoard. Pure. */
import type { Scalars } from './event-file.js';

interface History {
  readonly columns: readonly string[];
  /** Steps [firstStep, endStep) with the means over a step; null or NaN: not known. */
  readonly points: readonly {
    readonly firstStep: number;
    readonly endStep: number;
    readonly means: readonly (number | null)[];
  }[];
}

/** Columns whose value at a step says little: each is turned into another column. */
const CLOCKED = ['samples', 'seconds', 'waitingSeconds'];

/**
 * Each point is given at its last step. The history has no times of day: they are counted from the first step's
 * beginning, in the student's seconds.
 *
 * @param startedSeconds - when the first step began, since 1970.
 */
export function historyScalars({ columns, points }: History, startedSeconds: number): Scalars[] {
  let wallSeconds = startedSeconds;
  return points.map(({ firstStep, endStep, means }) => {
    const mean = (name: string) => means[columns.indexOf(name)] ?? Number.NaN;
    const seconds = mean('seconds');
    if (Number.isFinite(seconds)) wallSeconds += seconds * (endStep - firstStep);
    const values = [
      ...columns
        .filter((name) => !CLOCKED.includes(name))
        .map((name) => [tagOf(name), mean(name)] as const),
      ['student/samplesPerSecond', mean('samples') / seconds] as const,
      ['student/waitingShare', mean('waitingSeconds') / seconds] as const,
    ];
    return {
      step: endStep,
      wallSeconds,
      values: values.filter(([, value]) => Number.isFinite(value)),
    };
  });
}

/** Validation's tags are named like the figures of reports. */
const VALIDATION_TAGS: Readonly<Record<string, string>> = {
  validationAccuracy: 'validation.accuracy/student',
  validationNll: 'validation.nll/student',
};

/**
 * `loss` becomes `student/loss`, `teacher.NAME.share` becomes `teachers.share/NAME`: TensorBoard groups charts by
 * prefix.
 */
function tagOf(column: string): string {
  const teacher = /^teacher\.(.*)\.([^.]*)$/s.exec(column);
  if (teacher !== null) return `teachers.${teacher[2]}/${teacher[1]}`;
  if (column === 'storeShare' || column === 'openSpans') return `targets/${column}`;
  return VALIDATION_TAGS[column] ?? `student/${column}`;
}
