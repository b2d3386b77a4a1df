/**
 * The targets of one run: asks for what its schedule wants, combines what has come and sends it to the
 * student that is attached.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnswerCodec } from '@lyceum/learning/codecs';
import { batchSpan, viewAt } from '@lyceum/learning/data';
import { type CombinationFit, type TargetPlan, targetPlan } from '@lyceum/learning/ensemble';
import {
  type DistillationSpecification,
  LyceumError,
  type TargetFrame,
  type TargetRequest,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerStore } from '../answers/answer-store.js';
import type { ContributorLedger } from '../runs/contributor-ledger.js';
import { quorumOf } from '../runs/contributor-ledgers.js';
import type { DatasetOutline } from '../runs/inspect-artifact.js';
import type { PinnedTeacher, RunRecord } from '../runs/run-record.js';
import {
  type FeatureTensor,
  featureTensors,
  gridOf,
  meanAnswerBytes,
  teacherOutputs,
} from '../runs/run-tensors.js';
import { RunSchedule, type ScheduleEffect } from '../schedule/run-schedule.js';
import {
  endStepOfSpan,
  firstStepOfSpan,
  type SpanGrid,
  spanAt,
  spanOfStep,
} from '../schedule/span-grid.js';
import { teacherWindowSteps } from '../schedule/window.js';
import { type Ask, answerTable, askFor, spanSamples } from './ask.js';
import type { Combiner } from './combiner.js';
import { firstEnd } from './ended.js';
import { readLogits } from './read-logits.js';
import { overdegraded, type TargetFailure, unanswerable } from './target-failure.js';
import { targetFrames } from './target-frames.js';
import type { Asker, TicketDesk } from './ticket-desk.js';

/**
 * Bytes of one teacher's answers that are read at a time, as long as a step allows: they are copied in a
 * millisecond, in which the event loop does nothing else.
 */
const READ_BYTES = 2 * 1024 * 1024;

export interface RunTargetsParts {
  readonly record: RunRecord;
  readonly dataset: DatasetOutline;
  readonly desk: TicketDesk;
  readonly store: AnswerStore;
  readonly combiner: Combiner;
  /** Of a rule that has to be fitted; it is there before {@link RunTargets.serve} is called. */
  readonly fit: () => CombinationFit | undefined;
  /** Of a run whose quorum is below all its teachers. */
  readonly ledger: ContributorLedger | undefined;
  /** {@link RunTargets.failure} is there. */
  readonly onFailed: () => void;
  readonly onSent: (stepCount: number) => void;
  /** Steps of a span go on without some teachers. */
  readonly onDegraded: (steps: StepRange, lacking: readonly string[]) => void;
}

/** Steps [firstStep, endStep). */
interface StepRange {
  readonly firstStep: number;
  readonly endStep: number;
}

/** Each [positions, numbers of a sample]. */
interface ReadAnswers {
  /** One a contributor. */
  readonly logits: readonly Float32Array[];
  /** One a feature tensor. */
  readonly features: readonly Float32Array[];
  readonly unreadable: ReadonlySet<number>;
}

type SendEffect = Extract<ScheduleEffect, { readonly kind: 'send' }>;

interface Attachment {
  readonly controller: AbortController;
  /** What may leave, in order. */
  readonly ranges: SendEffect[];
  /** One buffer a teacher and one a feature tensor, used again for every span: fresh ones keep the garbage collector busy. */
  readonly logits: Float32Array[];
  readonly features: Float32Array[];
  /** Called when a range was added, and at the end. */
  wake: () => void;
}

export class RunTargets implements Asker {
  readonly askerId: string;
  readonly runId: string;
  readonly #parts: RunTargetsParts;
  readonly #spec: DistillationSpecification['spec'];
  readonly #plan: TargetPlan;
  readonly #codec: AnswerCodec;
  readonly #grid: SpanGrid;
  readonly #features: readonly FeatureTensor[];
  readonly #schedule: RunSchedule;
  /** Open asks by id, with what the schedule calls them: two teachers of one model ask the same. */
  readonly #asks = new Map<string, { readonly span: number; readonly teachers: Set<number> }>();
  readonly #askIds = new Map<string, string>();
  readonly #samples = new Map<number, Uint32Array>();
  #attachment: Attachment | undefined;
  #failure: TargetFailure | undefined;

  constructor(parts: RunTargetsParts) {
    const { record, ledger } = parts;
    const quorum = quorumOf(record);
    if (record.specification.kind !== 'Distillation' || record.answerCodec === undefined) {
      throw new Error(`run ${record.runId} has no targets`);
    }
    this.#parts = parts;
    this.runId = record.runId;
    this.askerId = `${record.runId}/training`;
    this.#spec = record.specification.spec;
    this.#plan = targetPlan(this.#spec);
    this.#codec = record.answerCodec;
    this.#grid = gridOf(record);
    this.#features = featureTensors(record);
    this.#schedule = new RunSchedule({
      grid: this.#grid,
      teacherCount: record.teachers.length,
      windowSteps: this.#windowSteps(0),
      viewCycle: this.#spec.views?.cycle ?? 1,
      quorum: quorum && ledger && { ...quorum, decided: ledger.decided },
    });
  }

  /** Why the run cannot go on; undefined: it can. */
  get failure(): TargetFailure | undefined {
    return this.#failure;
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
      logits: this.#parts.record.teachers.map(() => new Float32Array(0)),
      features: this.#features.map(() => new Float32Array(0)),
      wake: () => {},
    };
    this.#attachment = attachment;
    const { signal } = attachment.controller;
    signal.addEventListener('abort', () => attachment.wake(), { once: true });
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
    const ask = this.#asks.get(askId);
    if (ask === undefined) return;
    this.#asks.delete(askId);
    for (const teacher of ask.teachers) {
      this.#askIds.delete(wantKey(teacher, ask.span));
      this.#apply(this.#schedule.spanComplete(teacher, ask.span));
    }
  }

  failed(askId: string, reason: string): void {
    const ask = this.#asks.get(askId);
    if (ask === undefined) return;
    const { teachers } = this.#parts.record;
    const names = [...ask.teachers].map((index) => teachers[index]?.name).join(', ');
    const span = spanAt(this.#grid, ask.span);
    this.#fail(unanswerable(names, span, this.#samplesOf(ask.span), reason));
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
      if (effect.kind === 'want') this.#want(effect.teacher, effect.span);
      else if (effect.kind === 'unwant') this.#unwant(effect.teacher, effect.span);
      else if (effect.kind === 'overdegraded') this.#fail(overdegraded(this.#parts.record, effect));
      else {
        this.#attachment?.ranges.push(effect);
        this.#attachment?.wake();
      }
    }
  }

  #want(teacher: number, span: number): void {
    const ask = this.#ask(teacher, span);
    this.#askIds.set(wantKey(teacher, span), ask.id);
    const known = this.#asks.get(ask.id);
    if (known !== undefined) {
      known.teachers.add(teacher);
      return;
    }
    this.#asks.set(ask.id, { span, teachers: new Set([teacher]) });
    this.#parts.desk.ask(this, ask);
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
    this.#parts.desk.withdraw(this, askId);
  }

  #ask(teacher: number, span: number): Ask {
    const { dataset, record } = this.#parts;
    const at = spanAt(this.#grid, span);
    return askFor(
      dataset,
      {
        teacherIdentity: record.teachers[teacher]?.identity ?? '',
        split: 'train',
        view: viewAt(this.#spec.views, at.epoch),
        orderSeed: this.#spec.training.seed,
        span: at,
        outputs: teacherOutputs(record, teacher),
      },
      this.#samplesOf(span),
    );
  }

  /** Computed once for all teachers and the target. */
  #samplesOf(span: number): Uint32Array {
    const known = this.#samples.get(span);
    if (known !== undefined) return known;
    const at = spanAt(this.#grid, span);
    const samples = spanSamples(this.#parts.dataset, 'train', at, this.#spec.training.seed);
    this.#samples.set(span, samples);
    // The window's spans, and those on their way; others are recomputed if a student goes back to them.
    const [oldest] = this.#samples.keys();
    const openCount = this.#schedule.openSpanCount();
    if (this.#samples.size > 2 * openCount + 2 && oldest !== undefined) {
      this.#samples.delete(oldest);
    }
    return samples;
  }

  async #readCredits(requests: AsyncIterable<TargetRequest>, signal: AbortSignal): Promise<void> {
    for await (const { creditStep, doneStep } of requests) {
      if (signal.aborted) return;
      this.#apply(this.#schedule.credited(creditStep, doneStep));
    }
  }

  async #write(attachment: Attachment, send: (frame: TargetFrame) => Promise<void>): Promise<void> {
    const { ranges, controller } = attachment;
    while (!controller.signal.aborted) {
      const range = ranges.shift();
      if (range === undefined) {
        const woken = new Promise<void>((resolve) => {
          attachment.wake = resolve;
        });
        await woken;
        continue;
      }
      await this.#recordContributors(spanOfStep(this.#grid, range.firstStep), range);
      for (const piece of this.#pieces(range)) {
        const isSent = await this.#writePiece(piece, attachment, send);
        if (controller.signal.aborted) return;
        if (isSent) continue;
        // Everything behind it was not sent either; the schedule releases it again.
        break;
      }
    }
  }

  /** The range, cut where its answers are more than are read at a time. */
  #pieces(range: SendEffect): SendEffect[] {
    const rowLengths = this.#features.map(({ output }) => output.rowLength);
    const rowBytes = 4 * Math.max(this.#parts.dataset.classCount, ...rowLengths);
    const stepBytes = rowBytes * this.#grid.plan.batchSize;
    const stepsPerPiece = Math.max(1, Math.floor(READ_BYTES / stepBytes));
    const pieces: SendEffect[] = [];
    for (let firstStep = range.firstStep; firstStep < range.endStep; firstStep += stepsPerPiece) {
      const endStep = Math.min(firstStep + stepsPerPiece, range.endStep);
      pieces.push({ ...range, firstStep, endStep });
    }
    return pieces;
  }

  /** @returns false if it cannot be read: then it, and all that was to follow, is asked for again. */
  async #writePiece(
    piece: SendEffect,
    attachment: Attachment,
    send: (frame: TargetFrame) => Promise<void>,
  ): Promise<boolean> {
    const { ranges, controller } = attachment;
    const span = spanOfStep(this.#grid, piece.firstStep);
    const answers = await this.#readAnswers(span, piece, attachment);
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
    for await (const frame of this.#frames(span, piece, answers)) {
      if (controller.signal.aborted) return false;
      await send(frame);
      await nextTurn();
    }
    this.#parts.onSent(piece.endStep - piece.firstStep);
    return true;
  }

  /** Keeps what a span's targets are made of before the first of them leaves. */
  async #recordContributors(span: number, range: SendEffect): Promise<void> {
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

  /**
   * What the contributors answered for the positions of some steps, and the teachers whose answers are not readable.
   *
   * @param buffers - replaced where they are too short; logits and features are borrowed from them.
   */
  async #readAnswers(
    span: number,
    { firstStep, endStep, contributors }: SendEffect,
    buffers: Pick<Attachment, 'logits' | 'features'>,
  ): Promise<ReadAnswers> {
    const { dataset, record, store } = this.#parts;
    const codec = this.#codec;
    const samples = this.#samplesOfSteps(span, { firstStep, endStep });
    const view = viewAt(this.#spec.views, this.#positions(firstStep, endStep).epoch);
    const unreadable = new Set<number>();
    const read = async (
      index: number,
      out: Float32Array,
      from: (teacher: PinnedTeacher) => Promise<boolean>,
    ) => {
      try {
        if (!(await from(record.teachers[index] as PinnedTeacher))) unreadable.add(index);
      } catch (thrown) {
        this.#fail({ reason: `answers cannot be read: ${toLyceumError(thrown).message}` });
        throw thrown;
      }
      return out;
    };
    const logits = contributors.map((index) => {
      const out = atLeast(buffers.logits, index, samples.length * dataset.classCount);
      return read(index, out, (teacher) =>
        readLogits(store, dataset, teacher, { view, codec }, samples, out),
      );
    });
    const features = this.#features.map(({ teacher: owner, output }, index) => {
      const out = atLeast(buffers.features, index, samples.length * output.rowLength);
      return read(owner, out, async ({ identity }) => {
        const table = answerTable(dataset, { teacherIdentity: identity, view }, output);
        return (await store.read(table, samples, out)).length === 0;
      });
    });
    return {
      logits: await Promise.all(logits),
      features: await Promise.all(features),
      unreadable,
    };
  }

  /** The samples of steps [firstStep, endStep) of a span, by position. */
  #samplesOfSteps(
    span: number,
    { firstStep, endStep }: { firstStep: number; endStep: number },
  ): Uint32Array {
    const { firstPosition, positionCount } = this.#positions(firstStep, endStep);
    const offset = firstPosition - spanAt(this.#grid, span).firstPosition;
    return this.#samplesOf(span).subarray(offset, offset + positionCount);
  }

  #frames(
    span: number,
    { firstStep, endStep, contributors }: SendEffect,
    { logits, features }: ReadAnswers,
  ): AsyncGenerator<TargetFrame, void, undefined> {
    const { dataset, record, combiner } = this.#parts;
    const { epoch, firstPosition, positionCount } = this.#positions(firstStep, endStep);
    const all = record.teachers.map((_, teacher) => logits[contributors.indexOf(teacher)]);
    const rows = {
      plan: this.#plan,
      teacherLogits: all,
      rowCount: positionCount,
      classCount: dataset.classCount,
      labels: Int32Array.from(
        this.#samplesOfSteps(span, { firstStep, endStep }),
        (sample) => dataset.labels[sample] as number,
      ),
      fit: this.#parts.fit(),
      features: this.#features.map(({ name, rowShape }, index) => ({
        name,
        rowShape,
        values: features[index] as Float32Array,
      })),
      epoch,
      firstPosition,
    };
    return targetFrames(rows, combiner);
  }

  /** Positions of steps [firstStep, endStep), which lie in one span. */
  #positions(firstStep: number, endStep: number) {
    const first = batchSpan(this.#grid.plan, firstStep);
    const last = batchSpan(this.#grid.plan, endStep - 1);
    const positionCount = last.firstPosition + last.positionCount - first.firstPosition;
    return { epoch: first.epoch, firstPosition: first.firstPosition, positionCount };
  }
}

/** The first `length` numbers of a buffer, which is replaced if it has fewer, in memory that threads may share. */
function atLeast(buffers: Float32Array[], index: number, length: number): Float32Array {
  const kept = buffers[index];
  const buffer =
    kept !== undefined && kept.length >= length
      ? kept
      : new Float32Array(new SharedArrayBuffer(4 * length));
  buffers[index] = buffer;
  return buffer.subarray(0, length);
}

function wantKey(teacher: number, span: number): string {
  return `${teacher}:${span}`;
}
