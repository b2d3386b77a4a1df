/**
 * All facts about a codec: for a run's schema, the checks between fields, the planning and the store of answers.
 *
 * A codec is one file with one of these, and one line in table.ts. An optional field that is absent does not hold of
 * the codec. Each row is encoded by itself, so an encoded answer depends on nothing beside it. Little-endian, like
 * every machine on which Node runs TensorFlow.
 *
 * Symbols: C classes.
 */
import type { z } from 'zod';

/** @typeParam Settings - the mapping that a run writes in place of a word. */
export interface Codec<Settings extends object = object> {
  /**
   * The codec's name in a run, its record and a table's key. With settings: the part before the colon in record and
   * key.
   */
  readonly name: string;
  readonly settings?: CodecSettings<Settings>;
  /** How a row of so many classes is written. Undefined: the codec does not exist for so many. */
  row(classCount: number, settings: Settings): RowCodec | undefined;
  /** Whether `auto` may take the codec: `auto` takes the last one of the table that it may. Absent: never. */
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
  /** Settings as the text behind the colon in a record and a table's key. */
  text(settings: Settings): string;
  /** Settings from this text; undefined: the text is none. */
  parse(text: string): Settings | undefined;
  /** Why the settings are useless for a set of so many classes; undefined: they are not. */
  refused(settings: Settings, classCount: number): string | undefined;
}

/** What a run does with its answers. */
export interface CodecUse {
  readonly classCount: number;
  /** Only the greatest of a teacher's logits counts: rounding must not make two of them equal. */
  readonly mustBeExact: boolean;
}

export interface RowCodec {
  /** Words of a row. */
  readonly wordCount: number;
  /** Bytes of a row that are used; the rest of its last word is 0. */
  readonly byteCount: number;
  /** Encoding refuses numbers that are not finite, so callers need not check them. */
  readonly refusesNotFinite?: true;
  /** Encodes row `row` of [N, C] into words from `at` on, which must be 0. @throws {LyceumError} INVALID_ARGUMENT */
  encode(rows: Float32Array, row: number, to: WordMemory, at: number): void;
  /** Decodes words from `at` on into row `row` of [N, C]. */
  decode(from: WordMemory, at: number, rows: Float32Array, row: number): void;
}

/** One stretch of memory, as each kind of number that a codec writes. */
export interface WordMemory {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  readonly halves: Uint16Array;
  readonly bytes: Uint8Array;
}
