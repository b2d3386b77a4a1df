/**
 * The ticket queue with JetStream's guarantees. A message is delivered again after each lease, until it is settled.
 * The order may differ from that of publishing, and a message may be delivered to two workers. A message id that was
 * published before in the queue's life is refused.
 */
import type { Ticket } from '@lyceum/proto';
import type { EventClock, SimulatedProcess } from './event-clock.js';
import type { RandomStream } from './random-stream.js';

/** Milliseconds of a lease, as `ACK_WAIT_MS` of the real queue. */
const LEASE_MS = 30_000;

export interface QueueFaults {
  /** Probability that a delivery takes another message than the first. */
  readonly reorder: number;
  /** Probability that a message is delivered to a second worker while the first has it. */
  readonly double: number;
}

export interface Message {
  readonly sequence: number;
  readonly id: string;
  readonly teacher: string;
  readonly ticket: Ticket;
  readonly leaderEpoch: number;
  /** The worker process that got the message last. */
  holder: { readonly process: SimulatedProcess; readonly life: number } | undefined;
  deliveryCount: number;
}

interface Pull {
  readonly process: SimulatedProcess;
  readonly life: number;
  readonly teachers: ReadonlySet<string>;
  readonly take: (message: Message) => void;
}

export class SimulatedQueue {
  readonly #clock: EventClock;
  readonly #random: RandomStream;
  readonly #faults: () => QueueFaults;
  readonly #messages = new Map<number, Message>();
  readonly #published = new Set<string>();
  readonly #delivered = new Map<string, number>();
  #pulls: Pull[] = [];
  #lastSequence = 0;
  /** Number of the store: each wipe starts the next store. */
  storeNumber = 0;

  constructor(clock: EventClock, random: RandomStream, faults: () => QueueFaults) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
  }

  get size(): number {
    return this.#messages.size;
  }

  /** @returns the message's sequence; undefined if its id was published before. */
  publish(id: string, teacher: string, ticket: Ticket, leaderEpoch: number): number | undefined {
    const messageId = `${id}/${leaderEpoch}/${ticket.attempt}`;
    if (this.#published.has(messageId)) return undefined;
    this.#published.add(messageId);
    const sequence = ++this.#lastSequence;
    const message = {
      sequence,
      id,
      teacher,
      ticket,
      leaderEpoch,
      holder: undefined,
      deliveryCount: 0,
    };
    this.#messages.set(sequence, message);
    this.#deliver();
    return sequence;
  }

  /** Removes a message. */
  remove(sequence: number): void {
    this.#messages.delete(sequence);
  }

  /** Settles the message that a worker holds, unless the store was wiped meanwhile. */
  settle(message: Message): void {
    if (this.#messages.get(message.sequence) === message) this.#messages.delete(message.sequence);
  }

  /** A worker is done with a message, but its acknowledgement is lost: the lease runs out. */
  abandon(message: Message): void {
    this.#clock.after(LEASE_MS, () => this.release(message));
  }

  /** A worker gives a message back. */
  release(message: Message): void {
    if (this.#messages.get(message.sequence) !== message) return;
    message.holder = undefined;
    this.#deliver();
  }

  deliveredSequence(teacher: string): number {
    return this.#delivered.get(teacher) ?? 0;
  }

  /** A worker waits for one message of any of its teachers. */
  pull(pull: Pull): void {
    this.#pulls.push(pull);
    this.#deliver();
  }

  /** A waiting worker now takes messages of more teachers. */
  look(): void {
    this.#deliver();
  }

  /** A worker that lived until `life` no longer waits. */
  withdraw(process: SimulatedProcess, life: number): void {
    this.#pulls = this.#pulls.filter((pull) => pull.process !== process || pull.life > life);
  }

  /** The server comes back with an empty store. */
  wipe(): void {
    this.storeNumber++;
    this.#messages.clear();
    this.#published.clear();
    this.#delivered.clear();
    this.#lastSequence = 0;
  }

  #deliver(): void {
    for (const message of this.#inTurn()) {
      const served = this.#pulls.filter((pull) => pull.teachers.has(message.teacher));
      if (served.length === 0) continue;
      this.#give(message, this.#random.pick(served));
    }
  }

  /** Messages that no worker holds, mostly in order. */
  #inTurn(): Message[] {
    if (this.#pulls.length === 0) return [];
    const free = [...this.#messages.values()].filter(({ holder }) => holder === undefined);
    if (free.length > 1 && this.#random.chance(this.#faults().reorder)) free.reverse();
    return free;
  }

  #give(message: Message, pull: Pull): void {
    this.#pulls.splice(this.#pulls.indexOf(pull), 1);
    const { process, life } = pull;
    const holder = { process, life };
    message.holder = holder;
    message.deliveryCount++;
    const { teacher, sequence } = message;
    this.#delivered.set(teacher, Math.max(sequence, this.deliveredSequence(teacher)));
    if (process.life === life) process.after(this.#random.whole(0, 3), () => pull.take(message));
    this.#watchLease(message, holder);
    if (this.#random.chance(this.#faults().double)) {
      this.#clock.after(this.#random.whole(1, 50), () => this.release(message));
    }
  }

  #watchLease(message: Message, holder: NonNullable<Message['holder']>): void {
    const storeNumber = this.storeNumber;
    this.#clock.after(LEASE_MS, () => {
      if (storeNumber !== this.storeNumber || message.holder !== holder) return;
      if (this.#messages.get(message.sequence) !== message) return;
      const { process, life } = holder;
      // A living worker renews its lease.
      if (process.life === life && !process.stopped) this.#watchLease(message, holder);
      else this.release(message);
    });
  }
}
