/** How much GPU memory a teacher took. Pure. */
import type { TeacherDescription } from '../compute/engine/index.js';

/** The difference of two figures, if both are known. An engine that still had reserved memory may take none. */
export function takenOfGpu(
  before: number | undefined,
  after: number | undefined,
): Pick<TeacherDescription, 'gpuMemoryBytes'> {
  if (before === undefined || after === undefined || after <= before) return {};
  return { gpuMemoryBytes: after - before };
}
