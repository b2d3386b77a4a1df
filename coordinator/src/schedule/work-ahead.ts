/**
 * How far a run's teachers work ahead of its student: far enough that no worker that serves the run is idle, while
 * their answers fit in memory. Pure.
 *
 * Symbols: W workers that serve the run, T its teachers. A span is T tickets, one a teacher.
 */
import type { SpanGrid } from './span-grid.js';

/**
 * Spans that a student may hold targets of, and the fewest that its teachers work ahead: two spans keep a teacher
 * busy while the span before is on its way to the student, two more make up for a span that takes longer.
 */
const STUDENT_SPANS = 4;

/** Spans beyond those in the workers' hands: one that the student trains on, one on its way to the student. */
const SPARE_SPANS = 2;

/**
 * Most bytes of answers of open spans, all teachers together, unless {@link STUDENT_SPANS} spans take more: half of
 * the answers that are kept in memory.
 */
const WINDOW_BYTES = 128 * 1024 * 1024;

/** Tickets that a worker holds for all its teachers together, at least one a teacher: one computing, one waiting. */
const TICKETS_IN_HAND = 2;

/** Tickets of each teacher that a worker with `teacherCount` teachers has in hand at a time. */
export function ticketsInHand(teacherCount: number): number {
  return Math.ceil(TICKETS_IN_HAND / Math.max(1, teacherCount));
}

/** Steps that a student may hold targets of: more credit is of no use. */
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
 * @param rowBytes - bytes of one teacher's answer to one sample.
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
