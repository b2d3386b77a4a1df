/**
 * The coordinator's book of asks. The book's actions are carried out on the simulated store and queue, and each action
 * is checked by the {@link TicketRules}.
 */
import type {
  AnswerFrames,
  Ask,
  AskAction,
  AskBook,
  Asker,
  IncomingRows,
} from '@lyceum/coordinator/asks';
import type { Replica } from '@lyceum/coordinator/replicas';
import type { TicketTaker } from '@lyceum/coordinator/schedule';
import {
  type AnswerFrame,
  digestHex,
  float32Values,
  LyceumError,
  type Ticket,
} from '@lyceum/proto';
import { TicketRules, Violation } from '../rules/index.js';
import { mishap, type SimulatedProcess, teacherOf, travelMs, type World } from '../world/index.js';
import type { SimulatedHealth } from './simulated-health.js';

/** The outcome of a frame of answers: more frames are awaited, the ticket is done, or the frame was refused. */
export type FrameFate = 'awaits-more' | 'taken' | 'refused';

/** Longest time to store rows, on a slow and on a fast disk, ms. */
const STORED_MS = { slow: 2_000, fast: 2 };

export class SimulatedDesk {
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #health: SimulatedHealth;
  readonly #leaderEpoch: number;
  readonly #book: AskBook;
  readonly #rules: TicketRules;

  constructor(world: World, process: SimulatedProcess, health: SimulatedHealth) {
    this.#world = world;
    this.#process = process;
    this.#health = health;
    this.#leaderEpoch = ++world.leaderEpoch;
    const tickets = world.machines.ticketBook();
    this.#book = world.machines.askBook(tickets);
    this.#rules = new TicketRules(tickets);
  }

  ask(asker: Asker, ask: Ask): void {
    this.#rules.asked(asker.askerId, ask.id);
    this.#carryOut(this.#book.asked(asker, ask));
  }

  withdraw(asker: Asker, askId: string): void {
    this.#rules.withdrawn(asker.askerId, askId);
    this.#carryOut(this.#book.withdrawn(asker, askId));
    this.#rules.confirmForgotten(askId);
  }

  taken(taker: TicketTaker, ticket: Ticket, id: string): void {
    const { attempt } = ticket;
    const actions = this.#book.taken(taker, ticket, this.#nowMs);
    // A discredited worker no longer holds its tickets, though it may still have the messages.
    const issue = { id, attempt, teacher: digestHex(ticket.teacherIdentity) };
    if (this.#book.holds(taker, issue)) this.#rules.taken(id, attempt, taker.sessionKeyDigest);
    this.#tell(actions);
  }

  returned(taker: TicketTaker, ticket: Ticket, id: string, retryable: boolean): void {
    if (!retryable) {
      this.#rules.foundWrong(id);
      this.#health.ticketFailed(replicaOf(taker, ticket), id);
    }
    const returned = { reason: 'given back', retryable };
    this.#tell(this.#book.returned(taker, ticket, returned, this.#nowMs));
  }

  /** Returns a function that takes the frames of one answer, each after the frame before is settled. */
  frames(taker: TicketTaker): (frame: AnswerFrame, settled: (fate: FrameFate) => void) => void {
    const stream = this.#world.machines.answerFrames(taker, this.#book);
    let storedCount = 0;
    return (frame, settled) => {
      try {
        const rows = stream.came(frame);
        const { ticket, id, asks } = rows;
        const replica = replicaOf(taker, ticket);
        const problem = rows.problem?.message ?? this.#wrongValue(frame, asks);
        if (problem !== undefined) {
          stream.refused(rows);
          if (asks.length > 0) {
            this.#rules.foundWrong(id);
            this.#health.ticketFailed(replica, id);
            this.#tell(this.#book.rejected(id, ticket.attempt, problem, this.#nowMs));
          }
          return settled('refused');
        }
        if (asks.length === 0) return settled(this.#stored(stream, rows, taker, storedCount));
        this.#rules.answers(id, ticket.attempt, taker.sessionKeyDigest);
        this.#book.progressed(id, this.#nowMs);
        const failureCount = this.#health.failureCount(replica);
        const isSlow = mishap(this.#world, this.#world.settings.slowRead);
        const storedMs = isSlow ? STORED_MS.slow : STORED_MS.fast;
        this.#process.after(this.#world.random.whole(0, storedMs), () => {
          for (const ask of asks) this.#store(ask, frame, rows.rowCount, replica, failureCount);
          storedCount += rows.rowCount;
          settled(this.#stored(stream, rows, taker, storedCount));
        });
      } catch (thrown) {
        const isRefusal = thrown instanceof LyceumError && thrown.code === 'PERMISSION_DENIED';
        if (!isRefusal) throw thrown;
        settled('refused');
      }
    };
  }

  /** The rows are stored. @param storedCount - rows of the answer that were stored so far. */
  #stored(
    stream: AnswerFrames,
    rows: IncomingRows,
    taker: TicketTaker,
    storedCount: number,
  ): FrameFate {
    const { id, ticket } = rows;
    const receipt = stream.stored(rows);
    if (receipt?.wanted === false) this.#tell(this.#book.spent(taker, ticket, this.#nowMs));
    if (receipt?.wanted === true) {
      if (storedCount !== ticket.positionCount) {
        const message = `${id} counts as answered by ${storedCount} of ${ticket.positionCount} rows`;
        throw new Violation('receipt', message);
      }
      this.#health.ticketAnswered(replicaOf(taker, ticket), id, this.#book.runsAsking(id));
      this.#tell(this.#book.answered(id));
    }
    return receipt === undefined ? 'awaits-more' : 'taken';
  }

  /** The coordinator's check of values before rows are stored, if the rows are still asked for. */
  #wrongValue({ tensors, firstRow }: AnswerFrame, [ask]: readonly Ask[]): string | undefined {
    if (ask === undefined) return undefined;
    const { valueProblem } = this.#world.machines;
    return tensors
      .map((tensor) => {
        const rowCount = tensor.shape[0] ?? 1;
        const rows = { name: tensor.name, values: float32Values(tensor), rowCount, firstRow };
        return valueProblem(rows, ask.classCount);
      })
      .find((problem) => problem !== undefined);
  }

  sessionEnded(workerId: string, teachers: readonly string[]): void {
    this.#tell(this.#book.sessionEnded(workerId, teachers, this.#nowMs));
    this.#rules.sessionEnded(workerId, teachers, this.#nowMs);
  }

  /** The worker's answers with the teacher are not trusted. */
  discredited(workerId: string, teacher: string): void {
    this.#tell(this.#book.discredited(workerId, teacher, this.#nowMs));
  }

  queueLost(): void {
    this.#tell(this.#book.queueLost(this.#nowMs));
    this.#rules.queueLost();
  }

  tick(): void {
    const actions = this.#book.tick(this.#nowMs);
    this.#rules.ticked(actions, this.#nowMs);
    this.#tell(actions);
  }

  /** Confirms that no ask is left. */
  confirmEmpty(): void {
    const { openCount, askedCount } = this.#book;
    if (openCount === 0 && askedCount === 0) return;
    throw new Violation('leak', `${openCount} tickets and ${askedCount} asks are left`);
  }

  get #nowMs(): number {
    return this.#world.clock.nowMs;
  }

  /** Carries out actions, and tells the rules about asks that have ended. */
  #tell(actions: readonly AskAction[]): void {
    this.#carryOut(actions);
    for (const action of actions) {
      if (action.kind === 'satisfied' || action.kind === 'failed') {
        this.#rules.forgotten(action.askId);
      }
    }
  }

  #carryOut(actions: readonly AskAction[]): void {
    for (const action of actions) {
      switch (action.kind) {
        case 'look-up':
          this.#lookUp(action.asker, action.ask);
          break;
        case 'publish':
          this.#publish(action.id, action.ticket);
          break;
        case 'remove':
          this.#remove(action.sequence);
          break;
        case 'probe':
          this.#probe(action.teacher);
          break;
        case 'reissued':
          this.#world.trace(() => `attempt ${action.ticket.attempt}: ${action.reason}`);
          break;
        case 'satisfied':
          this.#rules.told(action.asker.askerId, action.askId);
          action.asker.satisfied(action.askId);
          break;
        case 'failed':
          this.#rules.told(action.asker.askerId, action.askId);
          this.#rules.failed(action.askId);
          action.asker.failed(action.askId, action.reason);
          break;
      }
    }
  }

  #lookUp(asker: Asker, ask: Ask): void {
    this.#process.after(this.#world.random.whole(0, 2), () => {
      this.#carryOut(this.#book.lookedUp(asker, ask, this.#missingCount(ask) === 0));
    });
  }

  #missingCount({ teacherIdentity, ticket, samples }: Ask): number {
    return this.#world.answers.missingCount(teacherOf(teacherIdentity), ticket.viewEpoch, samples);
  }

  #store(
    { teacherIdentity, ticket: { viewEpoch }, samples }: Ask,
    { tensors, firstRow }: AnswerFrame,
    rowCount: number,
    replica: Replica,
    failureCount: number,
  ): void {
    const rows = tensors.map(float32Values)[0] ?? new Float32Array();
    const teacher = teacherOf(teacherIdentity);
    const own = samples.subarray(firstRow, firstRow + rowCount);
    const stored = this.#world.answers.put(teacher, viewEpoch, own, rows);
    this.#health.stored(replica, { teacher, viewEpoch, samples: stored }, failureCount);
  }

  #publish(id: string, ticket: Ticket): void {
    const world = this.#world;
    const { attempt } = ticket;
    const teacher = digestHex(ticket.teacherIdentity);
    this.#rules.issued(id, teacher, attempt);
    const { storeNumber } = world.queue;
    const fail = () => this.#book.publishFailed(id, attempt, this.#nowMs);
    world.clock.after(travelMs(world), () => {
      const isAway = !world.queueReachable || world.queue.storeNumber !== storeNumber;
      if (isAway || mishap(world, world.settings.unpublished / 2)) {
        this.#process.after(travelMs(world), fail);
        return;
      }
      const sequence = world.queue.publish(id, teacher, ticket, this.#leaderEpoch);
      if (sequence === undefined) {
        throw new Violation('attempt', `ticket ${id} was issued twice as attempt ${attempt}`);
      }
      world.trace(() => `message ${sequence} is ticket ${id}, attempt ${attempt}`);
      // The receipt may be lost though the message is not.
      if (mishap(world, world.settings.unpublished / 2)) this.#process.after(travelMs(world), fail);
      else this.#process.after(travelMs(world), () => this.#published(id, attempt, sequence));
    });
  }

  #published(id: string, attempt: number, sequence: number): void {
    this.#rules.published(id, attempt, sequence, this.#nowMs);
    this.#tell(this.#book.published(id, attempt, sequence, this.#nowMs));
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
        this.#tell(this.#book.delivered(teacher, sequence, this.#nowMs));
        this.#rules.delivered(teacher, sequence, this.#nowMs);
      });
    });
  }
}

function replicaOf({ workerId }: TicketTaker, { teacherIdentity }: Ticket): Replica {
  return { workerId, teacher: digestHex(teacherIdentity) };
}
