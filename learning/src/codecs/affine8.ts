/**
 * Rows of logits in a byte each, between the row's own least and greatest value:
 *
 *     scale = (max − min) / 255,   code = ⌊(x − min)/scale + ½⌋,   x ≈ min + code·scale
 *
 * The error is at most scale/2, up to the rounding of `min` and `scale` themselves. For logits or log probabilities:
 * probabilities would lose everything below 1/510, which a temperature brings back into play.
 *
 * Symbols: N rows of C values.
 */
import { LyceumError } from '@lyceum/proto';
import type { Values } from '../ensemble/log-softmax.js';

const GREATEST_CODE = 255;

export interface Affine8Rows {
  /** [N, C]. */
  readonly codes: Uint8Array;
  /** [N] each. In float32 they travel, in float64 they are exact. */
  readonly minima: Values;
  readonly scales: Values;
}

/**
 * Writes [N, C] values as codes. Codes belong to the minimum and scale as they are stored, so that with float32 ones
 * their rounding does not add to the error.
 *
 * @param out - with room for N·C codes and N minima and scales.
 * @throws {LyceumError} INVALID_ARGUMENT if a value is not finite or there is no room.
 */
export function encodeAffine8(
  values: ArrayLike<number>,
  rowCount: number,
  classCount: number,
  out: Affine8Rows,
): void {
  const { codes, minima, scales } = out;
  checkRoom(values.length, out, rowCount, classCount);
  for (let row = 0; row < rowCount; row++) {
    const from = row * classCount;
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (let i = from; i < from + classCount; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) {
        throw new LyceumError(
          'INVALID_ARGUMENT',
          `row ${row}: ${value} has no code; want finite values`,
        );
      }
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    minima[row] = least;
    scales[row] = (greatest - least) / GREATEST_CODE;
    const minimum = minima[row] as number;
    const scale = scales[row] as number;
    for (let i = from; i < from + classCount; i++) {
      const steps = scale > 0 ? ((values[i] as number) - minimum) / scale : 0;
      codes[i] = Math.min(GREATEST_CODE, Math.max(0, Math.floor(steps + 0.5)));
    }
  }
}

/**
 * Writes min + code·scale of [N, C] codes to `out`.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if there is no room.
 */
export function decodeAffine8(
  rows: Affine8Rows,
  rowCount: number,
  classCount: number,
  out: Values,
): void {
  checkRoom(out.length, rows, rowCount, classCount);
  for (let row = 0; row < rowCount; row++) {
    const minimum = rows.minima[row] as number;
    const scale = rows.scales[row] as number;
    for (let i = row * classCount; i < (row + 1) * classCount; i++) {
      out[i] = minimum + (rows.codes[i] as number) * scale;
    }
  }
}

function checkRoom(
  valueCount: number,
  { codes, minima, scales }: Affine8Rows,
  rowCount: number,
  classCount: number,
): void {
  const size = rowCount * classCount;
  if (
    Math.min(valueCount, codes.length) >= size &&
    Math.min(minima.length, scales.length) >= rowCount
  )
    return;
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `want ${rowCount} rows of ${classCount}, got ${valueCount} values, ${codes.length} codes, ${minima.length} minima and ${scales.length} scales`,
  );
}
