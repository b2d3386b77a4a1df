/**
 * Promises about one run's targets, checked from outside. Targets leave in order, once for each attachment, within
 * the student's credit, and not before all their answers are there or a quorum's deadline is over. A span's targets
 * are always made of the same teachers; these are written to the ledger before a target leaves. The window asks for
 * what it needs.
 */
import { endStepOfSpan, spanOfStep } from '@lyceum/coordinator/schedule';
import type { TargetRange } from '@lyceum/coordinator/target-flow';
import { Violation } from './violation.js';
import { confirmWindow, type RuledRun } from './window-rules.js';

export interface TargetRulesParts {
  readonly run: RuledRun;
  readonly askIdOf: (teacher: number, span: number) => string;
  readonly nowMs: () => number;
  /** Contributors by span, in the ledger and of targets that have left. Both maps outlive the coordinator. */
  readonly kept: ReadonlyMap<number, readonly number[]>;
  readonly madeOf: Map<number, readonly number[]>;
}

export class TargetRules {
  readonly #parts: TargetRulesParts;
  /** Open asks; and asks that were satisfied and not raised again. */
  readonly #asked = new Set<string>();
  readonly #met = new Set<string>();
  /** Contributors of decided spans, including decisions of earlier coordinators. */
  readonly #decided: Map<number, readonly number[]>;
  /** When each span's quorum was met; and when the student last had something to do. */
  readonly #quorumInMs = new Map<number, number>();
  #busyMs: number;
  #isOpen = false;
  #isAttached = false;
  #doneStep = 0;
  #creditStep = 0;
  /** The step whose target must leave next. */
  #nextStep = 0;

  constructor(parts: TargetRulesParts) {
    this.#parts = parts;
    this.#decided = new Map(parts.kept);
    this.#busyMs = parts.nowMs();
  }

  expected(step: number): void {
    this.#isOpen = true;
    this.#busyMs = this.#parts.nowMs();
    this.#doneStep = step;
    this.#creditStep = step;
  }

  attached(step: number): void {
    this.expected(step);
    this.#isAttached = true;
    this.#nextStep = step;
  }

  detached(): void {
    this.#isAttached = false;
  }

  credited(creditStep: number, doneStep: number): void {
    this.#creditStep = Math.max(this.#creditStep, creditStep);
    if (doneStep > this.#doneStep) this.#busyMs = this.#parts.nowMs();
    this.#doneStep = Math.max(this.#doneStep, doneStep);
  }

  asked(askId: string, span: number): void {
    this.#asked.add(askId);
    this.#met.delete(askId);
    this.#noteQuorum(span);
  }

  withdrawn(askId: string): void {
    this.#asked.delete(askId);
  }

  satisfied(askId: string, span: number): void {
    if (!this.#asked.delete(askId)) return;
    this.#met.add(askId);
    this.#noteQuorum(span);
  }

  closed(): void {
    this.#isOpen = false;
    if (this.#asked.size === 0) return;
    const message = `${this.#parts.run.runId} is over, but still asks for ${[...this.#asked]}`;
    throw new Violation('leak', message);
  }

  /** Targets may leave. */
  released(range: TargetRange): void {
    const { firstStep, endStep, contributors } = range;
    const { run, askIdOf } = this.#parts;
    const span = spanOfStep(run.grid, firstStep);
    const lacking = contributors.find((t) => !this.#met.has(askIdOf(t, span)));
    const targets = `targets of steps [${firstStep}, ${endStep}) of ${run.runId}`;
    if (lacking !== undefined)
      throw new Violation('P4', `${targets} are released before teacher ${lacking} answered`);
    this.#confirmContributors(targets, span, range);
    const isWhole = endStep <= endStepOfSpan(run.grid, span) && endStep > firstStep;
    if (endStep > this.#creditStep || !isWhole) {
      throw new Violation('P1', `${targets} are released; credit ends before ${this.#creditStep}`);
    }
    if (!this.#isAttached)
      throw new Violation('P1', `${targets} are released, but no student is attached`);
  }

  /** Targets leave. @param reachedStep - according to the flow, no target of this step or later has left. */
  left({ firstStep, endStep, contributors }: TargetRange, reachedStep: number): void {
    const { run, kept, madeOf } = this.#parts;
    const span = spanOfStep(run.grid, firstStep);
    const before = madeOf.get(span) ?? contributors;
    if (`${before}` !== `${contributors}`) {
      const message = `targets of span ${span} of ${run.runId} were sent from teachers [${before}], and now from [${contributors}]`;
      throw new Violation('P2', message);
    }
    madeOf.set(span, before);
    if (run.quorum !== undefined && `${kept.get(span)}` !== `${contributors}`) {
      const message = `targets of span ${span} of ${run.runId} are sent, but the ledger lacks their teachers`;
      throw new Violation('P2', message);
    }
    if (firstStep !== this.#nextStep) {
      const message = `the target of step ${firstStep} of ${run.runId} is sent, but step ${this.#nextStep} is next`;
      throw new Violation('P1', message);
    }
    this.#nextStep = endStep;
    if (reachedStep >= endStep) return;
    const message = `targets before step ${endStep} of ${run.runId} were sent, but the flow is at step ${reachedStep}`;
    throw new Violation('reached', message);
  }

  /** @param openWantCount - the count by the schedule itself. */
  confirmWindow(openWantCount: number): void {
    if (!this.#isOpen) return;
    confirmWindow({
      run: this.#parts.run,
      doneStep: this.#doneStep,
      decided: this.#decided,
      askIdOf: this.#parts.askIdOf,
      met: this.#met,
      asked: this.#asked,
      openWantCount,
    });
  }

  #noteQuorum(span: number): void {
    const { run, askIdOf, nowMs } = this.#parts;
    const { quorum, teachers } = run;
    const count = teachers.filter((_, t) => this.#met.has(askIdOf(t, span))).length;
    if (quorum === undefined || count < quorum.count) this.#quorumInMs.delete(span);
    else if (!this.#quorumInMs.has(span)) this.#quorumInMs.set(span, nowMs());
  }

  /** Confirms a span's contributors: at least the quorum, and fewer than all teachers only after the deadline. */
  #confirmContributors(
    targets: string,
    span: number,
    { firstStep, contributors }: TargetRange,
  ): void {
    const { teachers, quorum } = this.#parts.run;
    const isNew = !this.#decided.has(span);
    this.#decided.set(span, contributors);
    if (contributors.length === teachers.length) return;
    if (contributors.length < (quorum?.count ?? teachers.length)) {
      throw new Violation('quorum', `${targets} are released with ${contributors.length} teachers`);
    }
    if (!isNew) return;
    const sinceMs = Math.max(this.#busyMs, this.#quorumInMs.get(span) ?? Number.POSITIVE_INFINITY);
    const waitedMs = this.#parts.nowMs() - sinceMs;
    if (this.#doneStep < firstStep || waitedMs < (quorum?.deadlineMs ?? 0)) {
      throw new Violation(
        'quorum',
        `${targets} are released without all teachers after ${waitedMs} ms`,
      );
    }
  }
}
