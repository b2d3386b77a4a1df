/**
 * The flow of one run's targets. The flow's actions are carried out on the simulated desk, store and ledger, and each
 * action is checked by the {@link TargetRules}.
 */
import type { Asker } from '@lyceum/coordinator/asks';
import type { RunSchedule } from '@lyceum/coordinator/schedule';
import type { TargetAction, TargetFlow, TargetRange } from '@lyceum/coordinator/target-flow';
import { TargetRules } from '../rules/index.js';
import {
  mishap,
  type ReadTarget,
  type RunRecord,
  readTarget,
  type SimulatedProcess,
  SpanAskTable,
  type World,
} from '../world/index.js';
import type { SimulatedDesk } from './simulated-desk.js';

/** The student's end of an attachment. */
export interface TargetSink {
  /** The target of a step is on its way. */
  target(step: number, isOfOther: boolean): void;
  /** The coordinator has ended the attachment. */
  ended(): void;
}

export interface TargetRequestSteps {
  readonly firstStep: number;
  readonly creditStep: number;
  readonly doneStep: number;
}

export interface Attachment {
  readonly sink: TargetSink;
  isOver: boolean;
  isWriting: boolean;
}

export class SimulatedTargets implements Asker {
  readonly askerId: string;
  readonly runId: string;
  /** Why the run cannot go on; undefined: it can. */
  failure: string | undefined;
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #desk: SimulatedDesk;
  readonly #run: RunRecord;
  readonly #schedule: RunSchedule;
  readonly #flow: TargetFlow;
  readonly #asks: SpanAskTable;
  readonly #rules: TargetRules;
  #attachment: Attachment | undefined;

  /** @param wasServed - whether a student may have got targets before. */
  constructor(
    world: World,
    process: SimulatedProcess,
    desk: SimulatedDesk,
    run: RunRecord,
    wasServed: boolean,
  ) {
    const { settings, ledger, madeOf } = run;
    const { runId, grid, teachers, windowSteps, viewCycle, quorum, stepsPerPiece } = settings;
    this.#world = world;
    this.#process = process;
    this.#desk = desk;
    this.#run = run;
    this.askerId = runId;
    this.runId = runId;
    const teacherCount = teachers.length;
    this.#schedule = world.machines.runSchedule({
      grid,
      teacherCount,
      windowSteps,
      viewCycle,
      quorum: quorum && { ...quorum, maxDegradedShare: 1, decided: ledger },
    });
    const asks = new SpanAskTable(settings);
    this.#asks = asks;
    this.#flow = world.machines.targetFlow({
      schedule: this.#schedule,
      grid,
      teacherCount,
      stepsPerPiece,
      askOf: (teacher, span) => asks.of(teacher, span),
      kept: quorum && ledger.keys(),
      wasServed,
    });
    this.#rules = new TargetRules({
      run: settings,
      askIdOf: (teacher, span) => asks.of(teacher, span).id,
      nowMs: () => world.clock.nowMs,
      kept: ledger,
      madeOf,
    });
  }

  /** The step after the last step whose target a student may have got. */
  get reachedStep(): number {
    return this.#flow.reachedStep;
  }

  expect(step: number): void {
    if (this.#attachment === undefined) this.#rules.expected(step);
    this.#carryOut(this.#flow.expected(step));
    this.#confirmWindow();
  }

  attach({ firstStep, creditStep, doneStep }: TargetRequestSteps, sink: TargetSink): Attachment {
    this.#end(this.#attachment);
    const attachment = { sink, isOver: false, isWriting: false };
    this.#attachment = attachment;
    this.#rules.attached(firstStep);
    this.#carryOut(this.#flow.attached(attachment, firstStep));
    this.credit(attachment, { creditStep, doneStep });
    return attachment;
  }

  credit(
    attachment: Attachment,
    { creditStep, doneStep }: Omit<TargetRequestSteps, 'firstStep'>,
  ): void {
    if (!attachment.isOver) this.#rules.credited(creditStep, doneStep);
    this.#carryOut(this.#flow.credited(attachment, creditStep, doneStep));
    this.#confirmWindow();
  }

  /** The student's end of the stream is gone. */
  detach(attachment: Attachment): void {
    attachment.isOver = true;
    if (this.#attachment === attachment) {
      this.#attachment = undefined;
      this.#rules.detached();
    }
    this.#flow.detached(attachment);
  }

  release(): void {
    this.#end(this.#attachment);
    this.#attachment = undefined;
    this.#rules.detached();
    this.#flow.released();
  }

  close(): void {
    this.release();
    this.#carryOut(this.#flow.closed());
    this.#rules.closed();
  }

  satisfied(askId: string): void {
    this.#rules.satisfied(askId, this.#asks.spanOf(askId));
    this.#carryOut(this.#flow.satisfied(askId));
    this.#confirmWindow();
  }

  failed(askId: string, reason: string): void {
    this.#carryOut(this.#flow.failed(askId, reason));
  }

  tick(): void {
    this.#carryOut(this.#flow.tick(this.#world.clock.nowMs));
  }

  #confirmWindow(): void {
    this.#rules.confirmWindow(this.#schedule.openWantCount());
  }

  #end(attachment: Attachment | undefined): void {
    if (attachment === undefined) return;
    attachment.isOver = true;
    attachment.sink.ended();
  }

  #carryOut(actions: readonly TargetAction[]): void {
    for (const action of actions) {
      switch (action.kind) {
        case 'ask':
          this.#rules.asked(action.ask.id, this.#asks.spanOf(action.ask.id));
          this.#desk.ask(this, action.ask);
          break;
        case 'withdraw':
          this.#rules.withdrawn(action.askId);
          this.#desk.withdraw(this, action.askId);
          break;
        case 'release':
          this.#rules.released(action.range);
          if (this.#attachment !== undefined) this.#write(this.#attachment);
          break;
        case 'degraded':
          this.#world.trace(() => `${this.runId} goes on without ${action.lacking}`);
          break;
        case 'unanswerable':
          this.failure ??= action.reason;
          break;
        case 'overdegraded':
          this.failure ??= 'too many steps lack teachers';
          break;
      }
    }
  }

  #write(attachment: Attachment): void {
    if (attachment.isWriting || attachment.isOver) return;
    const work = this.#flow.next(attachment);
    if (work === undefined) return;
    attachment.isWriting = true;
    if (work.kind === 'keep') this.#run.keepCount++;
    // Answers are read now, and leave later even if the store has dropped them meanwhile.
    const write =
      work.kind === 'keep'
        ? () => this.#keep(work.span, work.contributors)
        : this.#read(attachment, work.piece);
    // A disk may be slow.
    const isSlow = mishap(this.#world, this.#world.settings.slowRead);
    this.#process.after(this.#world.random.whole(0, isSlow ? 500 : 4), () => {
      attachment.isWriting = false;
      write();
      this.#write(attachment);
    });
  }

  #keep(span: number, contributors: readonly number[]): void {
    const { ledger } = this.#run;
    this.#run.keepCount--;
    if (!ledger.has(span)) ledger.set(span, contributors);
    this.#carryOut(this.#flow.kept(span, contributors));
  }

  /** Reads a piece's answers. @returns a function that writes the piece. */
  #read(attachment: Attachment, piece: TargetRange): () => void {
    const { settings } = this.#run;
    const { firstStep, endStep, contributors } = piece;
    const steps = Array.from({ length: endStep - firstStep }, (_, index) => firstStep + index);
    const targets = steps.map((step) => readTarget(this.#world, settings, step, contributors));
    return () => this.#writePiece(attachment, piece, targets);
  }

  #writePiece(attachment: Attachment, piece: TargetRange, targets: readonly ReadTarget[]): void {
    const unreadable = new Set(targets.flatMap((target) => target.unreadable));
    if (unreadable.size > 0) {
      this.#world.trace(() => `${this.runId} step ${piece.firstStep}: answers are unreadable`);
      this.#carryOut(this.#flow.unreadable(attachment, piece, unreadable));
      return;
    }
    if (attachment.isOver) return;
    this.#rules.left(piece, this.#flow.reachedStep);
    for (const [index, { isOfOther }] of targets.entries()) {
      attachment.sink.target(piece.firstStep + index, isOfOther);
    }
  }
}
