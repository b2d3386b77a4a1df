/**
 * Rows of logits in a byte each, between the row's own least and greatest value:
 *
 *     scale = (max − min) / 255,   code = ⌊(x − min)/scale + ½⌋,   x ≈ min + code·scale
 *
 * The error is at most scale/2, up to the rounding of `min` and `scale` themselves. Use it for logits or log
 * probabilities: of probabilities it would lose everything below 1/510, which a temperature makes matter again.
 *
 * *Anchored* rows have a grid through their two greatest values, which hold most of a distribution: with d the
 * difference of these,
 *
 *     k = ⌊d · 255/(max − min)⌋,   scale = d/k,   min = max − 255·scale      if k ≥ 4, so that scale grows by a quarter at most
 *
 * They are decoded like any other row. `npm run bench -- answers` measures what anchoring gains.
 *
 * Symbols: N rows of C values.
 */
import { LyceumError } from '@lyceum/proto';
import type { Values } from '../../arrays/index.js';

const GREATEST_CODE = 255;

/** Least number of steps between the two greatest values: with fewer, the others' errors would grow too much. */
const ANCHOR_STEPS_MIN = 4;

export interface Affine8Rows {
  /** [N, C]. */
  readonly codes: Uint8Array;
  /** [N, 2]: minimum and scale. float32 for transport; float64 is exact. */
  readonly ranges: Values;
}

/**
 * Writes [N, C] values as codes. Codes are computed from minimum and scale as they are stored, so that rounding these
 * to float32 adds no error.
 *
 * @param out - with room for N·C codes and N ranges.
 * @throws {LyceumError} INVALID_ARGUMENT if a value is not finite or there is no room.
 */
export function encodeAffine8(
  values: ArrayLike<number>,
  rowCount: number,
  classCount: number,
  { codes, ranges }: Affine8Rows,
): void {
  checkRoom(values.length, { codes, ranges }, rowCount, classCount);
  for (let row = 0; row < rowCount; row++) {
    const at = row * classCount;
    if (!encodeAffine8Row(values, at, classCount, ranges, 2 * row, codes, at, false)) {
      throw new LyceumError('INVALID_ARGUMENT', `row ${row}: want finite values`);
    }
  }
}

/**
 * Writes min + code·scale of [N, C] codes to `out`.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if there is no room.
 */
export function decodeAffine8(
  { codes, ranges }: Affine8Rows,
  rowCount: number,
  classCount: number,
  out: Values,
): void {
  checkRoom(out.length, { codes, ranges }, rowCount, classCount);
  for (let row = 0; row < rowCount; row++) {
    const at = row * classCount;
    decodeAffine8Row(ranges, 2 * row, codes, at, classCount, out, at);
  }
}

/**
 * Encodes one row: values from `from` on become a range at `rangeAt` and codes from `codesAt` on.
 *
 * @param anchored - whether the grid goes through the two greatest values.
 * @returns false, with rubbish written, if a value is not finite.
 */
export function encodeAffine8Row(
  values: ArrayLike<number>,
  from: number,
  classCount: number,
  ranges: Values,
  rangeAt: number,
  codes: Uint8Array,
  codesAt: number,
  anchored: boolean,
): boolean {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (let i = from; i < from + classCount; i++) {
    const value = values[i] as number;
    if (value < least) least = value;
    if (value > greatest) {
      second = greatest;
      greatest = value;
    } else if (value > second) second = value;
    if (Number.isNaN(value)) return false;
  }
  ranges[rangeAt] = least;
  ranges[rangeAt + 1] = (greatest - least) / GREATEST_CODE;
  const steps = Math.floor((greatest - second) / (ranges[rangeAt + 1] as number));
  if (anchored && steps >= ANCHOR_STEPS_MIN && steps < GREATEST_CODE) {
    ranges[rangeAt + 1] = (greatest - second) / steps;
    ranges[rangeAt] = greatest - GREATEST_CODE * (ranges[rangeAt + 1] as number);
  }
  const minimum = ranges[rangeAt] as number;
  const scale = ranges[rangeAt + 1] as number;
  if (!Number.isFinite(greatest - least)) return false;
  for (let i = 0; i < classCount; i++) {
    const code = scale > 0 ? ((values[from + i] as number) - minimum) / scale : 0;
    codes[codesAt + i] = Math.min(GREATEST_CODE, Math.max(0, Math.floor(code + 0.5)));
  }
  return true;
}

/** Decodes a row of {@link encodeAffine8Row} to values from `to` on. */
export function decodeAffine8Row(
  ranges: Values,
  rangeAt: number,
  codes: Uint8Array,
  codesAt: number,
  classCount: number,
  out: Values,
  to: number,
): void {
  const minimum = ranges[rangeAt] as number;
  const scale = ranges[rangeAt + 1] as number;
  for (let i = 0; i < classCount; i++) {
    out[to + i] = minimum + (codes[codesAt + i] as number) * scale;
  }
}

function checkRoom(
  valueCount: number,
  { codes, ranges }: Affine8Rows,
  rowCount: number,
  classCount: number,
): void {
  const size = rowCount * classCount;
  if (Math.min(valueCount, codes.length) >= size && ranges.length >= 2 * rowCount) return;
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `want ${rowCount} rows of ${classCount}, got ${valueCount} values, ${codes.length} codes and ${ranges.length / 2} ranges`,
  );
}
