/**
 * What replicas of teachers have answered since they last said what they should: until then nobody knows whether it may be
 * believed. Pure.
 *
 * Everything that is added has a number, and numbers rise. A *canary* that was asked when the number was n proves what its
 * replica was known to have answered by then. What a worker leaves behind when it goes is an *orphan*: any replica of the
 * teacher may prove it, since the model is the same by its digest, or the same one behind a server.
 */
import type { Replica } from './replica.js';

/** Of orphans. */
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

  /** Of what was added last: a canary that is asked now proves all up to it. */
  get number(): number {
    return this.#number;
  }

  add({ workerId, teacher }: Replica, item: T, sampleCount: number): void {
    const workers = this.#byTeacher.get(teacher) ?? new Map<string, Entry<T>[]>();
    const entries = workers.get(workerId) ?? [];
    entries.push({ number: ++this.#number, item, sampleCount });
    this.#byTeacher.set(teacher, workers.set(workerId, entries));
  }

  /** Samples that nobody has proven, of this replica. */
  countOf({ workerId, teacher }: Replica): number {
    return sum(this.#byTeacher.get(teacher)?.get(workerId) ?? []);
  }

  /** Samples that nobody has proven, of all replicas and of orphans. */
  countOfTeacher(teacher: string): number {
    return [...(this.#byTeacher.get(teacher)?.values() ?? [])].reduce(
      (n, some) => n + sum(some),
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
   * What is not to be believed now that the replica failed its canary, and is forgotten here: its own, and orphans.
   *
   * @param isShared - all replicas ask the same model, so that what others answered since is no better.
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
