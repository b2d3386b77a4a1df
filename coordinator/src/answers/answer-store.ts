/**
 * The answer store: every answer that was ever used, by table and sample. It is the journal of all runs: an
 * answer is written before the target made of it leaves, and a repeated batch is made of the same bits.
 *
 * Tables open when they are first named and stay open up to a limit; the rows of those used last stay in
 * memory up to a budget, the others are read from their files.
 */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toLyceumError } from '@lyceum/proto';
import type { Logger } from 'pino';
import { AnswerFile } from './answer-file.js';
import { AnswerTable } from './answer-table.js';
import { type AnswerTableKey, tableFileName, tableKeyText } from './answer-table-key.js';

/** Rows kept in memory, all tables together. */
export const ANSWER_MEMORY_BYTES = 256 * 1024 * 1024;

/** Tables open at a time: each is a file handle and four bytes a sample. */
export const OPEN_TABLE_COUNT = 256;

interface Limits {
  readonly memoryBytes: number;
  readonly openTableCount: number;
}

const LIMITS: Limits = { memoryBytes: ANSWER_MEMORY_BYTES, openTableCount: OPEN_TABLE_COUNT };

interface Slot {
  readonly table: Promise<AnswerTable>;
  opened: AnswerTable | undefined;
  /** Operations going on: a table in use is not closed. */
  useCount: number;
}

export class AnswerStore {
  readonly #folder: string;
  readonly #log: Logger;
  readonly #limits: Limits;
  /** In the order of their last use. */
  readonly #slots = new Map<string, Slot>();
  /** Closings going on, by file: a table must be closed before it opens again. */
  readonly #closing = new Map<string, Promise<void>>();
  #closedBytes: number;

  private constructor(folder: string, log: Logger, limits: Limits, closedBytes: number) {
    this.#folder = folder;
    this.#log = log;
    this.#limits = limits;
    this.#closedBytes = closedBytes;
  }

  static async open(folder: string, log: Logger, limits: Limits = LIMITS): Promise<AnswerStore> {
    await mkdir(folder, { recursive: true });
    const files = (await readdir(folder)).filter((name) => name.endsWith('.answers'));
    const sizes = await Promise.all(
      files.map(async (name) => (await stat(join(folder, name))).size),
    );
    const bytes = sizes.reduce((total, size) => total + size, 0);
    return new AnswerStore(folder, log, limits, bytes);
  }

  /** Bytes on disk, all tables together. */
  get sizeBytes(): number {
    let bytes = this.#closedBytes;
    for (const { opened } of this.#slots.values()) bytes += opened?.sizeBytes ?? 0;
    return bytes;
  }

  /** How many of the samples have no answer in the table. */
  missingCount(key: AnswerTableKey, samples: Uint32Array): Promise<number> {
    return this.#use(key, async (table) => table.missingCount(samples));
  }

  /**
   * Stores answers where there are none yet; the first one stays. Resolves once they are written.
   *
   * @param rows - [samples.length, key.rowLength]; borrowed until the promise resolves.
   */
  put(key: AnswerTableKey, samples: Uint32Array, rows: Float32Array): Promise<void> {
    return this.#use(key, (table) => table.put(samples, rows));
  }

  /**
   * Reads answers into `out`, [samples.length, key.rowLength].
   *
   * @returns the samples without a (sound) answer.
   */
  read(key: AnswerTableKey, samples: Uint32Array, out: Float32Array): Promise<readonly number[]> {
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
    try {
      const table = await slot.table;
      this.#balanceMemory(table);
      return await work(table);
    } finally {
      slot.useCount--;
      this.#closeUnused();
    }
  }

  #newSlot(name: string, key: AnswerTableKey): Slot {
    const slot: Slot = { table: this.#openTable(name, key), opened: undefined, useCount: 0 };
    slot.table.then(
      (table) => {
        slot.opened = table;
        this.#closedBytes -= table.sizeBytes;
      },
      // Opened anew the next time; whoever uses it is told.
      () => this.#slots.delete(name),
    );
    return slot;
  }

  async #openTable(name: string, key: AnswerTableKey): Promise<AnswerTable> {
    await this.#closing.get(name);
    const path = join(this.#folder, name);
    const before = await stat(path).then(
      (s) => s.size,
      () => 0,
    );
    const { file, tornBytes, corruptCount } = await AnswerFile.open(path, tableKeyText(key), key);
    this.#closedBytes += file.sizeBytes - before;
    if (tornBytes > 0 || corruptCount > 0) {
      this.#log.warn({ path, tornBytes, corruptCount }, 'damaged answers left out');
    }
    return new AnswerTable(file, key);
  }

  /** Keeps `table` in memory if the budget has room beside nothing else, and drops those unused longest. */
  #balanceMemory(table: AnswerTable): void {
    if (table.memoryBytes > 0 || table.rowBytes > this.#limits.memoryBytes) return;
    let bytes = table.rowBytes;
    for (const { opened } of this.#slots.values()) bytes += opened?.memoryBytes ?? 0;
    for (const { opened } of this.#slots.values()) {
      if (bytes <= this.#limits.memoryBytes) break;
      bytes -= opened?.memoryBytes ?? 0;
      opened?.dropFromMemory();
    }
    table.keepInMemory();
  }

  #closeUnused(): void {
    for (const [name, slot] of this.#slots) {
      if (this.#slots.size <= this.#limits.openTableCount) return;
      if (slot.useCount === 0 && slot.opened !== undefined) void this.#close(name);
    }
  }

  /** Never rejects: what could not be flushed will be missing, and is asked for again. */
  #close(name: string): Promise<void> {
    const slot = this.#slots.get(name);
    this.#slots.delete(name);
    const closing = (async () => {
      try {
        const table = await slot?.table;
        this.#closedBytes += table?.sizeBytes ?? 0;
        await table?.close();
      } catch (thrown) {
        this.#log.error(
          { err: toLyceumError(thrown), file: name },
          'closing an answer table failed',
        );
      } finally {
        this.#closing.delete(name);
      }
    })();
    this.#closing.set(name, closing);
    return closing;
  }
}
