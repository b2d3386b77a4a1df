/**
 * Several streams of answers to the coordinator, each opened when it is needed.
 *
 * The coordinator takes in at most one flow control window a round trip on each. Small answers are over before the next
 * begins and share one stream; large ones, which are under way together, travel side by side.
 */
import type { AnswerReceipt, Ticket } from '@lyceum/proto';
import type { Answer } from '../compute/index.js';

/** What sends answers one after another; `AnswerStream` for one. */
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

  /** Sends it on the first stream of those with the fewest answers under way; throws what that throws. */
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
