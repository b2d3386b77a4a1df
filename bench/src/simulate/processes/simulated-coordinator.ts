/**
 * The coordinator's process: sessions, intake of answers, assignments. If it is killed, it loses everything that the
 * queue, the answer store and the run records do not hold.
 */
import type { TicketTaker } from '@lyceum/coordinator/schedule';
import type { AnswerFrame } from '@lyceum/proto';
import { TICK_MS, Violation } from '../rules/index.js';
import {
  isTroubled,
  type Message,
  mishap,
  type RunRecord,
  SimulatedProcess,
  SLOW_MS,
  type Swap,
  teacherId,
  travelMs,
  type World,
} from '../world/index.js';
import { type FrameFate, SimulatedDesk } from './simulated-desk.js';
import { SimulatedHealth } from './simulated-health.js';
import { SimulatedStudent } from './simulated-student.js';
import { SimulatedTargets } from './simulated-targets.js';
import { SimulatedTeacherWorker, type WorkerSession } from './simulated-teacher-worker.js';

/** After this time without an answer a peer is given up. */
export const SILENCE_MS = 30_000;

/** Longest time until a killed peer is noticed. */
const DEATH_NOTICED_MS = 2_000;

export class SimulatedCoordinator {
  readonly process: SimulatedProcess;
  readonly workers: readonly SimulatedTeacherWorker[];
  /** The last student of each run, by run. */
  readonly students = new Map<string, SimulatedStudent>();
  readonly #world: World;
  readonly #sessions = new Map<SimulatedTeacherWorker, WorkerSession>();
  readonly #targets = new Map<string, SimulatedTargets>();
  /** By run in evaluation: the number of the last answers that the run depends on. */
  readonly #answerNumbers = new Map<RunRecord, number>();
  #health: SimulatedHealth;
  #desk: SimulatedDesk;
  /** Whether a message to workers about changes is planned. */
  #isTelling = false;

  constructor(world: World) {
    this.#world = world;
    this.process = new SimulatedProcess('coordinator', world.clock);
    this.#health = this.#newHealth();
    this.#desk = new SimulatedDesk(world, this.process, this.#health);
    this.workers = world.settings.workers.map(
      (teachers, index) => new SimulatedTeacherWorker(world, this, `w${index}`, teachers),
    );
    this.#tickOn();
  }

  kill(): void {
    this.process.kill();
    this.#health.leave();
    this.#excuseOther();
    for (const worker of this.workers) worker.sessionLost();
    for (const student of this.students.values()) student.connectionLost();
    for (const targets of this.#targets.values()) targets.release();
    this.#sessions.clear();
    this.#targets.clear();
    this.#answerNumbers.clear();
    for (const run of this.#world.runs) run.keepCount = 0;
    this.#isTelling = false;
  }

  start(): void {
    this.process.start();
    this.#health = this.#newHealth();
    this.#desk = new SimulatedDesk(this.#world, this.process, this.#health);
    this.#health.begin();
    for (const run of this.#world.runs) {
      const { runId } = run.settings;
      if (run.state === 'training' && !this.#targets.has(runId)) this.#takeUp(run, true);
    }
    this.#tickOn();
  }

  /** The coordinator is connected again, to an empty queue. */
  queueLost(): void {
    this.#desk.queueLost();
  }

  submit(run: RunRecord): void {
    run.state = 'training';
    this.#takeUp(run, false);
    this.#assign(run);
  }

  /** A worker opens a session; tickets of its former session are given out again. */
  hello(session: WorkerSession): void {
    const former = this.#sessions.get(session.worker);
    this.#sessions.set(session.worker, session);
    if (former !== undefined) this.#sessionEnded(former);
    this.#tellWorkers();
  }

  probed(session: WorkerSession, teacher: number, round: number, other: Swap | undefined): void {
    const { worker } = session;
    if (this.#sessions.get(worker) !== session) return;
    this.#health.probed(worker.name, teacher, round, other);
  }

  /** A worker reports that it holds a ticket. Reports of a session that is not the worker's last are ignored. */
  taken(session: WorkerSession, { id, ticket }: Message): void {
    if (this.#sessions.get(session.worker) !== session) return;
    this.#desk.taken(this.#takerOf(session), ticket, id);
  }

  returned(session: WorkerSession, { id, ticket }: Message, retryable: boolean): void {
    if (this.#sessions.get(session.worker) !== session) return;
    this.#desk.returned(this.#takerOf(session), ticket, id, retryable);
  }

  /**
   * Takes the frames of an answer, which arrive some time apart.
   *
   * @param settled - called with whether the answer was taken: false if a frame was refused.
   */
  answer(
    session: WorkerSession,
    frames: readonly AnswerFrame[],
    settled: (taken: boolean) => void,
  ): void {
    const { random, settings } = this.#world;
    const take = this.#desk.frames(this.#takerOf(session));
    const takeFrom = (index: number): void => {
      const next = (fate: FrameFate): void => {
        if (fate !== 'awaits-more') settled(fate === 'taken');
        else {
          const isSlow = mishap(this.#world, settings.slowFrame);
          this.process.after(random.whole(0, isSlow ? SLOW_MS : 5), () => takeFrom(index + 1));
        }
      };
      const frame = frames[index];
      const isOver = this.#sessions.get(session.worker) !== session;
      if (frame === undefined || isOver) next('refused');
      else take(frame, next);
    };
    takeFrom(0);
  }

  targets(runId: string, assignmentEpoch: number): SimulatedTargets | undefined {
    const run = this.#world.runs.find(({ settings }) => settings.runId === runId);
    const isCurrent = run?.state === 'training' && run.assignmentEpoch === assignmentEpoch;
    return isCurrent ? this.#targets.get(runId) : undefined;
  }

  /** A run's student has taken the last step. The run ends once canaries have proven the answers of its teachers. */
  trained(run: RunRecord): void {
    this.#end(run, 'evaluating');
  }

  /** Pauses or cancels the run. A commit of its student may still be under way. */
  hold(run: RunRecord): void {
    if (run.state !== 'training' && run.state !== 'evaluating') return;
    const { runId } = run.settings;
    this.#world.trace(() => `${runId} is held`);
    run.heldAs = run.state;
    run.state = 'held';
    this.#answerNumbers.delete(run);
    this.#targets.get(runId)?.close();
    this.#targets.delete(runId);
  }

  /**
   * Resumes or retries the run. @returns false if that is not possible yet, since writes to its ledger are under way.
   */
  goOn(run: RunRecord): boolean {
    if (run.keepCount > 0) return false;
    if (run.state !== 'held') return true;
    run.state = run.heldAs;
    if (run.state === 'training') {
      this.#takeUp(run, false);
      this.#assign(run);
    }
    return true;
  }

  #end(run: RunRecord, state: 'evaluating' | 'failed'): void {
    run.state = state;
    this.#targets.get(run.settings.runId)?.close();
    this.#targets.delete(run.settings.runId);
    this.students.get(run.settings.runId)?.process.kill();
    this.#world.trace(() => `${run.settings.runId} ${state}`);
  }

  confirmEmpty(): void {
    this.#desk.confirmEmpty();
  }

  confirmProven(): void {
    this.#health.confirmProven();
  }

  #newHealth(): SimulatedHealth {
    return new SimulatedHealth(this.#world, this.process, {
      discredited: (workerId, teacher) => this.#desk.discredited(workerId, teacher),
      changed: () => this.#tellWorkers(),
      reachedStep: (run) => this.#reachedStep(run),
      goBack: (run, step) => this.#goBack(run, step),
    });
  }

  /** Plans a message to workers about what changed for them; later changes until then are in the same message. */
  #tellWorkers(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.process.after(this.#world.random.whole(0, 5), () => {
      this.#isTelling = false;
      for (const session of this.#sessions.values()) this.#tellWorker(session);
    });
  }

  #tellWorker(session: WorkerSession): void {
    const { clock } = this.#world;
    const { worker } = session;
    const orders = worker.teachers.map((teacher) => this.#health.orders(worker.name, teacher));
    const text = orders.map(({ rounds, serves }) => `${rounds}${serves}`).join();
    if (text === session.told) return;
    session.told = text;
    for (const { teacher, serves } of orders) if (serves) session.served.add(teacherId(teacher));
    session.toldAtMs = Math.max(session.toldAtMs, clock.nowMs + travelMs(this.#world));
    worker.process.after(session.toldAtMs - clock.nowMs, () => worker.follow(session, orders));
  }

  #reachedStep(run: RunRecord): number {
    const { runId, grid } = run.settings;
    if (run.state === 'held' && run.heldAs === 'training') return 0;
    // A student that has not connected since this coordinator started may be at any step.
    return this.#targets.get(runId)?.reachedStep ?? grid.plan.stepCount;
  }

  #goBack(run: RunRecord, beforeStep: number): void {
    const { runId } = run.settings;
    if (run.pointerStep > beforeStep) {
      run.pointerStep = run.previousStep <= beforeStep ? run.previousStep : 0;
      run.previousStep = 0;
      if (run.firstOtherStep >= run.pointerStep) run.firstOtherStep = Number.POSITIVE_INFINITY;
    }
    this.#world.trace(() => `${runId} goes back to step ${run.pointerStep}`);
    this.#answerNumbers.delete(run);
    if (run.state === 'held') {
      run.heldAs = 'training';
      run.assignmentEpoch++;
      return;
    }
    run.state = 'training';
    if (!this.#targets.has(runId)) this.#takeUp(run, false);
    this.#assign(run);
  }

  /** Ends the run if all its answers are proven. */
  #evaluate(run: RunRecord): void {
    const upTo = this.#answerNumbers.get(run) ?? this.#health.answerNumber;
    this.#answerNumbers.set(run, upTo);
    if (!this.#health.prove(run, upTo)) return;
    run.state = 'succeeded';
    const { runId } = run.settings;
    this.#world.trace(() => `${runId} succeeded`);
    if (run.firstOtherStep === Number.POSITIVE_INFINITY || this.#world.isOtherExcused) return;
    const message = `${runId} succeeded, and its step ${run.firstOtherStep} was trained on another model's answers`;
    throw new Violation('P4', message);
  }

  /**
   * If a worker leaves before its canary, other workers' canaries prove its answers, since their model has the same
   * digest. So a worker that alone is wrong is detected only while it stays: its answers are excused afterwards.
   */
  #excuseOther(worker?: string): void {
    for (const swap of this.#world.swaps.values()) {
      if (swap.worker === undefined || (worker ?? swap.worker) !== swap.worker) continue;
      this.#world.isOtherExcused = true;
    }
  }

  /** The session as a taker of tickets. */
  #takerOf({ worker, life, served }: WorkerSession): TicketTaker {
    const workerId = worker.name;
    return {
      workerId,
      sessionKeyDigest: `${workerId} ${life}`,
      mayTake: (teacher) => served.has(teacher) && this.#health.isTrusted({ workerId, teacher }),
    };
  }

  #takeUp(run: RunRecord, wasServed: boolean): void {
    const targets = new SimulatedTargets(this.#world, this.process, this.#desk, run, wasServed);
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
    this.#excuseOther(worker.name);
    this.#health.sessionEnded(worker.name);
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
      if (run.state === 'evaluating') this.#evaluate(run);
      if (run.state !== 'training') continue;
      const student = this.students.get(run.settings.runId);
      if (this.#targets.get(run.settings.runId)?.failure !== undefined) this.#end(run, 'failed');
      else if (student === undefined || this.#isGone(student.process, student.life)) {
        this.#assign(run);
      }
    }
    this.#health.tick();
    this.#desk.tick();
  }

  /** Whether a peer counts as gone: some time after its death, or once it has been silent for long. */
  #isGone(process: SimulatedProcess, life: number): boolean {
    const { clock, random } = this.#world;
    if (process.life === life) {
      return process.stopped && clock.nowMs - process.stoppedAtMs >= SILENCE_MS;
    }
    if (clock.nowMs - process.diedAtMs >= DEATH_NOTICED_MS || !isTroubled(this.#world)) return true;
    return random.chance(0.3);
  }
}
