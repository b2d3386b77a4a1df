/** What proves stored answers: canaries of the teachers that gave them, and the samples that these may ask about. */
import { ownEntry } from '@lyceum/proto';
import type { PinnedTeacher, RunRecord, RunStore } from '../runs/index.js';
import type { StoredRecords } from './answer-proofs.js';
import { canarySamplesAllowed } from './asking-runs.js';
import type { Canaries, HealthEffect, Replica, UnprovenAnswers } from './replicas/index.js';

export interface TeacherCanariesParts {
  readonly store: RunStore;
  /** How long a replica that answers may go without a canary. */
  readonly canaryIntervalMs: number;
  /** Whether answers of the teacher are to be dropped. */
  readonly isSuspect: (teacher: string) => boolean;
  readonly now: () => number;
}

export class TeacherCanaries {
  readonly #parts: TeacherCanariesParts;
  readonly #canaries: Canaries<StoredRecords>;
  readonly #apply: (effects: readonly HealthEffect<StoredRecords>[]) => void;

  constructor(
    parts: TeacherCanariesParts,
    canaries: Canaries<StoredRecords>,
    apply: (effects: readonly HealthEffect<StoredRecords>[]) => void,
  ) {
    this.#parts = parts;
    this.#canaries = canaries;
    this.#apply = apply;
    const { store } = parts;
    store.onChange((runId) => {
      if (store.get(runId) === undefined) canaries.forgetRun(runId);
    });
  }

  /** Answers that no canary has proven yet. */
  get unproven(): UnprovenAnswers<StoredRecords> {
    return this.#canaries.unproven;
  }

  /** The number of the answers that were stored last. */
  get answerNumber(): number {
    return this.unproven.number;
  }

  /**
   * The first of the teachers with unproven answers, or with suspect ones still to be dropped; undefined: none.
   *
   * @param upTo - the number of the last answers that matter: other runs may ask the teacher all the time.
   */
  unprovenOf(teachers: readonly PinnedTeacher[], upTo: number): PinnedTeacher | undefined {
    const { isSuspect } = this.#parts;
    return teachers.find(
      ({ identity }) => this.unproven.countOfTeacher(identity, upTo) > 0 || isSuspect(identity),
    );
  }

  /**
   * How often the replica has failed so far: to be read when answers arrive, and given to
   * {@link TeacherCanaries.stored}.
   */
  failureCount(replica: Replica): number {
    return this.#canaries.failureCount(replica);
  }

  /** The store has answers of the replica. @param failureCount - the replica's, when they arrived. */
  stored(
    replica: Replica,
    records: StoredRecords,
    sampleCount: number,
    failureCount: number,
  ): void {
    this.#apply(this.#canaries.stored(replica, records, sampleCount, failureCount));
  }

  /** Asks for canaries of these teachers at once. */
  prove(teachers: readonly PinnedTeacher[]): void {
    for (const { identity } of teachers) this.#apply(this.#canaries.prove(identity));
  }

  /** Asks for the canaries that are due. */
  tick(): void {
    const { now, canaryIntervalMs } = this.#parts;
    this.#apply(this.#canaries.tick(now(), canaryIntervalMs));
  }

  /** These runs ask the teacher, and pay for its canaries if its calls cost. */
  pay(teacher: string, runIds: readonly string[]): void {
    for (const runId of runIds) {
      const record = this.#parts.store.get(runId);
      const name = record?.teachers.find(({ identity }) => identity === teacher)?.name;
      if (record === undefined || name === undefined) continue;
      const used = ownEntry(record.canarySamples ?? {}, name);
      this.#canaries.budgets.pay(teacher, runId, canarySamplesAllowed(record), used);
    }
  }

  /** Samples that the run has paid for in canaries of the teacher. */
  paidSamples({ runId, canarySamples = {} }: RunRecord, { identity, name }: PinnedTeacher): number {
    return this.#canaries.budgets.usedBy(identity, runId) ?? ownEntry(canarySamples, name) ?? 0;
  }
}
