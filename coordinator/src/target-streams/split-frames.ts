/**
 * The targets of a whole split in its own order, made by a run's rule from all its teachers. They are for measuring a
 * student that was trained elsewhere. They are made of the same answers as the run's report, a piece at a time.
 */
import { type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { targetPlan } from '@lyceum/learning/ensemble';
import type { DistillationSpecification } from '@lyceum/learning/specification';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import { Wakeup } from '@lyceum/platform';
import { LyceumError, type TargetFrame } from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import type { DatasetOutline } from '../artifacts/index.js';
import type { DataThreads } from '../data-plane/index.js';
import type { RunRecord } from '../runs/index.js';
import { targetFrames } from '../targets/index.js';
import { readStored, SplitAnswers, type TicketDesk } from '../tickets/index.js';

/** Bytes of one teacher's answers that are read at a time. */
const READ_BYTES = 2 * 1024 * 1024;

export interface SplitFramesParts {
  /** Unique among all askers. */
  readonly askerId: string;
  readonly record: RunRecord;
  readonly spec: DistillationSpecification['spec'];
  readonly dataset: DatasetOutline;
  readonly split: SplitName;
  readonly firstPosition: number;
  readonly endPosition: number;
  readonly desk: TicketDesk;
  readonly store: AnswerStore;
  readonly data: Pick<DataThreads, 'combine'>;
}

export class SplitFrames {
  readonly #parts: SplitFramesParts;
  readonly #answers: SplitAnswers;
  readonly #news = new Wakeup();
  readonly #frames: AsyncGenerator<TargetFrame | undefined, void, undefined>;
  #hasBegun = false;

  constructor(parts: SplitFramesParts) {
    this.#parts = parts;
    const { askerId, record, dataset, split, desk, store } = parts;
    const onSettled = () => this.#news.wake();
    const { teachers } = record;
    const asked = { askerId, teachers, dataset, split, desk, store, onSettled };
    this.#answers = new SplitAnswers(asked);
    this.#answers.start();
    this.#frames = this.#read();
  }

  /**
   * @returns the next frame; undefined if there is none within `ms`.
   * @throws {LyceumError} FAILED_PRECONDITION if there will be no more frames, with the reason.
   */
  async next(ms: number): Promise<TargetFrame | undefined> {
    if (!this.#isSettled()) await this.#news.wait({ ms });
    const { failure, complete } = this.#answers;
    if (failure !== undefined) throw new LyceumError('FAILED_PRECONDITION', failure);
    if (!complete) return undefined;
    this.#hasBegun = true;
    return (await this.#frames.next()).value ?? undefined;
  }

  /** No target from this step on has been begun. */
  get reachedStep(): number {
    return this.#hasBegun ? this.#parts.record.plan.stepCount : 0;
  }

  isWaiting(): boolean {
    return !this.#answers.complete;
  }

  close(): void {
    this.#answers.stop();
    this.#news.wake();
  }

  #isSettled(): boolean {
    return this.#answers.complete || this.#answers.failure !== undefined;
  }

  /** Yields undefined where answers have been deleted meanwhile: they are asked for again. */
  async *#read(): AsyncGenerator<TargetFrame | undefined, void, undefined> {
    const { dataset, firstPosition, endPosition } = this.#parts;
    const pieceRows = Math.max(1, Math.floor(READ_BYTES / (4 * dataset.classCount)));
    for (let first = firstPosition; first < endPosition; ) {
      const end = Math.min(first + pieceRows, endPosition);
      const frames = await this.#piece(first, end);
      if (frames === undefined) {
        this.#answers.start();
        yield undefined;
        continue;
      }
      yield* frames;
      first = end;
    }
  }

  /** The frames of rows [first, end); undefined if some answers are not readable any more. */
  async #piece(
    first: number,
    end: number,
  ): Promise<AsyncGenerator<TargetFrame, void, undefined> | undefined> {
    const { record, spec, dataset, split, store, data } = this.#parts;
    const samples = splitSamples(dataset, split).subarray(first, end);
    const { classCount, labels } = dataset;
    const of = { view: IDENTITY_VIEW, codec: 'float32' } as const;
    const read = record.teachers.map((teacher) =>
      readStored(
        store,
        dataset,
        teacher,
        of,
        samples,
        (wordCount) => new Uint32Array(new SharedArrayBuffer(4 * wordCount)),
      ),
    );
    const teachers = await Promise.all(read);
    if (teachers.includes(undefined)) return undefined;
    const rows = {
      plan: targetPlan(
        spec,
        record.teachers.map(({ knownClasses }) => knownClasses),
      ),
      teachers,
      rowCount: samples.length,
      classCount,
      labels: Int32Array.from(samples, (sample) => labels[sample] as number),
      fit: record.fit,
      features: [],
      epoch: 0,
      firstPosition: first,
    };
    return targetFrames(rows, data);
  }
}
