/**
 * Stores answers, and remembers which of them no canary has proven yet: in memory by replica, on disk by table.
 * Answers that turn out to be suspect are listed here until a pass of the reconciler drops them.
 */
import type { Logger } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import {
  type AnswerStore,
  type AnswerTableKey,
  type RecordRange,
  tableFileName,
} from '../answers/index.js';
import { NOBODY, type Replica, type UnprovenAnswers } from './replicas/index.js';
import type { Suspicion, Unproven, UnprovenFile, UnprovenTail } from './unproven-file.js';

/** Records of one table. */
export interface StoredRecords {
  readonly key: AnswerTableKey;
  readonly range: RecordRange;
  /** When they were stored. */
  readonly atMs: number;
}

export interface AnswerProofsParts {
  readonly store: Pick<AnswerStore, 'put' | 'recordCount' | 'tables'>;
  readonly file: UnprovenFile;
  readonly unproven: UnprovenAnswers<StoredRecords>;
  /** Called when answers of a replica are stored, which no canary has proven yet. */
  readonly stored: (
    replica: Replica,
    records: StoredRecords,
    sampleCount: number,
    failureCount: number,
  ) => void;
  /** Suspicions that are not done with: the file lists these too. */
  readonly suspicions: () => readonly Suspicion[];
  /** Takes over the suspicions that an earlier coordinator was not done with. */
  readonly restore: (suspicions: readonly Suspicion[]) => void;
  readonly log: Logger;
  readonly now: () => number;
}

interface Tail extends UnprovenTail {
  /** Puts that are going on. */
  putCount: number;
  /** Resolves once the file lists the tail. */
  written: Promise<void>;
}

export class AnswerProofs {
  readonly #parts: AnswerProofsParts;
  /** Unproven ends of tables, by table: as the file lists them, or will after the write under way. */
  readonly #tails = new Map<string, Tail>();
  /** As the file lists them, or will after the write under way. */
  #suspicions: readonly Suspicion[] = [];

  private constructor(parts: AnswerProofsParts) {
    this.#parts = parts;
  }

  /** Answers that an earlier coordinator left unproven are orphans: any replica of the teacher may prove them. */
  static async open(parts: AnswerProofsParts): Promise<AnswerProofs> {
    const proofs = new AnswerProofs(parts);
    const { tails, suspicions } = await leftUnproven(parts);
    parts.restore(suspicions);
    proofs.#suspicions = [...parts.suspicions()];
    for (const tail of tails) {
      const { key, first, sinceMs } = tail;
      const orphan = { workerId: NOBODY, teacher: key.teacherIdentity };
      const range = { first, end: Number.POSITIVE_INFINITY };
      parts.unproven.add(orphan, { key, range, atMs: sinceMs }, 1);
      proofs.#tails.set(tableFileName(key), { ...tail, putCount: 0, written: Promise.resolve() });
    }
    return proofs;
  }

  /** {@link AnswerStore.put} of a replica's answers. @param failureCount - the replica's, when they arrived. */
  async put(
    replica: Replica,
    key: AnswerTableKey,
    samples: Uint32Array,
    records: Uint32Array,
    failureCount: number,
  ): Promise<void> {
    const { store, stored, now } = this.#parts;
    const name = tableFileName(key);
    const tail = await this.#held(name, key);
    try {
      await this.#noted(name, tail);
      const range = await store.put(key, samples, records);
      const count = range.end - range.first;
      if (count > 0) stored(replica, { key, range, atMs: now() }, count, failureCount);
    } finally {
      tail.putCount--;
    }
  }

  /** Writes the file with the suspicions as they are now. */
  noted(): Promise<void> {
    return this.#write();
  }

  /** Called when answers were proven, or a suspicion is done with: writes the file without them. */
  settled(): void {
    const { unproven, suspicions } = this.#parts;
    const suspect = suspicions();
    const records = [...unproven.items(), ...suspect.flatMap((suspicion) => suspicion.records)];
    const left = new Set(records.map(({ key }) => tableFileName(key)));
    let changed = this.#suspicions.some((noted) => !suspect.includes(noted));
    for (const [name, { putCount }] of this.#tails) {
      if (putCount === 0 && !left.has(name)) changed = this.#tails.delete(name) || changed;
    }
    if (!changed) return;
    this.#write().catch((thrown: unknown) => {
      // The file lists too much then, which costs a canary after the next start.
      this.#parts.log.warn({ err: toLyceumError(thrown) }, 'unproven answers not noted');
    });
  }

  /** Waits until the file lists the tail. If it could not be written, the next put writes it again. */
  async #noted(name: string, tail: Tail): Promise<void> {
    try {
      await tail.written;
    } catch (err) {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
      throw err;
    }
  }

  /** The table's tail, which stays until this put has ended. */
  async #held(name: string, key: AnswerTableKey): Promise<Tail> {
    const first = await this.#parts.store.recordCount(key);
    const known = this.#tails.get(name);
    // A tail behind the table's end is of a table that was deleted: this one begins anew.
    const tail =
      known !== undefined && known.first <= first ? known : this.#newTail(name, key, first);
    tail.putCount++;
    return tail;
  }

  #newTail(name: string, key: AnswerTableKey, first: number): Tail {
    const sinceMs = this.#parts.now();
    const tail: Tail = { key, first, sinceMs, putCount: 0, written: Promise.resolve() };
    this.#tails.set(name, tail);
    tail.written = this.#write();
    return tail;
  }

  #write(): Promise<void> {
    this.#suspicions = [...this.#parts.suspicions()];
    const tails = [...this.#tails.values()];
    return this.#parts.file.write({ tails, suspicions: this.#suspicions });
  }
}

/**
 * What the file lists. If the file cannot be read, all stored answers count as unproven, until the next canaries prove
 * them.
 */
async function leftUnproven({ file, store, log }: AnswerProofsParts): Promise<Unproven> {
  try {
    return await file.read();
  } catch (thrown) {
    const err = toLyceumError(thrown);
    if (err.code !== 'FAILED_PRECONDITION') throw err;
    log.error({ err }, 'list of unproven answers damaged; all stored answers count as unproven');
    const tails = store.tables().map(({ key }) => ({ key, first: 0, sinceMs: 0 }));
    return { tails, suspicions: [] };
  }
}
