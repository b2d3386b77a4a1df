/**
 * One run's window over its steps: what to ask the teachers next, and which targets may leave.
 *
 * A state machine without clock or network: events in, effects out. What holds throughout:
 *
 * - targets leave strictly in the order of the steps, and each step once per attachment;
 * - no target leaves before every teacher's answers to its span are there, nor beyond the student's credit;
 * - every span that holds a step of [done, done + `windowSteps`) is open: asked for, or there.
 *
 * Whoever feeds it answers each `want` with {@link RunSchedule.spanComplete}, at once where the answers are
 * in the store already.
 */
import { LyceumError } from '@lyceum/proto';
import { endStepOfSpan, type SpanGrid, spanOfStep } from './span-grid.js';

export type ScheduleEffect =
  /** Ask teacher `teacher` (its ensemble index) for span `span`. */
  | { readonly kind: 'want'; readonly teacher: number; readonly span: number }
  /** That is no longer needed. */
  | { readonly kind: 'unwant'; readonly teacher: number; readonly span: number }
  /** Send the targets of steps [firstStep, endStep), which lie in one span. */
  | { readonly kind: 'send'; readonly firstStep: number; readonly endStep: number };

export interface ScheduleSettings {
  readonly grid: SpanGrid;
  readonly teacherCount: number;
  /** Steps asked for beyond those that the student has done; at least 1. */
  readonly windowSteps: number;
}

export class RunSchedule {
  readonly #settings: ScheduleSettings;
  /** Open spans, each with a flag per teacher: is its answer there? */
  readonly #open = new Map<number, boolean[]>();
  #attached = false;
  /** Steps below this are done by the student. */
  #doneStep = 0;
  /** Targets of steps below this may leave. */
  #creditStep = 0;
  /** Targets of steps below this have left. */
  #sentStep = 0;

  constructor(settings: ScheduleSettings) {
    this.#settings = settings;
  }

  /** The student that will attach is expected to go on from `step`: opens the window ahead of it. */
  expected(step: number): ScheduleEffect[] {
    this.#attached = false;
    return this.#restart(step);
  }

  /**
   * A student attached and needs the targets from `nextStep` on; an earlier attachment is over.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the run has no such step.
   */
  attached(nextStep: number): ScheduleEffect[] {
    const { stepCount } = this.#settings.grid.plan;
    if (nextStep > stepCount) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `the run has ${stepCount} steps; asked for ${nextStep}`,
      );
    }
    this.#attached = true;
    return this.#restart(nextStep);
  }

  /** The student is gone. What was asked for stays open: another will need it. */
  detached(): void {
    this.#attached = false;
  }

  /**
   * The student may be sent targets below `creditStep` and is done with the steps below `doneStep`.
   * Neither falls: an old request that comes late changes nothing.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if it claims steps whose targets it was never sent.
   */
  credited(creditStep: number, doneStep: number): ScheduleEffect[] {
    if (doneStep > this.#sentStep) {
      const message = `steps below ${doneStep} are said to be done, and targets left only for those below ${this.#sentStep}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#creditStep = Math.max(this.#creditStep, creditStep);
    this.#doneStep = Math.max(this.#doneStep, doneStep);
    return [...this.#moveWindow(), ...this.#release()];
  }

  /** All answers of `teacher` to `span` are in the store. */
  spanComplete(teacher: number, span: number): ScheduleEffect[] {
    const flags = this.#open.get(span);
    if (flags === undefined || flags[teacher] !== false) return [];
    flags[teacher] = true;
    return this.#release();
  }

  /**
   * Answers that were there turned out unreadable: they are asked for again, and targets leave again
   * from `step` on, which had not left in truth.
   */
  spanUnreadable(teacher: number, span: number, step: number): ScheduleEffect[] {
    this.#sentStep = Math.min(this.#sentStep, Math.max(step, this.#doneStep));
    const flags = this.#open.get(span);
    if (flags?.[teacher] !== true) return [];
    flags[teacher] = false;
    return [{ kind: 'want', teacher, span }];
  }

  /** The run needs no more targets. */
  closed(): ScheduleEffect[] {
    this.#attached = false;
    return [...this.#open.keys()].flatMap((span) => this.#close(span));
  }

  /** Ensemble indices of the teachers that an idle student waits for; empty: nobody waits. */
  waitingFor(): number[] {
    const { grid } = this.#settings;
    const idle = this.#attached && this.#doneStep === this.#sentStep;
    if (!idle || this.#sentStep >= Math.min(this.#creditStep, grid.plan.stepCount)) return [];
    const flags = this.#open.get(spanOfStep(grid, this.#sentStep)) ?? [];
    return flags.flatMap((complete, teacher) => (complete ? [] : [teacher]));
  }

  openSpanCount(): number {
    return this.#open.size;
  }

  /** Teachers' spans asked for and not there yet. */
  openWantCount(): number {
    let count = 0;
    for (const flags of this.#open.values()) for (const complete of flags) if (!complete) count++;
    return count;
  }

  #restart(step: number): ScheduleEffect[] {
    this.#doneStep = step;
    this.#creditStep = step;
    this.#sentStep = step;
    return this.#moveWindow();
  }

  /** Closes the spans outside the window and opens those inside it. */
  #moveWindow(): ScheduleEffect[] {
    const { grid, teacherCount, windowSteps } = this.#settings;
    const { stepCount } = grid.plan;
    const endStep = Math.min(this.#doneStep + windowSteps, stepCount);
    const first = this.#doneStep < stepCount ? spanOfStep(grid, this.#doneStep) : grid.spanCount;
    const end = this.#doneStep < stepCount ? spanOfStep(grid, endStep - 1) + 1 : grid.spanCount;
    const effects: ScheduleEffect[] = [];
    for (const span of [...this.#open.keys()]) {
      if (span < first || span >= end) effects.push(...this.#close(span));
    }
    for (let span = first; span < end; span++) {
      if (this.#open.has(span)) continue;
      this.#open.set(
        span,
        Array.from({ length: teacherCount }, () => false),
      );
      for (let teacher = 0; teacher < teacherCount; teacher++) {
        effects.push({ kind: 'want', teacher, span });
      }
    }
    return effects;
  }

  #close(span: number): ScheduleEffect[] {
    const flags = this.#open.get(span) ?? [];
    this.#open.delete(span);
    return flags.flatMap((complete, teacher) =>
      complete ? [] : [{ kind: 'unwant' as const, teacher, span }],
    );
  }

  /** Sends what may leave, a span or what the credit allows of it at a time. */
  #release(): ScheduleEffect[] {
    const { grid } = this.#settings;
    const { stepCount } = grid.plan;
    const effects: ScheduleEffect[] = [];
    while (this.#attached && this.#sentStep < stepCount) {
      const span = spanOfStep(grid, this.#sentStep);
      if (this.#open.get(span)?.every((complete) => complete) !== true) break;
      const endStep = Math.min(endStepOfSpan(grid, span), this.#creditStep);
      if (endStep <= this.#sentStep) break;
      effects.push({ kind: 'send', firstStep: this.#sentStep, endStep });
      this.#sentStep = endStep;
    }
    return effects;
  }
}
