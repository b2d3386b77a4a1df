/**
 * Which teacher worker may answer with which teacher: self-tests, canaries, suspicion and quarantine. A state machine
 * without clock or network: events in, effects out.
 *
 * A *probe* is one fixed question to a teacher about one data set. Each worker that has the teacher, a *replica*,
 * answers it on its session, outside the queue. What holds throughout:
 *
 * - a replica takes tickets only after it has answered each probe {@link SELF_TEST_ROUNDS} times;
 * - the first answer to a probe is the *reference*, unless a run's record has the digest of another: then the replica
 *   that gives that one takes its place. All answers are compared with it, the replica's own later ones too;
 * - a replica that has no answer to a probe, or one beyond the tolerance, is quarantined. One that differs in bits
 *   alone is said to differ, and serves unless bits are required;
 * - a ticket that fails casts suspicion: the replica takes no tickets until it has answered its probes once more. That
 *   alone proves nothing, since the fault may be the ticket's. Tickets that failed here and were answered by another
 *   replica do: after {@link PROVEN_FAILURE_LIMIT} of them the replica is quarantined, whatever it says to probes;
 * - a quarantine lasts until it is released, over sessions and restarts.
 */
import { compareProbes } from './probe-comparison.js';
import { type ProbeState, ReplicaProbes, SELF_TEST_ROUNDS } from './replica-probes.js';

/** Tickets that failed on one replica and not on another. One may be an accident of its host. */
export const PROVEN_FAILURE_LIMIT = 3;

/** Failed tickets of a replica that are remembered; those that never get an answer pause their runs. */
const FAILED_TICKET_COUNT = 64;

export interface Replica {
  readonly workerId: string;
  /** Identity, hex. */
  readonly teacher: string;
}

export interface Quarantine extends Replica {
  readonly reason: string;
  readonly sinceMs: number;
}

/** `unproven`: samples that it answered since it last gave the reference's answer to all its probes. */
export type HealthEffect =
  /** Take its tickets back, and keep and show why. */
  | ({ readonly kind: 'quarantined'; readonly unproven: number } & Quarantine)
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

interface ReplicaState extends Replica {
  readonly probes: ReplicaProbes;
  /** Tickets that failed and have no answer yet. */
  readonly failedTickets: Set<string>;
  provenFailures: number;
  /** Samples that it answered since it last passed all its probes, and when that was. */
  unproven: number;
  passedAtMs: number;
}

interface Reference extends ProbeAnswer {
  readonly workerId: string;
}

export class ReplicaHealth {
  readonly #replicas = new Map<string, ReplicaState>();
  readonly #quarantines: Map<string, Quarantine>;
  readonly #references = new Map<string, Reference>();
  /** What runs in progress began with, by probe. */
  readonly #expected = new Map<string, string>();

  /** @param quarantines - what a predecessor kept. */
  constructor(quarantines: readonly Quarantine[]) {
    this.#quarantines = new Map(quarantines.map((q) => [keyOf(q), q]));
  }

  /** The replica is to have these probes and no others; those that are new to it are its self-test. */
  wants(replica: Replica, probes: readonly string[]): void {
    this.#replicaOf(replica).probes.want(probes);
  }

  /** A run began with this answer to the probe. */
  expect(probe: string, digest: string): void {
    this.#expected.set(probe, digest);
  }

  /** How often the replica is to have answered the probe. */
  rounds(replica: Replica, probe: string): number {
    return this.#replicas.get(keyOf(replica))?.probes.get(probe)?.asked ?? 0;
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
  answered(replica: Replica, probe: string, answer: ProbeAnswer, nowMs: number): HealthEffect[] {
    const state = this.#replicas.get(keyOf(replica))?.probes.get(probe);
    if (state === undefined) return [];
    const effects: HealthEffect[] = [];
    const servedBefore = state.answered >= state.needed;
    state.answered = Math.max(state.answered, answer.round);
    state.values = answer.values;
    state.refused = false;
    if (this.#becomesReference(probe, answer)) {
      this.#references.set(probe, { ...answer, workerId: replica.workerId });
      effects.push(...this.#judgeAll(probe, nowMs));
    } else effects.push(...this.#judge(replica, probe, state, nowMs));
    this.#notePass(replica, nowMs);
    if (!servedBefore && state.answered >= state.needed) effects.push({ kind: 'changed' });
    return effects;
  }

  /** It has no answer to a probe, and why. */
  probeFailed(replica: Replica, reason: string, nowMs: number): HealthEffect[] {
    return this.#quarantine(replica, `it does not answer its probe: ${reason}`, nowMs);
  }

  /**
   * The server that the teacher is behind has no answer to the probe, whichever replica asks: nothing against this one, which
   * serves other sets. It counts once all that was asked is refused: the first answer may be of before the server was mended.
   */
  probeRefused(replica: Replica, probe: string, round: number): HealthEffect[] {
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
  ticketFailed(replica: Replica, ticketId: string): HealthEffect[] {
    const state = this.#replicas.get(keyOf(replica));
    if (state === undefined || this.quarantine(replica) !== undefined) return [];
    state.failedTickets.add(ticketId);
    const [oldest] = state.failedTickets;
    if (state.failedTickets.size > FAILED_TICKET_COUNT && oldest !== undefined) {
      state.failedTickets.delete(oldest);
    }
    state.probes.ask(1, true);
    return [{ kind: 'changed' }];
  }

  /** It answered a ticket: replicas on which that failed are to blame. */
  ticketAnswered(
    replica: Replica,
    ticket: { readonly id: string; readonly sampleCount: number },
    nowMs: number,
  ): HealthEffect[] {
    const effects: HealthEffect[] = [];
    const state = this.#replicas.get(keyOf(replica));
    if (state !== undefined) state.unproven += ticket.sampleCount;
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
  tick(nowMs: number, intervalMs: number): HealthEffect[] {
    let changed = false;
    for (const replica of this.#replicas.values()) {
      if (replica.unproven === 0 || nowMs - replica.passedAtMs < intervalMs) continue;
      if (!replica.probes.isQuiet) continue;
      replica.probes.ask(1, false);
      changed = true;
    }
    return changed ? [{ kind: 'changed' }] : [];
  }

  /** The worker has loaded the teacher (again): it is tested anew. */
  loaded(replica: Replica): void {
    this.#replicas.get(keyOf(replica))?.probes.ask(SELF_TEST_ROUNDS, true);
  }

  /** What a session was told and said ends with it. */
  sessionEnded(workerId: string): void {
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
      state.probes.ask(SELF_TEST_ROUNDS, true);
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
      unproven: 0,
      passedAtMs: 0,
    };
    this.#replicas.set(key, replica);
    return replica;
  }

  /** Once all that was asked has been answered, and soundly. */
  #notePass(replica: Replica, nowMs: number): void {
    const state = this.#replicas.get(keyOf(replica));
    if (!state?.probes.isQuiet || this.quarantine(replica) !== undefined) return;
    [state.unproven, state.passedAtMs] = [0, nowMs];
  }

  #becomesReference(probe: string, { digest }: ProbeAnswer): boolean {
    const reference = this.#references.get(probe);
    if (reference === undefined) return true;
    return digest !== reference.digest && digest === this.#expected.get(probe);
  }

  #judgeAll(probe: string, nowMs: number): HealthEffect[] {
    return [...this.#replicas.values()].flatMap((replica) => {
      const state = replica.probes.get(probe);
      if (state === undefined) return [];
      state.differs = false;
      return this.#judge(replica, probe, state, nowMs);
    });
  }

  #judge(replica: Replica, probe: string, state: ProbeState, nowMs: number): HealthEffect[] {
    const reference = this.#references.get(probe);
    if (reference === undefined || state.values === undefined) return [];
    const { equalBits, isTolerated, text } = compareProbes(
      reference.values,
      state.values,
      reference.isClass,
    );
    const own = reference.workerId === replica.workerId;
    const whose = own ? 'its own first ones' : `those of ${reference.workerId}`;
    const reason = `its answers to the probe differ from ${whose} ${text}`;
    if (!isTolerated) return this.#quarantine(replica, reason, nowMs);
    const differedBefore = state.differs;
    // Who gave other bits once may do so again.
    state.differs ||= !equalBits;
    if (!state.differs || differedBefore) return [];
    const { workerId, teacher } = replica;
    const unproven = this.#unproven(replica);
    return [{ kind: 'differs', workerId, teacher, reason, unproven }, { kind: 'changed' }];
  }

  #quarantine({ workerId, teacher }: Replica, reason: string, nowMs: number): HealthEffect[] {
    const key = keyOf({ workerId, teacher });
    if (this.#quarantines.has(key)) return [];
    const quarantine = { workerId, teacher, reason, sinceMs: nowMs };
    this.#quarantines.set(key, quarantine);
    const unproven = this.#unproven(quarantine);
    return [{ kind: 'quarantined', ...quarantine, unproven }, { kind: 'changed' }];
  }

  #unproven(replica: Replica): number {
    return this.#replicas.get(keyOf(replica))?.unproven ?? 0;
  }
}

function keyOf({ workerId, teacher }: Replica): string {
  return `${teacher} ${workerId}`;
}
