/**
 * The ticket book with its effects carried out, as `coordinator/src/tickets/ticket-desk.ts` does it, on the
 * simulated queue; each effect is held against the {@link TicketRules}.
 */
import type { TicketBook, TicketEffect } from '@lyceum/coordinator/schedule';
import type { Ticket } from '@lyceum/proto';
import type { SimulatedProcess } from './event-clock.js';
import { TicketRules } from './ticket-rules.js';
import { Violation } from './violation.js';
import { mishap, travelMs, type World } from './world.js';

export interface SimulatedAsk {
  readonly id: string;
  readonly ticket: Ticket;
  readonly teacher: number;
  readonly viewEpoch: number;
  readonly samples: Uint32Array;
}

export interface SimulatedAsker {
  readonly askerId: string;
  satisfied(askId: string): void;
  failed(askId: string, reason: string): void;
}

export function teacherId(teacher: number): string {
  return `t${teacher}`;
}

export class SimulatedDesk {
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #leaderEpoch: number;
  readonly #book: TicketBook;
  readonly #rules: TicketRules;
  readonly #asks = new Map<string, SimulatedAsk>();
  readonly #askers = new Map<string, Map<string, SimulatedAsker>>();

  constructor(world: World, process: SimulatedProcess) {
    this.#world = world;
    this.#process = process;
    this.#leaderEpoch = ++world.leaderEpoch;
    this.#book = world.machines.ticketBook();
    this.#rules = new TicketRules(this.#book);
  }

  ask(asker: SimulatedAsker, ask: SimulatedAsk): void {
    const askers = this.#askers.get(ask.id) ?? new Map<string, SimulatedAsker>();
    if (askers.has(asker.askerId)) return;
    askers.set(asker.askerId, asker);
    this.#askers.set(ask.id, askers);
    this.#process.after(this.#world.random.whole(0, 2), () => this.#issue(asker, ask));
  }

  withdraw(asker: SimulatedAsker, askId: string): void {
    const askers = this.#askers.get(askId);
    if (askers?.get(asker.askerId) !== asker) return;
    const isKnown = this.#book.isWanted(askId);
    this.#release(askId, [asker.askerId]);
    this.#apply(this.#book.unwant(asker.askerId, askId));
    const isOver = !this.#askers.has(askId) || !this.#book.isWanted(askId);
    if (isKnown && isOver) this.#rules.forgotten(askId);
  }

  find(askId: string): SimulatedAsk | undefined {
    return this.#book.isWanted(askId) ? this.#asks.get(askId) : undefined;
  }

  taken(workerId: string, askId: string, attempt: number, sequence: number): void {
    this.#rules.taken(askId, attempt);
    this.#book.taken(workerId, askId, attempt, sequence, this.#nowMs);
  }

  returned(workerId: string, askId: string, attempt: number, retryable: boolean): void {
    if (!retryable) this.#rules.foundWrong(askId);
    const returned = { reason: 'given back', retryable };
    this.#apply(this.#book.returned(workerId, askId, attempt, returned, this.#nowMs));
  }

  progressed(askId: string): void {
    this.#book.progressed(askId, this.#nowMs);
  }

  rejected(askId: string, attempt: number): void {
    this.#rules.foundWrong(askId);
    this.#apply(this.#book.rejected(askId, attempt, 'not finite', this.#nowMs));
  }

  answered(askId: string): void {
    this.#apply(this.#book.answered(askId));
  }

  sessionEnded(workerId: string, teachers: readonly string[]): void {
    this.#apply(this.#book.sessionEnded(workerId, teachers, this.#nowMs));
    this.#rules.sessionEnded(workerId, teachers, this.#nowMs);
  }

  queueLost(): void {
    this.#apply(this.#book.queueLost(this.#nowMs));
    this.#rules.queueLost();
  }

  tick(): void {
    const effects = this.#book.tick(this.#nowMs);
    this.#rules.ticked(effects, this.#nowMs);
    this.#apply(effects);
  }

  /** Nobody asks any more. */
  confirmEmpty(): void {
    const left = [this.#book.size, this.#askers.size, this.#asks.size];
    if (left.every((count) => count === 0)) return;
    const [tickets, askers, asks] = left;
    throw new Violation('leak', `${tickets} tickets, ${askers} askers and ${asks} asks are left`);
  }

  get #nowMs(): number {
    return this.#world.clock.nowMs;
  }

  #issue(asker: SimulatedAsker, ask: SimulatedAsk): void {
    const { answers } = this.#world;
    if (this.#askers.get(ask.id)?.get(asker.askerId) !== asker) return;
    if (answers.missingCount(ask.teacher, ask.viewEpoch, ask.samples) === 0) {
      this.#settle(ask.id, [asker.askerId]);
      return;
    }
    this.#asks.set(ask.id, ask);
    this.#apply(this.#book.want(asker.askerId, ask.id, ask.ticket, teacherId(ask.teacher)));
  }

  #apply(effects: readonly TicketEffect[]): void {
    const forgotten: string[] = [];
    for (const effect of effects) {
      switch (effect.kind) {
        case 'publish':
          this.#publish(effect.id, effect.ticket);
          break;
        case 'remove':
          this.#remove(effect.sequence);
          break;
        case 'probe':
          this.#probe(effect.teacher);
          break;
        case 'reissued':
          this.#world.trace(() => `reissue ${effect.id}: ${effect.reason}`);
          break;
        case 'satisfied':
          forgotten.push(effect.id);
          this.#settle(effect.id, effect.owners);
          break;
        case 'failed':
          this.#rules.failed(effect.id);
          forgotten.push(effect.id);
          this.#settle(effect.id, effect.owners, effect.reason);
          break;
      }
    }
    for (const id of forgotten) this.#rules.forgotten(id);
  }

  #publish(id: string, ticket: Ticket): void {
    const world = this.#world;
    const { attempt } = ticket;
    const teacher = this.#asks.get(id)?.teacher;
    if (teacher === undefined) throw new Violation('leak', `ticket ${id} is nobody's and issued`);
    this.#rules.issued(id, teacherId(teacher), attempt);
    const { storeNumber } = world.queue;
    const fail = () => this.#book.publishFailed(id, attempt, this.#nowMs);
    world.clock.after(travelMs(world), () => {
      const isAway = !world.queueReachable || world.queue.storeNumber !== storeNumber;
      if (isAway || mishap(world, world.settings.unpublished / 2)) {
        this.#process.after(travelMs(world), fail);
        return;
      }
      const sequence = world.queue.publish(id, teacherId(teacher), ticket, this.#leaderEpoch);
      if (sequence === undefined) {
        throw new Violation('attempt', `ticket ${id} was issued twice as attempt ${attempt}`);
      }
      world.trace(() => `message ${sequence} is ticket ${id}, attempt ${attempt}`);
      // The receipt may be lost where the message is not.
      if (mishap(world, world.settings.unpublished / 2)) this.#process.after(travelMs(world), fail);
      else this.#process.after(travelMs(world), () => this.#published(id, attempt, sequence));
    });
  }

  #published(id: string, attempt: number, sequence: number): void {
    this.#rules.published(id, attempt, sequence, this.#nowMs);
    this.#apply(this.#book.published(id, attempt, sequence, this.#nowMs));
  }

  #remove(sequence: number): void {
    const world = this.#world;
    const { storeNumber } = world.queue;
    this.#rules.removed(sequence);
    world.clock.after(travelMs(world), () => {
      if (world.queueReachable && world.queue.storeNumber === storeNumber)
        world.queue.remove(sequence);
    });
  }

  #probe(teacher: string): void {
    const world = this.#world;
    this.#process.after(travelMs(world), () => {
      if (!world.queueReachable) return;
      const sequence = world.queue.deliveredSequence(teacher);
      this.#process.after(travelMs(world), () => {
        this.#apply(this.#book.delivered(teacher, sequence, this.#nowMs));
        this.#rules.delivered(teacher, sequence, this.#nowMs);
      });
    });
  }

  #settle(askId: string, askerIds: readonly string[], failure?: string): void {
    for (const asker of this.#release(askId, askerIds)) {
      if (failure === undefined) asker.satisfied(askId);
      else asker.failed(askId, failure);
    }
  }

  #release(askId: string, askerIds: readonly string[]): SimulatedAsker[] {
    const askers = this.#askers.get(askId);
    const released: SimulatedAsker[] = [];
    for (const id of askerIds) {
      const asker = askers?.get(id);
      if (asker !== undefined) released.push(asker);
      askers?.delete(id);
    }
    if (askers?.size === 0) {
      this.#askers.delete(askId);
      this.#asks.delete(askId);
    }
    return released;
  }
}
