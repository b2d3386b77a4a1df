/** A run's history as scalars with the names that they have in TensorBoard. Pure. */
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

/** Columns whose value at a step says little: another column is made of each. */
const CLOCKED = ['samples', 'seconds', 'waitingSeconds'];

/**
 * Each point at its last step. The history has no times of day: they are counted from the first step on, in the student's
 * seconds.
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

/** Named as the figures of reports are. */
const VALIDATION_TAGS: Readonly<Record<string, string>> = {
  validationAccuracy: 'validation.accuracy/student',
  validationNll: 'validation.nll/student',
};

/** `loss` as `student/loss`, `teacher.NAME.share` as `teachers.share/NAME`: TensorBoard puts charts of one prefix together. */
function tagOf(column: string): string {
  const teacher = /^teacher\.(.*)\.([^.]*)$/s.exec(column);
  if (teacher !== null) return `teachers.${teacher[2]}/${teacher[1]}`;
  if (column === 'storeShare' || column === 'openSpans') return `targets/${column}`;
  return VALIDATION_TAGS[column] ?? `student/${column}`;
}
