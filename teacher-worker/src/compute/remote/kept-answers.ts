/**
 * Keeps answers of endpoints: classes by sample, for one set and view. They outlive the teacher, which may be loaded
 * again. In files they also outlive the process: a worker that was killed during a ticket pays for no answer twice.
 * Files are written after each answer but not synced, so a machine that loses power may lose the last answers.
 *
 *   record  sample u32 | class i32, −1: not known | crc32 of both u32      little-endian
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'; // biome-ignore format: one line
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { sha256Hex } from '@lyceum/proto';

/** The most tables that are kept (an endpoint, set and view each), the newest. Four bytes a sample in memory. */
const TABLES_MAX_COUNT = 32;

const RECORD_BYTES = 12;
const NAME_LETTERS = 32;

/** Stands for a missing class. */
const NOT_ASKED = -2;

/** The key of a table: answers of one endpoint to one view of a set. */
export interface TableKey {
  /** Digest of all that the endpoint's answers depend on. */
  readonly answersDigest: string;
  readonly datasetDigest: string;
  readonly view: string;
  readonly sampleCount: number;
  readonly classCount: number;
}

export class KeptAnswers {
  readonly #folder: string | undefined;
  readonly #tables = new Map<string, KeptTable>();
  /** Names of files that could not be deleted: they are not read again. */
  readonly #stuck = new Set<string>();

  /** @param folder - this process's own; undefined: nothing outlives the process. */
  constructor(folder: string | undefined) {
    this.#folder = folder;
    const files = this.#names().map((name) => {
      const file = this.#fileOf(name) as string;
      return { file, ms: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
    });
    files.sort((a, b) => b.ms - a.ms);
    for (const { file } of files.slice(TABLES_MAX_COUNT)) deleted(file);
  }

  table(key: TableKey): KeptTable {
    const name = nameOf(key);
    const file = this.#stuck.has(name) ? undefined : this.#fileOf(name);
    const table = this.#tables.get(name) ?? new KeptTable(key, file);
    // Moves the newest table to the end.
    this.#tables.delete(name);
    this.#tables.set(name, table);
    const [oldest] = this.#tables.keys();
    if (this.#tables.size > TABLES_MAX_COUNT && oldest !== undefined) this.#drop(oldest);
    return table;
  }

  /** Forgets all tables of an endpoint. */
  forget(answersDigest: string): void {
    const own = prefixOf(answersDigest);
    for (const name of [...this.#tables.keys(), ...this.#names()]) {
      if (name.startsWith(own)) this.#drop(name);
    }
  }

  #drop(name: string): void {
    this.#tables.delete(name);
    const file = this.#fileOf(name);
    if (file !== undefined && !deleted(file)) this.#stuck.add(name);
  }

  /** Names of the files. If the folder cannot be made, answers are not kept, and all else goes on. */
  #names(): string[] {
    if (this.#folder === undefined) return [];
    try {
      mkdirSync(this.#folder, { recursive: true });
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #fileOf(name: string): string | undefined {
    return this.#folder === undefined ? undefined : join(this.#folder, name);
  }
}

export class KeptTable {
  readonly #classes: Int32Array;
  readonly #file: string | undefined;

  constructor({ sampleCount, classCount }: TableKey, file: string | undefined) {
    this.#classes = new Int32Array(sampleCount).fill(NOT_ASKED);
    this.#file = file;
    if (file === undefined) return;
    for (const [sample, answer] of recordsIn(file)) {
      if (sample < sampleCount && answer >= -1 && answer < classCount) {
        this.#classes[sample] = answer;
      }
    }
  }

  /** The class's index; −1: the endpoint does not know it; undefined: it was not asked. */
  get(sample: number): number | undefined {
    const answer = this.#classes[sample] ?? NOT_ASKED;
    return answer === NOT_ASKED ? undefined : answer;
  }

  /** @param answer - as {@link KeptTable.get} gives it. */
  set(sample: number, answer: number): void {
    if (this.#classes[sample] === answer) return;
    this.#classes[sample] = answer;
    if (this.#file === undefined) return;
    try {
      appendFileSync(this.#file, recordOf(sample, answer));
    } catch {
      // On a full disk the answer is not kept for the next process. It counts all the same.
      cutToRecords(this.#file);
    }
  }
}

/** @returns whether the file is gone; on a read-only disk it stays. */
function deleted(file: string): boolean {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}

function prefixOf(answersDigest: string): string {
  return `${answersDigest.slice(0, NAME_LETTERS)}-`;
}

function nameOf({ answersDigest, datasetDigest, view }: TableKey): string {
  const own = sha256Hex([answersDigest, datasetDigest, view].join(' '));
  return `${prefixOf(answersDigest)}${own.slice(0, NAME_LETTERS)}`;
}

function recordOf(sample: number, answer: number): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUInt32LE(sample, 0);
  record.writeInt32LE(answer, 4);
  record.writeUInt32LE(crc32(record.subarray(0, 8)), 8);
  return record;
}

/** Cuts part of a record off the end, as a kill or a full disk leaves it: the next one begins at the right place. */
function cutToRecords(file: string): void {
  try {
    const { size } = statSync(file);
    if (size % RECORD_BYTES > 0) truncateSync(file, size - (size % RECORD_BYTES));
  } catch {
    // There is no such file, or it cannot be written: what comes behind the part is not kept.
  }
}

/** The sound records of a file. */
function recordsIn(file: string): (readonly [number, number])[] {
  cutToRecords(file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    // There is no such file, or it cannot be read: the endpoint is asked.
    return [];
  }
  return Array.from({ length: Math.floor(bytes.length / RECORD_BYTES) }, (_, i) =>
    bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES),
  )
    .filter((record) => crc32(record.subarray(0, 8)) === record.readUInt32LE(8))
    .map((record) => [record.readUInt32LE(0), record.readInt32LE(4)] as const);
}
