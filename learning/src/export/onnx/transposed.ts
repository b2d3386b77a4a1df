/** A tensor's values in another order of its dimensions. */
import { elementCount } from '@lyceum/proto';

/** Values with their dimensions in the order `axes`. */
export function transposed(
  values: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
): Float32Array {
  const strides = shape.map((_, d) => elementCount(shape.slice(d + 1)));
  const sizes = axes.map((axis) => shape[axis] ?? 0);
  const steps = axes.map((axis) => strides[axis] ?? 0);
  const moved = new Float32Array(values.length);
  const index = new Array<number>(axes.length).fill(0);
  for (let at = 0; at < moved.length; at++) {
    moved[at] = values[index.reduce((sum, i, d) => sum + i * (steps[d] ?? 0), 0)] ?? 0;
    for (let d = axes.length - 1; d >= 0; d--) {
      index[d] = (index[d] ?? 0) + 1;
      if ((index[d] ?? 0) < (sizes[d] ?? 0)) break;
      index[d] = 0;
    }
  }
  return moved;
}
