/** What a teacher took of the GPU's memory. Pure. */
import type { TeacherDescription } from '../compute/engine/index.js';

/** What was taken of the GPU in between, if both are known. An engine that had room left takes nothing. */
export function takenOfGpu(
  before: number | undefined,
  after: number | undefined,
): Pick<TeacherDescription, 'gpuMemoryBytes'> {
  if (before === undefined || after === undefined || after <= before) return {};
  return { gpuMemoryBytes: after - before };
}
