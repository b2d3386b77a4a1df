/**
 * Which map takes a student's features to the shape of a teacher's, for hints: decided from the two shapes alone.
 *
 * Symbols: S channels or units of the student's layer, T of the teacher's.
 */
import { elementCount } from '@lyceum/proto';

export type RegressorPlan =
  /** The student's features, flattened, times [S, T]. */
  | { readonly kind: 'dense'; readonly inputs: number; readonly outputs: number }
  | {
      readonly kind: 'convolution' | 'transposed-convolution';
      readonly inputs: number;
      readonly outputs: number;
      /** Height and width. */
      readonly kernel: readonly [number, number];
      readonly stride: number;
      readonly padding: 'same' | 'valid';
    };

/**
 * To a vector leads a dense regressor. Maps of equal size take a convolution of size 1; a map of twice the teacher's
 * size takes one of size 3 and stride 2; a map of half its size a transposed one of size 4 and stride 2; any other a
 * convolution without padding, as large as the difference of the sizes. The sizes are those of Tian et al. 2020.
 *
 * @param student - [S] or [height, width, S]; the teacher's shape likewise.
 * @returns undefined if no regressor leads from one to the other: from a vector to a map, or from a map to one that is
 *   larger but not twice as large.
 * @see Romero et al. 2015, §2.2, https://arxiv.org/abs/1412.6550
 */
export function regressorPlan(
  student: readonly number[],
  teacher: readonly number[],
): RegressorPlan | undefined {
  if (teacher.length === 1) {
    const [outputs = 0] = teacher;
    return { kind: 'dense', inputs: elementCount(student), outputs };
  }
  if (student.length !== 3 || teacher.length !== 3) return undefined;
  const [height = 0, width = 0, inputs = 0] = student;
  const [hintHeight = 0, hintWidth = 0, outputs = 0] = teacher;
  const channels = { inputs, outputs };
  if (height === 2 * hintHeight && width === 2 * hintWidth) {
    return { kind: 'convolution', ...channels, kernel: [3, 3], stride: 2, padding: 'same' };
  }
  if (2 * height === hintHeight && 2 * width === hintWidth) {
    return { kind: 'transposed-convolution', ...channels, kernel: [4, 4], stride: 2, padding: 'same' }; // biome-ignore format: short
  }
  if (height < hintHeight || width < hintWidth) return undefined;
  const kernel = [1 + height - hintHeight, 1 + width - hintWidth] as const;
  return { kind: 'convolution', ...channels, kernel, stride: 1, padding: 'valid' };
}
