/**
 * Which teacher worker may answer with which teacher: self-tests, canaries, suspicion and quarantine. A state machine
 * without clock or network: events in, effects out.
 *
 * A *probe* is one fixed question to a teacher about one data set. Each worker that has the teacher, a *replica*,
 * answers it on its session, outside the queue. What holds throughout:
 *
 * - a replica takes tickets only after it has answered each probe twice (`SELF_TEST_ROUNDS`);
 * - the first answer to a probe is the *reference*, unless a run's record has the digest of another: then the replica
 *   that gives that one takes its place. One that was kept with the stored answers comes before both. All answers are
 *   compared with it, and with the replica's own first one since its self-test;
 * - a replica that has no answer to a probe, or one beyond the tolerance, is quarantined. One that differs in bits
 *   alone is said to differ, and serves unless bits are required;
 * - a ticket that fails casts suspicion: the replica takes no tickets until it has answered its probes once more. That
 *   alone proves nothing, since the fault may be the ticket's. Tickets that failed here and were answered by another
 *   replica do: after {@link PROVEN_FAILURE_LIMIT} of them the replica is quarantined, whatever it says to probes;
 * - a quarantine lasts until it is released, over sessions and restarts;
 * - what a replica answers is unproven until it has passed its probes after it; what is unproven when it fails them is
 *   suspect (`unproven-answers.ts`).
 */
import { CanaryBudgets } from './canary-budgets.js';
import { compareProbes, REPLICA_TOLERANCE } from './probe-comparison.js';
import type { Replica } from './replica.js';
import { type ProbeState, ReplicaProbes } from './replica-probes.js';
import { NOBODY, UnprovenAnswers } from './unproven-answers.js';

/** Tickets that failed on one replica and not on another. One may be an accident of its host. */
export const PROVEN_FAILURE_LIMIT = 3;

/** Failed tickets of a replica that are remembered; those that never get an answer pause their runs. */
const FAILED_TICKET_COUNT = 64;

/** Canaries that a run's budget keeps for its end. */
const KEPT_FOR_THE_END = 1;

/** Whose a kept reference is, in words. */
const KEPT = 'those that were kept with the stored answers';

export interface Quarantine extends Replica {
  readonly reason: string;
  readonly sinceMs: number;
}

/** `unproven`: samples that it answered since it last gave the reference's answer to all its probes. */
export type HealthEffect<T = unknown> =
  /** Take its tickets back, and keep and show why. */
  | ({ readonly kind: 'quarantined'; readonly unproven: number } & Quarantine)
  /** What is unproven is not to be used, nor what was made of it. */
  | ({
      readonly kind: 'suspect';
      readonly reason: string;
      readonly items: readonly T[];
    } & Replica)
  /** Something that was unproven is not any more. */
  | { readonly kind: 'proven'; readonly teacher: string }
  /** Nobody pays for a canary: what is unproven of the teacher is believed. */
  | { readonly kind: 'unchecked'; readonly teacher: string; readonly sampleCount: number }
  /** For the record: sound, but with other bits. */
  | ({
      readonly kind: 'differs';
      readonly reason: string;
      readonly unproven: number;
    } & Replica)
  /** What the replica is to be told has changed. */
  | { readonly kind: 'changed' };

export interface ProbeAnswer {
  readonly round: number;
  /** The values are classes, not logits. */
  readonly isClass: boolean;
  readonly values: Float32Array;
  /** Of the values. */
  readonly digest: string;
}

/** What a replica says of the answer, beside it. */
export interface GivenAnswer extends ProbeAnswer {
  /** How far equal questions may be answered apart, as a share of the greatest logit (at least 1). */
  readonly noise: number;
}

interface ReplicaState extends Replica {
  readonly probes: ReplicaProbes;
  /** Tickets that failed and have no answer yet. */
  readonly failedTickets: Set<string>;
  provenFailures: number;
  /** All replicas of the teacher ask the same model, behind one server. */
  isShared: boolean;
  /** Of its newest answer to a probe. */
  noise: number;
  /** Up to which number of {@link UnprovenAnswers} the probes that are asked prove, and when it last passed them all. */
  askedAt: number;
  passedAtMs: number;
  /** Runs that it has answered. */
  readonly runs: Set<string>;
}

interface Reference extends ProbeAnswer {
  /** Undefined: kept from before. */
  readonly workerId: string | undefined;
}

export class ReplicaHealth<T = unknown> {
  readonly unproven = new UnprovenAnswers<T>();
  readonly budgets = new CanaryBudgets();
  readonly #replicas = new Map<string, ReplicaState>();
  readonly #quarantines: Map<string, Quarantine>;
  readonly #references = new Map<string, Reference>();
  /** What runs in progress began with, by probe. */
  readonly #expected = new Map<string, string>();

  /** @param quarantines - what a predecessor kept. */
  constructor(quarantines: readonly Quarantine[]) {
    this.#quarantines = new Map(quarantines.map((q) => [keyOf(q), q]));
  }

  /**
   * The replica is to have these probes and no others; those that are new to it are its self-test.
   *
   * @param isShared - all replicas of the teacher ask the same model, behind one server.
   */
  wants(replica: Replica, probes: readonly string[], isShared = false): void {
    const state = this.#replicaOf(replica);
    state.isShared = isShared;
    this.#asking(state, () => state.probes.want(probes));
  }

  /** The answer that was kept with the stored ones of the teacher: it comes before all others. */
  keep(probe: string, answer: ProbeAnswer): void {
    this.#references.set(probe, { ...answer, workerId: undefined });
  }

  /** A run began with this answer to the probe. */
  expect(probe: string, digest: string): void {
    this.#expected.set(probe, digest);
  }

  /** How often the replica is to have answered the probe. */
  rounds(replica: Replica, probe: string): number {
    return this.#replicas.get(keyOf(replica))?.probes.get(probe)?.asked ?? 0;
  }

  /** Which of these answers may not be one that its worker kept; 0: all may. */
  anewRound(replica: Replica, probe: string): number {
    return this.#replicas.get(keyOf(replica))?.probes.get(probe)?.anew ?? 0;
  }

  /** Whether it may take tickets. @param strict - replicas that differ in bits may not. */
  serves(replica: Replica, strict: boolean): boolean {
    if (this.quarantine(replica) !== undefined) return false;
    const probes = this.#replicas.get(keyOf(replica))?.probes;
    return probes?.isTested === true && !(strict && probes.differs);
  }

  /** Whether it is sound, but with other bits. */
  differs(replica: Replica): boolean {
    return this.#replicas.get(keyOf(replica))?.probes.differs === true;
  }

  /** An answer to a probe has come. */
  answered(replica: Replica, probe: string, given: GivenAnswer, nowMs: number): HealthEffect<T>[] {
    const known = this.#replicas.get(keyOf(replica));
    const state = known?.probes.get(probe);
    if (known === undefined || state === undefined) return [];
    const effects: HealthEffect<T>[] = [];
    const { noise, ...answer } = given;
    known.noise = noise;
    const servedBefore = state.answered >= state.needed;
    state.answered = Math.max(state.answered, answer.round);
    state.values = answer.values;
    state.refused = false;
    state.first ??= answer.values;
    if (this.#becomesReference(probe, answer)) {
      this.#references.set(probe, { ...answer, workerId: replica.workerId });
      effects.push(...this.#judgeAll(probe, nowMs));
    } else effects.push(...this.#judge(replica, probe, state, nowMs));
    effects.push(...this.#notePass(replica, nowMs));
    if (!servedBefore && state.answered >= state.needed) effects.push({ kind: 'changed' });
    return effects;
  }

  /** It has no answer to a probe, and why. */
  probeFailed(replica: Replica, reason: string, nowMs: number): HealthEffect<T>[] {
    return this.#quarantine(replica, `it does not answer its probe: ${reason}`, nowMs);
  }

  /**
   * The server that the teacher is behind has no answer to the probe, whichever replica asks: nothing against this one, which
   * serves other sets. It counts once all that was asked is refused: the first answer may be of before the server was mended.
   */
  probeRefused(replica: Replica, probe: string, round: number): HealthEffect<T>[] {
    const state = this.#replicas.get(keyOf(replica))?.probes.get(probe);
    if (state === undefined) return [];
    state.answered = Math.max(state.answered, round);
    if (state.answered < state.asked) return [];
    state.refused = true;
    return [{ kind: 'changed' }];
  }

  /** Asks about what was refused once more. */
  askAgain(probe: string): void {
    for (const replica of this.#replicas.values()) replica.probes.askAgain(probe);
  }

  /** A ticket in its hands failed: by its own account, or by what it answered. */
  ticketFailed(replica: Replica, ticketId: string): HealthEffect<T>[] {
    const state = this.#replicas.get(keyOf(replica));
    if (state === undefined || this.quarantine(replica) !== undefined) return [];
    state.failedTickets.add(ticketId);
    const [oldest] = state.failedTickets;
    if (state.failedTickets.size > FAILED_TICKET_COUNT && oldest !== undefined) {
      state.failedTickets.delete(oldest);
    }
    this.#asking(state, () => state.probes.ask(1, true));
    return [{ kind: 'changed' }];
  }

  /**
   * Answers of it have been stored; of one whose session has ended meanwhile they are orphans. One that is quarantined by now was not when it sent them: they are as suspect as those
   * that were stored before.
   */
  stored(replica: Replica, item: T, sampleCount: number): HealthEffect<T>[] {
    const isHere = this.#replicas.has(keyOf(replica));
    const owner = isHere ? replica : { ...replica, workerId: NOBODY };
    this.unproven.add(owner, item, sampleCount);
    const quarantine = this.quarantine(replica);
    return quarantine === undefined ? [] : this.#suspect(replica, quarantine.reason);
  }

  /**
   * It answered a ticket: replicas on which that failed are to blame. The first of a run has it probed.
   *
   * @param ticket.runs - that asked for it.
   */
  ticketAnswered(
    replica: Replica,
    ticket: { readonly id: string; readonly runs: readonly string[] },
    nowMs: number,
  ): HealthEffect<T>[] {
    const effects: HealthEffect<T>[] = [];
    const state = this.#replicas.get(keyOf(replica));
    const fresh = ticket.runs.filter((run) => state?.runs.has(run) === false);
    if (state !== undefined && fresh.length > 0 && this.#canary(state, KEPT_FOR_THE_END)) {
      for (const run of fresh) state.runs.add(run);
      effects.push({ kind: 'changed' });
    }
    for (const other of this.#replicas.values()) {
      if (other.teacher !== replica.teacher || !other.failedTickets.delete(ticket.id)) continue;
      if (other.workerId === replica.workerId) continue;
      other.provenFailures++;
      if (other.provenFailures < PROVEN_FAILURE_LIMIT) continue;
      const reason = `${other.provenFailures} tickets that it failed on were answered by others, by ${replica.workerId} last`;
      effects.push(...this.#quarantine(other, reason, nowMs));
    }
    return effects;
  }

  /**
   * Asks replicas that have answered since they last passed their probes, `intervalMs` ago or longer, whether they
   * still say what they said. They go on taking tickets meanwhile.
   */
  tick(nowMs: number, intervalMs: number): HealthEffect<T>[] {
    let changed = false;
    for (const replica of this.#replicas.values()) {
      const isDue = nowMs - replica.passedAtMs >= intervalMs;
      if (!isDue || this.unproven.countOf(replica) === 0) continue;
      changed = this.#canary(replica, KEPT_FOR_THE_END) || changed;
    }
    return changed ? [{ kind: 'changed' }] : [];
  }

  /** Asks for what is unproven of the teacher at once: replicas that answered, and for orphans all that there are. */
  prove(teacher: string): HealthEffect<T>[] {
    let changed = false;
    let isUnpaid = false;
    const hasOrphans = this.unproven.countOf({ workerId: NOBODY, teacher }) > 0;
    for (const replica of this.#replicas.values()) {
      if (replica.teacher !== teacher) continue;
      if (!hasOrphans && this.unproven.countOf(replica) === 0) continue;
      const isAsked = this.#canary(replica);
      changed = isAsked || changed;
      isUnpaid ||= !isAsked && replica.probes.isQuiet;
    }
    if (isUnpaid && !changed) return this.#believe(teacher);
    return changed ? [{ kind: 'changed' }] : [];
  }

  /** The worker is to have no teachers but these any more. */
  unloads(workerId: string, kept: ReadonlySet<string>): void {
    for (const replica of this.#replicas.values()) {
      if (replica.workerId !== workerId || kept.has(replica.teacher)) continue;
      this.unproven.orphan(workerId, replica.teacher);
    }
  }

  /**
   * It cannot be loaded any more, and no waiting changes that. Of a model behind a server nobody knows since when: what is
   * unproven is suspect. One with weights of its own answered by them, and others have the same.
   */
  lost(replica: Replica, reason: string): HealthEffect<T>[] {
    if (this.#replicas.get(keyOf(replica))?.isShared === true)
      return this.#suspect(replica, reason);
    this.unproven.orphan(replica.workerId, replica.teacher);
    return [];
  }

  /** The worker has loaded the teacher (again): it is tested anew. */
  loaded(replica: Replica): void {
    const state = this.#replicas.get(keyOf(replica));
    if (state !== undefined) this.#asking(state, () => state.probes.test());
  }

  /** What a session was told and said ends with it. */
  sessionEnded(workerId: string): void {
    this.unproven.orphan(workerId);
    for (const [key, replica] of this.#replicas) {
      if (replica.workerId === workerId) this.#replicas.delete(key);
    }
  }

  /** Nobody asks about any but these probes any more. */
  retainReferences(probes: ReadonlySet<string>): void {
    for (const kept of [this.#references, this.#expected]) {
      for (const probe of kept.keys()) if (!probes.has(probe)) kept.delete(probe);
    }
    for (const replica of this.#replicas.values()) replica.probes.retain(probes);
  }

  /** Undefined: nobody has answered the probe yet. */
  reference(probe: string): ProbeAnswer | undefined {
    return this.#references.get(probe);
  }

  quarantine(replica: Replica): Quarantine | undefined {
    return this.#quarantines.get(keyOf(replica));
  }

  quarantines(): Quarantine[] {
    return [...this.#quarantines.values()];
  }

  /** Ends a quarantine: the replica is tested anew. @returns whether there was one. */
  release(replica: Replica): boolean {
    const state = this.#replicas.get(keyOf(replica));
    if (state !== undefined) {
      state.failedTickets.clear();
      state.provenFailures = 0;
      // What its worker kept may be the other model's.
      this.#asking(state, () => state.probes.test(true));
    }
    return this.#quarantines.delete(keyOf(replica));
  }

  #replicaOf({ workerId, teacher }: Replica): ReplicaState {
    const key = keyOf({ workerId, teacher });
    const replica = this.#replicas.get(key) ?? {
      workerId,
      teacher,
      probes: new ReplicaProbes(),
      failedTickets: new Set<string>(),
      provenFailures: 0,
      isShared: false,
      noise: 0,
      askedAt: 0,
      passedAtMs: 0,
      runs: new Set<string>(),
    };
    this.#replicas.set(key, replica);
    return replica;
  }

  /** What is unproven is believed, and said to be. */
  #believe(teacher: string): HealthEffect<T>[] {
    const sampleCount = this.unproven.countOfTeacher(teacher);
    this.unproven.take({ workerId: NOBODY, teacher }, true);
    return [
      { kind: 'unchecked', teacher, sampleCount },
      { kind: 'proven', teacher },
    ];
  }

  /**
   * @param kept - canaries of the teacher's budget that must be left.
   * @returns false if it is being asked already, or nobody pays for it.
   */
  #canary(state: ReplicaState, kept = 0): boolean {
    if (!state.probes.isQuiet || this.quarantine(state) !== undefined) return false;
    if (!this.budgets.spend(state.teacher, kept)) return false;
    this.#asking(state, () => state.probes.ask(1, false, true));
    return !state.probes.isQuiet;
  }

  /** What is asked now proves what is stored now; what is asked already proves no more than it did. */
  #asking(state: ReplicaState, ask: () => void): void {
    const wasQuiet = state.probes.isQuiet;
    ask();
    if (wasQuiet && !state.probes.isQuiet) state.askedAt = this.unproven.number;
  }

  /** Once all that was asked has been answered, and soundly. */
  #notePass(replica: Replica, nowMs: number): HealthEffect<T>[] {
    const state = this.#replicas.get(keyOf(replica));
    if (!state?.probes.isQuiet || this.quarantine(replica) !== undefined) return [];
    state.passedAtMs = nowMs;
    const isProven = this.unproven.prove(replica, state.askedAt);
    return isProven ? [{ kind: 'proven', teacher: replica.teacher }] : [];
  }

  #becomesReference(probe: string, { digest }: ProbeAnswer): boolean {
    const reference = this.#references.get(probe);
    if (reference === undefined) return true;
    return digest !== reference.digest && digest === this.#expected.get(probe);
  }

  #judgeAll(probe: string, nowMs: number): HealthEffect<T>[] {
    return [...this.#replicas.values()].flatMap((replica) => {
      const state = replica.probes.get(probe);
      if (state === undefined) return [];
      state.differs = false;
      return this.#judge(replica, probe, state, nowMs);
    });
  }

  #judge(replica: Replica, probe: string, state: ProbeState, nowMs: number): HealthEffect<T>[] {
    const reference = this.#references.get(probe);
    const { values, first } = state;
    if (reference === undefined || values === undefined || first === undefined) return [];
    const known = this.#replicas.get(keyOf(replica));
    const { isClass, workerId: other } = reference;
    const noise = known?.noise ?? 0;
    const own = compareProbes(first, values, isClass, noise);
    const isSame = known?.isShared === true || other === replica.workerId;
    const others = compareProbes(
      reference.values,
      values,
      isClass,
      isSame ? noise : REPLICA_TOLERANCE,
    );
    const isOwn = other === replica.workerId || !own.isTolerated;
    const whose = isOwn ? 'its own first ones' : other === undefined ? KEPT : `those of ${other}`;
    const { text } = own.isTolerated ? others : own;
    const reason = `its answers to the probe differ from ${whose} ${text}`;
    const equalBits = own.equalBits && others.equalBits;
    if (!own.isTolerated || !others.isTolerated) return this.#quarantine(replica, reason, nowMs);
    const differedBefore = state.differs;
    // Who gave other bits once may do so again.
    state.differs ||= !equalBits;
    if (!state.differs || differedBefore) return [];
    const { workerId, teacher } = replica;
    const unproven = this.unproven.countOf(replica);
    return [{ kind: 'differs', workerId, teacher, reason, unproven }, { kind: 'changed' }];
  }

  #quarantine({ workerId, teacher }: Replica, reason: string, nowMs: number): HealthEffect<T>[] {
    const key = keyOf({ workerId, teacher });
    if (this.#quarantines.has(key)) return [];
    const quarantine = { workerId, teacher, reason, sinceMs: nowMs };
    this.#quarantines.set(key, quarantine);
    const unproven = this.unproven.countOf(quarantine);
    const suspects = this.#suspect(quarantine, reason);
    return [{ kind: 'quarantined', ...quarantine, unproven }, ...suspects, { kind: 'changed' }];
  }

  #suspect({ workerId, teacher }: Replica, reason: string): HealthEffect<T>[] {
    const isShared = this.#replicas.get(keyOf({ workerId, teacher }))?.isShared === true;
    for (const other of this.#replicas.values()) {
      if (isShared && other.teacher === teacher) this.#canary(other);
    }
    const items = this.unproven.take({ workerId, teacher }, isShared);
    return items.length === 0 ? [] : [{ kind: 'suspect', workerId, teacher, reason, items }];
  }
}

function keyOf({ workerId, teacher }: Replica): string {
  return `${teacher} ${workerId}`;
}
