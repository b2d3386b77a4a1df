/**
 * One run's schedule with its effects carried out, as `coordinator/src/targets/run-targets.ts` does it, and what
 * must hold of it: targets leave in order, once per attachment, no sooner than all answers to them are there or a
 * quorum's deadline is over, are made of the right ones, and each span's of the same teachers for ever; and no more
 * is asked for than the window needs, nor less.
 */
import type { Asker } from '@lyceum/coordinator/asks';
import {
  endStepOfSpan,
  type RunSchedule,
  type ScheduleEffect,
  spanOfStep,
} from '@lyceum/coordinator/schedule';
import type { SimulatedProcess } from './event-clock.js';
import type { RunSettings } from './schedule-settings.js';
import { askOf, unreadableOf } from './simulated-asks.js';
import type { SimulatedDesk } from './simulated-desk.js';
import { Violation } from './violation.js';
import { confirmWindow, wantKey } from './window-rules.js';
import { mishap, type RunRecord, type World } from './world.js';

/** The student's end of an attachment. */
export interface TargetSink {
  /** The target of a step is on its way. */
  target(step: number): void;
  /** The coordinator has ended the attachment. */
  ended(): void;
}

export interface TargetRequestSteps {
  readonly firstStep: number;
  readonly creditStep: number;
  readonly doneStep: number;
}

type SendEffect = Extract<ScheduleEffect, { readonly kind: 'send' }>;

export interface Attachment {
  readonly sink: TargetSink;
  readonly ranges: SendEffect[];
  isOver: boolean;
  isWriting: boolean;
  /** The step whose target must leave next. */
  nextStep: number;
}

export class SimulatedTargets implements Asker {
  readonly askerId: string;
  readonly runId: string;
  readonly settings: RunSettings;
  /** Why the run cannot go on. */
  failure: string | undefined;
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #desk: SimulatedDesk;
  readonly #schedule: RunSchedule;
  readonly #asks = new Map<string, { readonly span: number; readonly teachers: Set<number> }>();
  readonly #askIds = new Map<string, string>();
  /** Wants that were met and not raised again. */
  readonly #complete = new Set<string>();
  #attachment: Attachment | undefined;
  #isOpen = false;
  #doneStep = 0;
  #creditStep = 0;
  readonly #run: RunRecord;
  /** Decisions on spans, those of coordinators before included. */
  readonly #decided: Map<number, readonly number[]>;
  /** When the quorum of each span came to be in, and when the student last had something to do. */
  readonly #quorumInMs = new Map<number, number>();
  #busyMs: number;

  constructor(world: World, process: SimulatedProcess, desk: SimulatedDesk, run: RunRecord) {
    const { settings } = run;
    this.#run = run;
    this.#decided = new Map(run.ledger);
    this.#busyMs = world.clock.nowMs;
    this.#world = world;
    this.#process = process;
    this.#desk = desk;
    this.settings = settings;
    this.askerId = settings.runId;
    this.runId = settings.runId;
    const { grid, teachers, windowSteps, viewCycle, quorum } = settings;
    this.#schedule = world.machines.runSchedule({
      grid,
      teacherCount: teachers.length,
      windowSteps,
      viewCycle,
      quorum: quorum && { ...quorum, maxDegradedShare: 1, decided: run.ledger },
    });
  }

  expect(step: number): void {
    if (this.#attachment !== undefined) return;
    this.#restart(step);
    this.#apply(this.#schedule.expected(step));
    this.#confirmWindow();
  }

  attach(request: TargetRequestSteps, sink: TargetSink): Attachment {
    this.#end(this.#attachment);
    const nextStep = request.firstStep;
    const attachment = { sink, ranges: [], isOver: false, isWriting: false, nextStep };
    this.#attachment = attachment;
    this.#restart(request.firstStep);
    this.#apply(this.#schedule.attached(request.firstStep));
    this.#credited(request);
    return attachment;
  }

  credit(attachment: Attachment, request: Omit<TargetRequestSteps, 'firstStep'>): void {
    if (!attachment.isOver) this.#credited(request);
  }

  /** The student's end of the stream is gone. */
  detach(attachment: Attachment): void {
    attachment.isOver = true;
    if (this.#attachment !== attachment) return;
    this.#attachment = undefined;
    this.#schedule.detached();
  }

  release(): void {
    this.#end(this.#attachment);
    this.#attachment = undefined;
    this.#schedule.detached();
  }

  close(): void {
    this.release();
    this.#isOpen = false;
    this.#apply(this.#schedule.closed());
    if (this.#askIds.size === 0 && this.#asks.size === 0) return;
    throw new Violation('leak', `${this.askerId} is over and asks for ${[...this.#askIds.keys()]}`);
  }

  satisfied(askId: string): void {
    const ask = this.#asks.get(askId);
    if (ask === undefined) return;
    this.#asks.delete(askId);
    for (const teacher of ask.teachers) {
      const key = wantKey(teacher, ask.span);
      this.#askIds.delete(key);
      this.#complete.add(key);
      this.#noteQuorum(ask.span);
      this.#apply(this.#schedule.spanComplete(teacher, ask.span));
    }
    this.#confirmWindow();
  }

  tick(): void {
    this.#apply(this.#schedule.tick(this.#world.clock.nowMs));
  }

  failed(_askId: string, reason: string): void {
    this.failure ??= reason;
  }

  #noteQuorum(span: number): void {
    const { quorum, teachers } = this.settings;
    const count = teachers.filter((_, t) => this.#complete.has(wantKey(t, span))).length;
    if (quorum === undefined || count < quorum.count) this.#quorumInMs.delete(span);
    else if (!this.#quorumInMs.has(span)) this.#quorumInMs.set(span, this.#world.clock.nowMs);
  }

  #restart(step: number): void {
    this.#isOpen = true;
    this.#busyMs = this.#world.clock.nowMs;
    this.#doneStep = step;
    this.#creditStep = step;
  }

  #end(attachment: Attachment | undefined): void {
    if (attachment === undefined) return;
    attachment.isOver = true;
    attachment.sink.ended();
  }

  #credited({ creditStep, doneStep }: Omit<TargetRequestSteps, 'firstStep'>): void {
    this.#creditStep = Math.max(this.#creditStep, creditStep);
    if (doneStep > this.#doneStep) this.#busyMs = this.#world.clock.nowMs;
    this.#doneStep = Math.max(this.#doneStep, doneStep);
    this.#apply(this.#schedule.credited(creditStep, doneStep));
    this.#confirmWindow();
  }

  #apply(effects: readonly ScheduleEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'want') this.#want(effect.teacher, effect.span);
      else if (effect.kind === 'unwant') this.#unwant(effect.teacher, effect.span);
      else if (effect.kind === 'overdegraded') this.failure ??= 'too many steps lack teachers';
      else this.#send(effect);
    }
  }

  #want(teacher: number, span: number): void {
    const ask = askOf(this.settings, teacher, span);
    const key = wantKey(teacher, span);
    this.#complete.delete(key);
    this.#noteQuorum(span);
    this.#askIds.set(key, ask.id);
    const known = this.#asks.get(ask.id);
    if (known !== undefined) {
      known.teachers.add(teacher);
      return;
    }
    this.#asks.set(ask.id, { span, teachers: new Set([teacher]) });
    this.#desk.ask(this, ask);
  }

  #unwant(teacher: number, span: number): void {
    const key = wantKey(teacher, span);
    const askId = this.#askIds.get(key);
    const ask = askId === undefined ? undefined : this.#asks.get(askId);
    this.#askIds.delete(key);
    if (askId === undefined || ask === undefined) return;
    ask.teachers.delete(teacher);
    if (ask.teachers.size > 0) return;
    this.#asks.delete(askId);
    this.#desk.withdraw(this, askId);
  }

  #send(range: SendEffect): void {
    const { firstStep, endStep, contributors } = range;
    const { grid } = this.settings;
    const span = spanOfStep(grid, firstStep);
    const lacking = contributors.find((t) => !this.#complete.has(wantKey(t, span)));
    const steps = `steps [${firstStep}, ${endStep}) of ${this.askerId}`;
    if (lacking !== undefined)
      throw new Violation('P4', `${steps} leave before teacher ${lacking} answered`);
    this.#confirmContributors(steps, span, range);
    if (endStep > this.#creditStep || endStep > endStepOfSpan(grid, span) || endStep <= firstStep) {
      throw new Violation('P1', `${steps} leave; credit ends before ${this.#creditStep}`);
    }
    if (this.#attachment === undefined) throw new Violation('P1', `${steps} leave to nobody`);
    this.#attachment.ranges.push(range);
    this.#write(this.#attachment);
  }

  /** As many as must be, and fewer than all only after the deadline. */
  #confirmContributors(steps: string, span: number, { firstStep, contributors }: SendEffect): void {
    const { teachers, quorum } = this.settings;
    const isNew = !this.#decided.has(span);
    this.#decided.set(span, contributors);
    if (contributors.length === teachers.length) return;
    if (contributors.length < (quorum?.count ?? teachers.length)) {
      throw new Violation('quorum', `${steps} leave with ${contributors.length} teachers`);
    }
    if (!isNew) return;
    const sinceMs = Math.max(this.#busyMs, this.#quorumInMs.get(span) ?? Number.POSITIVE_INFINITY);
    const waitedMs = this.#world.clock.nowMs - sinceMs;
    if (this.#doneStep < firstStep || waitedMs < (quorum?.deadlineMs ?? 0)) {
      throw new Violation('quorum', `${steps} leave without all after ${waitedMs} ms`);
    }
  }

  #write(attachment: Attachment): void {
    if (attachment.isWriting || attachment.isOver) return;
    const range = attachment.ranges.shift();
    if (range === undefined) return;
    attachment.isWriting = true;
    // A disk may take its time.
    const readMs = this.#world.random.whole(
      0,
      mishap(this.#world, this.#world.settings.slowRead) ? 500 : 4,
    );
    this.#process.after(readMs, () => {
      attachment.isWriting = false;
      this.#leave(attachment, range);
      this.#write(attachment);
    });
  }

  #leave(attachment: Attachment, range: SendEffect): void {
    const { grid } = this.settings;
    const span = spanOfStep(grid, range.firstStep);
    const { ledger, madeOf } = this.#run;
    if (!ledger.has(span)) ledger.set(span, range.contributors);
    const unreadable = new Set<number>();
    for (let step = range.firstStep; step < range.endStep; step++) {
      for (const teacher of unreadableOf(this.#world, this.settings, step, range.contributors))
        unreadable.add(teacher);
    }
    // A call that is over must not take back steps that have left on the one after it, which finds out by
    // itself what is unreadable.
    if (attachment.isOver) return;
    if (unreadable.size > 0) {
      attachment.ranges.length = 0;
      this.#world.trace(() => `${this.askerId} step ${range.firstStep}: answers are unreadable`);
      for (const teacher of unreadable) {
        this.#apply(this.#schedule.spanUnreadable(teacher, span, range.firstStep));
      }
      return;
    }
    const before = madeOf.get(span) ?? range.contributors;
    if (`${before}` !== `${range.contributors}`) {
      const message = `targets of span ${span} of ${this.askerId} left made of [${before}] and leave made of [${range.contributors}]`;
      throw new Violation('P2', message);
    }
    madeOf.set(span, before);
    for (let step = range.firstStep; step < range.endStep; step++) {
      if (step !== attachment.nextStep) {
        const message = `target of step ${step} of ${this.askerId} leaves, and ${attachment.nextStep} is next`;
        throw new Violation('P1', message);
      }
      attachment.nextStep++;
      attachment.sink.target(step);
    }
  }

  #confirmWindow(): void {
    if (!this.#isOpen) return;
    confirmWindow({
      askerId: this.askerId,
      settings: this.settings,
      doneStep: this.#doneStep,
      decided: this.#decided,
      isMet: (want) => this.#complete.has(want),
      asked: new Set(this.#askIds.keys()),
      openWantCount: this.#schedule.openWantCount(),
    });
  }
}
