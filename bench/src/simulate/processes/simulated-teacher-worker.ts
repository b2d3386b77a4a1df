/** A teacher worker: pulls tickets, reports that it holds them, and answers late, wrongly, or not at all. */
import { AnswerFrame, float32Tensor, type Ticket } from '@lyceum/proto';
import {
  isTroubled,
  type Message,
  mishap,
  otherAnswer,
  rightAnswer,
  SimulatedProcess,
  SLOW_MS,
  type Swap,
  samplesAt,
  teacherId,
  travelMs,
  type World,
} from '../world/index.js';
import type { ReplicaOrders } from './simulated-health.js';

export interface WorkerSession {
  readonly worker: SimulatedTeacherWorker;
  /** The life of the worker's process, and of the coordinator's process, to which the session belongs. */
  readonly life: number;
  readonly coordinatorLife: number;
  /** When the last message on the session arrives: at the coordinator, and at the worker. Messages arrive in order. */
  arrivesAtMs: number;
  toldAtMs: number;
  /** The last orders to the worker, and all teachers of which it was ever told to take tickets. */
  told: string;
  readonly served: Set<string>;
}

/** The teacher worker's reports to its coordinator. */
export interface TeacherSide {
  readonly process: SimulatedProcess;
  hello(session: WorkerSession): void;
  taken(session: WorkerSession, message: Message): void;
  /** @param other - the other model that answered; undefined: the teacher's own. */
  probed(session: WorkerSession, teacher: number, round: number, other: Swap | undefined): void;
  returned(session: WorkerSession, message: Message, retryable: boolean): void;
  answer(
    session: WorkerSession,
    frames: readonly AnswerFrame[],
    settled: (taken: boolean) => void,
  ): void;
}

/**
 * How a teacher may answer: with its own model, with another model, or with invalid values; and the words in traces.
 */
type AnswerKind = 'right' | 'other' | 'none';
const SAID: Readonly<Record<AnswerKind, string>> = {
  right: '',
  other: ', with another model',
  none: ', wrongly',
};

interface Hand {
  readonly message: Message;
  readonly session: WorkerSession;
  /** Whether another model answers the ticket in the teacher's place. */
  readonly isOfOther: boolean;
}

/** A teacher's probe in a session: how often the worker answered it, and how often it must. */
interface Probe {
  answered: number;
  rounds: number;
  isRunning: boolean;
}

const RECONNECT_MS = 300;

/** How long answers of another model may be under way: they may arrive after their worker was released. */
const HELD_UP_MS = 1_000;

export class SimulatedTeacherWorker {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly teachers: readonly number[];
  readonly #world: World;
  readonly #coordinator: TeacherSide;
  readonly #hands = new Set<Hand>();
  #session: WorkerSession | undefined;
  /** In this session: teachers of which the worker takes tickets, and probes by teacher. */
  #served = new Set<string>();
  #probes = new Map<number, Probe>();

  constructor(world: World, coordinator: TeacherSide, name: string, teachers: readonly number[]) {
    this.#world = world;
    this.#coordinator = coordinator;
    this.name = name;
    this.teachers = teachers;
    this.process = new SimulatedProcess(name, world.clock);
    this.#connect();
  }

  kill(): void {
    this.process.kill();
    this.#hands.clear();
    this.#session = undefined;
    // The server does not notice the death for a while, and may still deliver to the dead worker.
    const { clock, random, queue } = this.#world;
    const { life } = this.process;
    clock.after(random.pick([0, 100]), () => queue.withdraw(this.process, life));
  }

  start(): void {
    this.process.start();
    this.#connect();
  }

  /** The connection ended; the worker will notice it later. */
  sessionLost(session: WorkerSession | undefined = this.#session): void {
    this.process.after(this.#world.random.whole(0, 50), () => this.leave(session));
  }

  /** The worker has heard nothing from the coordinator for long. */
  losePatience(): void {
    this.leave(this.#session);
  }

  /** The worker gives back the tickets in its hand, and connects to the coordinator again. */
  leave(session: WorkerSession | undefined): void {
    if (session === undefined || this.#session !== session) return;
    const { queue } = this.#world;
    this.#session = undefined;
    queue.withdraw(this.process, this.process.life);
    const hands = [...this.#hands];
    this.#hands.clear();
    for (const { message } of hands) queue.release(message);
    this.#connect();
  }

  /** The worker follows the coordinator's orders. */
  follow(session: WorkerSession, orders: readonly ReplicaOrders[]): void {
    if (this.#session !== session) return;
    for (const { teacher, rounds, serves } of orders) {
      if (serves) this.#served.add(teacherId(teacher));
      else this.#served.delete(teacherId(teacher));
      const probe = this.#probes.get(teacher) ?? { answered: 0, rounds: 0, isRunning: false };
      this.#probes.set(teacher, probe);
      probe.rounds = rounds;
      if (!probe.isRunning) this.#probe(session, teacher, probe);
    }
    this.#world.queue.look();
  }

  #probe(session: WorkerSession, teacher: number, probe: Probe): void {
    probe.isRunning = probe.answered < probe.rounds;
    if (!probe.isRunning) return;
    const swap = this.#world.swaps.get(teacher);
    const other = this.#asksOther(teacher) ? swap : undefined;
    if (swap !== undefined) swap.isToCome = false;
    this.process.after(this.#inferenceMs(teacher), () => {
      if (this.#session !== session) return;
      const round = ++probe.answered;
      this.#say(session, () => this.#coordinator.probed(session, teacher, round, other));
      this.#probe(session, teacher, probe);
    });
  }

  /** Whether another model answers in the teacher's place at this worker. */
  #asksOther(teacher: number): boolean {
    const swap = this.#world.swaps.get(teacher);
    return swap?.isToCome === false && (swap.worker ?? this.name) === this.name;
  }

  #connect(): void {
    const { random } = this.#world;
    this.process.after(random.whole(0, RECONNECT_MS), () => {
      const coordinator = this.#coordinator.process;
      if (!coordinator.alive) {
        this.#connect();
        return;
      }
      const session: WorkerSession = {
        worker: this,
        life: this.process.life,
        coordinatorLife: coordinator.life,
        arrivesAtMs: 0,
        toldAtMs: 0,
        told: '',
        served: new Set(),
      };
      this.#session = session;
      this.#served = new Set();
      this.#probes = new Map();
      this.#say(session, () => this.#coordinator.hello(session));
      for (let hand = 0; hand < this.#world.settings.ticketsInHand; hand++) this.#pull(session);
    });
  }

  #pull(session: WorkerSession): void {
    if (this.#session !== session) return;
    this.#world.queue.pull({
      process: this.process,
      life: this.process.life,
      teachers: this.#served,
      take: (message) => this.#take(session, message),
    });
  }

  #take(session: WorkerSession, message: Message): void {
    const { settings, trace, queue } = this.#world;
    if (this.#session !== session) {
      queue.release(message);
      return;
    }
    trace(() => `${this.name} takes message ${message.sequence}, ticket ${message.id}`);
    const hand = { message, session, isOfOther: this.#asksOther(this.#teacherOf(message)) };
    this.#hands.add(hand);
    this.#say(session, () => this.#coordinator.taken(session, message));
    if (mishap(this.#world, settings.silent)) {
      trace(() => `${this.name} will never report this ticket`);
      this.#world.ticketWasKept = true;
      this.#pull(session);
      return;
    }
    this.process.after(this.#inferenceMs(this.#teacherOf(message)), () => this.#answer(hand));
  }

  #inferenceMs(teacher: number): number {
    const { random, settings } = this.#world;
    const isSlow = isTroubled(this.#world) && teacher === settings.slowTeacher;
    return random.whole(1, settings.inferMs) + (isSlow ? random.whole(0, SLOW_MS) : 0);
  }

  /** The number of the message's teacher; -1: the worker does not have this teacher. */
  #teacherOf(message: Message): number {
    return this.teachers.find((t) => teacherId(t) === message.teacher) ?? -1;
  }

  #answer(hand: Hand): void {
    const world = this.#world;
    const { settings, random } = world;
    const { message } = hand;
    if (!this.#hands.has(hand)) return;
    const isRefused = mishap(world, settings.refusedTicket);
    if (isRefused || mishap(world, settings.returned)) {
      this.#giveBack(hand, !isRefused);
      return;
    }
    const teacher = this.#teacherOf(message);
    const isPoisoned = settings.poisonedTeacher === teacher && message.ticket.firstPosition === 0;
    const isWrong = isPoisoned || mishap(world, settings.wrongAnswer);
    const kind = isWrong ? 'none' : hand.isOfOther ? 'other' : 'right';
    const frames = framesOf(settings.sampleCount, teacher, message.ticket, kind);
    const isHeldUp = kind === 'other' && random.chance(0.5);
    this.#send(hand, frames, kind, isHeldUp ? random.whole(0, HELD_UP_MS) : travelMs(world));
    if (mishap(world, settings.doubleAnswer)) this.#send(hand, frames, kind, travelMs(world));
    if (mishap(world, settings.lateAnswer)) {
      this.#send(hand, frames, kind, random.whole(0, 60_000));
    }
  }

  #send(hand: Hand, frames: readonly AnswerFrame[], kind: AnswerKind, delayMs: number): void {
    const { session, message } = hand;
    const { id, ticket } = message;
    // A coordinator takes answers only in its own sessions.
    if (this.#coordinator.process.life !== session.coordinatorLife) return;
    this.#coordinator.process.after(delayMs, () => {
      this.#world.trace(() => `${this.name} answers ${id}, attempt ${ticket.attempt}${SAID[kind]}`);
      this.#coordinator.answer(session, frames, (isTaken) =>
        this.process.after(travelMs(this.#world), () => {
          if (isTaken) this.#settle(hand);
          // A refusal ends the stream; the worker learns nothing else.
          else this.#giveBack(hand, true);
        }),
      );
    });
  }

  #giveBack(hand: Hand, retryable: boolean): void {
    if (!this.#hands.has(hand)) return;
    const { session, message } = hand;
    this.#say(session, () => this.#coordinator.returned(session, message, retryable));
    this.#settle(hand);
  }

  #settle(hand: Hand): void {
    if (!this.#hands.delete(hand)) return;
    const { queue, random, clock } = this.#world;
    // A lost acknowledgement lets the message come again.
    if (!mishap(this.#world, 0.05))
      clock.after(random.whole(0, 3), () => queue.settle(hand.message));
    else queue.abandon(hand.message);
    this.#pull(hand.session);
  }

  /** Sends a message to the coordinator; messages arrive in order. */
  #say(session: WorkerSession, act: () => void): void {
    const { process } = this.#coordinator;
    if (process.life !== session.coordinatorLife) return;
    const { clock } = this.#world;
    session.arrivesAtMs = Math.max(session.arrivesAtMs, clock.nowMs + travelMs(this.#world));
    process.after(session.arrivesAtMs - clock.nowMs, act);
  }
}

/**
 * The frames of an answer: two if it has two rows or more. An answer of kind `none` begins with NaN.
 */
function framesOf(
  sampleCount: number,
  teacher: number,
  ticket: Ticket,
  kind: AnswerKind,
): AnswerFrame[] {
  const { order, firstPosition, positionCount, viewEpoch } = ticket;
  const { seed = 0, epoch = 0 } = order ?? {};
  const samples = samplesAt(sampleCount, { seed, epoch }, firstPosition, positionCount);
  const answerOf = kind === 'other' ? otherAnswer : rightAnswer;
  const rows = Float32Array.from(samples, (sample) => answerOf(teacher, viewEpoch, sample));
  if (kind === 'none') rows[0] = Number.NaN;
  const half = Math.ceil(positionCount / 2);
  const firstRows = half < positionCount ? [0, half] : [0];
  return firstRows.map((firstRow) => {
    const values = rows.slice(firstRow, firstRow === 0 ? half : positionCount);
    const tensors = ticket.outputs.map((name) => float32Tensor(name, [values.length, 1], values));
    return AnswerFrame.fromPartial({ ticket, firstRow, tensors });
  });
}
