/**
 * How a teacher's answers are stored: rows of logits as 32-bit words. Each row is encoded by itself, so that what an
 * answer becomes depends on nothing beside it. Students train on answers as they are decoded.
 *
 *     float32        C words                exact
 *     float16        ⌈C/2⌉ words            each to the nearest binary16, up to ±65504
 *     uint8-affine   2 + ⌈C/4⌉ words        a range in float32 and a byte each (affine8.ts)
 *     top-k:K        K words (1½ K above 65536 classes)   the K greatest probabilities (top-k.ts), as their logarithms;
 *                                           every other class has an equal part of the residual
 *
 * Little-endian, as every machine is that Node runs TensorFlow on.
 *
 * Symbols: C classes.
 */
import { LyceumError } from '@lyceum/proto';
import { residualOf } from '../arrays/index.js';
import { decodeAffine8Row, encodeAffine8Row } from './affine8.js';
import { encodeFloat32Bits, float16Numbers } from './float16.js';
import { encodeTopK } from './top-k.js';

/** By its name in a run's record and in a table's key. */
export type AnswerCodec = 'float32' | 'float16' | 'uint8-affine' | `top-k:${number}`;

/** What names an {@link AnswerCodec}. */
export const ANSWER_CODEC_PATTERN = /^(?:float32|float16|uint8-affine|top-k:[1-9][0-9]{0,6})$/;

/** One stretch of memory, as each kind of number that a codec writes. */
export interface WordMemory {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  readonly halves: Uint16Array;
  readonly bytes: Uint8Array;
}

export function wordMemory(wordCount: number): WordMemory {
  const words = new Uint32Array(wordCount);
  const { buffer } = words;
  return {
    words,
    floats: new Float32Array(buffer),
    halves: new Uint16Array(buffer),
    bytes: new Uint8Array(buffer),
  };
}

export interface RowCodec {
  /** Words of a row. */
  readonly wordCount: number;
  /** Bytes of a row that say something; the rest of its last word is 0. */
  readonly byteCount: number;
  /** Row `row` of [N, C] becomes words from `at` on, which are 0 before. @throws {LyceumError} INVALID_ARGUMENT */
  encode(rows: Float32Array, row: number, to: WordMemory, at: number): void;
  /** Words from `at` on become row `row` of [N, C]. */
  decode(from: WordMemory, at: number, rows: Float32Array, row: number): void;
}

/** @throws {LyceumError} INVALID_ARGUMENT if there is no such codec for so many classes. */
export function rowCodec(codec: AnswerCodec, classCount: number): RowCodec {
  switch (codec) {
    case 'float32':
      return float32(classCount);
    case 'float16':
      return float16(classCount);
    case 'uint8-affine':
      return uint8Affine(classCount);
    default: {
      const k = ANSWER_CODEC_PATTERN.test(codec) ? Number(codec.slice('top-k:'.length)) : 0;
      if (k < 1 || k > classCount) {
        throw new LyceumError('INVALID_ARGUMENT', `no codec ${codec} of ${classCount} classes`);
      }
      return topK(k, classCount);
    }
  }
}

/** [N, C] logits as a student gets them. @throws {LyceumError} INVALID_ARGUMENT */
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

function float32(classCount: number): RowCodec {
  return {
    wordCount: classCount,
    byteCount: 4 * classCount,
    encode(rows, row, { floats }, at) {
      const from = row * classCount;
      for (let c = 0; c < classCount; c++) floats[at + c] = rows[from + c] as number;
    },
    decode({ floats }, at, rows, row) {
      const to = row * classCount;
      for (let c = 0; c < classCount; c++) rows[to + c] = floats[at + c] as number;
    },
  };
}

/** Infinity's binary16 bits: from here on there is no finite number. */
const NOT_FINITE = 0x7c00;

function float16(classCount: number): RowCodec {
  const numbers = float16Numbers();
  return {
    wordCount: Math.ceil(classCount / 2),
    byteCount: 2 * classCount,
    encode(rows, row, { halves }, at) {
      const bits = new Uint32Array(rows.buffer, rows.byteOffset + 4 * row * classCount, classCount);
      for (let c = 0; c < classCount; c++) {
        const code = encodeFloat32Bits(bits[c] as number);
        if ((code & NOT_FINITE) === NOT_FINITE) {
          const value = rows[row * classCount + c];
          const message = `a logit is ${value}, and answers in float16 hold up to 65504; spec.answers.codec: uint8-affine or float32 holds it`;
          throw new LyceumError('INVALID_ARGUMENT', message);
        }
        halves[2 * at + c] = code;
      }
    },
    decode({ halves }, at, rows, row) {
      const to = row * classCount;
      for (let c = 0; c < classCount; c++) {
        rows[to + c] = numbers[halves[2 * at + c] as number] as number;
      }
    },
  };
}

function uint8Affine(classCount: number): RowCodec {
  return {
    wordCount: 2 + Math.ceil(classCount / 4),
    byteCount: 8 + classCount,
    encode(rows, row, { floats, bytes }, at) {
      const from = row * classCount;
      if (encodeAffine8Row(rows, from, classCount, floats, at, bytes, 4 * (at + 2), true)) return;
      throw new LyceumError('INVALID_ARGUMENT', 'a logit is not finite');
    },
    decode({ floats, bytes }, at, rows, row) {
      decodeAffine8Row(floats, at, bytes, 4 * (at + 2), classCount, rows, row * classCount);
    },
  };
}

/** Classes that 16 bits name. */
const SHORT_IDS = 1 << 16;

/** What a probability is at least, that its logarithm be finite: half of the least binary16. */
const LEAST_PROBABILITY = 2 ** -25;

function topK(k: number, classCount: number): RowCodec {
  const numbers = float16Numbers();
  const isShort = classCount <= SHORT_IDS;
  const codeWords = Math.ceil(k / 2);
  return {
    wordCount: isShort ? k : codeWords + k,
    byteCount: isShort ? 4 * k : 6 * k,
    encode(rows, row, { words, halves }, at) {
      const logits = rows.subarray(row * classCount, (row + 1) * classCount);
      const { ids, codes } = encodeTopK(logits, k);
      halves.set(codes, 2 * at);
      if (isShort) halves.set(ids, 2 * at + k);
      else words.set(ids, at + codeWords);
    },
    decode({ words, halves }, at, rows, row) {
      const out = rows.subarray(row * classCount, (row + 1) * classCount);
      const codes = halves.subarray(2 * at, 2 * at + k);
      const sent = Float64Array.from(codes, (code) => numbers[code] as number);
      const residual = Math.max(LEAST_PROBABILITY, residualOf(sent));
      out.fill(Math.log(residual / Math.max(1, classCount - k)));
      for (let i = 0; i < k; i++) {
        const id = isShort ? halves[2 * at + k + i] : words[at + codeWords + i];
        out[id as number] = Math.log(Math.max(LEAST_PROBABILITY, sent[i] as number));
      }
    },
  };
}
