/** What must hold of the window of a run's schedule: no more is asked for than it needs, nor less. Pure. */
import { spanAt, spanOfStep } from '@lyceum/coordinator/schedule';
import type { RunSettings } from './schedule-settings.js';
import { Violation } from './violation.js';

export interface WindowState {
  readonly askerId: string;
  readonly settings: RunSettings;
  /** Steps below this are done by the student. */
  readonly doneStep: number;
  /** Of whom each span's targets are made, as far as that is decided. */
  readonly decided: ReadonlyMap<number, readonly number[]>;
  /** Wants, by {@link wantKey}: whether one is met, and those that are asked for. */
  readonly isMet: (want: string) => boolean;
  readonly asked: ReadonlySet<string>;
  /** As the schedule counts them. */
  readonly openWantCount: number;
}

/** Every want of the window is met or asked for, unless an earlier epoch asks for it, and nothing else is asked for. */
export function confirmWindow(state: WindowState): void {
  const { askerId, settings, doneStep, decided: decisions, isMet, asked, openWantCount } = state;
  const { grid, windowSteps, teachers } = settings;
  const { stepCount } = grid.plan;
  const endStep = Math.min(doneStep + windowSteps, stepCount);
  const wanted = new Set<string>();
  const allowed = new Set<string>();
  if (doneStep < endStep) {
    const lastSpan = spanOfStep(grid, endStep - 1);
    const firstSpan = spanOfStep(grid, doneStep);
    const endSpan = repetitionFrom(state, firstSpan, lastSpan + 1);
    // Late answers of spans that went without them are asked for still, a window behind.
    for (let span = 2 * firstSpan - lastSpan - 1; span <= lastSpan; span++) {
      const decided = decisions.get(span);
      for (let teacher = 0; teacher < teachers.length; teacher++) {
        if (span >= firstSpan || decided !== undefined) allowed.add(wantKey(teacher, span));
        if (span < firstSpan || span >= endSpan) continue;
        if (decided?.includes(teacher) === false) continue;
        wanted.add(wantKey(teacher, span));
      }
    }
  }
  for (const key of wanted) {
    if (isMet(key) || asked.has(key)) continue;
    throw new Violation('window', `${askerId} does not ask for ${key}`);
  }
  for (const key of asked) {
    if (allowed.has(key)) continue;
    throw new Violation('window', `${askerId} still asks for ${key}`);
  }
  if (openWantCount === asked.size) return;
  const message = `${askerId} asks for ${asked.size} and counts ${openWantCount}`;
  throw new Violation('window', message);
}

/** The first span that shows again what one from `firstSpan` on, which is not there yet, shows; else `endSpan`. */
function repetitionFrom(
  { settings, decided, isMet, asked }: WindowState,
  firstSpan: number,
  endSpan: number,
): number {
  const { grid, viewCycle, teachers } = settings;
  for (let span = firstSpan; span < endSpan; span++) {
    const needed = decided.get(span) ?? teachers.keys();
    const isThere = [...needed].every((teacher) => isMet(wantKey(teacher, span)));
    const isAsked = [...teachers.keys()].some((teacher) => asked.has(wantKey(teacher, span)));
    if (isThere && !isAsked) continue;
    return Math.min(endSpan, (spanAt(grid, span).epoch + viewCycle) * grid.spansPerEpoch);
  }
  return endSpan;
}

/** One teacher's answers to one span. */
export function wantKey(teacher: number, span: number): string {
  return `${teacher}:${span}`;
}
