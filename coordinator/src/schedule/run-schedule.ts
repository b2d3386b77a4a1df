/**
 * One run's window over its steps: what to ask the teachers next, and which targets may leave.
 *
 * A state machine without clock or network: events in, effects out. What holds throughout:
 *
 * - targets leave strictly in the order of the steps, and each step once per attachment;
 * - no target leaves beyond the student's credit, nor before every teacher's answers to its span are there, or
 *   a quorum's, once an otherwise idle student has waited for the rest for `deadlineMs`;
 * - the targets of one span are all made of the same teachers, whenever and however often they leave;
 * - every span that holds a step of [done, done + window) is open, asked for or there; but for those whose answers
 *   an earlier epoch is still being asked for.
 *
 * Whoever feeds it answers each `want` with {@link RunSchedule.spanComplete}, at once where the answers are
 * in the store already.
 */
import { LyceumError } from '@lyceum/proto';
import { SpanDecisions, stepsIn } from './span-decisions.js';
import { endStepOfSpan, type SpanGrid, spanOfStep } from './span-grid.js';

export type ScheduleEffect =
  /** Ask teacher `teacher` (its ensemble index) for span `span`. */
  | { readonly kind: 'want'; readonly teacher: number; readonly span: number }
  /** That is no longer needed. */
  | { readonly kind: 'unwant'; readonly teacher: number; readonly span: number }
  /**
   * Send the targets of steps [firstStep, endStep), which lie in one span, made of the answers of `contributors`.
   * With a quorum that decision must be kept before they leave.
   */
  | {
      readonly kind: 'send';
      readonly firstStep: number;
      readonly endStep: number;
      readonly contributors: readonly number[];
    }
  /** Without the teachers `late` the run would have more steps with fewer than all than it may: it must not go on. */
  | {
      readonly kind: 'overdegraded';
      readonly degradedSteps: number;
      readonly late: readonly number[];
    };

export interface QuorumSettings {
  /** Teachers that must have answered; from 1, fewer than all. */
  readonly count: number;
  /** How long an otherwise idle student waits for the rest, once the quorum is in. */
  readonly deadlineMs: number;
  /** Greatest share of the run's steps that may have fewer than all teachers, 0 to 1. */
  readonly maxDegradedShare: number;
  /** Decisions made before, by span: they stand, whoever answers when. */
  readonly decided: ReadonlyMap<number, readonly number[]>;
}

/** What became of one teacher's answers to an open span. */
type AnswerState =
  | 'asked'
  | 'there'
  /** The span was decided on without them before it was opened. */
  | 'unneeded';

export interface ScheduleSettings {
  readonly grid: SpanGrid;
  readonly teacherCount: number;
  /** Steps asked for beyond those that the student has done, at first; at least 1. */
  readonly windowSteps: number;
  /** Epoch e shows what epoch e − viewCycle showed: the same answers serve both. */
  readonly viewCycle: number;
  /** Absent: targets are made of all teachers. */
  readonly quorum?: QuorumSettings | undefined;
}

export class RunSchedule {
  readonly #settings: ScheduleSettings;
  readonly #everybody: readonly number[];
  /** Undefined without a quorum. */
  readonly #decisions: SpanDecisions | undefined;
  /** Open spans, each with a state per teacher. */
  readonly #open = new Map<number, AnswerState[]>();
  #windowSteps: number;
  /** Spans of the window are not open yet, since an earlier epoch may bring their answers. */
  #isHeldBack = false;
  #attached = false;
  /** Steps below this are done by the student. */
  #doneStep = 0;
  /** Targets of steps below this may leave. */
  #creditStep = 0;
  /** Targets of steps below this have left. */
  #sentStep = 0;
  /** The span that an idle student waits for although its quorum is in, and since when. */
  #waiting: { readonly span: number; readonly sinceMs: number } | undefined;

  constructor(settings: ScheduleSettings) {
    const { grid, teacherCount, quorum } = settings;
    this.#settings = settings;
    this.#windowSteps = settings.windowSteps;
    this.#everybody = Array.from({ length: teacherCount }, (_, teacher) => teacher);
    this.#decisions = quorum && new SpanDecisions(grid, teacherCount, quorum.decided);
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

  /** The teachers are asked for another number of steps ahead from now on, at least 1. */
  resized(windowSteps: number): ScheduleEffect[] {
    if (windowSteps === this.#windowSteps) return [];
    this.#windowSteps = windowSteps;
    // Where the window lies is not known before a student is expected.
    return this.#open.size === 0 ? [] : this.#moveWindow();
  }

  /** All answers of `teacher` to `span` are in the store. */
  spanComplete(teacher: number, span: number): ScheduleEffect[] {
    const states = this.#open.get(span);
    if (states?.[teacher] !== 'asked') return [];
    states[teacher] = 'there';
    return [...(this.#isHeldBack ? this.#moveWindow() : []), ...this.#release()];
  }

  /**
   * Answers that were there turned out unreadable: they are asked for again, and targets leave again
   * from `step` on, which had not left in truth.
   */
  spanUnreadable(teacher: number, span: number, step: number): ScheduleEffect[] {
    this.#sentStep = Math.min(this.#sentStep, Math.max(step, this.#doneStep));
    const states = this.#open.get(span);
    if (states?.[teacher] !== 'there') return [];
    states[teacher] = 'asked';
    return [{ kind: 'want', teacher, span }];
  }

  /**
   * Looks at the clock: lets a span go without those that are late, where a quorum allows it. A wait begins when
   * it is first seen here.
   */
  tick(nowMs: number): ScheduleEffect[] {
    const { quorum, grid } = this.#settings;
    const span = this.#spanInQuorum();
    if (quorum === undefined || this.#decisions === undefined || span === undefined) {
      this.#waiting = undefined;
      return [];
    }
    if (this.#waiting?.span !== span) this.#waiting = { span, sinceMs: nowMs };
    if (nowMs - this.#waiting.sinceMs < quorum.deadlineMs) return [];
    const degradedSteps = this.#decisions.degradedSteps + stepsIn(grid, span);
    if (degradedSteps > quorum.maxDegradedShare * grid.plan.stepCount) {
      return [{ kind: 'overdegraded', degradedSteps, late: this.#missing(span) }];
    }
    this.#decisions.decide(span, this.#answered(span));
    return this.#release();
  }

  /** Steps whose targets are made of fewer than all teachers. */
  degradedSteps(): number {
    return this.#decisions?.degradedSteps ?? 0;
  }

  /** The run needs no more targets. */
  closed(): ScheduleEffect[] {
    this.#attached = false;
    return [...this.#open.keys()].flatMap((span) => this.#close(span));
  }

  /** Ensemble indices of the teachers that an idle student waits for; empty: nobody waits. */
  waitingFor(): number[] {
    const span = this.#spanWaitedFor();
    return span === undefined ? [] : this.#missing(span);
  }

  openSpanCount(): number {
    return this.#open.size;
  }

  /** Teachers' spans asked for and not there yet. */
  openWantCount(): number {
    let count = 0;
    for (const states of this.#open.values()) {
      for (const state of states) if (state === 'asked') count++;
    }
    return count;
  }

  #restart(step: number): ScheduleEffect[] {
    this.#doneStep = step;
    this.#creditStep = step;
    this.#sentStep = step;
    this.#waiting = undefined;
    return this.#moveWindow();
  }

  /** Closes the spans outside the window and opens those inside it. */
  #moveWindow(): ScheduleEffect[] {
    const { grid } = this.#settings;
    const { stepCount } = grid.plan;
    const endStep = Math.min(this.#doneStep + this.#windowSteps, stepCount);
    const first = this.#doneStep < stepCount ? spanOfStep(grid, this.#doneStep) : grid.spanCount;
    const end = this.#doneStep < stepCount ? spanOfStep(grid, endStep - 1) + 1 : grid.spanCount;
    const effects: ScheduleEffect[] = [];
    for (const span of [...this.#open.keys()]) {
      const isLate = span < first && this.#isAwaitedLate(span, first - (end - first));
      if ((span < first && !isLate) || span >= end) effects.push(...this.#close(span));
    }
    const openEnd = this.#repetitionFrom(first, end);
    this.#isHeldBack = openEnd < end;
    for (let span = first; span < openEnd; span++) {
      if (this.#open.has(span)) continue;
      const needed = this.#decisions?.of(span) ?? this.#everybody;
      this.#open.set(
        span,
        this.#everybody.map((teacher) => (needed.includes(teacher) ? 'asked' : 'unneeded')),
      );
      for (const teacher of needed) effects.push({ kind: 'want', teacher, span });
    }
    return effects;
  }

  /**
   * The first of the spans [first, end) that shows again what one of them, which is not there yet, shows; else `end`. Its
   * teachers would be asked twice for one answer.
   */
  #repetitionFrom(first: number, end: number): number {
    const { spansPerEpoch } = this.#settings.grid;
    const epochOf = (span: number) => Math.floor(span / spansPerEpoch);
    const repeatsFrom = (span: number) =>
      (epochOf(span) + this.#settings.viewCycle) * spansPerEpoch;
    if (repeatsFrom(first) >= end) return end;
    for (let span = first; span < end; span++) {
      const states = this.#open.get(span);
      if (states === undefined || states.includes('asked')) return Math.min(end, repeatsFrom(span));
    }
    return end;
  }

  /**
   * True if late answers to a span that went without them may come yet: those of about one window are waited
   * for, since another epoch or run may ask for them; were it more, a slow teacher would never catch up.
   */
  #isAwaitedLate(span: number, oldest: number): boolean {
    const isAsked = this.#open.get(span)?.includes('asked') === true;
    return isAsked && span >= oldest && this.#decisions?.isDegraded(span) === true;
  }

  #close(span: number): ScheduleEffect[] {
    const states = this.#open.get(span) ?? [];
    this.#open.delete(span);
    return states.flatMap((state, teacher) =>
      state === 'asked' ? [{ kind: 'unwant' as const, teacher, span }] : [],
    );
  }

  /** The span whose targets an attached student with credit lacks, having taken all steps before; undefined: none. */
  #spanWaitedFor(): number | undefined {
    const { grid } = this.#settings;
    const isIdle = this.#attached && this.#doneStep === this.#sentStep;
    if (!isIdle || this.#sentStep >= Math.min(this.#creditStep, grid.plan.stepCount))
      return undefined;
    return spanOfStep(grid, this.#sentStep);
  }

  /** The same, where a quorum is in and the span not decided on. */
  #spanInQuorum(): number | undefined {
    const span = this.#spanWaitedFor();
    if (span === undefined || this.#decisions?.of(span) !== undefined) return undefined;
    const count = this.#settings.quorum?.count ?? Number.POSITIVE_INFINITY;
    return this.#answered(span).length >= count ? span : undefined;
  }

  #answered(span: number): number[] {
    const states = this.#open.get(span);
    return this.#everybody.filter((teacher) => states?.[teacher] === 'there');
  }

  /** Teachers that the span's targets need and that have not answered. */
  #missing(span: number): number[] {
    const states = this.#open.get(span);
    const needed = this.#decisions?.of(span) ?? this.#everybody;
    return needed.filter((teacher) => states?.[teacher] !== 'there');
  }

  /** Sends what may leave, a span or what the credit allows of it at a time. */
  #release(): ScheduleEffect[] {
    const { grid } = this.#settings;
    const { stepCount } = grid.plan;
    const effects: ScheduleEffect[] = [];
    while (this.#attached && this.#sentStep < stepCount) {
      const span = spanOfStep(grid, this.#sentStep);
      if (!this.#open.has(span) || this.#missing(span).length > 0) break;
      const endStep = Math.min(endStepOfSpan(grid, span), this.#creditStep);
      if (endStep <= this.#sentStep) break;
      this.#decisions?.decide(span, this.#everybody);
      const contributors = this.#decisions?.of(span) ?? this.#everybody;
      effects.push({ kind: 'send', firstStep: this.#sentStep, endStep, contributors });
      this.#sentStep = endStep;
    }
    return effects;
  }
}
