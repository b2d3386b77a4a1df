/**
 * The coordinator's process: sessions, answers' intake, assignments. Killed, it loses all but what the queue, the
 * answer store and the run records hold.
 */
import type { TicketTaker } from '@lyceum/coordinator/schedule';
import type { AnswerFrame } from '@lyceum/proto';
import { TICK_MS } from '../rules/index.js';
import {
  isTroubled,
  type Message,
  type RunRecord,
  SimulatedProcess,
  teacherId,
  type World,
} from '../world/index.js';
import { SimulatedDesk } from './simulated-desk.js';
import { SimulatedStudent } from './simulated-student.js';
import { SimulatedTargets } from './simulated-targets.js';
import { SimulatedTeacherWorker, type WorkerSession } from './simulated-teacher-worker.js';

/** How soon a peer that stopped answering is given up. */
export const SILENCE_MS = 30_000;

/** How soon a killed peer is noticed, at most. */
const DEATH_NOTICED_MS = 2_000;

export class SimulatedCoordinator {
  readonly process: SimulatedProcess;
  readonly workers: readonly SimulatedTeacherWorker[];
  /** The last student of each run, by run. */
  readonly students = new Map<string, SimulatedStudent>();
  readonly #world: World;
  readonly #sessions = new Map<SimulatedTeacherWorker, WorkerSession>();
  readonly #targets = new Map<string, SimulatedTargets>();
  #desk: SimulatedDesk;

  constructor(world: World) {
    this.#world = world;
    this.process = new SimulatedProcess('coordinator', world.clock);
    this.#desk = new SimulatedDesk(world, this.process);
    this.workers = world.settings.workers.map(
      (teachers, index) => new SimulatedTeacherWorker(world, this, `w${index}`, teachers),
    );
    this.#tickOn();
  }

  kill(): void {
    this.process.kill();
    for (const worker of this.workers) worker.sessionLost();
    for (const student of this.students.values()) student.connectionLost();
    for (const targets of this.#targets.values()) targets.release();
    this.#sessions.clear();
    this.#targets.clear();
  }

  start(): void {
    this.process.start();
    this.#desk = new SimulatedDesk(this.#world, this.process);
    for (const run of this.#world.runs) if (run.state === 'training') this.#takeUp(run);
    this.#tickOn();
  }

  /** The coordinator is connected again, to a new queue. */
  queueLost(): void {
    this.#desk.queueLost();
  }

  submit(run: RunRecord): void {
    run.state = 'training';
    this.#takeUp(run);
    this.#assign(run);
  }

  /** A worker opens a session; tickets that its former session held are given out again. */
  hello(session: WorkerSession): void {
    const former = this.#sessions.get(session.worker);
    this.#sessions.set(session.worker, session);
    if (former !== undefined) this.#sessionEnded(former);
  }

  /** A worker says that it has a ticket. The word of a session that is not its worker's last counts for nothing. */
  taken(session: WorkerSession, { id, ticket, sequence }: Message): void {
    if (this.#sessions.get(session.worker) !== session) return;
    this.#desk.taken(takerOf(session), ticket, id, sequence);
  }

  returned(session: WorkerSession, { id, ticket }: Message, retryable: boolean): void {
    if (this.#sessions.get(session.worker) !== session) return;
    this.#desk.returned(takerOf(session), ticket, id, retryable);
  }

  /**
   * The frames of an answer come, some time apart.
   *
   * @param settled - called with whether the answer was taken; it is not where a frame is refused.
   */
  answer(
    session: WorkerSession,
    frames: readonly AnswerFrame[],
    settled: (taken: boolean) => void,
  ): void {
    const take = this.#desk.frames(takerOf(session));
    const takeFrom = (index: number): void => {
      const frame = frames[index];
      const fate = frame === undefined ? 'refused' : take(frame);
      if (fate !== 'awaits-more') settled(fate === 'taken');
      else this.process.after(this.#world.random.whole(0, 5), () => takeFrom(index + 1));
    };
    takeFrom(0);
  }

  targets(runId: string, assignmentEpoch: number): SimulatedTargets | undefined {
    const run = this.#world.runs.find(({ settings }) => settings.runId === runId);
    const isCurrent = run?.state === 'training' && run.assignmentEpoch === assignmentEpoch;
    return isCurrent ? this.#targets.get(runId) : undefined;
  }

  /** A run is over. */
  end(run: RunRecord, state: 'succeeded' | 'failed'): void {
    run.state = state;
    this.#targets.get(run.settings.runId)?.close();
    this.#targets.delete(run.settings.runId);
    this.students.get(run.settings.runId)?.process.kill();
    this.#world.trace(() => `${run.settings.runId} ${state}`);
  }

  confirmEmpty(): void {
    this.#desk.confirmEmpty();
  }

  #takeUp(run: RunRecord): void {
    const targets = new SimulatedTargets(this.#world, this.process, this.#desk, run);
    this.#targets.set(run.settings.runId, targets);
    this.process.after(this.#world.random.whole(0, 5), () => {
      if (run.state === 'training') targets.expect(run.pointerStep);
    });
  }

  #assign(run: RunRecord): void {
    run.assignmentEpoch++;
    const { runId } = run.settings;
    this.#world.trace(() => `${runId} is assigned from step ${run.pointerStep}`);
    const targets = this.#targets.get(runId);
    targets?.release();
    targets?.expect(run.pointerStep);
    const student = new SimulatedStudent(this.#world, this, run);
    this.students.set(runId, student);
    student.begin();
  }

  #sessionEnded(session: WorkerSession): void {
    const { worker } = session;
    const teachers = worker.teachers.map(teacherId);
    this.#world.trace(() => `the session of ${worker.name} ended`);
    this.#desk.sessionEnded(worker.name, teachers);
    worker.sessionLost(session);
  }

  #tickOn(): void {
    this.process.after(TICK_MS, () => {
      this.#tick();
      this.#tickOn();
    });
  }

  #tick(): void {
    for (const [worker, session] of this.#sessions) {
      if (!this.#isGone(worker.process, session.life)) continue;
      this.#sessions.delete(worker);
      this.#sessionEnded(session);
    }
    for (const targets of this.#targets.values()) targets.tick();
    for (const run of this.#world.runs) {
      if (run.state !== 'training') continue;
      const student = this.students.get(run.settings.runId);
      if (this.#targets.get(run.settings.runId)?.failure !== undefined) this.end(run, 'failed');
      else if (student === undefined || this.#isGone(student.process, student.life)) {
        this.#assign(run);
      }
    }
    this.#desk.tick();
  }

  /** A peer is noticed to be gone some time after its death, or once it has been silent for long. */
  #isGone(process: SimulatedProcess, life: number): boolean {
    const { clock, random } = this.#world;
    if (process.life === life) {
      return process.stopped && clock.nowMs - process.stoppedAtMs >= SILENCE_MS;
    }
    if (clock.nowMs - process.diedAtMs >= DEATH_NOTICED_MS || !isTroubled(this.#world)) return true;
    return random.chance(0.3);
  }
}

/** The session as tickets see it. */
function takerOf({ worker, life }: WorkerSession): TicketTaker {
  const served = worker.teachers.map(teacherId);
  return {
    workerId: worker.name,
    sessionKeyDigest: `${worker.name} ${life}`,
    mayTake: (teacher) => served.includes(teacher),
  };
}
