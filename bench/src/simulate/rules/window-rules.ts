/** What must hold of the window of a run's schedule: no more is asked for than it needs, nor less. Pure. */
import { type SpanGrid, spanAt, spanOfStep } from '@lyceum/coordinator/schedule';
import { Violation } from './violation.js';

/** What the rules of a run's targets need to know of it. */
export interface RuledRun {
  readonly runId: string;
  readonly grid: SpanGrid;
  /** Epoch e has view e mod `viewCycle`. */
  readonly viewCycle: number;
  /** In ensemble order; one may come twice. */
  readonly teachers: readonly number[];
  readonly windowSteps: number;
  /** Absent: targets are made of all teachers. */
  readonly quorum: { readonly count: number; readonly deadlineMs: number } | undefined;
}

export interface WindowState {
  readonly run: RuledRun;
  /** Steps below this are done by the student. */
  readonly doneStep: number;
  /** Of whom each span's targets are made, as far as that is decided. */
  readonly decided: ReadonlyMap<number, readonly number[]>;
  /** What is asked of a teacher, by index, for a span: equal where one teacher comes twice. */
  readonly askIdOf: (teacher: number, span: number) => string;
  /** Asks that were satisfied and not raised again, and those that are open. */
  readonly met: ReadonlySet<string>;
  readonly asked: ReadonlySet<string>;
  /** Teachers' spans asked for, as the schedule counts them. */
  readonly openWantCount: number;
}

/** Every want of the window is met or asked for, unless an earlier epoch asks for it, and nothing else is asked for. */
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
    // Late answers of spans that went without them are asked for still, a window behind.
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
  throw new Violation('window', `${runId} asks for ${askedCount} and counts ${openWantCount}`);
}

/** The first span that shows again what one from `firstSpan` on, which is not there yet, shows; else `endSpan`. */
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
