/**
 * Makes the cluster what the records say: one pass looks at all records and sessions and does what is
 * missing. Passes run on events and once a second; they never overlap. What a pass could not do, because
 * NATS was away for one, the next one does.
 */
import type { Logger, TicketQueue } from '@lyceum/platform';
import {
  type LyceumError,
  StorageFullError,
  type StudentAssignment,
  type TeacherAssignment,
  TICKET_STREAM,
  toLyceumError,
  type WantedTeacher,
} from '@lyceum/proto';
import type { TeacherHealth } from '../health/index.js';
import type { RunDeletion, RunLifecycle } from '../lifecycle/index.js';
import type { RunMonitor } from '../monitoring/index.js';
import { type Placement, place, type RunNeed, unfitTeacher } from '../placement/index.js';
import { foreignPlugin, type Leadership, type RunRecord, type RunStore } from '../runs/index.js';
import { hasEnded, isAssigned, ticketsInHand } from '../schedule/index.js';
import {
  isHeldBy,
  type StudentSession,
  secondsPerSample,
  type TeacherSession,
  type WorkerSessions,
} from '../sessions/index.js';
import { TeacherQueues, type TeacherUser, type TicketDesk } from '../tickets/index.js';
import type { ActiveRuns } from './active-runs.js';
import { assignedRun } from './assigned-run.js';
import { eachRun } from './each-run.js';
import {
  awaitedKnowledge,
  keepFirstAnswers,
  loadFailure,
  pauseWithoutTeachers,
  type RunHealthParts,
  untrusted,
} from './run-health.js';
import type { SuspectAnswers } from './suspect-answers.js';
import { wantedTeachers } from './wanted-teachers.js';

/** How long a student worker without a session keeps its run: a reconnect takes less. */
const STUDENT_GRACE_MS = 2_000;

/** The same after the coordinator's own start, when every worker must find it again first. */
const RECOVERY_GRACE_MS = 10_000;

/** How long a cancelled run's worker may take to let go of it before it is cancelled all the same. */
const CANCEL_GRACE_MS = 5_000;

/**
 * How long a run in progress waits for a worker that is large enough for its teacher: one that is being replaced comes back
 * sooner, and a cluster that has none any more does not.
 */
const UNFIT_GRACE_MS = 300_000;

/** How long the time of a worker's loss is remembered; longer than any grace. */
const LOST_KEPT_MS = 3_600_000;

const TICK_MS = 1_000;

/** What a student worker is told. */
type StudentState = Omit<StudentAssignment, 'revision'>;

/** Of a teacher worker that is not needed: the same object each time, and there may be many. */
const NO_TEACHERS: Omit<TeacherAssignment, 'revision'> = {
  teachers: [],
  ticketStream: TICKET_STREAM,
};
const NONE: ReadonlySet<string> = new Set();

const NO_RUN: StudentState = { run: undefined };

export interface ReconcilerParts {
  readonly leadership: Pick<Leadership, 'assertHeld'>;
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly deletion: RunDeletion;
  readonly monitor: RunMonitor;
  readonly active: ActiveRuns;
  /** Who else than runs needs teachers. */
  readonly teacherUsers: () => TeacherUser[];
  readonly queue: TicketQueue;
  readonly desk: TicketDesk;
  readonly health: TeacherHealth;
  readonly suspects: Pick<SuspectAnswers, 'carryOut'>;
  readonly teachers: WorkerSessions<TeacherSession>;
  readonly students: WorkerSessions<StudentSession>;
  readonly log: Logger;
  readonly now: () => number;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #startedAtMs: number;
  readonly #queues: TeacherQueues;
  readonly #health: RunHealthParts;
  readonly #cancellingSinceMs = new Map<string, number>();
  readonly #unfitSinceMs = new Map<string, number>();
  readonly #assignments = new WeakMap<RunRecord, StudentState>();
  #timer: NodeJS.Timeout | undefined;
  #requested = false;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#queues = new TeacherQueues(parts);
    const isMeasured = (runId: string, teacher: string) =>
      parts.active.evaluation(runId)?.isMeasured(teacher) ?? true;
    this.#health = { ...parts, isMeasured };
    this.#startedAtMs = parts.now();
  }

  start(): void {
    for (const { teachers } of this.#parts.store.list()) {
      for (const { identity } of teachers) this.#queues.mayExist(identity);
    }
    this.#timer = setInterval(() => this.request(), TICK_MS);
    this.request();
  }

  /** No queue is known to exist any more. */
  queuesLost(): void {
    this.#queues.lost();
    this.request();
  }

  /** Asks for a pass, soon. */
  request(): void {
    this.#requested = true;
    if (!this.#stopped) this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    // Requests of one moment, a burst of reports for one, are one pass.
    await Promise.resolve();
    while (this.#requested && !this.#stopped) {
      this.#requested = false;
      try {
        await this.#pass();
      } catch (thrown) {
        this.#parts.log.warn({ err: toLyceumError(thrown) }, 'reconciling failed; trying again');
        break;
      }
    }
    this.#running = undefined;
  }

  async #pass(): Promise<void> {
    const { leadership, suspects, active, monitor, deletion, students, teachers, desk, now } =
      this.#parts;
    await leadership.assertHeld();
    // Before anybody is given anything, or begins again.
    await suspects.carryOut();
    await this.#ensureBaselines();
    await this.#releaseLost();
    await this.#finishCancels();
    await this.#pauseForeign();
    await pauseWithoutTeachers(this.#health);
    await this.#pauseUnfit();
    await active.follow();
    const placement = this.#place();
    monitor.setReasons(this.#reasons(placement));
    for (const user of this.#parts.teacherUsers()) {
      user.reason = placement.reasons.get(user.id) ?? this.#unloadable(user) ?? '';
    }
    for (const [runId, workerId] of placement.starts) await this.#startOrFail(runId, workerId);
    // A new assignment opens its window at once, not at the next pass.
    if (placement.starts.size > 0) await active.follow();
    this.#sizeWindows(placement);
    await this.#tellTeachers(placement);
    await keepFirstAnswers(this.#health);
    this.#tellStudents();
    const placed = new Set([...placement.teachers.values()].flat());
    await this.#queues.dropUnwanted(
      (identity) => placed.has(identity) || desk.asksTeacher(identity),
    );
    await deletion.deleteExpired();
    students.forgetLost(now() - LOST_KEPT_MS);
    teachers.forgetLost(now() - LOST_KEPT_MS);
  }

  async #ensureBaselines(): Promise<void> {
    await eachRun(this.#parts, async (record) => {
      const ends = hasEnded(record.state) || record.state === 'CANCELLING';
      if (!ends) await this.#parts.lifecycle.ensureBaseline(record);
    });
  }

  async #releaseLost(): Promise<void> {
    const { lifecycle, students, now } = this.#parts;
    await eachRun(this.#parts, async ({ runId, state, assignment }) => {
      if (!isAssigned(state) || assignment === undefined) return;
      const { workerId, assignmentEpoch } = assignment;
      const session = students.get(workerId);
      if (session !== undefined && isHeldBy(assignment, session)) return;
      if (session !== undefined) {
        // The same id, another process: the one that held it can have no session meanwhile.
        await lifecycle.release(runId, assignmentEpoch, `student worker ${workerId} began anew`);
        return;
      }
      const lostAtMs = students.lostAtMs(workerId);
      const dueMs =
        lostAtMs === undefined
          ? this.#startedAtMs + RECOVERY_GRACE_MS
          : lostAtMs + STUDENT_GRACE_MS;
      if (now() < dueMs) return;
      await lifecycle.release(runId, assignmentEpoch, `student worker ${workerId} is gone`);
    });
  }

  /** A run is cancelled once its worker has let go of it. */
  async #finishCancels(): Promise<void> {
    const { lifecycle, students, now } = this.#parts;
    await eachRun(this.#parts, async ({ runId, state, assignment }) => {
      if (state !== 'CANCELLING') {
        this.#cancellingSinceMs.delete(runId);
        return;
      }
      const sinceMs = this.#cancellingSinceMs.get(runId) ?? now();
      this.#cancellingSinceMs.set(runId, sinceMs);
      const worker = assignment && students.get(assignment.workerId);
      const works = worker?.runId === runId && isHeldBy(assignment, worker);
      const held = works && now() - sinceMs < CANCEL_GRACE_MS;
      if (!held) await lifecycle.cancelled(runId);
    });
  }

  /** Other code of the user's would make other bits. */
  async #pauseForeign(): Promise<void> {
    await eachRun(this.#parts, async (record) => {
      const { runId, state } = record;
      if (hasEnded(state) || state === 'PAUSED' || state === 'CANCELLING') return;
      const reason = foreignPlugin(record);
      if (reason !== undefined) await this.#parts.lifecycle.pause(runId, reason);
    });
  }

  async #pauseUnfit(): Promise<void> {
    const { lifecycle, desk, teachers, now } = this.#parts;
    const workers = teachers.list().map(({ hello }) => hello);
    await eachRun(this.#parts, async ({ runId, state, teachers: all }) => {
      const isUnfit = isAssigned(state) && unfitTeacher(all, workers) !== undefined;
      const missed = isUnfit ? all.filter(({ identity }) => desk.awaits(runId, identity)) : [];
      const reason = unfitTeacher(missed, workers);
      if (reason === undefined) {
        this.#unfitSinceMs.delete(runId);
        return;
      }
      const sinceMs = this.#unfitSinceMs.get(runId) ?? now();
      this.#unfitSinceMs.set(runId, sinceMs);
      if (now() - sinceMs >= UNFIT_GRACE_MS) await lifecycle.pause(runId, reason);
    });
  }

  #place(): Placement {
    const { store, active, teacherUsers, students, teachers, health } = this.#parts;
    const runs = store
      .list()
      .filter(({ state }) => !hasEnded(state))
      .map((record): RunNeed => {
        const { runId, state, assignment } = record;
        const evaluation = active.evaluation(runId);
        const asks =
          state === 'EVALUATING'
            ? evaluation?.needsTeachers !== false
            : state !== 'CANCELLING' && state !== 'PAUSED';
        const student = assignment ?? (state === 'QUEUED' ? 'wanted' : 'none');
        return { runId, student, teachers: asks ? record.teachers : [] };
      });
    const quarantined = health.quarantined();
    const others = teacherUsers().map(
      (user): RunNeed => ({ runId: user.id, student: 'none', teachers: user.teachers }),
    );
    return place(
      [...runs, ...others],
      students.list().map(({ workerId }) => workerId),
      teachers.list().map((session) => ({
        workerId: session.workerId,
        memoryBudgetBytes: session.hello.memoryBudgetBytes,
        // What it was told before this pass; what it has not unloaded yet says nothing then.
        loaded: session.wanted.size > 0 ? session.wanted : session.present(),
        barred: quarantined.get(session.workerId) ?? NONE,
      })),
      this.#secondsPerSample(),
    );
  }

  #secondsPerSample(): Map<string, number> {
    const sessions = this.#parts.teachers.list().filter(({ wanted }) => wanted.size > 0);
    const seconds = new Map<string, number>();
    for (const identity of new Set(sessions.flatMap(({ wanted }) => [...wanted]))) {
      const own = secondsPerSample(sessions, identity);
      if (own !== undefined) seconds.set(identity, own);
    }
    return seconds;
  }

  /** What is wrong with one run for good must not keep the others waiting. */
  async #startOrFail(runId: string, workerId: string): Promise<void> {
    try {
      await this.#start(runId, workerId);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.retryable || err.code === 'ABORTED') throw err;
      this.#parts.log.error({ err, runId }, 'run cannot be assigned');
      if (err instanceof StorageFullError) await this.#parts.lifecycle.pause(runId, err.message);
      else await this.#parts.lifecycle.fail(runId, err.message);
    }
  }

  async #start(runId: string, workerId: string): Promise<void> {
    const { lifecycle, students } = this.#parts;
    const session = students.get(workerId);
    if (session !== undefined) await lifecycle.assign(runId, session, session.environment());
  }

  #reasons(placement: Placement): Map<string, string> {
    const { store, active } = this.#parts;
    const reasons = new Map(placement.reasons);
    for (const record of store.list()) {
      const { runId, state } = record;
      if (hasEnded(state) || state === 'PAUSED' || reasons.has(runId)) continue;
      const waits =
        state === 'EVALUATING'
          ? active.evaluation(runId)
          : state === 'FITTING'
            ? active.fitting(runId)
            : undefined;
      const reason =
        this.#unloadable(record) ??
        untrusted(this.#health, record.teachers) ??
        waits?.reason ??
        awaitedKnowledge(record);
      if (reason !== undefined) reasons.set(runId, reason);
    }
    return reasons;
  }

  /** Which of the run's teachers nobody has, since each worker that should have it failed to load it. */
  #unloadable({
    teachers,
    dataset,
  }: Pick<TeacherUser, 'teachers' | 'dataset'>): string | undefined {
    const { teachers: sessions, health } = this.#parts;
    for (const { name, identity } of teachers) {
      const told = sessions.list().filter(({ wanted }) => wanted.has(identity));
      const failures = told.map((s) => loadFailure(health, s, identity, dataset.digest));
      if (told.length > 0 && failures.every((failure) => failure !== undefined)) {
        return `teacher ${name} cannot be loaded (${told[0]?.workerId}: ${failures[0]?.reason})`;
      }
    }
    return undefined;
  }

  #sizeWindows({ teachers }: Placement): void {
    const { active, store } = this.#parts;
    for (const targets of active.trainings()) {
      const own = new Set(store.get(targets.runId)?.teachers.map(({ identity }) => identity));
      const serving = [...teachers.values()].filter((ids) => ids.some((id) => own.has(id)));
      targets.servedBy(serving.length);
    }
  }

  async #tellTeachers(placement: Placement): Promise<void> {
    const { store, teacherUsers, teachers, health } = this.#parts;
    const runs = store.list().filter(({ state }) => !hasEnded(state));
    // A paused run asks nobody, so what is wrong with its set is nobody else's affair.
    const asking = runs.filter(({ state }) => state !== 'PAUSED');
    const wanted = wantedTeachers([...asking, ...teacherUsers()]);
    const troubles = new Map<string, LyceumError>();
    for (const [index, session] of teachers.list().entries()) {
      const placed = placement.teachers.get(session.workerId) ?? [];
      health.placed(session.workerId, new Set(placed));
      if (placed.length === 0) {
        session.wanted = NONE;
        session.desired.set(NO_TEACHERS);
        continue;
      }
      // Each worker begins with another teacher: a span is complete when all have answered.
      const identities = rotated(placed, index);
      const inHand = ticketsInHand(identities.length);
      const list: WantedTeacher[] = [];
      for (const identity of identities) {
        const teacher = wanted.get(identity);
        if (teacher === undefined) continue;
        await this.#queues.ensure(identity);
        const replica = { workerId: session.workerId, teacher: identity };
        const { probes, serves, troubles: some } = await health.orders(replica, teacher.sets);
        for (const [digest, err] of some) troubles.set(troubleKey(identity, digest), err);
        const { sets: _, ...told } = teacher;
        if (serves) session.served.add(identity);
        list.push({ ...told, probes, ticketsInHand: serves ? inHand : 0 });
      }
      session.wanted = new Set(identities);
      session.desired.set({ teachers: list, ticketStream: TICKET_STREAM });
    }
    const kept = wantedTeachers([...runs, ...teacherUsers()]);
    health.retain(new Map([...kept].map(([identity, { sets }]) => [identity, sets])));
    await this.#pauseTroubled(troubles);
  }

  /** @param troubles - why teachers cannot be asked about sets, by {@link troubleKey}. */
  async #pauseTroubled(troubles: ReadonlyMap<string, LyceumError>): Promise<void> {
    const { lifecycle, log } = this.#parts;
    for (const [key, err] of troubles) {
      if (err.retryable) log.warn({ err, key }, 'probe not made; trying again');
    }
    if (troubles.size === 0) return;
    await eachRun(this.#parts, async ({ runId, teachers, dataset }) => {
      const found = teachers.map(({ identity }) =>
        troubles.get(troubleKey(identity, dataset.digest)),
      );
      const err = found.find((trouble) => trouble?.retryable === false);
      if (err === undefined) return;
      log.error({ err, runId }, "run's teachers cannot be asked about its data set");
      await lifecycle.pause(runId, err.message);
    });
  }

  #tellStudents(): void {
    const { store, students } = this.#parts;
    const records = new Map<string | undefined, RunRecord>();
    for (const record of store.list()) {
      if (isAssigned(record.state)) records.set(record.assignment?.workerId, record);
    }
    for (const session of students.list()) {
      const record = records.get(session.workerId);
      const isIts = record !== undefined && isHeldBy(record.assignment, session);
      session.desired.set(this.#assignment(isIts ? record : undefined));
    }
  }

  /** The same object for the same record: most passes find most of them unchanged. */
  #assignment(record: RunRecord | undefined): StudentState {
    if (record === undefined) return NO_RUN;
    let state = this.#assignments.get(record);
    if (state === undefined) {
      state = { run: assignedRun(record) };
      this.#assignments.set(record, state);
    }
    return state;
  }
}

function troubleKey(teacher: string, datasetDigest: string): string {
  return `${teacher} ${datasetDigest}`;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
