/**
 * Sends answers to the coordinator and receives receipts, over one gRPC stream that is opened when it is needed.
 *
 * Each teacher on a worker has its own streams: if the coordinator refuses an answer of one, other streams go on.
 */
import { type DuplexCall, retryDelayMs, sleep } from '@lyceum/platform';
import {
  type AnswerFrame,
  type AnswerReceipt,
  FRAME_BYTES,
  LyceumError,
  type Ticket,
  ticketId,
  toLyceumError,
} from '@lyceum/proto';
import type { Answer } from '../compute/index.js';
import { answerFrames } from './answer-frames.js';
import type { AnswerSender } from './answer-streams.js';

type AnswerCall = DuplexCall<AnswerFrame, AnswerReceipt>;

interface Waiter {
  readonly resolve: (receipt: AnswerReceipt) => void;
  readonly reject: (err: LyceumError) => void;
}

/** One call, and the callers that wait for a receipt on it, by ticket. A ticket delivered twice has two of them. */
interface Conversation {
  readonly call: AnswerCall;
  readonly waiting: Map<string, Waiter[]>;
}

export class AnswerStream implements AnswerSender {
  readonly #open: () => AnswerCall;
  readonly #random: () => number;
  readonly #closed = new AbortController();
  #conversation: Conversation | undefined;
  /** Streams that failed in a row since the last receipt. */
  #failures = 0;
  /** The end of the last write: answers go out one after another. */
  #written: Promise<unknown> = Promise.resolve();

  constructor(open: () => AnswerCall, random: () => number) {
    this.#open = open;
    this.#random = random;
  }

  /**
   * Sends a ticket's answer and waits for its receipt.
   *
   * @throws {LyceumError} UNAVAILABLE if the stream ended before: whether the answer arrived is unknown.
   */
  send(ticket: Ticket, answer: Answer): Promise<AnswerReceipt> {
    return new Promise((resolve, reject) => {
      this.#written = this.#written
        .then(() => this.#write(ticket, answer, { resolve, reject }))
        .catch((thrown: unknown) => reject(streamEnded(toLyceumError(thrown))));
    });
  }

  /** Ends the stream; sends that still wait for a receipt fail. */
  close(): void {
    this.#closed.abort();
    this.#conversation?.call.end();
    this.#conversation?.call.cancel();
  }

  async #write(ticket: Ticket, answer: Answer, waiter: Waiter): Promise<void> {
    if (this.#conversation === undefined && this.#failures > 0) {
      await sleep(retryDelayMs(this.#failures - 1, this.#random()), this.#closed.signal);
    }
    if (this.#closed.signal.aborted) throw new LyceumError('UNAVAILABLE', 'it was closed');
    this.#conversation ??= this.#converse();
    const { call, waiting } = this.#conversation;
    const key = receiptKey(ticket);
    waiting.set(key, [...(waiting.get(key) ?? []), waiter]);
    for (const frame of answerFrames(ticket, answer, FRAME_BYTES)) await call.send(frame);
  }

  #converse(): Conversation {
    const conversation: Conversation = { call: this.#open(), waiting: new Map() };
    void this.#listen(conversation).then((err) => {
      this.#failures += 1;
      if (this.#conversation === conversation) this.#conversation = undefined;
      for (const waiter of [...conversation.waiting.values()].flat()) waiter.reject(err);
      conversation.waiting.clear();
    });
    return conversation;
  }

  /** Hands out receipts until the stream ends. @returns why it did. */
  async #listen({ call, waiting }: Conversation): Promise<LyceumError> {
    try {
      for await (const receipt of call.incoming) {
        if (receipt.ticket === undefined) continue;
        this.#failures = 0;
        const key = receiptKey(receipt.ticket);
        for (const { resolve } of waiting.get(key) ?? []) resolve(receipt);
        waiting.delete(key);
      }
      return streamEnded(new LyceumError('UNAVAILABLE', 'the coordinator ended it'));
    } catch (thrown) {
      return streamEnded(toLyceumError(thrown));
    }
  }
}

/** Always UNAVAILABLE: a stream's status says nothing about one of several tickets under way. */
function streamEnded(cause: LyceumError): LyceumError {
  const message = `the answer stream ended: ${cause.message}`;
  return new LyceumError('UNAVAILABLE', message, { cause });
}

function receiptKey(ticket: Ticket): string {
  return `${ticketId(ticket)}/${ticket.attempt}`;
}
