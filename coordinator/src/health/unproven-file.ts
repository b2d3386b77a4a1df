/**
 * A file that lists which tables end with unproven answers, and which answers are suspect: a coordinator that starts
 * later must not believe them. It is written before the first of them is stored, and before the first of them is
 * dropped. Each write replaces the file and is flushed, since the answers are flushed, too, before a run's pointer
 * moves past them.
 */
import { writeDurably } from '@lyceum/learning/files';
import { readIfThere } from '@lyceum/platform';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { z } from 'zod';
import {
  type AnswerTableKey,
  parseTableKey,
  type RecordRange,
  tableKeyText,
} from '../answers/index.js';
import type { Replica } from './replicas/index.js';

/** A table, and the first of its records that is not proven. */
export interface UnprovenTail {
  readonly key: AnswerTableKey;
  readonly first: number;
  /** When that record was stored. */
  readonly sinceMs: number;
}

/** Answers of a replica that failed its canary, until they are dropped and every run has gone back. */
export interface Suspicion extends Replica {
  readonly reason: string;
  /** When the first of them was stored. */
  readonly sinceMs: number;
  /** Where the answers are or, once dropped, were. */
  readonly records: readonly SuspectRecords[];
  /** The answers' samples, by table; undefined: not looked up yet, and no answer is dropped. */
  readonly samples: readonly SuspectSamples[] | undefined;
}

export interface SuspectRecords {
  readonly key: AnswerTableKey;
  readonly range: RecordRange;
}

export interface SuspectSamples {
  readonly key: AnswerTableKey;
  readonly samples: ReadonlySet<number>;
}

export interface Unproven {
  readonly tails: readonly UnprovenTail[];
  readonly suspicions: readonly Suspicion[];
}

interface WaitingWrite {
  unproven: Unproven;
  readonly written: Promise<void>;
}

const tail = z
  .strictObject({ table: z.string(), first: z.int().min(0), sinceMs: z.number() })
  .transform(({ table, ...rest }) => ({ key: parseTableKey(table), ...rest }));

const suspicion = z.strictObject({
  workerId: z.string(),
  teacher: z.string(),
  reason: z.string(),
  sinceMs: z.number(),
  records: z.array(
    z
      .strictObject({ table: z.string(), first: z.int().min(0), end: z.int().nullable() })
      .transform(({ table, first, end }) => ({
        key: parseTableKey(table),
        range: { first, end: end ?? Number.POSITIVE_INFINITY },
      })),
  ),
  samples: z
    .array(
      z
        .strictObject({ table: z.string(), bits: z.base64() })
        .transform(({ table, bits }) => ({ key: parseTableKey(table), samples: samplesOf(bits) })),
    )
    .optional(),
});

const unproven = z.strictObject({ tails: z.array(tail), suspicions: z.array(suspicion) });

export class UnprovenFile {
  readonly #path: string;
  #writes: Promise<void> = Promise.resolve();
  /** The write that waits for the one under way. */
  #next: WaitingWrite | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {LyceumError} FAILED_PRECONDITION if the file is there and not what {@link UnprovenFile.write} wrote. */
  async read(): Promise<Unproven> {
    const bytes = await readIfThere(this.#path);
    if (bytes === undefined) return { tails: [], suspicions: [] };
    try {
      const { sum, ...listed } = JSON.parse(bytes.toString());
      if (sum !== sumOf(listed)) throw new Error('it has another SHA-256');
      const { tails, suspicions } = unproven.parse(listed);
      return { tails, suspicions: suspicions.map((kept) => ({ ...kept, samples: kept.samples })) };
    } catch (cause) {
      throw new LyceumError('FAILED_PRECONDITION', `${this.#path} is damaged`, { cause });
    }
  }

  /**
   * Resolves once `newest`, or a later list, is written: of lists that wait for a write under way only the last is.
   */
  write(newest: Unproven): Promise<void> {
    if (this.#next !== undefined) {
      this.#next.unproven = newest;
      return this.#next.written;
    }
    const next: WaitingWrite = {
      unproven: newest,
      written: this.#writes.then(() => {
        this.#next = undefined;
        return writeDurably(this.#path, textOf(next.unproven));
      }),
    };
    this.#next = next;
    this.#writes = next.written.catch(() => {});
    return next.written;
  }
}

/** The file's text, with its SHA-256: without it a changed digit would be read as another list. */
function textOf(newest: Unproven): string {
  const listed = documentOf(newest);
  return JSON.stringify({ ...listed, sum: sumOf(listed) });
}

function sumOf(listed: object): string {
  return sha256Hex(JSON.stringify(listed));
}

function documentOf({ tails, suspicions }: Unproven) {
  return {
    tails: tails.map(({ key, first, sinceMs }) => ({ table: tableKeyText(key), first, sinceMs })),
    suspicions: suspicions.map(({ workerId, teacher, reason, sinceMs, records, samples }) => ({
      workerId,
      teacher,
      reason,
      sinceMs,
      // JSON has no infinity.
      records: records.map(({ key, range: { first, end } }) => ({
        table: tableKeyText(key),
        first,
        end: Number.isFinite(end) ? end : null,
      })),
      samples: samples?.map(({ key, samples: own }) => ({
        table: tableKeyText(key),
        bits: bitsOf(own, key.sampleCount),
      })),
    })),
  };
}

/** A bit a sample of the set: there may be millions. */
function bitsOf(samples: ReadonlySet<number>, sampleCount: number): string {
  const bits = Buffer.alloc(Math.ceil(sampleCount / 8));
  for (const sample of samples) bits[sample >> 3] = (bits[sample >> 3] ?? 0) | (1 << (sample & 7));
  return bits.toString('base64');
}

function samplesOf(text: string): Set<number> {
  const bits = Buffer.from(text, 'base64');
  const samples = new Set<number>();
  for (const [at, byte] of bits.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) samples.add(8 * at + bit);
  }
  return samples;
}
