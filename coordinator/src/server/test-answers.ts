/** Every teacher's answers over the test split, asked for through the same tickets as all others. */
import { IDENTITY_VIEW, splitSamples, stepPlan } from '@lyceum/learning/data';
import type { AnswerStore } from '../answers/answer-store.js';
import type { DatasetOutline } from '../runs/inspect-artifact.js';
import type { RunRecord } from '../runs/run-record.js';
import { SPAN_POSITIONS, spanAt, spanGrid } from '../schedule/span-grid.js';
import { answerTable, askFor, spanSamples } from './ask.js';
import type { Asker, TicketDesk } from './ticket-desk.js';

const OUTPUTS = ['logits'];

export interface TestAnswersParts {
  readonly record: RunRecord;
  readonly dataset: DatasetOutline;
  readonly desk: TicketDesk;
  readonly store: AnswerStore;
  /** All answers are in the store, or {@link TestAnswers.failure} is there. */
  readonly onSettled: () => void;
}

export class TestAnswers implements Asker {
  readonly askerId: string;
  readonly runId: string;
  readonly #parts: TestAnswersParts;
  /** Open asks, each in words. */
  readonly #open = new Map<string, string>();
  #failure: string | undefined;

  constructor(parts: TestAnswersParts) {
    this.#parts = parts;
    this.runId = parts.record.runId;
    this.askerId = `${this.runId}/test`;
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
    const { record, dataset, desk } = this.#parts;
    const sampleCount = splitSamples(dataset, 'test').length;
    const plan = stepPlan({ sampleCount, batchSize: SPAN_POSITIONS, epochs: 1 });
    const grid = spanGrid(plan, dataset.classCount * 4);
    for (let index = 0; index < grid.spanCount; index++) {
      const span = spanAt(grid, index);
      const samples = spanSamples(dataset, 'test', span, undefined);
      for (const { identity, name } of record.teachers) {
        const content = { split: 'test', view: IDENTITY_VIEW, span, outputs: OUTPUTS } as const;
        const ask = askFor(dataset, { ...content, teacherIdentity: identity }, samples);
        const last = span.firstPosition + span.positionCount - 1;
        const rows = `rows ${span.firstPosition} to ${last} of the test split`;
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
   * One teacher's logits over the test split, [N, C], in its order.
   *
   * @returns undefined if some are not readable any more; they are to be asked for again.
   */
  async read(teacherIdentity: string): Promise<Float32Array | undefined> {
    const { dataset, store } = this.#parts;
    const samples = splitSamples(dataset, 'test');
    const logits = new Float32Array(samples.length * dataset.classCount);
    const table = answerTable(dataset, { teacherIdentity, view: IDENTITY_VIEW, outputs: OUTPUTS });
    const missing = await store.read(table, samples, logits);
    return missing.length === 0 ? logits : undefined;
  }
}
