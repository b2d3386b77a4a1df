/** Asks teachers again for stored samples of one table. Takes their answers itself, past the store. */
import { rowCodec, wordMemory } from '@lyceum/learning/codecs';
import type { Span } from '@lyceum/learning/orders';
import { Wakeup } from '@lyceum/platform';
import type { AnswerTableKey } from '../../answers/index.js';
import type { DatasetOutline } from '../../artifacts/index.js';
import { type Ask, type Asker, askFor } from '../../tickets/asks/index.js';
import type { AnswerOrigin } from './answer-origins.js';

/** A span to ask for again. */
export interface Question {
  readonly origin: AnswerOrigin;
  readonly span: Span;
  readonly samples: Uint32Array;
}

export interface AskedRows {
  readonly question: Question;
  readonly ask: Ask;
  /** [rows, key.rowLength], through the table's codec. */
  readonly again: Float32Array;
}

export class VerificationAsker implements Asker {
  readonly askerId: string;
  readonly runId = undefined;
  /** Asks that are not fully answered, with the rows that have come, by id. */
  readonly #open = new Map<string, { readonly ask: Ask; readonly came: Set<number> }>();
  readonly #askAgain: (ask: Ask) => void;
  #failure: string | undefined;
  readonly #news = new Wakeup();

  /** @param askAgain - called for an ask that joined a ticket under way and missed its first rows. */
  constructor(askerId: string, askAgain: (ask: Ask) => void) {
    this.askerId = askerId;
    this.#askAgain = askAgain;
  }

  get openCount(): number {
    return this.#failure === undefined ? this.#open.size : 0;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  /** An ask whose rows come here and not to the store. */
  ask(key: AnswerTableKey, dataset: DatasetOutline, question: Question): AskedRows {
    const { origin, span, samples } = question;
    const { wordCount, encode, decode } = rowCodec(key.codec, key.rowLength);
    const again = new Float32Array(samples.length * key.rowLength);
    const output = origin.outputs.findIndex(({ name }) => name === key.outputs.join());
    const content = {
      teacherIdentity: key.teacherIdentity,
      split: origin.split,
      view: { text: key.view, epoch: key.viewEpoch },
      order: origin.order,
      span,
      outputs: origin.outputs,
    };
    const came = new Set<number>();
    const receive = (firstRow: number, tensors: readonly Float32Array[]): void => {
      const fresh = tensors[output] ?? new Float32Array();
      const own = Float32Array.from(fresh);
      for (let row = 0; row * key.rowLength < own.length; row++) {
        const memory = wordMemory(wordCount);
        encode(own, row, memory, 0);
        decode(memory, 0, again, firstRow + row);
        came.add(firstRow + row);
      }
    };
    const ask = { ...askFor(dataset, content, samples), receive };
    this.#open.set(ask.id, { ask, came });
    return { question, ask, again };
  }

  satisfied(askId: string): void {
    const open = this.#open.get(askId);
    if (open !== undefined && open.came.size < open.ask.samples.length) {
      this.#askAgain(open.ask);
      return;
    }
    this.#open.delete(askId);
    this.#news.wake();
  }

  failed(_askId: string, reason: string): void {
    this.#failure ??= reason;
    this.#news.wake();
  }

  /** Resolves when something has come, or after `ms`. */
  news(ms: number): Promise<void> {
    return this.#news.wait({ ms });
  }
}
