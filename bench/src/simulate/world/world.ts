/** The state that the parts of one schedule share. */
import type { AnswerFrames, AskBook } from '@lyceum/coordinator/asks';
import type { valueProblem } from '@lyceum/coordinator/data-plane';
import type { Quarantine, ReplicaHealth } from '@lyceum/coordinator/replicas';
import type {
  firstAffectedStep,
  RunSchedule,
  ScheduleSettings as RunScheduleSettings,
  TicketBook,
  TicketTaker,
} from '@lyceum/coordinator/schedule';
import type { TargetFlow, TargetFlowSettings } from '@lyceum/coordinator/target-flow';
import { orderedRows } from '@lyceum/learning/orders';
import type { EventClock } from './event-clock.js';
import type { RandomStream } from './random-stream.js';
import type { RunSettings, ScheduleSettings } from './schedule-settings.js';
import type { SimulatedAnswers, StoredAnswers } from './simulated-answers.js';
import type { SimulatedQueue } from './simulated-queue.js';

/** The machines under test: the coordinator's own, or machines with a fault that the simulation must find. */
export interface Machines {
  readonly ticketBook: () => TicketBook;
  readonly askBook: (tickets: TicketBook) => AskBook;
  readonly answerFrames: (taker: TicketTaker, asks: AskBook) => AnswerFrames;
  readonly valueProblem: typeof valueProblem;
  readonly replicaHealth: (quarantines: readonly Quarantine[]) => ReplicaHealth<StoredAnswers>;
  readonly firstAffectedStep: typeof firstAffectedStep;
  readonly runSchedule: (settings: RunScheduleSettings) => RunSchedule;
  readonly targetFlow: (settings: TargetFlowSettings) => TargetFlow;
}

/** The record of a run in NATS. */
export interface RunRecord {
  readonly settings: RunSettings;
  state: 'unsubmitted' | 'training' | 'evaluating' | 'held' | 'succeeded' | 'failed';
  /** The state to which a held (paused or cancelled) run returns. */
  heldAs: 'training' | 'evaluating';
  assignmentEpoch: number;
  /** Steps in the checkpoint that the pointer names. */
  pointerStep: number;
  /** Steps in the checkpoint before that; 0: there is none. */
  previousStep: number;
  /** The first step in the checkpoint with a target made of another model's answers; Infinity: none. */
  firstOtherStep: number;
  /** Contributors by span: the ledger in the coordinator's state folder. */
  readonly ledger: Map<number, readonly number[]>;
  /** Number of writes to the ledger that are under way. */
  keepCount: number;
  /** Contributors by span, of targets that have left. */
  readonly madeOf: Map<number, readonly number[]>;
}

/** Answers of a replica that failed, until they are dropped and every run has gone back. */
export interface Suspicion {
  readonly teacher: number;
  readonly items: readonly StoredAnswers[];
  /** Whether the suspicion is on disk. */
  isNoted: boolean;
}

/** Another model answers in a teacher's place. */
export interface Swap {
  /** The only worker where the other model answers; undefined: it answers behind the teacher's server. */
  readonly worker: string | undefined;
  /** Whether the swap has not begun: it begins after a worker has begun to answer its next probe. */
  isToCome: boolean;
}

export interface World {
  readonly settings: ScheduleSettings;
  readonly clock: EventClock;
  readonly random: RandomStream;
  readonly queue: SimulatedQueue;
  readonly answers: SimulatedAnswers;
  readonly machines: Machines;
  readonly runs: readonly RunRecord[];
  /** Knowledge of trusted answers that a coordinator leaves to its successor: on disk, and quarantines in NATS. */
  readonly kept: {
    unproven: readonly StoredAnswers[];
    suspicions: readonly Suspicion[];
    readonly quarantines: Map<string, Quarantine>;
  };
  /** Swaps by teacher: another model answers in that teacher's place. */
  readonly swaps: Map<number, Swap>;
  /** From now on, answers of another model may stay unnoticed. */
  isOtherExcused: boolean;
  /** False while the queue's server is away. */
  queueReachable: boolean;
  /** Number of coordinators that have led so far. */
  leaderEpoch: number;
  /** Whether a worker kept a ticket without any report. */
  ticketWasKept: boolean;
  readonly trace: (line: () => string) => void;
}

/** Whether the schedule is still in the part in which things fail. */
export function isTroubled({ clock, settings }: World): boolean {
  return clock.nowMs < settings.calmMs;
}

/** True by chance, but only while things fail. */
export function mishap(world: World, probability: number): boolean {
  return isTroubled(world) && world.random.chance(probability);
}

/** Travel time of a message, ms. */
export function travelMs({ random, settings }: World): number {
  return random.whole(0, settings.networkMs);
}

const orders = new Map<number, Uint32Array>();

/** Samples at positions of an epoch's order. */
export function samplesAt(
  sampleCount: number,
  order: { readonly seed: number; readonly epoch: number },
  firstPosition: number,
  positionCount: number,
): Uint32Array {
  const key = (order.epoch * 2 + order.seed) * 1000 + sampleCount;
  let rows = orders.get(key);
  if (rows === undefined) {
    rows = orderedRows(sampleCount, order, 0, sampleCount);
    orders.set(key, rows);
  }
  return rows.subarray(firstPosition, firstPosition + positionCount);
}
