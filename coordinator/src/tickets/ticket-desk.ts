/**
 * The desk where runs ask for answers: keeps the book of asks and carries its actions out on store, queues and askers.
 */
import type { Logger } from '@lyceum/platform';
import type { TicketQueue } from '@lyceum/platform/nats';
import { StorageFullError, type Ticket, toLyceumError } from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import { answersFull } from '../lifecycle/index.js';
import type { TicketTaker } from '../schedule/index.js';
import { type Ask, type AskAction, AskBook, type Asker } from './asks/index.js';

export interface TicketDeskParts {
  readonly queue: TicketQueue;
  readonly store: AnswerStore;
  readonly leaderEpoch: number;
  readonly log: Logger;
  readonly now: () => number;
  /** A ticket was issued again: for the record of the runs concerned. */
  readonly reissued: (runIds: readonly string[], ticket: Ticket, reason: string) => void;
}

export class TicketDesk {
  readonly #parts: TicketDeskParts;
  readonly #book = new AskBook();
  /** The book as others may read it. */
  readonly book: Pick<
    AskBook,
    | 'find'
    | 'holds'
    | 'isLastIssue'
    | 'asksTeacher'
    | 'awaits'
    | 'trouble'
    | 'runsAsking'
    | 'inHandCount'
    | 'openCount'
  > = this.#book;

  constructor(parts: TicketDeskParts) {
    this.#parts = parts;
  }

  /** Calls `asker.satisfied` or `asker.failed` later, unless the ask is withdrawn before. */
  ask(asker: Asker, ask: Ask): void {
    this.#carryOut(this.#book.asked(asker, ask));
  }

  withdraw(asker: Asker, askId: string): void {
    this.#carryOut(this.#book.withdrawn(asker, askId));
  }

  taken(taker: TicketTaker, ticket: Ticket): void {
    this.#carryOut(this.#book.taken(taker, ticket, this.#parts.now()));
  }

  returned(
    taker: TicketTaker,
    ticket: Ticket,
    returned: { readonly reason: string; readonly retryable: boolean },
  ): void {
    this.#carryOut(this.#book.returned(taker, ticket, returned, this.#parts.now()));
  }

  spent(taker: TicketTaker, ticket: Ticket): void {
    this.#carryOut(this.#book.spent(taker, ticket, this.#parts.now()));
  }

  progressed(askId: string): void {
    this.#book.progressed(askId, this.#parts.now());
  }

  rejected(askId: string, attempt: number, reason: string): void {
    this.#carryOut(this.#book.rejected(askId, attempt, reason, this.#parts.now()));
  }

  answered(askId: string): void {
    const latencyMs = this.#book.ageMs(askId, this.#parts.now());
    this.#carryOut(this.#book.answered(askId), latencyMs);
  }

  sessionEnded(workerId: string, teachers: Iterable<string>): void {
    this.#carryOut(this.#book.sessionEnded(workerId, teachers, this.#parts.now()));
  }

  /** The worker is quarantined with the teacher. */
  discredited(workerId: string, teacher: string): void {
    this.#carryOut(this.#book.discredited(workerId, teacher, this.#parts.now()));
  }

  queueLost(): void {
    this.#carryOut(this.#book.queueLost(this.#parts.now()));
  }

  tick(): void {
    this.#carryOut(this.#book.tick(this.#parts.now()));
  }

  /** @param latencyMs - of the ticket whose answer satisfies the ask; absent: the store had the answers. */
  #carryOut(actions: readonly AskAction[], latencyMs?: number): void {
    for (const action of actions) {
      switch (action.kind) {
        case 'look-up':
          void this.#lookUp(action.asker, action.ask);
          break;
        case 'publish':
          void this.#publish(action.id, action.ticket);
          break;
        case 'remove':
          void this.#remove(action.sequence);
          break;
        case 'probe':
          void this.#probe(action.teacher);
          break;
        case 'reissued':
          this.#parts.reissued(action.runIds, action.ticket, action.reason);
          break;
        case 'satisfied':
          action.asker.satisfied(action.askId, latencyMs);
          break;
        case 'failed':
          action.asker.failed(action.askId, action.reason);
          break;
      }
    }
  }

  async #lookUp(asker: Asker, ask: Ask): Promise<void> {
    const { store, log } = this.#parts;
    let isStored: boolean;
    try {
      const missing = await Promise.all(
        ask.tables.map((table) => store.missingCount(table, ask.samples)),
      );
      isStored = ask.receive === undefined && missing.every((count) => count === 0);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      log.error({ err, runId: asker.runId }, 'answers could not be looked up');
      // The look-up makes the file of a table that has no answers yet, for which the disk may be full.
      const reason = err instanceof StorageFullError ? answersFull(err) : err.message;
      this.#carryOut(this.#book.lookUpFailed(asker, ask, reason));
      return;
    }
    this.#carryOut(this.#book.lookedUp(asker, ask, isStored));
  }

  async #publish(id: string, ticket: Ticket): Promise<void> {
    const { queue, leaderEpoch, log, now } = this.#parts;
    try {
      const sequence = await queue.publish(ticket, leaderEpoch);
      this.#carryOut(this.#book.published(id, ticket.attempt, sequence, now()));
    } catch (thrown) {
      log.warn({ err: toLyceumError(thrown), ticket: id }, 'ticket not published; trying again');
      this.#book.publishFailed(id, ticket.attempt, now());
    }
  }

  /** A message that cannot be removed only costs a worker's time: its answer is not needed. */
  async #remove(sequence: number): Promise<void> {
    try {
      await this.#parts.queue.remove(sequence);
    } catch (thrown) {
      this.#parts.log.debug({ err: toLyceumError(thrown), sequence }, 'ticket not removed');
    }
  }

  /** A failed probe only costs time: the book probes again. */
  async #probe(teacher: string): Promise<void> {
    try {
      const sequence = await this.#parts.queue.deliveredSequence(teacher);
      this.#carryOut(this.#book.delivered(teacher, sequence, this.#parts.now()));
    } catch (thrown) {
      this.#parts.log.debug(
        { err: toLyceumError(thrown), teacher },
        'ticket queue could not be checked',
      );
    }
  }
}
