/**
 * The spans that a run's teachers are asked for ahead of its student, and which of their answers are there.
 *
 * Every span that holds a step of [done, done + window) is open: its answers are asked for or there. The exception:
 * if a span needs the same answers as an open span of an earlier epoch that still waits for them, it and all later
 * spans are opened afterwards. A state machine without clock or network: events in, effects out.
 */
import type { SpanDecisions } from './span-decisions.js';
import { type SpanGrid, spanOfStep } from './span-grid.js';

export type WantEffect =
  /** Ask teacher `teacher` (its ensemble index) for span `span`. */
  | { readonly kind: 'want'; readonly teacher: number; readonly span: number }
  /** The answers of `teacher` to `span` are no longer needed. */
  | { readonly kind: 'unwant'; readonly teacher: number; readonly span: number };

/** What became of one teacher's answers to an open span. */
type AnswerState =
  | 'asked'
  | 'there'
  /** The span was decided on without this teacher before it was opened. */
  | 'unneeded';

export interface OpenSpansSettings {
  readonly grid: SpanGrid;
  readonly teacherCount: number;
  /** Steps that teachers are asked for beyond those that the student has done, at first; at least 1. */
  readonly windowSteps: number;
  /** Epochs e and e − viewCycle have the same views: the same answers serve both. */
  readonly viewCycle: number;
}

export class OpenSpans {
  /** Ensemble indices of all teachers. */
  readonly everybody: readonly number[];
  readonly #grid: SpanGrid;
  readonly #viewCycle: number;
  /** Undefined without a quorum. */
  readonly #decisions: SpanDecisions | undefined;
  /** By span, a state per teacher. */
  readonly #states = new Map<number, AnswerState[]>();
  #windowSteps: number;
  #doneStep = 0;

  constructor(
    { grid, teacherCount, windowSteps, viewCycle }: OpenSpansSettings,
    decisions: SpanDecisions | undefined,
  ) {
    this.everybody = Array.from({ length: teacherCount }, (_, teacher) => teacher);
    this.#grid = grid;
    this.#viewCycle = viewCycle;
    this.#decisions = decisions;
    this.#windowSteps = windowSteps;
  }

  /** From now on the window has `windowSteps` steps. */
  resized(windowSteps: number): WantEffect[] {
    if (windowSteps === this.#windowSteps) return [];
    this.#windowSteps = windowSteps;
    // No span is open: no student is expected yet, so where the window lies is not known.
    return this.count === 0 ? [] : this.moved(this.#doneStep);
  }

  /** The student is done with the steps below: closes the spans outside the window and opens those inside it. */
  moved(doneStep: number): WantEffect[] {
    this.#doneStep = doneStep;
    const { stepCount } = this.#grid.plan;
    const endStep = Math.min(doneStep + this.#windowSteps, stepCount);
    const { spanCount } = this.#grid;
    const first = doneStep < stepCount ? spanOfStep(this.#grid, doneStep) : spanCount;
    const end = doneStep < stepCount ? spanOfStep(this.#grid, endStep - 1) + 1 : spanCount;
    const effects: WantEffect[] = [];
    for (const span of [...this.#states.keys()]) {
      const isLate = span < first && this.#isAwaitedLate(span, first - (end - first));
      if ((span < first && !isLate) || span >= end) effects.push(...this.#close(span));
    }
    const openEnd = this.#repetitionFrom(first, end);
    for (let span = first; span < openEnd; span++) effects.push(...this.#openSpan(span));
    return effects;
  }

  /**
   * All answers of `teacher` to `span` are there: spans of later epochs that need the same answers may be opened now.
   *
   * @returns undefined if the answers were not asked for.
   */
  arrived(teacher: number, span: number): WantEffect[] | undefined {
    return this.#change(teacher, span, 'asked', 'there') ? this.moved(this.#doneStep) : undefined;
  }

  /** Answers that were there are lost: the teacher is asked for them again. */
  lost(teacher: number, span: number): WantEffect[] {
    if (!this.#change(teacher, span, 'there', 'asked')) return [];
    return [{ kind: 'want', teacher, span }];
  }

  closed(): WantEffect[] {
    return [...this.#states.keys()].flatMap((span) => this.#close(span));
  }

  /** Teachers whose answers to the span are there. */
  answered(span: number): number[] {
    return this.everybody.filter((teacher) => this.#states.get(span)?.[teacher] === 'there');
  }

  /** Teachers that the span's targets need and that have not answered. */
  missing(span: number): number[] {
    const answered = this.answered(span);
    return this.#needed(span).filter((teacher) => !answered.includes(teacher));
  }

  /** True if the span is open and all answers that its targets need are there. */
  isReady(span: number): boolean {
    return this.#states.has(span) && this.missing(span).length === 0;
  }

  get count(): number {
    return this.#states.size;
  }

  /** Pairs of a teacher and a span whose answers are asked for and not there yet. */
  get wantCount(): number {
    return [...this.#states.values()].flat().filter((state) => state === 'asked').length;
  }

  #needed(span: number): readonly number[] {
    return this.#decisions?.of(span) ?? this.everybody;
  }

  #change(teacher: number, span: number, from: AnswerState, to: AnswerState): boolean {
    const states = this.#states.get(span);
    if (states?.[teacher] !== from) return false;
    states[teacher] = to;
    return true;
  }

  #openSpan(span: number): WantEffect[] {
    if (this.#states.has(span)) return [];
    const needed = this.#needed(span);
    const stateOf = (teacher: number) => (needed.includes(teacher) ? 'asked' : 'unneeded');
    this.#states.set(span, this.everybody.map(stateOf));
    return needed.map((teacher) => ({ kind: 'want', teacher, span }));
  }

  #close(span: number): WantEffect[] {
    const states = this.#states.get(span) ?? [];
    this.#states.delete(span);
    return states.flatMap((state, teacher) =>
      state === 'asked' ? [{ kind: 'unwant' as const, teacher, span }] : [],
    );
  }

  /**
   * The first of the spans [first, end) that needs the same answers as an earlier one of them that still waits for
   * answers; else `end`. If it were opened, teachers would be asked twice for the same answers.
   */
  #repetitionFrom(first: number, end: number): number {
    const { spansPerEpoch } = this.#grid;
    const repeatsFrom = (span: number) =>
      (Math.floor(span / spansPerEpoch) + this.#viewCycle) * spansPerEpoch;
    if (repeatsFrom(first) >= end) return end;
    for (let span = first; span < end; span++) {
      const states = this.#states.get(span);
      if (states === undefined || states.includes('asked')) return Math.min(end, repeatsFrom(span));
    }
    return end;
  }

  /**
   * True if the span was decided on without some teachers, and their late answers are still waited for. Answers to
   * about one window of such spans are waited for, since another epoch or run may ask for them. With a longer wait, a
   * slow teacher would never catch up.
   */
  #isAwaitedLate(span: number, oldest: number): boolean {
    const isAsked = this.#states.get(span)?.includes('asked') === true;
    return isAsked && span >= oldest && this.#decisions?.isDegraded(span) === true;
  }
}
