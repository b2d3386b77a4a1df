/** How far answers that were given again are from those that are stored. Pure. */
import { klDivergence } from '@lyceum/learning/ensemble';

export interface AnswerDifference {
  readonly rowCount: number;
  /** Rows of which every bit is the same. */
  readonly equalRowCount: number;
  /** max |Δ| over all numbers. */
  readonly maxDifference: number;
  /** For logits, the mean KL(stored ‖ again) in nats; for features, Σ Δ² / Σ stored². */
  readonly divergence: number;
}

/**
 * @param stored - [N, L], decoded.
 * @param again - [N, L], through the same codec.
 */
export function compareAnswers(
  stored: Float32Array,
  again: Float32Array,
  rowLength: number,
  areLogits: boolean,
): AnswerDifference {
  const rowCount = stored.length / rowLength;
  const bits = (values: Float32Array) =>
    new Uint32Array(values.buffer, values.byteOffset, values.length);
  const [storedBits, againBits] = [bits(stored), bits(again)];
  let equalRowCount = 0;
  let maxDifference = 0;
  let squaredDifference = 0;
  let squared = 0;
  for (let row = 0; row < rowCount; row++) {
    let isEqual = true;
    for (let i = row * rowLength; i < (row + 1) * rowLength; i++) {
      if (storedBits[i] !== againBits[i]) isEqual = false;
      const difference = (stored[i] as number) - (again[i] as number);
      maxDifference = Math.max(maxDifference, Math.abs(difference));
      squaredDifference += difference ** 2;
      squared += (stored[i] as number) ** 2;
    }
    if (isEqual) equalRowCount++;
  }
  const relative = squaredDifference === 0 ? 0 : squaredDifference / squared;
  const divergence = areLogits ? klDivergence(stored, again, rowCount, rowLength) : relative;
  return { rowCount, equalRowCount, maxDifference, divergence };
}
