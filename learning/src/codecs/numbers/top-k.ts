/**
 * The k greatest probabilities of a row, at temperature 1 and in binary16, for many classes and certain teachers.
 *
 * The rest is given by the residual, r = max(0, 1 − Σ decoded): it is computed from decoded values, so that both sides
 * have the same one. Storing rows at temperature 1 and tempering later treats the unknown tail as one class; prefer
 * temperature 1 for such targets.
 *
 * Symbols: V classes, k of them sent, pᵢ their probabilities.
 */
import { LyceumError } from '@lyceum/proto';
import { greatestClasses, logSoftmaxRow, residualOf, type Values } from '../../arrays/index.js';
import { decodeFloat16, encodeFloat16 } from './float16.js';

export interface TopKRow {
  /** The classes, the most probable first; of equal ones the lower first. */
  readonly ids: Uint32Array;
  /** The classes' probabilities as binary16 bits. */
  readonly codes: Uint16Array;
}

/**
 * @param logits - [V], one row.
 * @param k - in [1, V].
 * @throws {LyceumError} INVALID_ARGUMENT for another k, or a NaN.
 */
export function encodeTopK(logits: Values, k: number): TopKRow {
  if (!(Number.isInteger(k) && k >= 1 && k <= logits.length) || logits.some(Number.isNaN)) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `want ${k} of ${logits.length} classes, at least 1 and no NaN`,
    );
  }
  // By the logits: probabilities may round to equal values.
  const ids = greatestClasses(logits, k);
  const logs = new Float64Array(logits.length);
  logSoftmaxRow(logits, 0, logits.length, 1, logs, 0);
  return { ids, codes: Uint16Array.from(ids, (id) => encodeFloat16(Math.exp(logs[id] as number))) };
}

/** The sent probabilities, [k], in the row's order. */
export function decodeTopK({ codes }: TopKRow): Float64Array {
  return Float64Array.from(codes, decodeFloat16);
}

/**
 * All V probabilities: sent ones as decoded, each other class r/(V−k). Only rounding can make their sum exceed 1.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if a class is not below V.
 */
export function spreadTopK(row: TopKRow, classCount: number): Float64Array {
  if (row.ids.some((id) => id >= classCount)) {
    throw new LyceumError('INVALID_ARGUMENT', `a class of [${row.ids}] is not below ${classCount}`);
  }
  const values = decodeTopK(row);
  const elsewhere =
    row.ids.length < classCount ? residualOf(values) / (classCount - row.ids.length) : 0;
  const out = new Float64Array(classCount).fill(elsewhere);
  for (const [i, id] of row.ids.entries()) out[id] = values[i] as number;
  return out;
}
