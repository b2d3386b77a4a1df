/**
 * Where runs ask and answers arrive: the ticket book with its effects carried out.
 *
 * An ask is satisfied from the answer store where that has all its answers, else by a ticket.
 */
import type { Logger, TicketQueue } from '@lyceum/platform';
import {
  digestHex,
  type LyceumError,
  StorageFullError,
  type Ticket,
  ticketId,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import { answersFull } from '../lifecycle/index.js';
import {
  TicketBook,
  type TicketEffect,
  type TicketIssue,
  type TicketTaker,
  TicketTakers,
} from '../schedule/index.js';
import type { Ask } from './ask.js';

/** Somebody who asks: a run's training, its evaluation, or an evaluation of teachers alone. */
export interface Asker {
  /** Unique among all that ask. */
  readonly askerId: string;
  /** Undefined: no run. */
  readonly runId: string | undefined;
  /** All answers are in the store. */
  satisfied(askId: string): void;
  /** There will be none, and why. */
  failed(askId: string, reason: string): void;
}

export interface TicketDeskParts {
  readonly queue: TicketQueue;
  readonly store: AnswerStore;
  readonly leaderEpoch: number;
  readonly log: Logger;
  readonly now: () => number;
  /** For the record of the runs concerned. */
  readonly reissued: (runIds: readonly string[], ticket: Ticket, reason: string) => void;
}

export class TicketDesk {
  readonly #parts: TicketDeskParts;
  readonly #book = new TicketBook();
  readonly #takers = new TicketTakers();
  /** By ask and by {@link destination}. */
  readonly #asks = new Map<string, Map<string, Ask>>();
  /** Who asks, by ask and by asker. */
  readonly #askers = new Map<string, Map<string, Asker>>();

  constructor(parts: TicketDeskParts) {
    this.#parts = parts;
  }

  /** Calls `asker.satisfied` or `asker.failed` later, unless the ask is withdrawn before. */
  ask(asker: Asker, ask: Ask): void {
    const askers = this.#askers.get(ask.id) ?? new Map<string, Asker>();
    if (askers.has(asker.askerId)) return;
    askers.set(asker.askerId, asker);
    this.#askers.set(ask.id, askers);
    void this.#issue(asker, ask);
  }

  withdraw(asker: Asker, askId: string): void {
    const askers = this.#askers.get(askId);
    if (askers?.get(asker.askerId) !== asker) return;
    this.#release(askId, [asker.askerId]);
    this.#apply(this.#book.unwant(asker.askerId, askId));
  }

  /**
   * The open asks that a ticket belongs to, which differ in where its answers go; empty: nobody wants it, or not of whom
   * it was given to.
   */
  find(askId: string, attempt: number): Ask[] {
    const isOfUse = this.#book.isWanted(askId) && !this.#book.isVoid(askId, attempt);
    return isOfUse ? [...(this.#asks.get(askId)?.values() ?? [])] : [];
  }

  asksTeacher(teacherIdentity: string): boolean {
    return this.#book.asksTeacher(teacherIdentity);
  }

  /** Whether the run waits for an answer of the teacher that is not stored. */
  awaits(runId: string, teacherIdentity: string): boolean {
    for (const [askId, asks] of this.#asks) {
      const [ask] = asks.values();
      if (ask?.teacherIdentity !== teacherIdentity) continue;
      for (const asker of this.#askers.get(askId)?.values() ?? []) {
        if (asker.runId === runId) return true;
      }
    }
    return false;
  }

  /** Whether the session may answer this issue of a ticket. */
  holds(taker: TicketTaker, ticket: Ticket): boolean {
    return this.#takers.holds(taker, issueOf(ticket));
  }

  runsAsking(askId: string): string[] {
    return this.#runsOf(askId, this.#askers.get(askId)?.keys() ?? []);
  }

  /** A session says that it has the ticket in hand. What it may not have, or nobody wants, changes nothing. */
  taken(taker: TicketTaker, ticket: Ticket, sequence: number): void {
    const issue = issueOf(ticket);
    if (!this.#book.isWanted(issue.id) || !this.#takers.take(taker, issue)) return;
    this.#book.taken(taker.workerId, issue.id, issue.attempt, sequence, this.#parts.now());
  }

  /** A session gives a ticket back. What it does not hold is not its to return. */
  returned(
    taker: TicketTaker,
    ticket: Ticket,
    returned: { readonly reason: string; readonly retryable: boolean },
  ): void {
    const issue = issueOf(ticket);
    if (!this.#takers.holds(taker, issue)) return;
    const { workerId } = taker;
    this.#apply(
      this.#book.returned(workerId, issue.id, issue.attempt, returned, this.#parts.now()),
    );
  }

  progressed(askId: string): void {
    this.#book.progressed(askId, this.#parts.now());
  }

  rejected(askId: string, attempt: number, reason: string): void {
    this.#apply(this.#book.rejected(askId, attempt, reason, this.#parts.now()));
  }

  answered(askId: string): void {
    this.#apply(this.#book.answered(askId));
  }

  sessionEnded(workerId: string, teachers: Iterable<string>): void {
    this.#apply(this.#book.sessionEnded(workerId, teachers, this.#parts.now()));
  }

  /** The worker is quarantined with the teacher. */
  discredited(workerId: string, teacher: string): void {
    this.#apply(this.#book.discredited(workerId, teacher, this.#parts.now()));
  }

  queueLost(): void {
    this.#apply(this.#book.queueLost(this.#parts.now()));
  }

  tick(): void {
    this.#apply(this.#book.tick(this.#parts.now()));
  }

  inHandCount(workerId: string): number {
    return this.#book.inHandCount(workerId);
  }

  /** Asks that wait for answers. */
  get openCount(): number {
    return this.#book.size;
  }

  async #issue(asker: Asker, ask: Ask): Promise<void> {
    let isStored: boolean;
    try {
      const { store } = this.#parts;
      const missing = await Promise.all(
        ask.tables.map((table) => store.missingCount(table, ask.samples)),
      );
      isStored = ask.receive === undefined && missing.every((count) => count === 0);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      this.#parts.log.error({ err, runId: asker.runId }, 'answers could not be looked up');
      // The file of a table's first answers is made here.
      const message = err instanceof StorageFullError ? answersFull(err) : err.message;
      this.#settle(ask.id, [asker.askerId], { message });
      return;
    }
    if (this.#askers.get(ask.id)?.get(asker.askerId) !== asker) return;
    if (isStored) {
      this.#settle(ask.id, [asker.askerId]);
      return;
    }
    const tables = this.#asks.get(ask.id) ?? new Map<string, Ask>();
    this.#asks.set(ask.id, tables.set(destination(asker, ask), ask));
    this.#apply(this.#book.want(asker.askerId, ask.id, ask.ticket, ask.teacherIdentity));
  }

  #apply(effects: readonly TicketEffect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'publish':
          void this.#publish(effect.id, effect.ticket);
          break;
        case 'remove':
          void this.#remove(effect.sequence);
          break;
        case 'probe':
          void this.#probe(effect.teacher);
          break;
        case 'reissued':
          this.#parts.reissued(
            this.#runsOf(effect.id, effect.owners),
            effect.ticket,
            effect.reason,
          );
          break;
        case 'satisfied':
          this.#settle(effect.id, effect.owners);
          break;
        case 'failed':
          this.#settle(effect.id, effect.owners, { message: effect.reason });
          break;
      }
    }
  }

  async #publish(id: string, ticket: Ticket): Promise<void> {
    const { queue, leaderEpoch, log, now } = this.#parts;
    try {
      const sequence = await queue.publish(ticket, leaderEpoch);
      this.#apply(this.#book.published(id, ticket.attempt, sequence, now()));
    } catch (thrown) {
      log.warn({ err: toLyceumError(thrown), ticket: id }, 'ticket not published; trying again');
      this.#book.publishFailed(id, ticket.attempt, now());
    }
  }

  /** A message that stays costs a worker's time, no more: what it answers is known already. */
  async #remove(sequence: number): Promise<void> {
    try {
      await this.#parts.queue.remove(sequence);
    } catch (thrown) {
      this.#parts.log.debug({ err: toLyceumError(thrown), sequence }, 'ticket not removed');
    }
  }

  /** Not finding out how far a queue is costs time; the book asks again. */
  async #probe(teacher: string): Promise<void> {
    try {
      const sequence = await this.#parts.queue.deliveredSequence(teacher);
      this.#apply(this.#book.delivered(teacher, sequence, this.#parts.now()));
    } catch (thrown) {
      this.#parts.log.debug({ err: toLyceumError(thrown), teacher }, 'queue not looked at');
    }
  }

  #runsOf(askId: string, askerIds: Iterable<string>): string[] {
    const askers = this.#askers.get(askId);
    const runIds = [...askerIds].flatMap((id) => askers?.get(id)?.runId ?? []);
    return [...new Set(runIds)];
  }

  #settle(
    askId: string,
    askerIds: readonly string[],
    failure?: Pick<LyceumError, 'message'>,
  ): void {
    for (const asker of this.#release(askId, askerIds)) {
      if (failure === undefined) asker.satisfied(askId);
      else asker.failed(askId, failure.message);
    }
  }

  #release(askId: string, askerIds: readonly string[]): Asker[] {
    const askers = this.#askers.get(askId);
    const released: Asker[] = [];
    for (const id of askerIds) {
      const asker = askers?.get(id);
      if (asker !== undefined) released.push(asker);
      askers?.delete(id);
    }
    if (askers?.size === 0) {
      this.#askers.delete(askId);
      this.#asks.delete(askId);
      this.#takers.forget(askId);
    }
    return released;
  }
}

function issueOf(ticket: Ticket): TicketIssue {
  const { attempt, teacherIdentity } = ticket;
  return { id: ticketId(ticket), attempt, teacher: digestHex(teacherIdentity) };
}

/** Where answers go: to tables that differ by their codecs alone, or to the asker. */
function destination({ askerId }: Asker, { tables, receive }: Ask): string {
  return receive === undefined ? tables.map(({ codec }) => codec).join() : `asker ${askerId}`;
}
