/**
 * One run's targets: what its teachers are asked for, and what is sent to the student that is attached.
 *
 * A state machine without clock, network or files: events in, actions out, to be carried out in their order. The
 * writer to the student calls {@link TargetFlow.next} to learn what to write. What holds throughout:
 *
 * - targets leave as the schedule releases them, in its order, in pieces that can be read at a time;
 * - with a quorum, the contributors of a span are stored before the first of its targets leaves;
 * - only the last attachment counts: events of an earlier attachment change nothing;
 * - if answers turn out unreadable, no target of a later step leaves before they are readable again.
 */
import {
  endStepOfSpan,
  firstStepOfSpan,
  type RunSchedule,
  type ScheduleEffect,
  type SpanGrid,
  spanOfStep,
} from '../../schedule/index.js';
import type { Ask } from '../../tickets/asks/index.js';
import { type SpanAsk, SpanAsks } from './span-asks.js';

/** Steps [firstStep, endStep). */
export interface StepRange {
  readonly firstStep: number;
  readonly endStep: number;
}

/** Steps of one span, and the ensemble indices of the teachers that their targets are made of. */
export interface TargetRange extends StepRange {
  readonly contributors: readonly number[];
}

export type TargetAction =
  | { readonly kind: 'ask'; readonly ask: Ask }
  | { readonly kind: 'withdraw'; readonly askId: string }
  /** These targets may leave: wake the writer. */
  | { readonly kind: 'release'; readonly range: TargetRange }
  /** For the record: steps go on without the teachers `lacking`. */
  | { readonly kind: 'degraded'; readonly steps: StepRange; readonly lacking: readonly number[] }
  /** The teachers cannot answer the span: the run must not go on. */
  | {
      readonly kind: 'unanswerable';
      readonly teachers: readonly number[];
      readonly span: number;
      readonly reason: string;
    }
  | Extract<ScheduleEffect, { readonly kind: 'overdegraded' }>;

/** What the writer is to do next. */
export type TargetWork =
  /** Store the contributors of the span's targets, then call kept(). */
  | { readonly kind: 'keep'; readonly span: number; readonly contributors: readonly number[] }
  /** Read the answers and send the targets, or call unreadable() if the answers cannot be read. */
  | { readonly kind: 'write'; readonly piece: TargetRange };

export interface TargetFlowSettings {
  readonly schedule: RunSchedule;
  readonly grid: SpanGrid;
  readonly teacherCount: number;
  /** Steps whose answers are read at a time. */
  readonly stepsPerPiece: number;
  readonly askOf: (teacher: number, span: number) => Ask;
  /**
   * Spans whose contributors are stored already; undefined: contributors are always all teachers, and are not stored.
   */
  readonly kept: Iterable<number> | undefined;
  /** A student may have been served before this object was made. */
  readonly wasServed: boolean;
}

export class TargetFlow {
  readonly #settings: TargetFlowSettings;
  readonly #schedule: RunSchedule;
  readonly #asks: SpanAsks;
  readonly #kept: Set<number> | undefined;
  /** The object that stands for the call of the attached student. */
  #attachment: object | undefined;
  /** Targets that may leave on the attachment, in order. */
  #ranges: TargetRange[] = [];
  /** No step from here on has got a target; Infinity: a student may have been served before, up to an unknown step. */
  #reachedStep: number;

  constructor(settings: TargetFlowSettings) {
    this.#settings = settings;
    this.#schedule = settings.schedule;
    this.#asks = new SpanAsks(settings.askOf);
    this.#kept = settings.kept && new Set(settings.kept);
    this.#reachedStep = settings.wasServed ? Number.POSITIVE_INFINITY : 0;
  }

  /** The step after the last one whose target a student may have got. */
  get reachedStep(): number {
    return Math.min(this.#reachedStep, this.#settings.grid.plan.stepCount);
  }

  /** A student is expected to attach and go on from `step`. */
  expected(step: number): TargetAction[] {
    return this.#attachment === undefined ? this.#actions(this.#schedule.expected(step)) : [];
  }

  /** From now on the teachers are asked for `windowSteps` steps ahead. */
  resized(windowSteps: number): TargetAction[] {
    return this.#actions(this.#schedule.resized(windowSteps));
  }

  /**
   * A student attached and needs the targets from `firstStep` on; the earlier attachment is over.
   *
   * @param attachment - any object that stands for the student's call.
   * @throws {LyceumError} INVALID_ARGUMENT if the run has no such step.
   */
  attached(attachment: object, firstStep: number): TargetAction[] {
    this.released();
    const isKnown = Number.isFinite(this.#reachedStep);
    this.#reachedStep = Math.max(isKnown ? this.#reachedStep : 0, firstStep);
    const effects = this.#schedule.attached(firstStep);
    this.#attachment = attachment;
    return this.#actions(effects);
  }

  /** @throws {LyceumError} INVALID_ARGUMENT if the student claims steps whose targets it was never sent. */
  credited(attachment: object, creditStep: number, doneStep: number): TargetAction[] {
    if (attachment !== this.#attachment) return [];
    return this.#actions(this.#schedule.credited(creditStep, doneStep));
  }

  /** The call is over. Open asks stay open. */
  detached(attachment: object): void {
    if (attachment === this.#attachment) this.released();
  }

  /** The student has lost the run. Open asks stay open. */
  released(): void {
    this.#attachment = undefined;
    this.#ranges = [];
    this.#schedule.detached();
  }

  /** The run needs no more targets. */
  closed(): TargetAction[] {
    this.released();
    return this.#actions(this.#schedule.closed());
  }

  /** @param nowMs - of a clock that never goes back. */
  tick(nowMs: number): TargetAction[] {
    return this.#actions(this.#schedule.tick(nowMs));
  }

  /** The span and teachers of an ask; undefined: the ask is not open. */
  asked(askId: string): SpanAsk | undefined {
    return this.#asks.find(askId);
  }

  /** All answers to an ask are in the store. */
  satisfied(askId: string): TargetAction[] {
    const ask = this.#asks.done(askId);
    if (ask === undefined) return [];
    const { span } = ask;
    return [...ask.teachers].flatMap((teacher) =>
      this.#actions(this.#schedule.spanComplete(teacher, span)),
    );
  }

  /** There will be no answers to an ask. */
  failed(askId: string, reason: string): TargetAction[] {
    const ask = this.#asks.find(askId);
    if (ask === undefined) return [];
    return [{ kind: 'unanswerable', teachers: [...ask.teachers], span: ask.span, reason }];
  }

  /** What to write next to the student; undefined: nothing now, or nothing ever again if the call is over. */
  next(attachment: object): TargetWork | undefined {
    const [range] = this.#ranges;
    if (attachment !== this.#attachment || range === undefined) return undefined;
    const { grid, stepsPerPiece } = this.#settings;
    const { firstStep, contributors } = range;
    const span = spanOfStep(grid, firstStep);
    if (this.#kept?.has(span) === false) return { kind: 'keep', span, contributors };
    const endStep = Math.min(firstStep + stepsPerPiece, range.endStep);
    if (endStep === range.endStep) this.#ranges.shift();
    else this.#ranges[0] = { ...range, firstStep: endStep };
    this.#reachedStep = Math.max(this.#reachedStep, endStep);
    return { kind: 'write', piece: { firstStep, endStep, contributors } };
  }

  /** The contributors of a span's targets are stored. */
  kept(span: number, contributors: readonly number[]): TargetAction[] {
    if (this.#kept?.has(span) !== false) return [];
    this.#kept.add(span);
    const { grid, teacherCount } = this.#settings;
    const everybody = Array.from({ length: teacherCount }, (_, teacher) => teacher);
    const lacking = everybody.filter((teacher) => !contributors.includes(teacher));
    if (lacking.length === 0) return [];
    const steps = { firstStep: firstStepOfSpan(grid, span), endStep: endStepOfSpan(grid, span) };
    return [{ kind: 'degraded', steps, lacking }];
  }

  /**
   * A piece cannot be read: its answers are asked for again, and its targets and all later ones are released
   * again. If the call is over, nothing changes: a later call may have sent these steps, and finds unreadable
   * answers itself.
   *
   * @param teachers - the teachers whose answers cannot be read.
   */
  unreadable(attachment: object, piece: TargetRange, teachers: Iterable<number>): TargetAction[] {
    if (attachment !== this.#attachment) return [];
    this.#ranges = [];
    const span = spanOfStep(this.#settings.grid, piece.firstStep);
    return [...teachers].flatMap((teacher) =>
      this.#actions(this.#schedule.spanUnreadable(teacher, span, piece.firstStep)),
    );
  }

  #actions(effects: readonly ScheduleEffect[]): TargetAction[] {
    return effects.flatMap((effect): TargetAction[] => {
      if (effect.kind === 'want') {
        const ask = this.#asks.want(effect.teacher, effect.span);
        return ask === undefined ? [] : [{ kind: 'ask', ask }];
      }
      if (effect.kind === 'unwant') {
        const askId = this.#asks.unwant(effect.teacher, effect.span);
        return askId === undefined ? [] : [{ kind: 'withdraw', askId }];
      }
      if (effect.kind === 'overdegraded') return [effect];
      const { firstStep, endStep, contributors } = effect;
      const range = { firstStep, endStep, contributors };
      this.#ranges.push(range);
      return [{ kind: 'release', range }];
    });
  }
}
