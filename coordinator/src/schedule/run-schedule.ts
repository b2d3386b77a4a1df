/**
 * Decides which targets of one run may leave for its student. {@link OpenSpans} decides what the teachers are asked
 * for meanwhile.
 *
 * A state machine without clock or network: events in, effects out. What holds throughout:
 *
 * - targets leave strictly in the order of the steps, and each step once per attachment;
 * - no target leaves beyond the student's credit, nor before every teacher's answers to its span are there;
 * - with a quorum, the quorum's answers are enough once an otherwise idle student has waited `deadlineMs` for
 *   the rest;
 * - the targets of one span are all made of the same teachers' answers, whenever and however often they leave.
 *
 * For each `want` the caller calls {@link RunSchedule.spanComplete} once the answers are in the store: at once if
 * they are there already.
 */
import { LyceumError } from '@lyceum/proto';
import { OpenSpans, type OpenSpansSettings, type WantEffect } from './open-spans.js';
import { SpanDecisions, stepsIn } from './span-decisions.js';
import { endStepOfSpan, spanOfStep } from './span-grid.js';

export type ScheduleEffect =
  | WantEffect
  /**
   * Send the targets of steps [firstStep, endStep), which lie in one span, made of the answers of `contributors`.
   * With a quorum, this choice of contributors must be stored before the targets leave.
   */
  | {
      readonly kind: 'send';
      readonly firstStep: number;
      readonly endStep: number;
      readonly contributors: readonly number[];
    }
  /** Going on without the teachers `late` would exceed `maxDegradedShare`: the run must not go on. */
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
  /** Contributors of the spans that were decided on before: they stand, even if other teachers answer sooner now. */
  readonly decided: ReadonlyMap<number, readonly number[]>;
}

export interface ScheduleSettings extends OpenSpansSettings {
  /** Absent: targets are made of all teachers. */
  readonly quorum?: QuorumSettings | undefined;
}

export class RunSchedule {
  readonly #settings: ScheduleSettings;
  /** Undefined without a quorum. */
  readonly #decisions: SpanDecisions | undefined;
  readonly #spans: OpenSpans;
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
    this.#decisions = quorum && new SpanDecisions(grid, teacherCount, quorum.decided);
    this.#spans = new OpenSpans(settings, this.#decisions);
  }

  /** A student is expected to attach and go on from `step`: opens the window that begins there. */
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
      const message = `the run has ${stepCount} steps; asked for ${nextStep}`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#attached = true;
    return this.#restart(nextStep);
  }

  /** The student is gone. Open spans stay open: the next student will need them. */
  detached(): void {
    this.#attached = false;
  }

  /**
   * The student may be sent targets of steps below `creditStep` and is done with the steps below `doneStep`. Neither
   * number falls: an old request that comes late changes nothing.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if the student claims steps whose targets it was never sent.
   */
  credited(creditStep: number, doneStep: number): ScheduleEffect[] {
    if (doneStep > this.#sentStep) {
      const message = `steps below ${doneStep} are reported as done, but only targets of steps below ${this.#sentStep} were sent`;
      throw new LyceumError('INVALID_ARGUMENT', message);
    }
    this.#creditStep = Math.max(this.#creditStep, creditStep);
    this.#doneStep = Math.max(this.#doneStep, doneStep);
    return [...this.#spans.moved(this.#doneStep), ...this.#release()];
  }

  /** From now on the teachers are asked for `windowSteps` steps ahead, at least 1. */
  resized(windowSteps: number): ScheduleEffect[] {
    return this.#spans.resized(windowSteps);
  }

  /** All answers of `teacher` to `span` are in the store. */
  spanComplete(teacher: number, span: number): ScheduleEffect[] {
    const wants = this.#spans.arrived(teacher, span);
    return wants === undefined ? [] : [...wants, ...this.#release()];
  }

  /**
   * Answers that were there turned out unreadable: they are asked for again. The targets from `step` on were not
   * really sent, and will leave again.
   */
  spanUnreadable(teacher: number, span: number, step: number): ScheduleEffect[] {
    this.#sentStep = Math.min(this.#sentStep, Math.max(step, this.#doneStep));
    return this.#spans.lost(teacher, span);
  }

  /**
   * Where a quorum allows it, decides on a span without the teachers that are late. A wait begins at the first tick
   * that sees it.
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
      return [{ kind: 'overdegraded', degradedSteps, late: this.#spans.missing(span) }];
    }
    this.#decisions.decide(span, this.#spans.answered(span));
    return this.#release();
  }

  /** Steps whose targets are made of fewer than all teachers. */
  degradedSteps(): number {
    return this.#decisions?.degradedSteps ?? 0;
  }

  /** The run needs no more targets. */
  closed(): ScheduleEffect[] {
    this.#attached = false;
    return this.#spans.closed();
  }

  /** Ensemble indices of the teachers that an idle student waits for; empty: the student does not wait. */
  waitingFor(): number[] {
    const span = this.#spanWaitedFor();
    return span === undefined ? [] : this.#spans.missing(span);
  }

  openSpanCount(): number {
    return this.#spans.count;
  }

  /** Pairs of a teacher and a span whose answers are asked for and not there yet. */
  openWantCount(): number {
    return this.#spans.wantCount;
  }

  #restart(step: number): ScheduleEffect[] {
    this.#doneStep = step;
    this.#creditStep = step;
    this.#sentStep = step;
    this.#waiting = undefined;
    return this.#spans.moved(step);
  }

  /**
   * The next span, if an attached student with credit has done all steps that it was sent; undefined: nobody waits.
   */
  #spanWaitedFor(): number | undefined {
    const { grid } = this.#settings;
    const isIdle = this.#attached && this.#doneStep === this.#sentStep;
    if (!isIdle || this.#sentStep >= Math.min(this.#creditStep, grid.plan.stepCount))
      return undefined;
    return spanOfStep(grid, this.#sentStep);
  }

  /** The span that an idle student waits for, if its quorum is in and it is not decided on; else undefined. */
  #spanInQuorum(): number | undefined {
    const span = this.#spanWaitedFor();
    if (span === undefined || this.#decisions?.of(span) !== undefined) return undefined;
    const count = this.#settings.quorum?.count ?? Number.POSITIVE_INFINITY;
    return this.#spans.answered(span).length >= count ? span : undefined;
  }

  /** Sends the targets that may leave, as far as the credit allows: each effect covers at most one span. */
  #release(): ScheduleEffect[] {
    const { grid } = this.#settings;
    const { stepCount } = grid.plan;
    const effects: ScheduleEffect[] = [];
    while (this.#attached && this.#sentStep < stepCount) {
      const span = spanOfStep(grid, this.#sentStep);
      if (!this.#spans.isReady(span)) break;
      const endStep = Math.min(endStepOfSpan(grid, span), this.#creditStep);
      if (endStep <= this.#sentStep) break;
      this.#decisions?.decide(span, this.#spans.everybody);
      const contributors = this.#decisions?.of(span) ?? this.#spans.everybody;
      effects.push({ kind: 'send', firstStep: this.#sentStep, endStep, contributors });
      this.#sentStep = endStep;
    }
    return effects;
  }
}
