/** Plays one schedule from its beginning until nothing is left to do, and checks every promise meanwhile. */
import { AnswerFrames, AskBook } from '@lyceum/coordinator/asks';
import { valueProblem } from '@lyceum/coordinator/data-plane';
import { ReplicaHealth } from '@lyceum/coordinator/replicas';
import { firstAffectedStep, RunSchedule, TicketBook } from '@lyceum/coordinator/schedule';
import { TargetFlow } from '@lyceum/coordinator/target-flow';
import { LyceumError } from '@lyceum/proto';
import { strike } from './blows.js';
import { SimulatedCoordinator } from './processes/index.js';
import { Violation } from './rules/index.js';
import {
  EventClock,
  type Machines,
  RandomStream,
  type RunRecord,
  SimulatedAnswers,
  SimulatedQueue,
  scheduleSettings,
  type World,
} from './world/index.js';

/**
 * Once nothing fails any more, every run must end within this time: enough for a lease, a stop, the patience of peers
 * and the run itself, one after another.
 */
const CALM_LIMIT_MS = 180_000;

/**
 * The same limit if a worker silently keeps a ticket: the ticket book waits long before it gives the ticket out again.
 */
const KEPT_LIMIT_MS = 800_000;

/** After the last run's end the queue must be empty within this time. */
const QUEUE_LIMIT_MS = 100_000;

export const REAL_MACHINES: Machines = {
  ticketBook: () => new TicketBook(),
  askBook: (tickets) => new AskBook(tickets),
  answerFrames: (taker, asks) => new AnswerFrames(taker, asks),
  valueProblem,
  replicaHealth: (quarantines) => new ReplicaHealth(quarantines),
  firstAffectedStep,
  runSchedule: (settings) => new RunSchedule(settings),
  targetFlow: (settings) => new TargetFlow(settings),
};

export interface Played {
  readonly violation: Violation | undefined;
  readonly eventCount: number;
  /** Events of the schedule; empty unless the trace was asked for. */
  readonly trace: readonly string[];
}

/** Plays schedule `number` of `seed`. The same arguments play the same schedule. */
export function playSchedule(
  seed: number,
  number: number,
  machines: Machines = REAL_MACHINES,
  isTraced = false,
): Played {
  const random = new RandomStream(seed, number);
  const settings = scheduleSettings(random);
  const clock = new EventClock();
  const trace: string[] = [];
  const { reorder, doubleDelivery } = settings;
  const world: World = {
    settings,
    clock,
    random,
    queue: new SimulatedQueue(clock, random, () => ({
      reorder,
      double: clock.nowMs < settings.calmMs ? doubleDelivery : 0,
    })),
    answers: new SimulatedAnswers(settings.sampleCount),
    machines,
    runs: settings.runs.map(
      (run): RunRecord => ({
        settings: run,
        state: 'unsubmitted',
        heldAs: 'training',
        assignmentEpoch: 0,
        pointerStep: 0,
        previousStep: 0,
        firstOtherStep: Number.POSITIVE_INFINITY,
        ledger: new Map(),
        keepCount: 0,
        madeOf: new Map(),
      }),
    ),
    kept: { unproven: [], suspicions: [], quarantines: new Map() },
    swaps: new Map(),
    isOtherExcused: false,
    queueReachable: true,
    leaderEpoch: 0,
    ticketWasKept: false,
    trace: isTraced ? (line) => trace.push(`${clock.nowMs} ms: ${line()}`) : () => {},
  };
  let eventCount = 0;
  const playUntil = (endMs: number, isOver: () => boolean): void => {
    while (!isOver()) {
      if (!clock.step(endMs)) return;
      eventCount++;
    }
  };
  try {
    const coordinator = new SimulatedCoordinator(world);
    for (const run of world.runs) {
      clock.after(run.settings.submittedAtMs, () => submit(clock, coordinator, run));
    }
    for (const { atMs, blow } of settings.blows) {
      clock.after(atMs, () => strike(world, coordinator, blow));
    }
    const haveEnded = () =>
      world.runs.every(({ state }) => state === 'succeeded' || state === 'failed');
    playUntil(settings.calmMs + CALM_LIMIT_MS, haveEnded);
    if (world.ticketWasKept) playUntil(settings.calmMs + KEPT_LIMIT_MS, haveEnded);
    confirmEnded(world);
    coordinator.confirmEmpty();
    playUntil(
      Math.max(clock.nowMs, settings.calmMs) + QUEUE_LIMIT_MS,
      () => world.queue.size === 0,
    );
    // A message that could not be removed while the queue was away vanishes once a worker takes it.
    const isTakenByAll = settings.absentTeacher === undefined && !world.ticketWasKept;
    if (world.queue.size > 0 && isTakenByAll) {
      throw new Violation('leak', `${world.queue.size} messages are left on the queue`);
    }
    coordinator.confirmEmpty();
    coordinator.confirmProven();
  } catch (thrown) {
    return { violation: violationOf(thrown), eventCount, trace };
  }
  return { violation: undefined, eventCount, trace };
}

function submit(clock: EventClock, coordinator: SimulatedCoordinator, run: RunRecord): void {
  const { process } = coordinator;
  if (process.alive && !process.stopped) coordinator.submit(run);
  else clock.after(100, () => submit(clock, coordinator, run));
}

function confirmEnded({ runs, settings }: World): void {
  for (const { settings: run, state, pointerStep } of runs) {
    const { stepCount } = run.grid.plan;
    if (state === 'succeeded' && pointerStep !== stepCount) {
      throw new Violation('P1', `${run.runId} ended after ${pointerStep} of ${stepCount} steps`);
    }
    const mayFail =
      settings.poisonedTeacher !== undefined || settings.wrongAnswer + settings.refusedTicket > 0;
    if (state === 'failed' && !mayFail) throw new Violation('failure limit', `${run.runId} failed`);
    if (state !== 'succeeded' && state !== 'failed') {
      throw new Violation(
        'liveness',
        `${run.runId} has not ended; its pointer is at ${pointerStep}`,
      );
    }
  }
}

/**
 * The violation that an error stands for. A machine's own error counts as a violation, since no call here is invalid.
 */
function violationOf(thrown: unknown): Violation {
  if (thrown instanceof Violation) return thrown;
  if (thrown instanceof LyceumError) return new Violation('refusal', thrown.message);
  throw thrown;
}
