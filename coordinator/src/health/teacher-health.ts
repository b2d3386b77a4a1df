/**
 * Which teacher workers may answer with which teachers: what `replicas` decides, carried out. Makes the probes, keeps
 * quarantines, and has the runs concerned told.
 */
import { isPaidEngine, isRemoteEngine } from '@lyceum/learning/formats';
import {
  digestHex,
  LyceumError,
  type ProbeAnswered,
  type Ticket,
  ticketId,
  toLyceumError,
} from '@lyceum/proto';
import type { RunRecord } from '../runs/index.js';
import type { StoredRecords } from './answer-proofs.js';
import { AskedProbes, type AskedProbesParts, type ProbedSet } from './asked-probes.js';
import { isStrict, runsAsking } from './asking-runs.js';
import { HealthEffects, type HealthEffectsParts } from './health-effects.js';
import { type ProbeOutcome, type ProbeQuestion, probeOutcome } from './probe-tickets.js';
import {
  type HealthEffect,
  type Quarantine,
  type Replica,
  ReplicaHealth,
} from './replicas/index.js';
import { TeacherCanaries, type TeacherCanariesParts } from './teacher-canaries.js';

export interface TeacherHealthParts
  extends Omit<HealthEffectsParts, 'proven'>,
    AskedProbesParts,
    TeacherCanariesParts {}

/** What a worker is to be told of one teacher. */
export interface ReplicaOrders {
  readonly probes: Ticket[];
  /** Whether it may take tickets. */
  readonly serves: boolean;
  /**
   * Why the teacher has no probe about a set, by the set's digest. No ticket is about such a set yet: a run reads its
   * set before it asks.
   */
  readonly troubles: ReadonlyMap<string, LyceumError>;
}

export class TeacherHealth {
  readonly probes: AskedProbes;
  readonly canaries: TeacherCanaries;
  readonly #parts: TeacherHealthParts;
  readonly #health: ReplicaHealth<StoredRecords>;
  readonly #effects: HealthEffects;
  #proven: () => void = () => undefined;

  private constructor(parts: TeacherHealthParts, kept: readonly Quarantine[]) {
    this.#parts = parts;
    this.#health = new ReplicaHealth(kept);
    this.probes = new AskedProbes(parts, this.#health.references);
    this.canaries = new TeacherCanaries(parts, this.#health.canaries, (all) => this.#apply(all));
    this.#effects = new HealthEffects({ ...parts, proven: () => this.#proven() });
  }

  static async open(parts: TeacherHealthParts): Promise<TeacherHealth> {
    return new TeacherHealth(parts, await parts.quarantines.list());
  }

  /**
   * What to tell a worker of a teacher that it is to have. An error about one set leaves the other sets alone.
   *
   * @param isHere - whether the session is still open: it may end while a set is read. A worker that has gone gets no
   *   replica, since it would never answer a canary.
   */
  async orders(
    replica: Replica,
    sets: readonly ProbedSet[],
    isHere: () => boolean,
  ): Promise<ReplicaOrders> {
    const questions: ProbeQuestion[] = [];
    const troubles = new Map<string, LyceumError>();
    for (const set of sets) {
      try {
        const question = await this.probes.ask(replica.teacher, set);
        if (question !== undefined) questions.push(question);
      } catch (thrown) {
        troubles.set(set.digest, toLyceumError(thrown));
      }
    }
    if (!isHere()) return { probes: [], serves: false, troubles };
    const ids = questions.map(({ id }) => id);
    const isPaid = sets.some(({ engine }) => isPaidEngine(engine));
    const samples = questions.reduce((sum, { shape: [rowCount] }) => sum + rowCount, 0);
    this.#health.canaries.budgets.price(replica.teacher, isPaid ? samples : undefined);
    this.#health.wants(
      replica,
      ids,
      sets.some(({ engine }) => isRemoteEngine(engine)),
    );
    return {
      probes: questions.map(({ id, ticket }) => ({
        ...ticket,
        attempt: this.#health.rounds(replica, id),
        anewAttempt: this.#health.anewRound(replica, id),
      })),
      serves: this.#health.serves(replica, this.#isHeld(replica)),
      troubles,
    };
  }

  /** Forgets all teachers and sets but these, which some run asks about. */
  retain(asked: ReadonlyMap<string, readonly ProbedSet[]>): void {
    this.#health.retain(this.probes.retain(asked));
  }

  /**
   * Takes a worker's answer to a probe.
   *
   * @param noiseOf - noise of the worker's teacher, by identity; undefined: the worker is not to have the teacher any
   *   more, and answers what it was asked before.
   * @throws {LyceumError} INVALID_ARGUMENT if the answer names no ticket.
   */
  probed(
    workerId: string,
    said: ProbeAnswered,
    noiseOf: (teacher: string) => number | undefined,
  ): void {
    const { ticket } = said;
    if (ticket === undefined) throw new LyceumError('INVALID_ARGUMENT', 'the answer has no ticket');
    const question = this.#questionAbout(ticket);
    const replica = replicaOf(workerId, ticket);
    const noise = noiseOf(replica.teacher);
    if (question === undefined || question.id !== ticketId(ticket) || noise === undefined) {
      this.#health.passedOver(replica, ticketId(ticket), ticket.attempt);
      return;
    }
    this.#parts.metrics.probes.inc();
    const outcome = probeOutcome(question, said);
    this.#apply(this.#judge(replica, question.id, ticket.attempt, outcome, noise));
    if (outcome.kind === 'answered') this.probes.keepReference(question);
  }

  ticketFailed(workerId: string, ticket: Ticket): void {
    this.#apply(this.#health.ticketFailed(replicaOf(workerId, ticket), ticketId(ticket)));
  }

  /** @param listener - called when something that was unproven is proven. */
  onProven(listener: () => void): void {
    this.#proven = listener;
  }

  /** The worker cannot load the teacher, and waiting will not help. */
  lost(workerId: string, teacher: string, reason: string): void {
    this.#apply(this.#health.canaries.lost({ workerId, teacher }, reason));
  }

  /** The worker is to have these teachers and no others. */
  placed(workerId: string, teachers: ReadonlySet<string>): void {
    this.#health.canaries.unloads(workerId, teachers);
  }

  ticketAnswered(replica: Replica, ticket: { id: string; runs: readonly string[] }): void {
    this.canaries.pay(replica.teacher, ticket.runs);
    this.#apply(this.#health.ticketAnswered(replica, ticket, this.#parts.now()));
  }

  /** The worker cannot read the set that a ticket is about, and waiting is of no use. */
  setUnreadable(workerId: string, ticket: Ticket, reason: string): void {
    const question = this.#questionAbout(ticket);
    if (question === undefined) return;
    this.probes.unanswered.unreadable(question.id, workerId, reason);
    this.#parts.changed();
  }

  loaded(workerId: string, teachers: readonly string[]): void {
    for (const teacher of teachers) this.#health.loaded({ workerId, teacher });
  }

  sessionEnded(workerId: string): void {
    this.probes.unanswered.forgetWorker(workerId);
    this.#health.sessionEnded(workerId);
  }

  /** A run is about to ask these teachers: probes that had no answer are asked again, since that may be mended. */
  askAgain({ teachers, dataset }: Pick<RunRecord, 'teachers' | 'dataset'>): void {
    for (const { identity } of teachers) {
      const question = this.probes.find(identity, dataset.digest);
      if (question === undefined) continue;
      if (this.probes.unanswered.forget(question.id)) this.#health.askAgain(question.id);
    }
  }

  /** {@link ReplicaHealth.isTrusted} */
  isTrusted(replica: Replica): boolean {
    return this.#health.isTrusted(replica);
  }

  quarantine(replica: Replica): Quarantine | undefined {
    return this.#health.quarantine(replica);
  }

  quarantines(): Quarantine[] {
    return this.#health.quarantines();
  }

  /** Why a replica may not serve, and never will without help; undefined: it may, or is being tested. */
  barred(replica: Replica): string | undefined {
    const reason = this.#health.quarantine(replica)?.reason;
    if (reason !== undefined) return `${replica.workerId} is quarantined: ${reason}`;
    return this.#isHeld(replica)
      ? `${replica.workerId} gives other bits, and determinism is strict`
      : undefined;
  }

  release(quarantine: Quarantine): void {
    this.#health.release(quarantine);
    this.#effects.released(quarantine);
    this.#parts.changed();
  }

  /** Whether its answers are sound but have other bits, and a run in progress requires equal bits. */
  #isHeld(replica: Replica): boolean {
    // The runs are looked at last: this is asked of every replica, for every run.
    return (
      this.#health.differs(replica) &&
      runsAsking(this.#parts.store, replica.teacher).some(({ record }) => isStrict(record))
    );
  }

  /** The probe about the ticket's teacher and set. */
  #questionAbout({ teacherIdentity, datasetDigest }: Ticket) {
    return this.probes.find(digestHex(teacherIdentity), digestHex(datasetDigest));
  }

  #judge(
    replica: Replica,
    probe: string,
    round: number,
    outcome: ProbeOutcome,
    noise: number,
  ): HealthEffect<StoredRecords>[] {
    const { unanswered } = this.probes;
    const { workerId } = replica;
    if (outcome.kind === 'refused' || outcome.kind === 'unreadable') {
      const effects = this.#health.probeRefused(replica, probe, round);
      if (effects.length > 0) unanswered[outcome.kind](probe, workerId, outcome.reason);
      return effects;
    }
    unanswered.settled(probe, workerId);
    const nowMs = this.#parts.now();
    return outcome.kind === 'answered'
      ? this.#health.answered(replica, probe, { ...outcome.answer, round, noise }, nowMs)
      : this.#health.probeFailed(replica, probe, { round, reason: outcome.reason }, nowMs);
  }

  #apply(effects: readonly HealthEffect<StoredRecords>[]): void {
    this.#effects.carryOut(effects);
    const spent = this.#health.canaries.budgets.takeSpent();
    for (const spending of spent) this.#effects.canariesPaid(spending);
  }
}

function replicaOf(workerId: string, { teacherIdentity }: Ticket): Replica {
  return { workerId, teacher: digestHex(teacherIdentity) };
}
