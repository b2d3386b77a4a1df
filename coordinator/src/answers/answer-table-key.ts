/**
 * What fixes the values of a table of answers: one table, one file. An answer is a pure function of its
 * table's key and its sample.
 */
import { type AnswerCodec, isAnswerCodec } from '@lyceum/learning/codecs';
import { LyceumError, sha256Hex } from '@lyceum/proto';
import { z } from 'zod';

export interface AnswerTableKey {
  /** SHA-256, hex, as is the data set's digest. */
  readonly teacherIdentity: string;
  readonly datasetDigest: string;
  /** Canonical text of the view, and the epoch modulo its cycle. */
  readonly view: string;
  readonly viewEpoch: number;
  /** Names of the tensors, sorted. */
  readonly outputs: readonly string[];
  /** How rows are written on disk. A codec that rounds changes the numbers that are read. */
  readonly codec: AnswerCodec;
  /** Samples of the data set: rows are addressed by sample, whatever its split. */
  readonly sampleCount: number;
  /** Numbers in one answer. */
  readonly rowLength: number;
}

/** A tensor that a teacher is asked for. */
export interface AnswerOutput {
  /** `logits`, or as `layerOutput` makes it. */
  readonly name: string;
  /** Numbers of one sample. */
  readonly rowLength: number;
  /** Codec of the stored rows; the teacher knows nothing of it. */
  readonly codec: AnswerCodec;
}

/** The key's fields, in their order in {@link tableKeyText}. */
const keyFields = {
  teacherIdentity: z.string(),
  datasetDigest: z.string(),
  view: z.string(),
  viewEpoch: z.int(),
  outputs: z.array(z.string()),
  codec: z.custom<AnswerCodec>(isAnswerCodec),
  sampleCount: z.int().positive(),
  rowLength: z.int().positive(),
};
const FIELD_NAMES = Object.keys(keyFields) as (keyof typeof keyFields)[];

/** The key's canonical text: equal for equal keys. It is the file's header. */
export function tableKeyText(key: AnswerTableKey): string {
  return JSON.stringify(FIELD_NAMES.map((name) => key[name]));
}

/** @throws {LyceumError} INVALID_ARGUMENT if it is not what {@link tableKeyText} gives. */
export function parseTableKey(text: string): AnswerTableKey {
  try {
    const values = z.array(z.unknown()).length(FIELD_NAMES.length).parse(JSON.parse(text));
    const fields = FIELD_NAMES.map((name, i) => [name, values[i]] as const);
    return z.strictObject(keyFields).parse(Object.fromEntries(fields));
  } catch (cause) {
    throw new LyceumError('INVALID_ARGUMENT', `not the key of an answer table: ${text}`, { cause });
  }
}

/** Extension of every table's file. */
export const TABLE_EXTENSION = '.answers';

export function tableFileName(key: AnswerTableKey): string {
  return `${sha256Hex(tableKeyText(key)).slice(0, 32)}${TABLE_EXTENSION}`;
}
