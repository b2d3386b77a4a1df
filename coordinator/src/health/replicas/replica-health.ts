/**
 * Which teacher worker may answer with which teacher: self-tests, canaries, suspicion and quarantine. A state machine
 * without clock or network: events in, effects out.
 *
 * A *probe* is one fixed question to a teacher about one data set. Each worker that has the teacher, a *replica*,
 * answers it on its session, outside the queue. What holds throughout:
 *
 * - a replica takes tickets only after it has answered each probe twice (`SELF_TEST_ROUNDS`);
 * - the first answer to a probe is the *reference*. If a run's record has the digest of another answer, that answer
 *   takes its place when it comes. An answer that was kept with the stored answers comes before both. All answers are
 *   compared with the reference, and with the replica's own first answer since its self-test;
 * - a replica whose answer to a probe is missing, or beyond the tolerance, is quarantined. A replica whose answer
 *   differs in bits alone is said to differ, and serves unless equal bits are required;
 * - a ticket that fails casts suspicion: the replica takes no tickets until it has answered its probes once more. That
 *   alone proves nothing, since the fault may be the ticket's. Tickets that failed here and were answered by another
 *   replica do: after `PROVEN_FAILURE_LIMIT` of them the replica is quarantined, whatever it says to probes;
 * - a quarantine lasts until it is released, over sessions and restarts. Until the released replica has passed its
 *   self-test none of its answers counts: the fault may still be there;
 * - an answer is unproven until its replica has passed probes that were asked later. Answers that are unproven when the
 *   replica fails a probe are suspect (`canaries.ts`).
 */
import { Canaries } from './canaries.js';
import type { HealthEffect, Quarantine } from './health-effect.js';
import { type KnownReplica, KnownReplicas, replicaKey } from './known-replicas.js';
import { type ProbeAnswer, ProbeReferences } from './probe-references.js';
import type { Replica } from './replica.js';
import type { ProbeState } from './replica-probes.js';

/** An answer to a probe, and how exact the replica says that it is. */
interface GivenAnswer extends ProbeAnswer {
  /** How far equal questions may be answered apart, as a share of the greatest logit (at least 1). */
  readonly noise: number;
}

export class ReplicaHealth<T = unknown> {
  readonly canaries: Canaries<T>;
  readonly references = new ProbeReferences();
  readonly #replicas = new KnownReplicas();
  readonly #quarantines: Map<string, Quarantine>;

  /** @param quarantines - what a predecessor kept. */
  constructor(quarantines: readonly Quarantine[]) {
    this.#quarantines = new Map(quarantines.map((q) => [replicaKey(q), q]));
    this.canaries = new Canaries(this.#replicas, this.#quarantines);
  }

  /**
   * The replica is to have these probes and no others; those that are new to it are its self-test.
   *
   * @param isShared - all replicas of the teacher ask the same model, behind one server.
   */
  wants(replica: Replica, probes: readonly string[], isShared = false): void {
    const state = this.#replicas.know(replica);
    state.isShared = isShared;
    this.canaries.asking(state, () => state.probes.want(probes));
  }

  /** How often the replica is to have answered the probe. */
  rounds(replica: Replica, probe: string): number {
    return this.#replicas.get(replica)?.probes.get(probe)?.asked ?? 0;
  }

  /** The number of the answer that must be computed, not taken from what the worker kept; 0: none must. */
  anewRound(replica: Replica, probe: string): number {
    return this.#replicas.get(replica)?.probes.get(probe)?.anew ?? 0;
  }

  /** Whether it may take tickets. @param strict - replicas that differ in bits may not. */
  serves(replica: Replica, strict: boolean): boolean {
    if (this.quarantine(replica) !== undefined) return false;
    const probes = this.#replicas.get(replica)?.probes;
    return probes?.isTested === true && !(strict && probes.differs);
  }

  /** Whether its answers to tickets count: it is not quarantined, and not to be tested before any counts. */
  isTrusted(replica: Replica): boolean {
    if (this.quarantine(replica) !== undefined) return false;
    const known = this.#replicas.get(replica);
    return known?.awaitsTest !== true || known.probes.isTested;
  }

  /** Whether it is sound, but with other bits. */
  differs(replica: Replica): boolean {
    return this.#replicas.get(replica)?.probes.differs === true;
  }

  /** An answer to a probe has come. */
  answered(replica: Replica, probe: string, given: GivenAnswer, nowMs: number): HealthEffect<T>[] {
    const known = this.#replicas.get(replica);
    const state = known?.probes.get(probe);
    if (known === undefined || state === undefined) return [];
    const effects: HealthEffect<T>[] = [];
    const { noise, ...answer } = given;
    known.noise = noise;
    const servedBefore = state.answered >= state.needed;
    this.#heard(known, state, answer.round);
    state.values = answer.values;
    state.refused = false;
    state.first ??= answer.values;
    const isReference = this.references.offer(probe, answer, replica.workerId);
    if (isReference) effects.push(...this.#judgeAll(probe, nowMs));
    else effects.push(...this.#judge(known, probe, state, nowMs));
    effects.push(...this.canaries.passed(known, nowMs));
    if (!servedBefore && state.answered >= state.needed) effects.push({ kind: 'changed' });
    return effects;
  }

  /** An answer came that does not count: the replica was not to have the teacher then, or no run asks about the set. */
  passedOver(replica: Replica, probe: string, round: number): void {
    this.#replicas.get(replica)?.probes.pass(probe, round);
  }

  /**
   * The replica failed to answer a probe. The round counts as answered, since the worker tries no round twice: a test
   * after the release has to ask for further ones.
   */
  probeFailed(
    replica: Replica,
    probe: string,
    { round, reason }: { readonly round: number; readonly reason: string },
    nowMs: number,
  ): HealthEffect<T>[] {
    const known = this.#replicas.get(replica);
    const state = known?.probes.get(probe);
    if (known !== undefined && state !== undefined) this.#heard(known, state, round);
    return this.#quarantine(replica, `it does not answer its probe: ${reason}`, nowMs);
  }

  /**
   * The server behind the teacher has no answer to the probe, whichever replica asks. That says nothing against this
   * replica, which goes on with other sets. The refusal counts once all rounds that were asked are refused: the first
   * may be from before the server was mended.
   */
  probeRefused(replica: Replica, probe: string, round: number): HealthEffect<T>[] {
    const known = this.#replicas.get(replica);
    const state = known?.probes.get(probe);
    if (known === undefined || state === undefined) return [];
    this.#heard(known, state, round);
    state.refused = true;
    return state.answered < state.asked ? [] : [{ kind: 'changed' }];
  }

  /** Asks a refused probe once more. */
  askAgain(probe: string): void {
    for (const replica of this.#replicas.all()) replica.probes.askAgain(probe);
  }

  /** A ticket in its hands failed: by its own account, or by what it answered. */
  ticketFailed(replica: Replica, ticketId: string): HealthEffect<T>[] {
    const state = this.#replicas.get(replica);
    if (state === undefined || this.quarantine(replica) !== undefined) return [];
    state.failedTickets.add(ticketId);
    this.canaries.asking(state, () => state.probes.ask(1, true));
    return [{ kind: 'changed' }];
  }

  /**
   * The replica answered a ticket. Other replicas that failed on that ticket are to blame. After its first answer for
   * a run the replica is asked a canary.
   *
   * @param ticket.runs - runs that asked for it.
   */
  ticketAnswered(
    replica: Replica,
    ticket: { readonly id: string; readonly runs: readonly string[] },
    nowMs: number,
  ): HealthEffect<T>[] {
    const known = this.#replicas.get(replica);
    const effects = known === undefined ? [] : this.canaries.answered(known, ticket.runs);
    for (const other of this.#replicas.ofTeacher(replica.teacher)) {
      const isOwn = other.workerId === replica.workerId;
      if (!other.failedTickets.answered(ticket.id, isOwn)) continue;
      const reason = `${other.failedTickets.provenCount} tickets that it failed on were answered by others, by ${replica.workerId} last`;
      effects.push(...this.#quarantine(other, reason, nowMs));
    }
    return effects;
  }

  /** The worker has loaded the teacher (again): it is tested anew. */
  loaded(replica: Replica): void {
    const state = this.#replicas.get(replica);
    if (state === undefined) return;
    state.isLost = false;
    this.canaries.asking(state, () => state.probes.test());
  }

  /** Forgets the worker's replicas; their unproven answers become orphans. */
  sessionEnded(workerId: string): void {
    this.canaries.unproven.orphan(workerId);
    this.#replicas.forgetWorker(workerId);
  }

  /** Forgets all probes but these. */
  retain(probes: ReadonlySet<string>): void {
    this.references.retain(probes);
    for (const replica of this.#replicas.all()) replica.probes.retain(probes);
  }

  quarantine(replica: Replica): Quarantine | undefined {
    return this.#quarantines.get(replicaKey(replica));
  }

  quarantines(): Quarantine[] {
    return [...this.#quarantines.values()];
  }

  /** Ends a quarantine: the replica is tested anew. @returns whether there was one. */
  release(replica: Replica): boolean {
    const state = this.#replicas.get(replica);
    if (state !== undefined) {
      state.failedTickets.clear();
      state.awaitsTest = true;
      // Answers that the worker kept may be those of another model.
      this.canaries.asking(state, () => state.probes.test(true));
    }
    return this.#quarantines.delete(replicaKey(replica));
  }

  /** Counts an answer to the probe, or a refusal or a failure in its place. */
  #heard(known: KnownReplica, state: ProbeState, round: number): void {
    state.answered = Math.max(state.answered, round);
    known.awaitsTest &&= !known.probes.isTested;
  }

  #judgeAll(probe: string, nowMs: number): HealthEffect<T>[] {
    return [...this.#replicas.all()].flatMap((replica) => {
      const state = replica.probes.get(probe);
      if (state === undefined) return [];
      state.differs = false;
      return this.#judge(replica, probe, state, nowMs);
    });
  }

  #judge(replica: KnownReplica, probe: string, state: ProbeState, nowMs: number) {
    const { workerId, teacher, isShared, noise } = replica;
    const { values, first } = state;
    if (values === undefined || first === undefined) return [];
    const answer = { workerId, isShared, noise, first, values };
    const verdict = this.references.judge(probe, answer);
    if (verdict === undefined) return [];
    const { isSound, equalBits, reason } = verdict;
    if (!isSound) return this.#quarantine(replica, reason, nowMs);
    const differedBefore = state.differs;
    // A replica that gave other bits once may do so again.
    state.differs ||= !equalBits;
    if (!state.differs || differedBefore) return [];
    const unproven = this.canaries.unproven.countOf(replica);
    const effects: HealthEffect<T>[] = [
      { kind: 'differs', workerId, teacher, reason, unproven },
      { kind: 'changed' },
    ];
    return effects;
  }

  #quarantine({ workerId, teacher }: Replica, reason: string, nowMs: number): HealthEffect<T>[] {
    const key = replicaKey({ workerId, teacher });
    if (this.#quarantines.has(key)) return [];
    const quarantine = { workerId, teacher, reason, sinceMs: nowMs };
    this.#quarantines.set(key, quarantine);
    const unproven = this.canaries.unproven.countOf(quarantine);
    const suspects = this.canaries.suspect(quarantine, reason);
    return [{ kind: 'quarantined', ...quarantine, unproven }, ...suspects, { kind: 'changed' }];
  }
}
