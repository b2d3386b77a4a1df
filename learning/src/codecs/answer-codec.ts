/**
 * How a teacher's answers are stored: rows of logits as 32-bit words. Students train on answers as they are decoded.
 */
import { LyceumError, type Problem } from '@lyceum/proto';
import { isMapping } from '../documents/index.js';
import type { Codec, CodecUse, RowCodec, WordMemory } from './codec.js';
import { type AnswerCodec, CODECS, type WrittenCodec } from './table.js';

/** Whether `name` is a codec's name in a run's record or in a table's key. */
export function isAnswerCodec(name: unknown): name is AnswerCodec {
  return typeof name === 'string' && named(name) !== undefined;
}

/**
 * The codec that a run writes; of a mapping with mistakes, the codec that was probably meant. Undefined: `auto`, or
 * none.
 */
export function codecWritten(written: unknown): Codec | undefined {
  return CODECS.find(({ name, settings }) =>
    settings === undefined
      ? name === written
      : isMapping(written) && Object.hasOwn(written, settings.key),
  );
}

export function codecName(written: WrittenCodec): AnswerCodec {
  const { name, settings } = codecWritten(written) ?? {};
  return checked(settings === undefined ? name : `${name}:${settings.text(Object(written))}`);
}

/** The codec that `auto` means. */
export function automaticCodec(use: CodecUse): AnswerCodec {
  return checked(CODECS.findLast((codec) => codec.mayBeAutomatic?.(use))?.name);
}

/** Why a codec that a run names cannot be used for a set of so many classes; undefined: it can. */
export function codecProblem(written: unknown, classCount: number): Problem | undefined {
  const settings = codecWritten(written)?.settings;
  const message = settings?.refused(Object(written), classCount);
  if (message === undefined) return undefined;
  return { path: `spec.answers.codec.${settings?.key}`, message };
}

/** Whether the codec keeps only the greatest probabilities. */
export function isOfTopK(codec: AnswerCodec): boolean {
  return named(codec)?.codec.isOfTopK === true;
}

/** @throws {LyceumError} INVALID_ARGUMENT if the codec does not exist for so many classes. */
export function rowCodec(codec: AnswerCodec, classCount: number): RowCodec {
  const found = named(codec);
  const row = found?.codec.row(classCount, found.settings);
  if (row !== undefined) return row;
  throw new LyceumError('INVALID_ARGUMENT', `no codec ${codec} of ${classCount} classes`);
}

/** [N, C] logits encoded and decoded, as a student gets them. @throws {LyceumError} INVALID_ARGUMENT */
export function throughCodec(
  codec: AnswerCodec,
  rows: Float32Array,
  rowCount: number,
  classCount: number,
): Float32Array {
  const { wordCount, encode, decode } = rowCodec(codec, classCount);
  const out = new Float32Array(rowCount * classCount);
  for (let row = 0; row < rowCount; row++) {
    const memory = wordMemory(wordCount);
    encode(rows, row, memory, 0);
    decode(memory, 0, out, row);
  }
  return out;
}

export function wordMemory(wordCount: number): WordMemory {
  return memoryOf(new Uint32Array(wordCount));
}

/** The same memory seen as each kind of number. */
export function memoryOf(words: Uint32Array): WordMemory {
  const { buffer, byteOffset, length } = words;
  return {
    words,
    floats: new Float32Array(buffer, byteOffset, length),
    halves: new Uint16Array(buffer, byteOffset, 2 * length),
    bytes: new Uint8Array(buffer, byteOffset, 4 * length),
  };
}

/** The codec and settings of a name in a record: `float16` or `top-k:100`. */
function named(name: string): { readonly codec: Codec; readonly settings: object } | undefined {
  const [word, ...texts] = name.split(':');
  const codec = CODECS.find((one) => one.name === word);
  if (codec?.settings === undefined)
    return codec && texts.length === 0 ? { codec, settings: {} } : undefined;
  const settings = codec.settings.parse(texts.join(':'));
  return settings && { codec, settings };
}

function checked(name: string | undefined): AnswerCodec {
  if (isAnswerCodec(name)) return name;
  throw new Error(`no codec ${name}`);
}
