/** The promise about the window of a run's schedule: the run asks for neither more nor less than it needs. Pure. */
import { type SpanGrid, spanAt, spanOfStep } from '@lyceum/coordinator/schedule';
import { Violation } from './violation.js';

/** Facts of a run that the rules of its targets need. */
export interface RuledRun {
  readonly runId: string;
  readonly grid: SpanGrid;
  /** Epoch e has view e mod `viewCycle`. */
  readonly viewCycle: number;
  /** Teachers in ensemble order; one may come twice. */
  readonly teachers: readonly number[];
  readonly windowSteps: number;
  /** The quorum; absent: targets are made of all teachers. */
  readonly quorum: { readonly count: number; readonly deadlineMs: number } | undefined;
}

export interface WindowState {
  readonly run: RuledRun;
  /** The student has done all steps before this step. */
  readonly doneStep: number;
  /** Teachers whose answers make each span's targets, for spans that are decided. */
  readonly decided: ReadonlyMap<number, readonly number[]>;
  /** Id of the ask to a teacher (by index) for a span. If a teacher comes twice, both indices have the same id. */
  readonly askIdOf: (teacher: number, span: number) => string;
  /** Asks that were satisfied and not raised again; and open asks. */
  readonly met: ReadonlySet<string>;
  readonly asked: ReadonlySet<string>;
  /** Open wants (a span of a teacher), as the schedule counts them. */
  readonly openWantCount: number;
}

/**
 * Confirms that every want of the window is met or asked for, unless an earlier epoch asks for the same, and that
 * nothing else is asked for.
 */
export function confirmWindow(state: WindowState): void {
  const { run, doneStep, decided: decisions, askIdOf, met, asked, openWantCount } = state;
  const { runId, grid, windowSteps, teachers } = run;
  const { stepCount } = grid.plan;
  const endStep = Math.min(doneStep + windowSteps, stepCount);
  const allowed = new Set<string>();
  let askedCount = 0;
  if (doneStep < endStep) {
    const lastSpan = spanOfStep(grid, endStep - 1);
    const firstSpan = spanOfStep(grid, doneStep);
    const endSpan = repetitionFrom(state, firstSpan, lastSpan + 1);
    // If a span was decided without late answers, these are still asked for, up to one window behind.
    for (let span = Math.max(0, 2 * firstSpan - lastSpan - 1); span <= lastSpan; span++) {
      const decided = decisions.get(span);
      if (span < firstSpan && decided === undefined) continue;
      for (let teacher = 0; teacher < teachers.length; teacher++) {
        const ask = askIdOf(teacher, span);
        allowed.add(ask);
        if (asked.has(ask)) askedCount++;
        if (span < firstSpan || span >= endSpan) continue;
        if (decided?.includes(teacher) === false || met.has(ask) || asked.has(ask)) continue;
        throw new Violation('window', `${runId} does not ask teacher ${teacher} for span ${span}`);
      }
    }
  }
  for (const ask of asked) {
    if (!allowed.has(ask)) throw new Violation('window', `${runId} still asks for ${ask}`);
  }
  if (openWantCount === askedCount) return;
  throw new Violation(
    'window',
    `${runId} asks for ${askedCount} wants, but counts ${openWantCount}`,
  );
}

/** The first span that repeats another span from `firstSpan` on whose answers have not come yet; else `endSpan`. */
function repetitionFrom(
  { run, decided, askIdOf, met, asked }: WindowState,
  firstSpan: number,
  endSpan: number,
): number {
  const { grid, viewCycle, teachers } = run;
  for (let span = firstSpan; span < endSpan; span++) {
    const needed = decided.get(span) ?? teachers.keys();
    const isThere = [...needed].every((teacher) => met.has(askIdOf(teacher, span)));
    const isAsked = [...teachers.keys()].some((teacher) => asked.has(askIdOf(teacher, span)));
    if (isThere && !isAsked) continue;
    return Math.min(endSpan, (spanAt(grid, span).epoch + viewCycle) * grid.spansPerEpoch);
  }
  return endSpan;
}
