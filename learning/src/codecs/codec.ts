/**
 * What a codec says of itself: all that a run's schema, its cross-checks, the planning and the store of answers ask of it.
 *
 * A codec is one file with one of these, and one line in table.ts. What is left out of the optional fields does not hold.
 * Each row is encoded by itself, so that what an answer becomes depends on nothing beside it. Little-endian, as every
 * machine is that Node runs TensorFlow on.
 *
 * Symbols: C classes.
 */
import type { z } from 'zod';

/** @typeParam Settings - what a run writes in place of a word. */
export interface Codec<Settings extends object = object> {
  /** The word in a run, its record and a table's key. With settings, what these two have before the colon. */
  readonly name: string;
  readonly settings?: CodecSettings<Settings>;
  /** How a row of so many classes is written. Undefined: there is no such codec for them. */
  row(classCount: number, settings: Settings): RowCodec | undefined;
  /** Whether `auto` may take it: `auto` takes the last of the table that may. Absent: never. */
  mayBeAutomatic?(use: CodecUse): boolean;
  /** Keeps only the greatest probabilities, at temperature 1: only rules and terms `isOfTopK` may read them. */
  readonly isOfTopK?: true;
}

interface CodecSettings<Settings extends object> {
  /** The first key of the mapping that a run writes; messages name the codec by it. */
  readonly key: string;
  /** The whole mapping, as messages show it. */
  readonly shown: string;
  readonly schema: z.ZodType<Settings>;
  /** What a record and a table's key have behind the colon. */
  text(settings: Settings): string;
  /** Undefined: no such settings. */
  parse(text: string): Settings | undefined;
  /** Why it is of no use for a set of so many classes. */
  refused(settings: Settings, classCount: number): string | undefined;
}

/** What a run does with its answers. */
export interface CodecUse {
  readonly classCount: number;
  /** Only the greatest of a teacher's logits counts, and rounding may make two of it. */
  readonly mustBeExact: boolean;
}

export interface RowCodec {
  /** Words of a row. */
  readonly wordCount: number;
  /** Bytes of a row that say something; the rest of its last word is 0. */
  readonly byteCount: number;
  /** Encoding refuses what is not finite, so nobody else need look for it. */
  readonly refusesNotFinite?: true;
  /** Row `row` of [N, C] becomes words from `at` on, which are 0 before. @throws {LyceumError} INVALID_ARGUMENT */
  encode(rows: Float32Array, row: number, to: WordMemory, at: number): void;
  /** Words from `at` on become row `row` of [N, C]. */
  decode(from: WordMemory, at: number, rows: Float32Array, row: number): void;
}

/** One stretch of memory, as each kind of number that a codec writes. */
export interface WordMemory {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  readonly halves: Uint16Array;
  readonly bytes: Uint8Array;
}
