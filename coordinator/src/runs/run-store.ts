/**
 * The run records, in memory and in KV. Every change is first a compare-and-set in KV. Reads come from memory, which
 * holds the last known content of KV.
 */
import { type Logger, retryDelayMs, sleep, Turns } from '@lyceum/platform';
import type { KeyValue } from '@lyceum/platform/nats';
import { LyceumError } from '@lyceum/proto';
import type { Leadership } from './leadership/index.js';
import { parseRunRecord, type RunRecord, runRecordText } from './record/index.js';

/** Tries of a write when another write came in between: usually this coordinator's own, whose reply was lost. */
const CONFLICT_ATTEMPTS = 5;

interface Entry {
  record: RunRecord;
  revision: number;
  /** The last change under way: changes of one run are made one after the other. */
  writes: Promise<unknown>;
}

export class RunStore {
  readonly leaderEpoch: number;
  readonly #leadership: Pick<Leadership, 'assertHeld'>;
  readonly #kv: KeyValue;
  /** In the order of their submission. */
  readonly #runs = new Map<string, Entry>();
  /** Keys of records that cannot be read. */
  readonly #unreadable: string[] = [];
  /** Deletions under way, by run id. */
  readonly #deletions = new Map<string, Promise<unknown>>();
  /** New runs are stored one after the other, so that no two get the same sequence number. */
  readonly #creations = new Turns(1);
  readonly #listeners = new Set<(runId: string) => void>();

  private constructor(kv: KeyValue, leadership: Pick<Leadership, 'leaderEpoch' | 'assertHeld'>) {
    this.#kv = kv;
    this.#leadership = leadership;
    this.leaderEpoch = leadership.leaderEpoch;
  }

  /** Reads all records and takes over those of runs that have not ended, under this leader's epoch. */
  static async open(
    kv: KeyValue,
    leadership: Pick<Leadership, 'leaderEpoch' | 'assertHeld'>,
    log: Logger,
  ): Promise<RunStore> {
    const store = new RunStore(kv, leadership);
    const found: [string, Entry][] = [];
    for (const key of await kv.keys()) {
      const entry = await kv.get(key);
      if (entry === undefined) continue;
      try {
        const record = parseRunRecord(entry.value);
        const { revision } = entry;
        found.push([key, { record, revision, writes: Promise.resolve() }]);
      } catch (err) {
        store.#unreadable.push(key);
        log.error({ err, runId: key }, 'run record skipped: it cannot be read');
      }
    }
    found.sort(([, a], [, b]) => a.record.sequence - b.record.sequence);
    for (const [runId, entry] of found) store.#runs.set(runId, entry);
    for (const { runId, endedAtMs } of store.list()) {
      if (endedAtMs === 0) await store.update(runId, (record) => record);
    }
    return store;
  }

  get(runId: string): RunRecord | undefined {
    return this.#runs.get(runId)?.record;
  }

  /** @throws {LyceumError} NOT_FOUND */
  require(runId: string): RunRecord {
    const record = this.get(runId);
    if (record === undefined) throw new LyceumError('NOT_FOUND', `there is no run ${runId}`);
    return record;
  }

  /** In the order of their submission. */
  list(): RunRecord[] {
    return Array.from(this.#runs.values(), (entry) => entry.record);
  }

  nextSequence(): number {
    return this.list().reduce((greatest, { sequence }) => Math.max(greatest, sequence), 0) + 1;
  }

  /**
   * Stores a new record as the last in order: its `sequence` is raised if another run was stored meanwhile. First
   * waits until a former run of this id is deleted: its files are found by id, and would be taken for the new run's.
   *
   * @param deleteRest - deletes the remains of a former run of this id whose deletion was interrupted.
   * @throws {LyceumError} ALREADY_EXISTS; ABORTED if another coordinator leads.
   */
  async create(record: RunRecord, deleteRest?: () => Promise<void>): Promise<RunRecord> {
    await this.#deletions.get(record.runId);
    return this.#creations.take(() => this.#create(record, deleteRest));
  }

  async #create(record: RunRecord, deleteRest?: () => Promise<void>): Promise<RunRecord> {
    const { runId } = record;
    await this.#leadership.assertHeld();
    const isNew = !this.#runs.has(runId) && !this.#unreadable.includes(runId);
    if (isNew) await deleteRest?.();
    const sequence = Math.max(record.sequence, this.nextSequence());
    const written = { ...record, sequence, leaderEpoch: this.leaderEpoch };
    try {
      const revision = await this.#kv.create(runId, runRecordText(written));
      this.#runs.set(runId, { record: written, revision, writes: Promise.resolve() });
    } catch (err) {
      if (!(err instanceof LyceumError && err.code === 'ABORTED')) throw err;
      await this.#adopt(runId);
      throw new LyceumError('ALREADY_EXISTS', `run ${runId} exists already`);
    }
    this.#changed(runId);
    return written;
  }

  /**
   * Changes a record.
   *
   * @param change - returns the new record; `undefined`: no change. It may be called again with a newer record, so it
   *   must depend on its argument alone. `update` rejects with any error that `change` throws.
   * @returns the record after the change.
   * @throws {LyceumError} NOT_FOUND; ABORTED if another coordinator leads; UNAVAILABLE if it is not known whether
   *   the change was written.
   */
  update(runId: string, change: (record: RunRecord) => RunRecord | undefined): Promise<RunRecord> {
    const entry = this.#runs.get(runId);
    if (entry === undefined) {
      return Promise.reject(new LyceumError('NOT_FOUND', `there is no run ${runId}`));
    }
    const write = entry.writes.then(() => this.#write(runId, entry, change));
    entry.writes = write.catch(() => {});
    return write;
  }

  /** Ids of runs whose records cannot be read: the blobs that they refer to are not known. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /**
   * Deletes a record, once the changes under way are made.
   *
   * @param check - throws if the record, as it is after those changes, may not be deleted.
   * @param deleteRest - deletes all else that belongs to the run, after its record is deleted.
   * @throws {LyceumError} NOT_FOUND; ABORTED if another coordinator leads.
   */
  async delete(
    runId: string,
    check: (record: RunRecord) => void,
    deleteRest: () => Promise<void>,
  ): Promise<void> {
    const entry = this.#runs.get(runId);
    if (entry === undefined) throw new LyceumError('NOT_FOUND', `there is no run ${runId}`);
    const gone = entry.writes.then(async () => {
      check(this.require(runId));
      await this.#leadership.assertHeld();
      await this.#kv.delete(runId);
      this.#runs.delete(runId);
    });
    entry.writes = gone.catch(() => {});
    const deletion = gone.then(() => {
      this.#changed(runId);
      return deleteRest();
    });
    // A second deletion finds no record, and ends before the first does.
    const over = Promise.allSettled([this.#deletions.get(runId), deletion]).then(() => {
      if (this.#deletions.get(runId) === over) this.#deletions.delete(runId);
    });
    this.#deletions.set(runId, over);
    await deletion;
  }

  /** Calls `listener` after each change. @returns how to stop that. */
  onChange(listener: (runId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes in a record that this store wrote without getting the reply. */
  async #adopt(runId: string): Promise<void> {
    const found = await this.#kv.get(runId);
    if (found === undefined || this.#runs.has(runId)) return;
    const record = parseRunRecord(found.value);
    if (record.leaderEpoch !== this.leaderEpoch) return;
    this.#runs.set(runId, { record, revision: found.revision, writes: Promise.resolve() });
    this.#changed(runId);
  }

  async #write(
    runId: string,
    entry: Entry,
    change: (record: RunRecord) => RunRecord | undefined,
  ): Promise<RunRecord> {
    for (let attempt = 0; ; attempt++) {
      const changed = change(entry.record);
      if (changed === undefined) return entry.record;
      await this.#leadership.assertHeld();
      const record = { ...changed, leaderEpoch: this.leaderEpoch };
      try {
        entry.revision = await this.#kv.update(runId, runRecordText(record), entry.revision);
        entry.record = record;
        break;
      } catch (err) {
        const conflict = err instanceof LyceumError && err.code === 'ABORTED';
        if (!conflict || attempt + 1 === CONFLICT_ATTEMPTS) throw err;
        await sleep(retryDelayMs(attempt, Math.random()));
        await this.#reload(runId, entry);
      }
    }
    this.#changed(runId);
    return entry.record;
  }

  async #reload(runId: string, entry: Entry): Promise<void> {
    const found = await this.#kv.get(runId);
    if (found === undefined) throw new LyceumError('NOT_FOUND', `run ${runId} has been deleted`);
    const record = parseRunRecord(found.value);
    if (record.leaderEpoch > this.leaderEpoch) {
      throw new LyceumError('ABORTED', 'another coordinator leads now');
    }
    entry.record = record;
    entry.revision = found.revision;
  }

  #changed(runId: string): void {
    for (const listener of this.#listeners) listener(runId);
  }
}
