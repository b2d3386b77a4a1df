/**
 * The answer store: every answer that was ever used, by table and sample. It is the journal of all runs: an
 * answer is written before the target made of it leaves, and a repeated batch is made of the same bits.
 *
 * Tables open when they are first named and stay open up to a limit; the rows of those used last stay in
 * memory up to a budget, the others are read from their files. When a table was last used is its file's time.
 */
import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { AnswerRecords, SpareMemory } from '@lyceum/learning/records';
import { makeFolder } from '@lyceum/platform';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { Logger } from 'pino';
import { AnswerFile, type RecordRange } from './answer-file.js';
import { AnswerTable } from './answer-table.js';
import { type AnswerTableKey, tableFileName, tableKeyText } from './answer-table-key.js';
import { tablesToEvict } from './eviction.js';
import {
  OPEN_TABLE_LIMITS,
  type OpenTableLimits,
  rowsToDrop,
  type TableInUse,
  tablesToClose,
} from './open-tables.js';
import { type StoredAnswers, storedAnswers } from './stored-answers.js';

/** Memory of dropped rows that is kept for new ones; it comes on top of the budget for rows. */
const SPARE_BYTES = 64 * 1024 * 1024;

interface Slot extends TableInUse {
  readonly name: string;
  readonly table: Promise<AnswerTable>;
  lastUsedAtMs: number;
  opened: AnswerTable | undefined;
  /** A table in use is not closed. */
  useCount: number;
}

export class AnswerStore {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #limits: OpenTableLimits;
  readonly #now: () => number;
  readonly #spare = new SpareMemory(SPARE_BYTES);
  /** In the order of their last use. */
  readonly #slots = new Map<string, Slot>();
  /** Closings and deletions going on, by file: they must be over before the table opens again. */
  readonly #closing = new Map<string, Promise<void>>();
  /** Every table on disk, with its size when it was last closed. */
  readonly #stored: Map<string, StoredAnswers>;

  private constructor(
    folder: string,
    log: Logger,
    limits: OpenTableLimits,
    now: () => number,
    stored: Map<string, StoredAnswers>,
  ) {
    this.#folder = folder;
    this.#log = log;
    this.#limits = limits;
    this.#now = now;
    this.#stored = stored;
  }

  static async open(
    folder: string,
    log: Logger,
    limits: OpenTableLimits = OPEN_TABLE_LIMITS,
    now: () => number = Date.now,
  ): Promise<AnswerStore> {
    await makeFolder(folder);
    const stored = await storedAnswers(folder, log);
    return new AnswerStore(folder, log, limits, now, stored);
  }

  /** Bytes on disk, all tables together. */
  get sizeBytes(): number {
    return this.tables().reduce((bytes, table) => bytes + table.sizeBytes, 0);
  }

  /** All tables. */
  tables(): StoredAnswers[] {
    return Array.from(this.#stored.values(), (table) => {
      const slot = this.#slots.get(table.name);
      if (slot === undefined) return table;
      const sizeBytes = slot.opened?.sizeBytes ?? table.sizeBytes;
      return { ...table, sizeBytes, lastUsedAtMs: slot.lastUsedAtMs };
    });
  }

  /**
   * Deletes a table.
   *
   * @throws {LyceumError} NOT_FOUND; FAILED_PRECONDITION if it is being read or written.
   */
  async delete(name: string): Promise<void> {
    if (!this.#stored.has(name)) throw new LyceumError('NOT_FOUND', `there is no table ${name}`);
    if ((this.#slots.get(name)?.useCount ?? 0) > 0) {
      throw new LyceumError('FAILED_PRECONDITION', `table ${name} is being read or written`);
    }
    if (this.#slots.has(name)) void this.#close(name);
    // Until it is deleted, a request for the table waits as for any table that closes, and then opens a new one.
    const deleting = Promise.resolve(this.#closing.get(name)).then(async () => {
      await rm(join(this.#folder, name), { force: true });
      this.#stored.delete(name);
    });
    this.#goesOn(name, deleting);
    await deleting;
  }

  /** Deletes tables until the rest fits: see {@link tablesToEvict}. @returns those that went. */
  async shrink(
    maxBytes: number,
    isNeeded: (table: StoredAnswers) => boolean,
  ): Promise<StoredAnswers[]> {
    const isKept = (table: StoredAnswers) =>
      isNeeded(table) || (this.#slots.get(table.name)?.useCount ?? 0) > 0;
    const evicted = tablesToEvict(this.tables(), maxBytes, isKept);
    const deleted: StoredAnswers[] = [];
    for (const table of evicted) {
      // While others were being deleted it may have gone, or come to be needed.
      if (!this.#stored.has(table.name) || isKept(table)) continue;
      await this.delete(table.name);
      deleted.push(table);
    }
    return deleted;
  }

  /** How many of the samples have no answer in the table. */
  missingCount(key: AnswerTableKey, samples: Uint32Array): Promise<number> {
    return this.#use(key, async (table) => table.missingCount(samples));
  }

  /**
   * Stores answers where there are none yet; the first one stays. Resolves once they are written.
   *
   * @param records - one a sample, in the same order, as words of the table's codec; borrowed until the promise
   *   resolves.
   * @returns the records of the table's file that hold them.
   */
  put(key: AnswerTableKey, samples: Uint32Array, records: Uint32Array): Promise<RecordRange> {
    return this.#use(key, (table) => table.put(samples, records));
  }

  /** How many records the table's file has. Answers that are put from now on come behind them. */
  recordCount(key: AnswerTableKey): Promise<number> {
    return this.#use(key, async (table) => table.recordCount);
  }

  /** The samples whose answers are in these records. */
  samplesIn(key: AnswerTableKey, range: RecordRange): Promise<number[]> {
    return this.#use(key, async (table) => table.samplesIn(range));
  }

  /**
   * Forgets answers, in memory and on disk: they count as never given. If the disk fails, it may be called again.
   *
   * @returns their samples: those that were dropped before are not among them.
   */
  drop(key: AnswerTableKey, range: RecordRange): Promise<number[]> {
    return this.#use(key, (table) => table.drop(range));
  }

  /**
   * Reads answers into `out`, [samples.length, key.rowLength].
   *
   * @returns the samples without a (sound) answer.
   */
  async read(
    key: AnswerTableKey,
    samples: Uint32Array,
    out: Float32Array,
  ): Promise<readonly number[]> {
    const records = new AnswerRecords(key);
    const words = new Uint32Array(samples.length * records.codec.wordCount);
    const missing = await this.readWords(key, samples, words);
    records.decode(words, out);
    return missing;
  }

  /**
   * Reads answers as their codec writes them into `out`, [samples.length, words of a row].
   *
   * @returns the samples without a (sound) answer.
   */
  readWords(
    key: AnswerTableKey,
    samples: Uint32Array,
    out: Uint32Array,
  ): Promise<readonly number[]> {
    return this.#use(key, (table) => table.read(samples, out));
  }

  /** Resolves once every answer that was put is safe from a power cut. */
  async flush(): Promise<void> {
    await Promise.all([...this.#slots.values()].map(async (slot) => (await slot.table).flush()));
    await Promise.all(this.#closing.values());
  }

  async close(): Promise<void> {
    await Promise.all([...this.#slots.keys()].map((name) => this.#close(name)));
    await Promise.all(this.#closing.values());
  }

  async #use<T>(key: AnswerTableKey, work: (table: AnswerTable) => Promise<T>): Promise<T> {
    const name = tableFileName(key);
    const slot = this.#slots.get(name) ?? this.#newSlot(name, key);
    // Used last: to the end of the map.
    this.#slots.delete(name);
    this.#slots.set(name, slot);
    slot.useCount++;
    slot.lastUsedAtMs = this.#now();
    try {
      const table = await slot.table;
      await this.#balanceMemory(table);
      return await work(table);
    } finally {
      slot.useCount--;
      this.#closeUnused();
    }
  }

  #newSlot(name: string, key: AnswerTableKey): Slot {
    const slot: Slot = {
      name,
      table: this.#openTable(name, key),
      lastUsedAtMs: this.#now(),
      opened: undefined,
      useCount: 0,
    };
    slot.table.then(
      (table) => {
        slot.opened = table;
      },
      // The next use opens it again; this one gets the error.
      () => this.#slots.delete(name),
    );
    return slot;
  }

  async #openTable(name: string, key: AnswerTableKey): Promise<AnswerTable> {
    await this.#closing.get(name);
    const path = join(this.#folder, name);
    const { file, tornBytes, corruptCount } = await AnswerFile.open(path, tableKeyText(key), key);
    this.#stored.set(name, { name, key, sizeBytes: file.sizeBytes, lastUsedAtMs: this.#now() });
    if (tornBytes > 0 || corruptCount > 0) {
      this.#log.warn({ path, tornBytes, corruptCount }, 'damaged answers left out');
    }
    return new AnswerTable(file, key, this.#spare);
  }

  /** Keeps `table` in memory if the budget has room. Resolves once the rows that it held are there. */
  async #balanceMemory(table: AnswerTable): Promise<void> {
    if (table.memoryBytes > 0 || this.#makeRoom(table.rowBytes)) await table.keepInMemory();
  }

  /**
   * Drops rows of the tables unused longest.
   *
   * @returns false, and drops none, if tables in use have too many of them.
   */
  #makeRoom(neededBytes: number): boolean {
    const dropped = rowsToDrop([...this.#slots.values()], neededBytes, this.#limits, this.#now());
    for (const { opened } of dropped ?? []) opened?.dropFromMemory();
    return dropped !== undefined;
  }

  #closeUnused(): void {
    for (const { name } of tablesToClose([...this.#slots.values()], this.#limits)) {
      void this.#close(name);
    }
  }

  /** Never rejects: what could not be flushed will be missing, and is asked for again. */
  #close(name: string): Promise<void> {
    const slot = this.#slots.get(name);
    this.#slots.delete(name);
    const lastUsedAtMs = slot?.lastUsedAtMs ?? this.#now();
    const stored = this.#stored.get(name);
    const sizeBytes = slot?.opened?.sizeBytes;
    if (stored !== undefined && sizeBytes !== undefined) {
      this.#stored.set(name, { ...stored, sizeBytes, lastUsedAtMs });
    }
    const closing = (async () => {
      try {
        await (await slot?.table)?.close();
        await utimes(join(this.#folder, name), lastUsedAtMs / 1000, lastUsedAtMs / 1000);
      } catch (thrown) {
        this.#log.error(
          { err: toLyceumError(thrown), file: name },
          'closing an answer table failed',
        );
      }
    })();
    this.#goesOn(name, closing);
    return closing;
  }

  #goesOn(name: string, work: Promise<void>): void {
    const settled = work
      .catch(() => {})
      .then(() => {
        // A deletion may have followed, which goes on.
        if (this.#closing.get(name) === settled) this.#closing.delete(name);
      });
    this.#closing.set(name, settled);
  }
}
