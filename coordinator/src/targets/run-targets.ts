/**
 * The targets of one run. Carries out the actions of its {@link TargetFlow}: reads answers that have come, combines
 * them and sends the targets to the student that is attached.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CombinationFit } from '@lyceum/learning/ensemble';
import { firstEnd, Wakeup } from '@lyceum/platform';
import { LyceumError, type TargetFrame, type TargetRequest, toLyceumError } from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import type { DatasetOutline } from '../artifacts/index.js';
import type { DataThreads, StoredLogits } from '../data-plane/index.js';
import {
  type ContributorLedger,
  gridOf,
  orderOf,
  type RunRecord,
  windowStepsOf,
} from '../runs/index.js';
import { type RunSchedule, type SpanGrid, spanOfStep } from '../schedule/index.js';
import type { Asker } from '../tickets/asks/index.js';
import type { TicketDesk } from '../tickets/index.js';
import { EnsembleDrift } from './ensemble-drift.js';
import { type StepRange, type TargetAction, TargetFlow, type TargetRange } from './flow/index.js';
import { spanAsk } from './span-ask.js';
import { SpanLatencies } from './span-latencies.js';
import { positionsOf, SpanSamples } from './span-samples.js';
import { overdegraded, type TargetFailure, unanswerable } from './target-failure.js';
import { targetSchedule } from './target-schedule.js';
import { type AnswerBuffers, TargetSource } from './target-source.js';

export interface RunTargetsParts {
  /** Unique among all askers; absent: the run's training asks. */
  readonly askerId?: string;
  readonly record: RunRecord;
  readonly dataset: DatasetOutline;
  readonly desk: Pick<TicketDesk, 'ask' | 'withdraw'>;
  readonly store: Pick<AnswerStore, 'read' | 'readWords'>;
  readonly data: Pick<DataThreads, 'combine'>;
  /** The fit of a rule that needs one; it must be there before {@link RunTargets.serve} is called. */
  readonly fit: () => CombinationFit | undefined;
  /** Present for a run whose quorum is below all its teachers. */
  readonly ledger: Pick<ContributorLedger, 'decided' | 'record'> | undefined;
  /** Called once {@link RunTargets.failure} is set. */
  readonly onFailed: () => void;
  readonly onSent: (stepCount: number) => void;
  /** A teacher's answers have changed since the beginning of the run. */
  readonly onDrift: (teacher: number, text: string) => void;
  /** Steps of a span go on without some teachers. */
  readonly onDegraded: (steps: StepRange, lacking: readonly string[]) => void;
}

/** A `ReceiveTargets` call. */
interface Call {
  readonly send: (frame: TargetFrame) => Promise<void>;
  readonly controller: AbortController;
  readonly buffers: AnswerBuffers;
  /** Wakes the writer: there is something to write. */
  readonly released: Wakeup;
}

export class RunTargets implements Asker {
  readonly askerId: string;
  readonly runId: string;
  readonly #parts: RunTargetsParts;
  readonly #grid: SpanGrid;
  readonly #schedule: RunSchedule;
  readonly #flow: TargetFlow;
  readonly #samples: SpanSamples;
  readonly #source: TargetSource;
  #drift: EnsembleDrift;
  readonly #latencies: SpanLatencies;
  #call: Call | undefined;
  #failure: TargetFailure | undefined;

  constructor(parts: RunTargetsParts) {
    const { record, ledger, dataset, store, data, fit } = parts;
    const { specification, teachers, answerCodec: codec } = record;
    if (specification.kind !== 'Distillation' || codec === undefined) {
      throw new Error(`run ${record.runId} has no targets`);
    }
    this.#parts = parts;
    this.runId = record.runId;
    this.askerId = parts.askerId ?? `${record.runId}/training`;
    const { spec } = specification;
    const grid = gridOf(record);
    const teacherCount = teachers.length;
    this.#grid = grid;
    this.#schedule = targetSchedule(record, spec, grid, ledger?.decided);
    // Kept: the spans of the window and those on their way. Others are computed again if a student goes back to them.
    const keptCount = () => 2 * this.#schedule.openSpanCount() + 2;
    this.#samples = new SpanSamples(dataset, grid, orderOf(record), keptCount);
    const samples = this.#samples;
    this.#latencies = new SpanLatencies(keptCount);
    this.#source = new TargetSource({ record, spec, codec, dataset, grid, samples, store, data, fit }); // biome-ignore format: short
    this.#flow = new TargetFlow({
      schedule: this.#schedule,
      grid,
      teacherCount,
      stepsPerPiece: this.#source.stepsPerPiece,
      askOf: (teacher, span) => spanAsk({ record, spec, dataset, grid, samples }, teacher, span),
      kept: ledger?.decided.keys(),
      wasServed: record.state === 'TRAINING',
    });
    this.#drift = this.#noDrift();
  }

  /** Why the run cannot go on; undefined: it can. */
  get failure(): TargetFailure | undefined {
    return this.#failure;
  }

  /** The step after the last one whose target a student may have got. */
  get reachedStep(): number {
    return this.#flow.reachedStep;
  }

  /** Called when the run goes back from dropped answers: forgets the first answers that drift is measured against. */
  wentBack(): void {
    this.#drift = this.#noDrift();
  }

  /** Adapts the window to the number of workers that have teachers of the run. */
  servedBy(workerCount: number): void {
    this.#carryOut(this.#flow.resized(windowStepsOf(this.#parts.record, this.#grid, workerCount)));
  }

  /** Opens the window at the step from which the student will go on. */
  expect(step: number): void {
    this.#carryOut(this.#flow.expected(step));
  }

  /**
   * One `ReceiveTargets` call, from its first request to its end.
   *
   * @throws {LyceumError} UNAVAILABLE once another call takes over: its worker still has the run; ABORTED once
   *   another assignment takes over; INVALID_ARGUMENT if a request makes no sense.
   */
  async serve(
    { firstStep, creditStep, doneStep }: TargetRequest,
    requests: AsyncIterable<TargetRequest>,
    send: (frame: TargetFrame) => Promise<void>,
  ): Promise<void> {
    this.#call?.controller.abort(
      new LyceumError('UNAVAILABLE', `another stream of run ${this.runId} took over`),
    );
    const call: Call = {
      send,
      controller: new AbortController(),
      buffers: this.#source.buffers(),
      released: new Wakeup(),
    };
    this.#call = call;
    try {
      this.#carryOut(this.#flow.attached(call, firstStep));
      this.#carryOut(this.#flow.credited(call, creditStep, doneStep));
      const { signal } = call.controller;
      await firstEnd([this.#readCredits(requests, call), this.#write(call)], [signal]);
    } finally {
      call.controller.abort(new LyceumError('ABORTED', 'the call is over'));
      this.#flow.detached(call);
      if (this.#call === call) this.#call = undefined;
    }
  }

  /** The student has lost the run: its call ends with `reason`. Open asks stay open. */
  release(reason: LyceumError): void {
    this.#call?.controller.abort(reason);
    this.#call = undefined;
    this.#flow.released();
  }

  /** The run needs no more targets: {@link RunTargets.release}, and withdraws its asks. */
  close(reason: LyceumError): void {
    this.release(reason);
    this.#carryOut(this.#flow.closed());
  }

  /** Names of the teachers that the idle student waits for. */
  waitingFor(): string[] {
    return this.#namesOf(this.#schedule.waitingFor());
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
    this.#carryOut(this.#flow.tick(nowMs));
  }

  satisfied(askId: string, latencyMs?: number): void {
    const asked = this.#flow.asked(askId);
    if (asked !== undefined) this.#latencies.came(asked, latencyMs);
    this.#carryOut(this.#flow.satisfied(askId));
  }

  failed(askId: string, reason: string): void {
    this.#carryOut(this.#flow.failed(askId, reason));
  }

  #noDrift(): EnsembleDrift {
    const { record, dataset } = this.#parts;
    const weights = record.teachers.map(({ weight }) => weight);
    return new EnsembleDrift(weights, dataset.classCount);
  }

  #namesOf(teachers: readonly number[]): string[] {
    return teachers.map((teacher) => this.#parts.record.teachers[teacher]?.name ?? '');
  }

  #fail(failure: TargetFailure): void {
    this.#failure ??= failure;
    this.#parts.onFailed();
  }

  #carryOut(actions: readonly TargetAction[]): void {
    const { desk, record, onDegraded } = this.#parts;
    for (const action of actions) {
      switch (action.kind) {
        case 'ask':
          desk.ask(this, action.ask);
          break;
        case 'withdraw':
          desk.withdraw(this, action.askId);
          break;
        case 'release':
          this.#call?.released.wake();
          break;
        case 'degraded':
          onDegraded(action.steps, this.#namesOf(action.lacking));
          break;
        case 'unanswerable':
          this.#fail(unanswerable(record, action, this.#grid, this.#samples.ofSpan(action.span)));
          break;
        case 'overdegraded':
          this.#fail(overdegraded(record, action));
          break;
      }
    }
  }

  async #readCredits(requests: AsyncIterable<TargetRequest>, call: Call): Promise<void> {
    for await (const { creditStep, doneStep } of requests) {
      if (call.controller.signal.aborted) return;
      this.#carryOut(this.#flow.credited(call, creditStep, doneStep));
    }
  }

  async #write(call: Call): Promise<void> {
    const { signal } = call.controller;
    while (!signal.aborted) {
      const work = this.#flow.next(call);
      if (work === undefined) await call.released.wait({ signal });
      else if (work.kind === 'keep') await this.#keep(work.span, work.contributors);
      else await this.#writePiece(work.piece, call);
    }
  }

  async #writePiece(piece: TargetRange, call: Call): Promise<void> {
    const { signal } = call.controller;
    const answers = await this.#orFail(this.#source.read(piece, call.buffers));
    if (signal.aborted) return;
    if (answers.unreadable.size > 0) {
      this.#carryOut(this.#flow.unreadable(call, piece, answers.unreadable));
      return;
    }
    const { positionCount } = positionsOf(this.#grid, piece);
    // No answer is unreadable: this was checked above.
    const logits = answers.logits as readonly StoredLogits[];
    for (const { teacher, text } of this.#drift.look(piece.contributors, logits, positionCount)) {
      this.#parts.onDrift(teacher, text);
    }
    const known = {
      openSpans: this.#schedule.openSpanCount(),
      latenciesMs: this.#latencies.of(spanOfStep(this.#grid, piece.firstStep)),
    };
    for await (const frame of this.#source.frames(piece, answers, known)) {
      if (signal.aborted) return;
      await call.send(frame);
      await nextTurn();
    }
    this.#parts.onSent(piece.endStep - piece.firstStep);
  }

  async #keep(span: number, contributors: readonly number[]): Promise<void> {
    const recorded = this.#parts.ledger?.record(span, contributors);
    await this.#orFail(recorded, 'contributors cannot be recorded: ');
    this.#carryOut(this.#flow.kept(span, contributors));
  }

  /** A disk failure stops the whole run, not only this call. */
  async #orFail<T>(work: Promise<T> | T, said = ''): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      this.#fail({ reason: `${said}${toLyceumError(thrown).message}` });
      throw thrown;
    }
  }
}
