/**
 * Makes the cluster match the records: one pass looks at all records and sessions and does what is missing. The next
 * pass does what a pass could not do, for example while NATS was away (`passes.ts`).
 *
 * The pure modules `decide-runs.ts`, `run-health.ts` and `assignments.ts` decide what is to be done. This file has
 * only the order of a pass, the facts that it gives them, and the messages to workers.
 */
import type { Logger } from '@lyceum/platform';
import type { TicketQueue } from '@lyceum/platform/nats';
import { type StudentAssignment, toLyceumError } from '@lyceum/proto';
import type { DataLoad } from '../data-plane/index.js';
import type { ReplicaOrders, TeacherHealth } from '../health/index.js';
import type { RunDeletion, RunLifecycle } from '../lifecycle/index.js';
import type { RunMonitor } from '../monitoring/index.js';
import { type Placement, place } from '../placement/index.js';
import { foreignPlugin, type Leadership, type RunRecord, type RunStore } from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';
import type { StudentSession, TeacherSession, WorkerSessions } from '../sessions/index.js';
import { TeacherQueues, type TeacherUser, type TicketDesk } from '../tickets/index.js';
import type { ActiveRuns } from './active-runs.js';
import {
  heldRuns,
  type KnownTeacher,
  NO_RUN,
  NOT_NEEDED,
  studentAssignment,
  teacherAssignment,
  teachersInTurn,
  type Unnumbered,
  wantedTeachers,
} from './assignments.js';
import { carryOutStarts, decideEach } from './carry-out.js';
import { NO_TEACHERS, teacherFacts, teacherPlaces, teacherSeconds } from './cluster-facts.js';
import {
  assignStarts,
  ensureBaseline,
  finishCancel,
  HeldSince,
  needs,
  pauseForeign,
  pauseTroubled,
  pauseUnfit,
  releaseLost,
  servingCount,
  Troubles,
} from './decide-runs.js';
import {
  keepFirstAnswers,
  pauseWithoutTeachers,
  unloadable,
  unstoredReasons,
  waitingReasons,
} from './run-health.js';
import type { SuspectAnswers } from './suspect-answers.js';

/** How long the time of a worker's loss is remembered; longer than any grace. */
const LOST_KEPT_MS = 3_600_000;

export interface ReconcilerParts {
  readonly leadership: Pick<Leadership, 'assertHeld'>;
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly deletion: RunDeletion;
  readonly monitor: RunMonitor;
  readonly active: ActiveRuns;
  /** Users of teachers that are no runs. */
  readonly teacherUsers: () => TeacherUser[];
  readonly queue: TicketQueue;
  readonly desk: TicketDesk;
  readonly health: TeacherHealth;
  readonly suspects: Pick<SuspectAnswers, 'carryOut'>;
  readonly teachers: WorkerSessions<TeacherSession>;
  readonly students: WorkerSessions<StudentSession>;
  readonly load: Pick<DataLoad, 'bottleneck'>;
  readonly log: Logger;
  /** Milliseconds of the clock by which sessions end; they never fall. */
  readonly now: () => number;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #startedAtMs: number;
  readonly #queues: TeacherQueues;
  readonly #cancelling = new HeldSince();
  readonly #unfit = new HeldSince();
  readonly #studentAssignments = new WeakMap<RunRecord, Unnumbered<StudentAssignment>>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#queues = new TeacherQueues(parts);
    this.#startedAtMs = parts.now();
    for (const { teachers } of parts.store.list()) {
      for (const { identity } of teachers) this.#queues.mayExist(identity);
    }
  }

  /** No queue is known to exist any more. */
  queuesLost(): void {
    this.#queues.lost();
  }

  /** One pass. @throws {LyceumError} an error that concerns all runs; the next pass tries again. */
  async pass(): Promise<void> {
    const { suspects, active, store, deletion, students, teachers, load, now } = this.#parts;
    await this.#assertHeld();
    // First: before workers are given runs or teachers, and before fits or evaluations begin again.
    await suspects.carryOut();
    await this.#putRunsRight();
    await active.follow();
    const placement = this.#place();
    this.#giveReasons(placement);
    const starts = assignStarts(placement);
    await carryOutStarts(this.#parts, starts);
    // A new assignment opens its window now, not at the next pass.
    if (starts.length > 0) await active.follow();
    // A longer window would only hold more answers than the coordinator can carry.
    const isFull = load.bottleneck !== undefined;
    for (const targets of isFull ? [] : active.trainings()) {
      targets.servedBy(servingCount(store.get(targets.runId)?.teachers ?? [], placement));
    }
    await this.#tellTeachers(placement);
    await this.#keepFirstAnswers();
    this.#tellStudents();
    await this.#dropQueues(placement);
    await deletion.deleteExpired();
    students.forgetLost(now() - LOST_KEPT_MS);
    teachers.forgetLost(now() - LOST_KEPT_MS);
  }

  async #assertHeld(): Promise<void> {
    const { leadership, monitor, store } = this.#parts;
    try {
      await leadership.assertHeld();
    } catch (thrown) {
      const reasons = unstoredReasons(store.list(), toLyceumError(thrown));
      if (reasons !== undefined) monitor.setReasons(reasons);
      throw thrown;
    }
  }

  /** Ends, releases or pauses runs that cannot go on as they are. Each step sees the changes of the step before. */
  async #putRunsRight(): Promise<void> {
    const parts = this.#parts;
    const { students, desk, now } = parts;
    const sessionOf = ({ assignment }: RunRecord) =>
      assignment && students.get(assignment.workerId);
    await decideEach(parts, ensureBaseline);
    await decideEach(parts, (record) => {
      const lostAtMs = record.assignment && students.lostAtMs(record.assignment.workerId);
      return releaseLost(record, sessionOf(record), lostAtMs, this.#startedAtMs, now());
    });
    await decideEach(parts, (record) =>
      finishCancel(record, sessionOf(record), this.#cancelling, now()),
    );
    await decideEach(parts, (record) => pauseForeign(record, foreignPlugin(record)));
    const facts = teacherFacts(parts);
    await decideEach(parts, (record) => pauseWithoutTeachers(record, facts));
    const workers = teacherPlaces(parts);
    await decideEach(parts, (record) => {
      const awaits = (teacher: string) => desk.book.awaits(record.runId, teacher);
      return pauseUnfit(record, workers, awaits, this.#unfit, now());
    });
  }

  #place(): Placement {
    const { store, active, teacherUsers, students } = this.#parts;
    const isMeasured = (runId: string) => active.evaluation(runId)?.needsTeachers === false;
    return place(
      needs(store.list(), teacherUsers(), isMeasured),
      students.list().map(({ workerId }) => workerId),
      teacherPlaces(this.#parts),
      teacherSeconds(this.#parts),
    );
  }

  /** Tells why runs and other users of teachers wait. */
  #giveReasons({ reasons }: Placement): void {
    const { store, active, monitor, teacherUsers } = this.#parts;
    const facts = teacherFacts(this.#parts);
    const waits = (record: RunRecord) => {
      const { runId, state } = record;
      if (state === 'EVALUATING') return active.evaluation(runId)?.reason;
      const picturesAwaited = this.#picturesAwaited(record);
      if (picturesAwaited !== undefined) return picturesAwaited;
      return state === 'FITTING' ? active.fitting(runId)?.reason : undefined;
    };
    monitor.setReasons(waitingReasons(store.list(), reasons, waits, facts));
    for (const user of teacherUsers()) {
      user.reason = reasons.get(user.id) ?? unloadable(user, facts) ?? '';
    }
  }

  /** Why the run's worker cannot read pictures of a set in shards now; undefined: it can. */
  #picturesAwaited({ runId, assignment }: RunRecord): string | undefined {
    if (assignment === undefined) return undefined;
    const { workerId, assignmentEpoch } = assignment;
    const why = this.#parts.students.get(workerId)?.picturesAwaited({ runId, assignmentEpoch });
    return why && `${workerId} waits for pictures: ${why}`;
  }

  async #tellTeachers(placement: Placement): Promise<void> {
    const { store, teacherUsers, teachers, health, log } = this.#parts;
    const runs = store.list().filter(({ state }) => !hasEnded(state));
    // A paused run asks for nothing, so an error of its set must not reach the other runs.
    const asking = runs.filter(({ state }) => state !== 'PAUSED');
    const wanted = wantedTeachers([...asking, ...teacherUsers()]);
    const troubles = new Troubles();
    for (const [index, session] of teachers.list().entries()) {
      const placed = placement.teachers.get(session.workerId) ?? [];
      health.placed(session.workerId, new Set(placed));
      if (placed.length === 0) {
        session.wanted = NO_TEACHERS;
        session.desired.set(NOT_NEEDED);
        continue;
      }
      const identities = teachersInTurn(placed, index);
      const orders = await this.#orders(session, identities, wanted, troubles);
      session.wanted = new Set(identities);
      for (const identity of identities) session.told.add(identity);
      session.desired.set(teacherAssignment(identities, wanted, orders));
    }
    const kept = wantedTeachers([...runs, ...teacherUsers()]);
    health.retain(new Map([...kept].map(([identity, { sets }]) => [identity, sets])));
    for (const [key, err] of troubles.passing()) {
      log.warn({ err, key }, 'probe not made; trying again');
    }
    await decideEach(this.#parts, (record) => pauseTroubled(record, troubles));
  }

  /** Makes the queues that the worker is to read, and the orders about its teachers' probes. */
  async #orders(
    session: TeacherSession,
    identities: readonly string[],
    wanted: ReadonlyMap<string, KnownTeacher>,
    troubles: Troubles,
  ): Promise<Map<string, ReplicaOrders>> {
    const { workerId, served } = session;
    const { teachers, health } = this.#parts;
    const isHere = () => teachers.get(workerId) === session;
    const orders = new Map<string, ReplicaOrders>();
    for (const identity of identities) {
      const teacher = wanted.get(identity);
      if (teacher === undefined) continue;
      await this.#queues.ensure(identity);
      const order = await health.orders({ workerId, teacher: identity }, teacher.sets, isHere);
      for (const [digest, err] of order.troubles) troubles.add(identity, digest, err);
      if (order.serves) served.add(identity);
      orders.set(identity, order);
    }
    return orders;
  }

  async #keepFirstAnswers(): Promise<void> {
    const { health } = this.#parts;
    await decideEach(this.#parts, (record) =>
      keepFirstAnswers(record, (teacher) =>
        health.probes.reference(teacher, record.dataset.digest),
      ),
    );
  }

  #tellStudents(): void {
    const { store, students } = this.#parts;
    const held = heldRuns(store.list(), students.list());
    for (const session of students.list()) {
      const run = held.get(session.workerId);
      if (run !== undefined) session.told.add(run.runId);
      session.desired.set(this.#studentAssignment(run));
    }
  }

  /** Returns the same object for the same record: most passes find most records unchanged. */
  #studentAssignment(record: RunRecord | undefined): Unnumbered<StudentAssignment> {
    if (record === undefined) return NO_RUN;
    const assignment = this.#studentAssignments.get(record) ?? studentAssignment(record);
    this.#studentAssignments.set(record, assignment);
    return assignment;
  }

  async #dropQueues({ teachers }: Placement): Promise<void> {
    const placed = new Set([...teachers.values()].flat());
    await this.#queues.dropUnwanted(
      (identity) => placed.has(identity) || this.#parts.desk.book.asksTeacher(identity),
    );
  }
}
