/**
 * The spans that a run's teachers are asked for ahead of its student, and whose answers are there.
 *
 * Every span that holds a step of [done, done + window) is open, asked for or there; but for those whose answers
 * an earlier epoch is still being asked for. A state machine without clock or network: events in, effects out.
 */
import type { SpanDecisions } from './span-decisions.js';
import { type SpanGrid, spanOfStep } from './span-grid.js';

export type WantEffect =
  /** Ask teacher `teacher` (its ensemble index) for span `span`. */
  | { readonly kind: 'want'; readonly teacher: number; readonly span: number }
  /** That is no longer needed. */
  | { readonly kind: 'unwant'; readonly teacher: number; readonly span: number };

/** What became of one teacher's answers to an open span. */
type AnswerState =
  | 'asked'
  | 'there'
  /** The span was decided on without them before it was opened. */
  | 'unneeded';

export interface OpenSpansSettings {
  readonly grid: SpanGrid;
  readonly teacherCount: number;
  /** Steps asked for beyond those that the student has done, at first; at least 1. */
  readonly windowSteps: number;
  /** Epoch e shows what epoch e − viewCycle showed: the same answers serve both. */
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

  /** The window is of another number of steps from now on. */
  resized(windowSteps: number): WantEffect[] {
    if (windowSteps === this.#windowSteps) return [];
    this.#windowSteps = windowSteps;
    // Where the window lies is not known before a student is expected.
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
   * All answers of `teacher` to `span` are there: what a later epoch shows again is opened with them.
   *
   * @returns undefined if they were not asked for.
   */
  arrived(teacher: number, span: number): WantEffect[] | undefined {
    return this.#change(teacher, span, 'asked', 'there') ? this.moved(this.#doneStep) : undefined;
  }

  /** Answers that were there are not. */
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

  /** True if the span is open, and the answers are there that its targets need. */
  isReady(span: number): boolean {
    return this.#states.has(span) && this.missing(span).length === 0;
  }

  get count(): number {
    return this.#states.size;
  }

  /** Teachers' spans asked for and not there yet. */
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
   * The first of the spans [first, end) that shows again what one of them, which is not there yet, shows; else `end`. Its
   * teachers would be asked twice for one answer.
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
   * True if late answers to a span that went without them may come yet: those of about one window are waited
   * for, since another epoch or run may ask for them; were it more, a slow teacher would never catch up.
   */
  #isAwaitedLate(span: number, oldest: number): boolean {
    const isAsked = this.#states.get(span)?.includes('asked') === true;
    return isAsked && span >= oldest && this.#decisions?.isDegraded(span) === true;
  }
}
