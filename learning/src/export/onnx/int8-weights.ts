/**
 * Weights as whole numbers of 8 bits, with a scale for each output channel: symmetric, so zero stays zero, and
 * rounded to the nearest.
 *
 * @see Jacob et al. 2018, §2, https://arxiv.org/abs/1712.05877; per channel: Krishnamoorthi 2018, §2.6,
 *   https://arxiv.org/abs/1806.08342
 */
import { elementCount } from '@lyceum/proto';

export interface Int8Weights {
  /** Row-major, in the order of the weights; −127 to 127. */
  readonly values: Int8Array;
  /** [channels]; a weight is its value times its channel's scale. */
  readonly scales: Float32Array;
}

/** @param axis - the dimension of output channels. */
export function int8Weights(
  weights: Float32Array,
  shape: readonly number[],
  axis: number,
): Int8Weights {
  const channelCount = shape[axis] ?? 0;
  const inner = elementCount(shape.slice(axis + 1));
  const channelOf = (i: number) => Math.floor(i / inner) % channelCount;
  const largest = new Float32Array(channelCount);
  for (const [i, weight] of weights.entries()) {
    const channel = channelOf(i);
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(weight));
  }
  const scales = largest.map((value) => (value === 0 ? 1 : value / 127));
  const values = Int8Array.from(weights, (weight, i) =>
    Math.round(weight / (scales[channelOf(i)] ?? 1)),
  );
  return { values, scales };
}
