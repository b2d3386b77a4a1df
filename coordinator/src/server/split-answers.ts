/**
 * Teachers' answers over one split as it is, asked for through the same tickets as all others. They are what reports,
 * fits and evaluations are made of, so they are stored exactly.
 */
import { IDENTITY_VIEW, type SplitName, splitSamples, stepPlan } from '@lyceum/learning/data';
import type { AnswerStore } from '../answers/answer-store.js';
import type { DatasetOutline } from '../runs/inspect-artifact.js';
import { SPAN_POSITIONS, type SpanGrid, spanAt, spanGrid } from '../schedule/span-grid.js';
import { answerTable, askFor, logitsOf, spanSamples } from './ask.js';
import type { Asker, TicketDesk } from './ticket-desk.js';

export interface SplitAnswersParts {
  /** Unique among all that ask. */
  readonly askerId: string;
  /** Absent: it is not a run that asks. */
  readonly runId?: string;
  readonly teachers: readonly { readonly name: string; readonly identity: string }[];
  readonly dataset: DatasetOutline;
  readonly split: SplitName;
  readonly desk: TicketDesk;
  readonly store: AnswerStore;
  /** All answers are in the store, or {@link SplitAnswers.failure} is there. */
  readonly onSettled: () => void;
}

export class SplitAnswers implements Asker {
  readonly askerId: string;
  readonly runId: string | undefined;
  readonly #parts: SplitAnswersParts;
  /** Open asks, each in words. */
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
    const { teachers, dataset, split, desk } = this.#parts;
    const grid = splitGrid(dataset, split);
    for (let index = 0; index < grid.spanCount; index++) {
      const span = spanAt(grid, index);
      const samples = spanSamples(dataset, split, span, undefined);
      for (const { identity, name } of teachers) {
        const outputs = [logitsOf(dataset, 'float32')];
        const content = { split, view: IDENTITY_VIEW, span, outputs } as const;
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
   * One teacher's logits over the split, [N, C], in its order.
   *
   * @returns undefined if some are not readable any more; they are to be asked for again.
   */
  async read(teacherIdentity: string): Promise<Float32Array | undefined> {
    const { dataset, split, store } = this.#parts;
    const samples = splitSamples(dataset, split);
    const logits = new Float32Array(samples.length * dataset.classCount);
    const of = { teacherIdentity, view: IDENTITY_VIEW };
    const table = answerTable(dataset, of, logitsOf(dataset, 'float32'));
    const missing = await store.read(table, samples, logits);
    return missing.length === 0 ? logits : undefined;
  }
}

/** The grid that a split is asked for on. */
export function splitGrid(dataset: DatasetOutline, split: SplitName): SpanGrid {
  const sampleCount = splitSamples(dataset, split).length;
  const plan = stepPlan({ sampleCount, batchSize: SPAN_POSITIONS, epochs: 1 });
  return spanGrid(plan, dataset.classCount * 4);
}
