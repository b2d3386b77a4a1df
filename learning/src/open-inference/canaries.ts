/**
 * Canaries: a few fixed inputs whose answers are kept with the model's description, to notice that a server gives
 * another model under the same name. Pure.
 */
import { mulberry32, SUM_TOLERANCE } from '../arrays/index.js';

/** The number of canaries: enough to tell models apart, and few enough for any server to take at once. */
export const CANARY_ROWS = 4;

/** Fixed for ever: stored descriptions have the answers to these inputs. */
const SEED = 0x0ca_9a57;

/** Texts for models of texts: the words that a model was trained on are not known. Fixed for ever too. */
export const CANARY_TEXTS = [
  'The train was late again, and nobody said why.',
  'a good book about two brothers',
  '12 apples, 3 of them green',
  'Yes!',
] as const;

/**
 * How far a row's answers may be apart if the other rows beside it differ, as a share of the greatest number (at least
 * 1): servers batch as they like. A model whose rows depend on one another is apart by more.
 */
export const ANSWER_TOLERANCE = 1e-2;

/** Inputs, uniform in [0, scale), [rowCount, sampleSize]. */
export function canaryInputs(rowCount: number, sampleSize: number, scale: number): Float32Array {
  const inputs = new Float32Array(rowCount * sampleSize);
  for (let i = 0; i < inputs.length; i++) inputs[i] = scale * mulberry32(SEED, i);
  return inputs;
}

/**
 * By how much answers differ beyond the tolerance, in words; undefined: they do not.
 *
 * @param share - the tolerance, as a share of the greatest number (at least 1).
 */
export function answersDiffer(
  before: ArrayLike<number>,
  now: ArrayLike<number>,
  share: number,
): string | undefined {
  if (before.length !== now.length) return `${now.length} numbers, and were ${before.length}`;
  let difference = 0;
  let greatest = 1;
  for (let i = 0; i < before.length; i++) {
    const value = before[i] as number;
    const apart = Math.abs(value - (now[i] as number));
    // A value that is no number differs from all.
    difference = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(difference, apart);
    greatest = Math.max(greatest, Math.abs(value));
  }
  const tolerance = share * greatest;
  if (difference <= tolerance) return undefined;
  return `by up to ${difference.toPrecision(2)}, and ${tolerance.toPrecision(2)} is tolerated`;
}

/** Whether rows are distributions: not negative, with a sum of 1 up to the rounding of float32 and binary16. */
export function areDistributions(values: ArrayLike<number>, width: number): boolean {
  for (let from = 0; from < values.length; from += width) {
    let sum = 0;
    for (let i = from; i < from + width; i++) {
      const value = values[i] as number;
      if (!(value >= 0)) return false;
      sum += value;
    }
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) return false;
  }
  return true;
}
