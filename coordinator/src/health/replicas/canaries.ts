/**
 * Canaries: probes that are asked again while a replica answers tickets, to prove what it has answered meanwhile.
 * Answers that are unproven when a replica fails are suspect. Part of the state machine of `replica-health.ts`; pure.
 */
import { CanaryBudgets } from './canary-budgets.js';
import type { HealthEffect, Quarantine } from './health-effect.js';
import { type KnownReplica, type KnownReplicas, replicaKey } from './known-replicas.js';
import type { Replica } from './replica.js';
import { NOBODY, UnprovenAnswers } from './unproven-answers.js';

/** Canaries that a run's budget keeps for its end. */
const KEPT_FOR_THE_END = 1;

interface Failures {
  readonly count: number;
  /** Why the replica, or its server, failed last. */
  readonly reason: string;
}

export class Canaries<T = unknown> {
  readonly unproven = new UnprovenAnswers<T>();
  readonly budgets = new CanaryBudgets();
  readonly #replicas: KnownReplicas;
  readonly #quarantines: ReadonlyMap<string, Quarantine>;
  /** Failures by {@link replicaKey}; of replicas behind one server, by teacher. */
  readonly #failures = new Map<string, Failures>();

  /** @param quarantines - by {@link replicaKey}. */
  constructor(replicas: KnownReplicas, quarantines: ReadonlyMap<string, Quarantine>) {
    this.#replicas = replicas;
    this.#quarantines = quarantines;
  }

  /** How often the replica has failed so far: to be read when answers arrive, and given to {@link Canaries.stored}. */
  failureCount(replica: Replica): number {
    return this.#failuresOf(replica).reduce((sum, { count }) => sum + count, 0);
  }

  /**
   * Answers of the replica have been stored. They are orphans if its session has ended meanwhile. They are suspect at
   * once if it has failed since they arrived, even if it was released since.
   *
   * @param failureCount - the replica's, when they arrived.
   */
  stored(replica: Replica, item: T, sampleCount: number, failureCount: number): HealthEffect<T>[] {
    const [failures] = this.#failuresOf(replica);
    const hasFailed = this.failureCount(replica) !== failureCount;
    const found = this.#quarantines.get(replicaKey(replica)) ?? (hasFailed ? failures : undefined);
    if (found !== undefined) {
      const { workerId, teacher } = replica;
      return [{ kind: 'suspect', workerId, teacher, reason: found.reason, items: [item] }];
    }
    const isHere = this.#replicas.get(replica) !== undefined;
    const owner = isHere ? replica : { ...replica, workerId: NOBODY };
    this.unproven.add(owner, item, sampleCount);
    return [];
  }

  /** The replica answered a ticket of these runs. After its first answer for a run it is asked a canary. */
  answered(replica: KnownReplica, runIds: readonly string[]): HealthEffect<T>[] {
    const fresh = runIds.filter((runId) => !replica.runs.has(runId));
    if (fresh.length === 0 || !this.#ask(replica, KEPT_FOR_THE_END)) return [];
    for (const runId of fresh) replica.runs.add(runId);
    return [{ kind: 'changed' }];
  }

  /**
   * Asks canaries of replicas that passed their probes `intervalMs` ago or longer, and have answered tickets since.
   * They go on taking tickets meanwhile.
   */
  tick(nowMs: number, intervalMs: number): HealthEffect<T>[] {
    let changed = false;
    for (const replica of this.#replicas.all()) {
      const sinceMs = nowMs - replica.passedAtMs;
      // A clock that was put back would hold canaries up for as long.
      const isDue = sinceMs >= intervalMs || sinceMs < 0;
      if (!isDue || this.unproven.countOf(replica) === 0) continue;
      changed = this.#ask(replica, KEPT_FOR_THE_END) || changed;
    }
    return changed ? [{ kind: 'changed' }] : [];
  }

  /**
   * Asks for canaries at once: of replicas with unproven answers, or of all replicas if there are orphans. If a
   * replica could be asked, but the budget is spent and no canary is under way, the answers are believed.
   */
  prove(teacher: string): HealthEffect<T>[] {
    let changed = false;
    let isAsking = false;
    let isUnpaid = false;
    const hasOrphans = this.unproven.countOf({ workerId: NOBODY, teacher }) > 0;
    for (const replica of this.#replicas.ofTeacher(teacher)) {
      if (!hasOrphans && this.unproven.countOf(replica) === 0) continue;
      isUnpaid ||= this.#mayAsk(replica) && !this.budgets.suffices(teacher, 0);
      changed = this.#ask(replica) || changed;
      isAsking ||= !replica.probes.isQuiet;
    }
    if (isUnpaid && !isAsking) return this.#believe(teacher);
    return changed ? [{ kind: 'changed' }] : [];
  }

  /** Asks probes. They prove what is stored by now; while earlier probes are open, they prove no more than those. */
  asking(replica: KnownReplica, ask: () => void): void {
    const wasQuiet = replica.probes.isQuiet;
    ask();
    if (wasQuiet && !replica.probes.isQuiet) replica.askedAt = this.unproven.number;
  }

  /**
   * The replica answered a probe soundly. Once no probe is open, its answers from before they were asked are proven.
   */
  passed(replica: KnownReplica, nowMs: number): HealthEffect<T>[] {
    if (!replica.probes.isQuiet || this.#isQuarantined(replica)) return [];
    replica.passedAtMs = nowMs;
    const isProven = this.unproven.prove(replica, replica.askedAt);
    return isProven ? [{ kind: 'proven', teacher: replica.teacher }] : [];
  }

  /**
   * The replica failed: its unproven answers are suspect, and so are those of other replicas of the same server. They
   * are tested before they take tickets again.
   */
  suspect({ workerId, teacher }: Replica, reason: string): HealthEffect<T>[] {
    const isShared = this.#replicas.get({ workerId, teacher })?.isShared === true;
    const key = isShared ? teacher : replicaKey({ workerId, teacher });
    this.#failures.set(key, { count: (this.#failures.get(key)?.count ?? 0) + 1, reason });
    const effects: HealthEffect<T>[] = [{ kind: 'discredited', workerId, teacher }];
    for (const other of isShared ? this.#replicas.ofTeacher(teacher) : []) {
      if (other.workerId === workerId || this.#isQuarantined(other)) continue;
      other.awaitsTest = true;
      this.asking(other, () => other.probes.askAfresh());
      effects.push({ kind: 'discredited', workerId: other.workerId, teacher });
    }
    const items = this.unproven.take({ workerId, teacher }, isShared);
    if (items.length > 0) effects.push({ kind: 'suspect', workerId, teacher, reason, items });
    return effects;
  }

  /** The run was deleted: another one of its id pays for canaries of its own, and is asked them. */
  forgetRun(runId: string): void {
    this.budgets.forget(runId);
    for (const { runs } of this.#replicas.all()) runs.delete(runId);
  }

  /** From now on the worker is to have these teachers only. */
  unloads(workerId: string, kept: ReadonlySet<string>): void {
    for (const replica of this.#replicas.all()) {
      if (replica.workerId !== workerId || kept.has(replica.teacher)) continue;
      this.unproven.orphan(workerId, replica.teacher);
    }
  }

  /**
   * The replica cannot load its teacher, and waiting will not help. A model behind a server may have changed at any
   * time: its unproven answers are suspect. A model with weights of its own was the same all the time: they become
   * orphans.
   *
   * Workers report such a failure again with each of their reports, until they have loaded the teacher. Answers of
   * others that came after the first report are from a server that was tested since.
   */
  lost(replica: Replica, reason: string): HealthEffect<T>[] {
    const known = this.#replicas.get(replica);
    if (known?.isShared !== true) {
      this.unproven.orphan(replica.workerId, replica.teacher);
      return [];
    }
    if (known.isLost) return [];
    known.isLost = true;
    return this.suspect(replica, reason);
  }

  /**
   * @param kept - canaries of the teacher's budget that must be left.
   * @returns false if it is being asked already, or the budget does not allow it.
   */
  #ask(replica: KnownReplica, kept = 0): boolean {
    if (!this.#mayAsk(replica)) return false;
    if (!this.budgets.spend(replica.teacher, kept)) return false;
    this.asking(replica, () => replica.probes.ask(1, false, true));
    return !replica.probes.isQuiet;
  }

  #mayAsk(replica: KnownReplica): boolean {
    return replica.probes.isQuiet && !this.#isQuarantined(replica);
  }

  /** Takes the teacher's unproven answers for proven, and says so. */
  #believe(teacher: string): HealthEffect<T>[] {
    const sampleCount = this.unproven.countOfTeacher(teacher);
    this.unproven.take({ workerId: NOBODY, teacher }, true);
    return [
      { kind: 'unchecked', teacher, sampleCount },
      { kind: 'proven', teacher },
    ];
  }

  /** Failures of the replica itself, and of the server that it asks. A worker that has gone may have had either. */
  #failuresOf(replica: Replica): Failures[] {
    const keys = [replicaKey(replica), replica.teacher];
    return keys.flatMap((key) => this.#failures.get(key) ?? []);
  }

  #isQuarantined(replica: Replica): boolean {
    return this.#quarantines.has(replicaKey(replica));
  }
}
