/** Elements of a tensor of this shape; 1 for a single number, whose shape is empty. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
