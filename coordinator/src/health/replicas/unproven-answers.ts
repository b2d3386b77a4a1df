/**
 * Answers of replicas that no canary has proven yet, so that they may be wrong. Pure.
 *
 * Entries are numbered, and numbers rise. A *canary* that was asked when the number was n proves its replica's entries
 * up to n. Answers of a worker that has gone are *orphans*: any replica of the teacher may prove them, since the model
 * is the same by its digest, or the same one behind a server.
 */
import type { Replica } from './replica.js';

/** The worker's id in orphans. */
export const NOBODY = '';

interface Entry<T> {
  readonly number: number;
  readonly item: T;
  readonly sampleCount: number;
}

export class UnprovenAnswers<T> {
  /** By teacher, then by worker. */
  readonly #byTeacher = new Map<string, Map<string, Entry<T>[]>>();
  #number = 0;

  /** The number of the last entry. A canary that is asked now proves all entries up to it. */
  get number(): number {
    return this.#number;
  }

  add({ workerId, teacher }: Replica, item: T, sampleCount: number): void {
    const workers = this.#byTeacher.get(teacher) ?? new Map<string, Entry<T>[]>();
    const entries = workers.get(workerId) ?? [];
    entries.push({ number: ++this.#number, item, sampleCount });
    this.#byTeacher.set(teacher, workers.set(workerId, entries));
  }

  /** Unproven samples of this replica. */
  countOf({ workerId, teacher }: Replica): number {
    return sum(this.#byTeacher.get(teacher)?.get(workerId) ?? []);
  }

  /**
   * Unproven samples of all replicas of the teacher, orphans included.
   *
   * @param upTo - the number of the last entry that counts; absent: all count.
   */
  countOfTeacher(teacher: string, upTo = Number.POSITIVE_INFINITY): number {
    return [...(this.#byTeacher.get(teacher)?.values() ?? [])].reduce(
      (n, some) => n + sum(some.filter(({ number }) => number <= upTo)),
      0,
    );
  }

  /** The replica has passed a canary that was asked at `number`. @returns whether anything was proven by it. */
  prove({ workerId, teacher }: Replica, number: number): boolean {
    const workers = this.#byTeacher.get(teacher);
    let isProven = false;
    for (const id of [workerId, NOBODY]) {
      const entries = workers?.get(id) ?? [];
      const kept = entries.filter((entry) => entry.number > number);
      if (kept.length === entries.length) continue;
      isProven = true;
      if (kept.length > 0) workers?.set(id, kept);
      else workers?.delete(id);
    }
    if (workers?.size === 0) this.#byTeacher.delete(teacher);
    return isProven;
  }

  /** The worker is gone, or no longer has the teacher. @param teacher - absent: all. */
  orphan(workerId: string, teacher?: string): void {
    for (const [identity, workers] of this.#byTeacher) {
      const entries = workers.get(workerId);
      if (entries === undefined || (teacher !== undefined && teacher !== identity)) continue;
      workers.delete(workerId);
      workers.set(NOBODY, [...(workers.get(NOBODY) ?? []), ...entries]);
    }
  }

  /**
   * Removes what is suspect once the replica has failed a canary: its own answers, and orphans.
   *
   * @param isShared - all replicas ask the same model: then the unproven answers of the others are suspect, too.
   */
  take({ workerId, teacher }: Replica, isShared: boolean): T[] {
    const workers = this.#byTeacher.get(teacher);
    const taken: Entry<T>[] = [];
    for (const [id, entries] of workers ?? []) {
      if (!isShared && id !== workerId && id !== NOBODY) continue;
      for (const entry of entries) taken.push(entry);
      workers?.delete(id);
    }
    if (workers?.size === 0) this.#byTeacher.delete(teacher);
    return taken.map(({ item }) => item);
  }

  /** All that is there. */
  items(): T[] {
    const workers = [...this.#byTeacher.values()].flatMap((byWorker) => [...byWorker.values()]);
    return workers.flat().map(({ item }) => item);
  }

  teachers(): string[] {
    return [...this.#byTeacher.keys()];
  }
}

function sum(entries: readonly Entry<unknown>[]): number {
  return entries.reduce((count, { sampleCount }) => count + sampleCount, 0);
}
