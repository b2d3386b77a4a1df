/**
 * The open asks of all askers: which asks the store satisfies, which need a ticket, and who may answer the ticket.
 *
 * A state machine without clock, network or files: events in, actions out, to be carried out in their order.
 * What holds throughout:
 *
 * - an ask is looked up in the store first; a ticket is wanted only if answers are missing;
 * - equal asks share one ticket, and each asker is told once that its ask is satisfied, or why it never will be;
 * - an asker that has withdrawn an ask is told nothing more of it;
 * - only the session that took an issue of a ticket may answer it or give it back.
 */
import { digestHex, type Ticket, ticketId } from '@lyceum/proto';
import {
  TicketBook,
  type TicketEffect,
  type TicketIssue,
  type TicketTaker,
  TicketTakers,
} from '../../schedule/index.js';
import type { Ask, Asker } from './ask.js';

export type AskAction =
  /** Find out whether the store has all answers of the ask, then call lookedUp() or lookUpFailed(). */
  | { readonly kind: 'look-up'; readonly asker: Asker; readonly ask: Ask }
  | Extract<TicketEffect, { readonly kind: 'publish' | 'remove' | 'probe' }>
  /** For the record of the runs concerned: the ticket is issued again. */
  | {
      readonly kind: 'reissued';
      readonly runIds: readonly string[];
      readonly ticket: Ticket;
      readonly reason: string;
    }
  | { readonly kind: 'satisfied'; readonly asker: Asker; readonly askId: string }
  | {
      readonly kind: 'failed';
      readonly asker: Asker;
      readonly askId: string;
      readonly reason: string;
    };

export class AskBook {
  readonly #tickets: TicketBook;
  readonly #takers: TicketTakers;
  /** Asks that wait for a ticket's answer, by id and by {@link destination}. */
  readonly #asks = new Map<string, Map<string, Ask>>();
  /** Askers by the ask's id, then by the asker's id. */
  readonly #askers = new Map<string, Map<string, Asker>>();

  constructor(tickets = new TicketBook(), takers = new TicketTakers()) {
    this.#tickets = tickets;
    this.#takers = takers;
  }

  /** Asking again changes nothing. */
  asked(asker: Asker, ask: Ask): AskAction[] {
    const askers = this.#askers.get(ask.id) ?? new Map<string, Asker>();
    if (askers.has(asker.askerId)) return [];
    askers.set(asker.askerId, asker);
    this.#askers.set(ask.id, askers);
    return [{ kind: 'look-up', asker, ask }];
  }

  lookedUp(asker: Asker, ask: Ask, isStored: boolean): AskAction[] {
    if (!this.#isAskedBy(asker, ask.id)) return [];
    if (isStored) return this.#settled(ask.id, [asker.askerId]);
    const asks = this.#asks.get(ask.id) ?? new Map<string, Ask>();
    this.#asks.set(ask.id, asks.set(destination(asker, ask), ask));
    return this.#actions(
      this.#tickets.want(asker.askerId, ask.id, ask.ticket, ask.teacherIdentity),
    );
  }

  lookUpFailed(asker: Asker, ask: Ask, reason: string): AskAction[] {
    return this.#isAskedBy(asker, ask.id) ? this.#settled(ask.id, [asker.askerId], reason) : [];
  }

  withdrawn(asker: Asker, askId: string): AskAction[] {
    if (!this.#isAskedBy(asker, askId)) return [];
    this.#release(askId, [asker.askerId]);
    return this.#actions(this.#tickets.unwant(asker.askerId, askId));
  }

  published(id: string, attempt: number, sequence: number, nowMs: number): AskAction[] {
    return this.#actions(this.#tickets.published(id, attempt, sequence, nowMs));
  }

  publishFailed(id: string, attempt: number, nowMs: number): void {
    this.#tickets.publishFailed(id, attempt, nowMs);
  }

  /** A teacher's queue has delivered every message up to `sequence`. */
  delivered(teacher: string, sequence: number, nowMs: number): AskAction[] {
    return this.#actions(this.#tickets.delivered(teacher, sequence, nowMs));
  }

  /**
   * A session announces that it has the ticket in hand. Ignored if the session may not have such tickets, or the
   * ticket is not wanted. If the worker is discredited, or has lost this issue before, the ticket is issued again.
   */
  taken(taker: TicketTaker, ticket: Ticket, nowMs: number): AskAction[] {
    const issue = issueOf(ticket);
    const { id, attempt } = issue;
    const { workerId } = taker;
    const lost = this.#takers.told(taker, issue);
    if (lost !== undefined) {
      this.#tickets.numberAfter(lost);
      return this.#actions(this.#tickets.spent(workerId, id, attempt, nowMs));
    }
    if (this.#tickets.isWanted(id) && this.#takers.take(taker, issue)) {
      this.#tickets.taken(workerId, id, attempt, nowMs);
    }
    return [];
  }

  /** A session gives a ticket back; ignored if the session does not hold the ticket. */
  returned(
    taker: TicketTaker,
    ticket: Ticket,
    returned: { readonly reason: string; readonly retryable: boolean },
    nowMs: number,
  ): AskAction[] {
    const issue = issueOf(ticket);
    if (!this.#takers.holds(taker, issue)) return [];
    const { workerId } = taker;
    return this.#actions(
      this.#tickets.returned(workerId, issue.id, issue.attempt, returned, nowMs),
    );
  }

  /**
   * A session was told that its answer to the ticket is not wanted. If the ticket is still wanted, it is issued
   * again. This happens if a worker that lost the issue gets its message again, and answers before its
   * announcement arrives.
   */
  spent({ workerId }: TicketTaker, ticket: Ticket, nowMs: number): AskAction[] {
    const { id, attempt } = issueOf(ticket);
    return this.#actions(this.#tickets.spent(workerId, id, attempt, nowMs));
  }

  progressed(askId: string, nowMs: number): void {
    this.#tickets.progressed(askId, nowMs);
  }

  rejected(askId: string, attempt: number, reason: string, nowMs: number): AskAction[] {
    return this.#actions(this.#tickets.rejected(askId, attempt, reason, nowMs));
  }

  answered(askId: string): AskAction[] {
    return this.#actions(this.#tickets.answered(askId));
  }

  sessionEnded(workerId: string, teachers: Iterable<string>, nowMs: number): AskAction[] {
    return this.#actions(this.#tickets.sessionEnded(workerId, teachers, nowMs));
  }

  /** The worker's answers as the teacher are not trusted: it is quarantined, or its server failed another worker. */
  discredited(workerId: string, teacher: string, nowMs: number): AskAction[] {
    const lost = this.#takers.discredited(workerId, teacher, this.#tickets.lastIssueNumber);
    this.#tickets.numberAfter(lost);
    return this.#actions(this.#tickets.discredited(workerId, teacher, nowMs));
  }

  queueLost(nowMs: number): AskAction[] {
    return this.#actions(this.#tickets.queueLost(nowMs));
  }

  tick(nowMs: number): AskAction[] {
    return this.#actions(this.#tickets.tick(nowMs));
  }

  /**
   * The open asks that the session's answer to the issue serves, one for each place where answers go; empty: the
   * answer is not wanted any more, or not from this session.
   */
  find(taker: TicketTaker, issue: TicketIssue): Ask[] {
    const isOfUse = this.#tickets.isWanted(issue.id) && !this.#takers.hasLost(taker, issue);
    return isOfUse ? [...(this.#asks.get(issue.id)?.values() ?? [])] : [];
  }

  /** Whether the answer to this issue is waited for; false for an earlier issue, such as one from before a pause. */
  isLastIssue(ticket: Ticket): boolean {
    const { id, attempt } = issueOf(ticket);
    return this.#tickets.isLastIssue(id, attempt);
  }

  /** How long ago the ask's ticket was last issued; undefined: the ask has no ticket. */
  ageMs(askId: string, nowMs: number): number | undefined {
    return this.#tickets.ageMs(askId, nowMs);
  }

  /** Whether the session may answer this issue of a ticket. */
  holds(taker: TicketTaker, issue: TicketIssue): boolean {
    return this.#takers.holds(taker, issue);
  }

  asksTeacher(teacherIdentity: string): boolean {
    return this.#tickets.asksTeacher(teacherIdentity);
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

  /** Why workers hand back the run's tickets for the teacher again and again; undefined: they do not. */
  trouble(runId: string, teacherIdentity: string): string | undefined {
    return this.#tickets
      .troubled(teacherIdentity)
      .find(({ id }) => this.runsAsking(id).includes(runId))?.reason;
  }

  runsAsking(askId: string): string[] {
    return this.#runsOf(askId, this.#askers.get(askId)?.keys() ?? []);
  }

  inHandCount(workerId: string): number {
    return this.#tickets.inHandCount(workerId);
  }

  /** Asks that wait for answers. */
  get openCount(): number {
    return this.#tickets.size;
  }

  /** Asks that have askers, including asks that are being looked up. */
  get askedCount(): number {
    return this.#askers.size;
  }

  #isAskedBy(asker: Asker, askId: string): boolean {
    return this.#askers.get(askId)?.get(asker.askerId) === asker;
  }

  #actions(effects: readonly TicketEffect[]): AskAction[] {
    return effects.flatMap((effect): AskAction[] => {
      switch (effect.kind) {
        case 'reissued': {
          const { id, owners, ticket, reason } = effect;
          return [{ kind: 'reissued', runIds: this.#runsOf(id, owners), ticket, reason }];
        }
        case 'satisfied':
          return this.#settled(effect.id, effect.owners);
        case 'failed':
          return this.#settled(effect.id, effect.owners, effect.reason);
        default:
          return [effect];
      }
    });
  }

  #runsOf(askId: string, askerIds: Iterable<string>): string[] {
    const askers = this.#askers.get(askId);
    const runIds = [...askerIds].flatMap((id) => askers?.get(id)?.runId ?? []);
    return [...new Set(runIds)];
  }

  /** @param failure - absent: the ask is satisfied. */
  #settled(askId: string, askerIds: readonly string[], failure?: string): AskAction[] {
    return this.#release(askId, askerIds).map((asker) =>
      failure === undefined
        ? { kind: 'satisfied', asker, askId }
        : { kind: 'failed', asker, askId, reason: failure },
    );
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

export function issueOf(ticket: Ticket): TicketIssue {
  const { attempt, teacherIdentity } = ticket;
  return { id: ticketId(ticket), attempt, teacher: digestHex(teacherIdentity) };
}

/** Where an ask's answers go: to tables (of equal asks, only the codecs differ), or to the asker. */
function destination({ askerId }: Asker, { tables, receive }: Ask): string {
  return receive === undefined ? tables.map(({ codec }) => codec).join() : `asker ${askerId}`;
}
