/**
 * The targets of one run: asks for what its schedule wants, combines what has come and sends it to the
 * student that is attached.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CombinationFit } from '@lyceum/learning/ensemble';
import { firstEnd, Wakeup } from '@lyceum/platform';
import { LyceumError, type TargetFrame, type TargetRequest, toLyceumError } from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import type { DatasetOutline } from '../artifacts/index.js';
import {
  type ContributorLedger,
  gridOf,
  meanAnswerBytes,
  quorumOf,
  type RunRecord,
} from '../runs/index.js';
import {
  endStepOfSpan,
  firstStepOfSpan,
  RunSchedule,
  type ScheduleEffect,
  type SpanGrid,
  spanAt,
  spanOfStep,
  teacherWindowSteps,
} from '../schedule/index.js';
import type { Asker } from '../tickets/asks/index.js';
import type { TicketDesk } from '../tickets/index.js';
import type { Combiner } from './combiner.js';
import { EnsembleDrift } from './ensemble-drift.js';
import { SpanAsks } from './span-asks.js';
import { SpanSamples, type StepRange } from './span-samples.js';
import { overdegraded, type TargetFailure, unanswerable } from './target-failure.js';
import {
  type AnswerBuffers,
  type ReadAnswers,
  type TargetRange,
  TargetSource,
} from './target-source.js';

export interface RunTargetsParts {
  /** Unique among all that ask; absent: the run's training. */
  readonly askerId?: string;
  readonly record: RunRecord;
  readonly dataset: DatasetOutline;
  readonly desk: Pick<TicketDesk, 'ask' | 'withdraw'>;
  readonly store: Pick<AnswerStore, 'read'>;
  readonly combiner: Combiner;
  /** Of a rule that has to be fitted; it is there before {@link RunTargets.serve} is called. */
  readonly fit: () => CombinationFit | undefined;
  /** Of a run whose quorum is below all its teachers. */
  readonly ledger: Pick<ContributorLedger, 'decided' | 'record'> | undefined;
  /** {@link RunTargets.failure} is there. */
  readonly onFailed: () => void;
  readonly onSent: (stepCount: number) => void;
  /** A teacher's answers are not what they were at the beginning. */
  readonly onDrift: (teacher: number, text: string) => void;
  /** Steps of a span go on without some teachers. */
  readonly onDegraded: (steps: StepRange, lacking: readonly string[]) => void;
}

interface Attachment {
  readonly controller: AbortController;
  /** What may leave, in order. */
  readonly ranges: TargetRange[];
  readonly buffers: AnswerBuffers;
  /** A range was added. */
  readonly added: Wakeup;
}

export class RunTargets implements Asker {
  readonly askerId: string;
  readonly runId: string;
  readonly #parts: RunTargetsParts;
  readonly #grid: SpanGrid;
  readonly #schedule: RunSchedule;
  readonly #asks: SpanAsks;
  readonly #samples: SpanSamples;
  readonly #source: TargetSource;
  readonly #drift: EnsembleDrift;
  #attachment: Attachment | undefined;
  #failure: TargetFailure | undefined;
  /** No step from here on has got a target; of a student that a predecessor served nothing is known. */
  #reachedStep: number;

  constructor(parts: RunTargetsParts) {
    const { record, ledger } = parts;
    const quorum = quorumOf(record);
    if (record.specification.kind !== 'Distillation' || record.answerCodec === undefined) {
      throw new Error(`run ${record.runId} has no targets`);
    }
    this.#parts = parts;
    this.#reachedStep = record.state === 'TRAINING' ? Number.POSITIVE_INFINITY : 0;
    this.runId = record.runId;
    this.askerId = parts.askerId ?? `${record.runId}/training`;
    const { spec } = record.specification;
    const { dataset, desk, store, combiner, fit } = parts;
    const grid = gridOf(record);
    this.#grid = grid;
    this.#schedule = new RunSchedule({
      grid,
      teacherCount: record.teachers.length,
      windowSteps: this.#windowSteps(0),
      viewCycle: spec.views?.cycle ?? 1,
      quorum: quorum && ledger && { ...quorum, decided: ledger.decided },
    });
    // The window's spans, and those on their way; others are computed again if a student goes back to them.
    const keptCount = () => 2 * this.#schedule.openSpanCount() + 2;
    this.#samples = new SpanSamples(dataset, grid, spec.training.seed, keptCount);
    const samples = this.#samples;
    this.#asks = new SpanAsks({ record, spec, dataset, grid, samples, desk, asker: this });
    const weights = record.teachers.map(({ weight }) => weight);
    this.#drift = new EnsembleDrift(weights, dataset.classCount);
    const codec = record.answerCodec;
    this.#source = new TargetSource({ record, spec, codec, dataset, grid, samples, store, combiner, fit }); // biome-ignore format: short
  }

  /** Why the run cannot go on; undefined: it can. */
  get failure(): TargetFailure | undefined {
    return this.#failure;
  }

  /** The step after the last one that a student may have got the target of. */
  get reachedStep(): number {
    return Math.min(this.#reachedStep, this.#grid.plan.stepCount);
  }

  /** So many workers have teachers of the run: its window becomes as long as they need it. */
  servedBy(workerCount: number): void {
    this.#apply(this.#schedule.resized(this.#windowSteps(workerCount)));
  }

  /** Opens the window at the step from which the student will go on. */
  expect(step: number): void {
    if (this.#attachment === undefined) this.#apply(this.#schedule.expected(step));
  }

  /**
   * One `ReceiveTargets` call, from its first request to its end.
   *
   * @throws {LyceumError} ABORTED once another call or another assignment takes over, INVALID_ARGUMENT if a
   *   request makes no sense.
   */
  async serve(
    first: TargetRequest,
    requests: AsyncIterable<TargetRequest>,
    send: (frame: TargetFrame) => Promise<void>,
  ): Promise<void> {
    this.#attachment?.controller.abort(
      new LyceumError('ABORTED', `another stream of run ${this.runId} took over`),
    );
    const attachment: Attachment = {
      controller: new AbortController(),
      ranges: [],
      buffers: this.#source.buffers(),
      added: new Wakeup(),
    };
    this.#attachment = attachment;
    const isKnown = Number.isFinite(this.#reachedStep);
    this.#reachedStep = Math.max(isKnown ? this.#reachedStep : 0, first.firstStep);
    const { signal } = attachment.controller;
    try {
      this.#apply(this.#schedule.attached(first.firstStep));
      this.#apply(this.#schedule.credited(first.creditStep, first.doneStep));
      await firstEnd(
        [this.#readCredits(requests, signal), this.#write(attachment, send)],
        [signal],
      );
    } finally {
      attachment.controller.abort(new LyceumError('ABORTED', 'the call is over'));
      if (this.#attachment === attachment) {
        this.#attachment = undefined;
        this.#schedule.detached();
      }
    }
  }

  /** The student has lost the run: its call ends with `reason`. What was asked for stays asked for. */
  release(reason: LyceumError): void {
    this.#attachment?.controller.abort(reason);
    this.#attachment = undefined;
    this.#schedule.detached();
  }

  /** The run needs no more targets: besides, its asks are withdrawn. */
  close(reason: LyceumError): void {
    this.release(reason);
    this.#apply(this.#schedule.closed());
  }

  /** Names of the teachers that the idle student waits for. */
  waitingFor(): string[] {
    const { teachers } = this.#parts.record;
    return this.#schedule.waitingFor().map((index) => teachers[index]?.name ?? '');
  }

  openWantCount(): number {
    return this.#schedule.openWantCount();
  }

  /** Share of the run's steps whose targets are made of fewer than all teachers, as far as that is decided. */
  degradedShare(): number {
    return this.#schedule.degradedSteps() / this.#grid.plan.stepCount;
  }

  /** @param nowMs - of a clock that never goes back. */
  tick(nowMs: number): void {
    this.#apply(this.#schedule.tick(nowMs));
  }

  satisfied(askId: string): void {
    const ask = this.#asks.find(askId);
    if (ask === undefined) return;
    this.#asks.done(askId);
    for (const teacher of ask.teachers) this.#apply(this.#schedule.spanComplete(teacher, ask.span));
  }

  failed(askId: string, reason: string): void {
    const ask = this.#asks.find(askId);
    if (ask === undefined) return;
    const { teachers } = this.#parts.record;
    const names = [...ask.teachers].map((index) => teachers[index]?.name).join(', ');
    const span = spanAt(this.#grid, ask.span);
    this.#fail(unanswerable(names, span, this.#samples.ofSpan(ask.span), reason));
  }

  #windowSteps(workerCount: number): number {
    const { record } = this.#parts;
    const rowBytes = meanAnswerBytes(record);
    const teacherCount = record.teachers.length;
    return teacherWindowSteps(this.#grid, { workerCount, teacherCount, rowBytes });
  }

  #fail(failure: TargetFailure): void {
    this.#failure ??= failure;
    this.#parts.onFailed();
  }

  #apply(effects: readonly ScheduleEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'want') this.#asks.want(effect.teacher, effect.span);
      else if (effect.kind === 'unwant') this.#asks.unwant(effect.teacher, effect.span);
      else if (effect.kind === 'overdegraded') this.#fail(overdegraded(this.#parts.record, effect));
      else {
        this.#attachment?.ranges.push(effect);
        this.#attachment?.added.wake();
      }
    }
  }

  async #readCredits(requests: AsyncIterable<TargetRequest>, signal: AbortSignal): Promise<void> {
    for await (const { creditStep, doneStep } of requests) {
      if (signal.aborted) return;
      this.#apply(this.#schedule.credited(creditStep, doneStep));
    }
  }

  async #write(attachment: Attachment, send: (frame: TargetFrame) => Promise<void>): Promise<void> {
    const { ranges, added, controller } = attachment;
    while (!controller.signal.aborted) {
      const range = ranges.shift();
      if (range === undefined) {
        await added.wait({ signal: controller.signal });
        continue;
      }
      await this.#recordContributors(spanOfStep(this.#grid, range.firstStep), range);
      for (const piece of this.#source.pieces(range)) {
        const isSent = await this.#writePiece(piece, attachment, send);
        if (controller.signal.aborted) return;
        if (isSent) continue;
        // Everything behind it was not sent either; the schedule releases it again.
        break;
      }
    }
  }

  /** @returns false if it cannot be read: then it, and all that was to follow, is asked for again. */
  async #writePiece(
    piece: TargetRange,
    attachment: Attachment,
    send: (frame: TargetFrame) => Promise<void>,
  ): Promise<boolean> {
    const { ranges, controller } = attachment;
    const span = spanOfStep(this.#grid, piece.firstStep);
    this.#reachedStep = Math.max(this.#reachedStep, piece.endStep);
    const answers = await this.#read(piece, attachment.buffers);
    // A call that is over must not take back steps that have left on the one after it, which finds out by
    // itself what is unreadable.
    if (controller.signal.aborted) return false;
    if (answers.unreadable.size > 0) {
      ranges.length = 0;
      for (const teacher of answers.unreadable) {
        this.#apply(this.#schedule.spanUnreadable(teacher, span, piece.firstStep));
      }
      return false;
    }
    for (const { teacher, text } of this.#drift.look(piece.contributors, answers.logits)) {
      this.#parts.onDrift(teacher, text);
    }
    for await (const frame of this.#source.frames(piece, answers)) {
      if (controller.signal.aborted) return false;
      await send(frame);
      await nextTurn();
    }
    this.#parts.onSent(piece.endStep - piece.firstStep);
    return true;
  }

  /** Keeps what a span's targets are made of before the first of them leaves. */
  async #recordContributors(span: number, range: TargetRange): Promise<void> {
    const { ledger, record } = this.#parts;
    const { contributors } = range;
    if (ledger === undefined || ledger.decided.has(span)) return;
    try {
      await ledger.record(span, contributors);
    } catch (thrown) {
      this.#fail({ reason: `contributors cannot be recorded: ${toLyceumError(thrown).message}` });
      throw thrown;
    }
    const lacking = record.teachers.filter((_, teacher) => !contributors.includes(teacher));
    if (lacking.length === 0) return;
    const steps = {
      firstStep: firstStepOfSpan(this.#grid, span),
      endStep: endStepOfSpan(this.#grid, span),
    };
    this.#parts.onDegraded(
      steps,
      lacking.map(({ name }) => name),
    );
  }

  /** A disk that does not give its answers back stops the run, not this call alone. */
  async #read(piece: TargetRange, buffers: AnswerBuffers): Promise<ReadAnswers> {
    try {
      return await this.#source.read(piece, buffers);
    } catch (thrown) {
      this.#fail({ reason: toLyceumError(thrown).message });
      throw thrown;
    }
  }
}
