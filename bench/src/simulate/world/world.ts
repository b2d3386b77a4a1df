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

/** The machines under test: the coordinator's own, or ones with a fault that must be found. */
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

/** The record of a run that NATS keeps. */
export interface RunRecord {
  readonly settings: RunSettings;
  state: 'unsubmitted' | 'training' | 'evaluating' | 'held' | 'succeeded' | 'failed';
  /** Where a run that is held, paused or cancelled, goes on. */
  heldAs: 'training' | 'evaluating';
  assignmentEpoch: number;
  /** Steps in the checkpoint that the pointer names. */
  pointerStep: number;
  /** Steps in the checkpoint before; 0: there is none. */
  previousStep: number;
  /** The first step in the checkpoint whose target was made of another model's answers; Infinity: none. */
  firstOtherStep: number;
  /** Contributors by span: the ledger below the coordinator's state folder. */
  readonly ledger: Map<number, readonly number[]>;
  /** Contributors that are being written to the ledger. */
  keepCount: number;
  /** Contributors by span, of targets that have left. */
  readonly madeOf: Map<number, readonly number[]>;
}

/** Answers of a replica that failed, until they are dropped and every run has gone back. */
export interface Suspicion {
  readonly teacher: number;
  readonly items: readonly StoredAnswers[];
  /** It is on disk. */
  isNoted: boolean;
}

/** Another model answers in a teacher's place. */
export interface Swap {
  /** At this worker alone; undefined: behind its server. */
  readonly worker: string | undefined;
  /** It begins once a worker has begun to answer its next probe. */
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
  /** What a coordinator leaves to its successor of whose answers are trusted: on disk, and quarantines in NATS. */
  readonly kept: {
    unproven: readonly StoredAnswers[];
    suspicions: readonly Suspicion[];
    readonly quarantines: Map<string, Quarantine>;
  };
  /** By teacher in whose place another model answers. */
  readonly swaps: Map<number, Swap>;
  /** What another model answered may be believed from now on. */
  isOtherExcused: boolean;
  /** False while the queue's server is away. */
  queueReachable: boolean;
  /** How many coordinators have led so far. */
  leaderEpoch: number;
  /** A worker kept a ticket without ever saying a word. */
  ticketWasKept: boolean;
  readonly trace: (line: () => string) => void;
}

/** True in the part of a schedule in which things fail. */
export function isTroubled({ clock, settings }: World): boolean {
  return clock.nowMs < settings.calmMs;
}

/** True by chance, but only while things fail. */
export function mishap(world: World, probability: number): boolean {
  return isTroubled(world) && world.random.chance(probability);
}

/** How long a message is under way, ms. */
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
