/**
 * Several streams of answers to the coordinator, each opened when it is needed.
 *
 * On each stream the coordinator receives at most one flow control window a round trip. A small answer is sent before
 * the next begins, so small ones share a stream; large ones, which are under way together, travel side by side.
 */
import type { AnswerReceipt, Ticket } from '@lyceum/proto';
import type { Answer } from '../compute/index.js';

/** Sends answers one after another, such as `AnswerStream`. */
export interface AnswerSender {
  send(ticket: Ticket, answer: Answer): Promise<AnswerReceipt>;
  close(): void;
}

interface Lane {
  readonly sender: AnswerSender;
  underWay: number;
}

export class AnswerStreams implements AnswerSender {
  readonly #lanes: readonly Lane[];

  /** @param senders - at least one; owned from here on. */
  constructor(senders: readonly AnswerSender[]) {
    this.#lanes = senders.map((sender) => ({ sender, underWay: 0 }));
  }

  /** Sends on the stream with the fewest answers under way, and throws what it throws. */
  async send(ticket: Ticket, answer: Answer): Promise<AnswerReceipt> {
    const fewest = Math.min(...this.#lanes.map(({ underWay }) => underWay));
    const lane = this.#lanes.find(({ underWay }) => underWay === fewest) as Lane;
    lane.underWay++;
    try {
      return await lane.sender.send(ticket, answer);
    } finally {
      lane.underWay--;
    }
  }

  close(): void {
    for (const { sender } of this.#lanes) sender.close();
  }
}
