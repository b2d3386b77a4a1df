/**
 * How far a run's teachers work ahead of its student: so far that no worker that serves it is idle, while their
 * answers fit in memory. Pure.
 *
 * Symbols: W workers that serve the run, T its teachers. A span is T tickets, one a teacher.
 */
import type { SpanGrid } from './span-grid.js';

/**
 * Spans that a student may hold targets of, and the fewest that its teachers work ahead: two keep a teacher busy
 * while the span before is on its way to the student, two more make up for one that takes longer.
 */
const STUDENT_SPANS = 4;

/** Spans beyond those in the workers' hands: one that the student is at, one on its way to it. */
const SPARE_SPANS = 2;

/** Answers of open spans, all teachers together, beyond {@link STUDENT_SPANS}: half of what is kept in memory. */
const WINDOW_BYTES = 128 * 1024 * 1024;

/** Tickets that a worker holds for all its teachers together, at least one a teacher: one computing, one waiting. */
const TICKETS_IN_HAND = 2;

/** Tickets of each teacher that a worker with `teacherCount` of them has in hand at a time. */
export function ticketsInHand(teacherCount: number): number {
  return Math.ceil(TICKETS_IN_HAND / Math.max(1, teacherCount));
}

/** Steps that a student may hold targets of, and so what credit is of use. */
export function studentWindowSteps(grid: SpanGrid): number {
  return STUDENT_SPANS * grid.stepsPerSpan;
}

/** Bytes of answers of the fewest spans that teachers work ahead, all teachers together. */
export function leastWindowBytes(
  { spanPositions }: SpanGrid,
  { teacherCount, rowBytes }: { readonly teacherCount: number; readonly rowBytes: number },
): number {
  return STUDENT_SPANS * spanPositions * teacherCount * rowBytes;
}

/**
 * Steps that the teachers are asked for ahead of the student.
 *
 * @param rowBytes - of one teacher's answer to a sample.
 */
export function teacherWindowSteps(
  grid: SpanGrid,
  {
    workerCount,
    teacherCount,
    rowBytes,
  }: { readonly workerCount: number; readonly teacherCount: number; readonly rowBytes: number },
): number {
  const held = workerCount * teacherCount * ticketsInHand(teacherCount);
  const wanted = Math.ceil(held / teacherCount) + SPARE_SPANS;
  const spanBytes = grid.spanPositions * teacherCount * rowBytes;
  const fitting = Math.floor(WINDOW_BYTES / spanBytes);
  return Math.max(STUDENT_SPANS, Math.min(wanted, fitting)) * grid.stepsPerSpan;
}
