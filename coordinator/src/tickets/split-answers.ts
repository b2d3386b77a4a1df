/**
 * Teachers' answers over one split, or the measured part of it, without views. They are asked for by the same tickets
 * as all others. Reports, fits and evaluations are made of them, so they are stored exactly unless the caller names
 * another codec.
 */
import type { AnswerCodec } from '@lyceum/learning/codecs';
import { type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { measuredSamples, measuredTrainOrder, stepPlan } from '@lyceum/learning/orders';
import { IDENTITY_VIEW } from '@lyceum/learning/views';
import type { AnswerStore } from '../answers/index.js';
import { type DatasetOutline, pictureBytesOf } from '../artifacts/index.js';
import { ownAnswer, type PinnedTeacher } from '../runs/index.js';
import { SPAN_PICTURE_BYTES, type SpanGrid, spanAt, spanGrid } from '../schedule/index.js';
import { type Asker, askFor, spanSamples } from './asks/index.js';
import { readLogits } from './read-logits.js';
import type { TicketDesk } from './ticket-desk.js';

/** A split's spans are multiples of so many positions, or of fewer if their pictures are too large. */
const SPAN_UNIT = 128;

export type AskedTeacher = Pick<PinnedTeacher, 'name' | 'identity' | 'access' | 'knownClasses'>;

export interface SplitAnswersParts {
  /** Unique among all askers. */
  readonly askerId: string;
  /** Absent: the asker is no run. */
  readonly runId?: string;
  readonly teachers: readonly AskedTeacher[];
  readonly dataset: DatasetOutline;
  readonly split: SplitName;
  /** Only the samples that `measuredSamples` gives, in their order; absent: all samples, in the split's order. */
  readonly measured?: true;
  /** Codec that the answers are stored in; absent: float32, which is exact. */
  readonly codec?: AnswerCodec;
  readonly desk: TicketDesk;
  readonly store: AnswerStore;
  /** All answers are in the store, or {@link SplitAnswers.failure} is set. */
  readonly onSettled: () => void;
}

export class SplitAnswers implements Asker {
  readonly askerId: string;
  readonly runId: string | undefined;
  readonly #parts: SplitAnswersParts;
  /** Open asks by id: each in words, for an error message. */
  readonly #open = new Map<string, string>();
  #failure: string | undefined;

  constructor(parts: SplitAnswersParts) {
    this.#parts = parts;
    this.runId = parts.runId;
    this.askerId = parts.askerId;
  }

  /** Why there will be no answers; undefined: nothing is wrong. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get complete(): boolean {
    return this.#open.size === 0;
  }

  /** Asks for everything that the store lacks. */
  start(): void {
    const { teachers, dataset, split, measured, desk } = this.#parts;
    const order = measured && split === 'train' ? measuredTrainOrder(dataset) : undefined;
    const grid = splitGrid(dataset, split, this.#samples().length);
    for (let index = 0; index < grid.spanCount; index++) {
      const span = spanAt(grid, index);
      const samples = spanSamples(dataset, split, span, order);
      for (const { identity, name, access } of teachers) {
        const outputs = [ownAnswer(access, dataset.classCount, this.#codec)];
        const content = {
          split,
          view: IDENTITY_VIEW,
          order,
          span,
          outputs,
        } as const;
        const ask = askFor(dataset, { ...content, teacherIdentity: identity }, samples);
        const last = span.firstPosition + span.positionCount - 1;
        const rows = `rows ${span.firstPosition} to ${last} of the ${split} split`;
        this.#open.set(ask.id, `teacher ${name} cannot answer ${rows}`);
        desk.ask(this, ask);
      }
    }
  }

  stop(): void {
    for (const askId of this.#open.keys()) this.#parts.desk.withdraw(this, askId);
    this.#open.clear();
  }

  satisfied(askId: string): void {
    if (this.#open.delete(askId) && this.#open.size === 0) this.#parts.onSettled();
  }

  failed(askId: string, reason: string): void {
    this.#failure ??= `${this.#open.get(askId)}: ${reason}`;
    this.#parts.onSettled();
  }

  /**
   * One teacher's logits over the samples asked for, [N, C], in their order; a final answer makes its class certain.
   *
   * @returns undefined if some answers are not readable any more: the caller must ask for them again.
   */
  async read(teacher: AskedTeacher): Promise<Float32Array | undefined> {
    const { dataset, store } = this.#parts;
    const samples = this.#samples();
    const logits = new Float32Array(samples.length * dataset.classCount);
    const of = { view: IDENTITY_VIEW, codec: this.#codec };
    const found = await readLogits(store, dataset, teacher, of, samples, logits);
    return found ? logits : undefined;
  }

  get #codec(): AnswerCodec {
    return this.#parts.codec ?? 'float32';
  }

  #samples(): Uint32Array {
    const { dataset, split, measured } = this.#parts;
    return measured ? measuredSamples(dataset, split) : splitSamples(dataset, split);
  }
}

/** The grid of tickets for a split, or for the first `sampleCount` positions of an order of it. */
export function splitGrid(
  dataset: DatasetOutline,
  split: SplitName,
  sampleCount = splitSamples(dataset, split).length,
): SpanGrid {
  const pictureBytes = pictureBytesOf(dataset);
  const fitting = Math.floor(SPAN_PICTURE_BYTES / (pictureBytes ?? 1));
  const batchSize = Math.max(1, Math.min(SPAN_UNIT, fitting));
  const plan = stepPlan({ sampleCount, batchSize, epochs: 1 });
  return spanGrid(plan, dataset.classCount * 4, pictureBytes);
}
