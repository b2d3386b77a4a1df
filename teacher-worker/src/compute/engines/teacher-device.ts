/** On what a teacher is computed where the worker has a GPU, or why it is not loaded. Pure. */
import { ANSWER_NOISE } from '@lyceum/learning/models';
import type { GpuFacts } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { TeacherPlacement } from '../engine/index.js';

/** The worker's GPU, and what its flags say of it. */
export interface WorkerGpu extends GpuFacts {
  readonly name: string;
  /** `--allow-cpu`: the processor computes what the GPU cannot. */
  readonly allowCpu: boolean;
  /** `--determinism fast`: TF32, and kernels whose bits may differ. */
  readonly isFast: boolean;
}

/** What is told of a teacher that the GPU computes. @param isExact - its engine can give equal bits there. */
export function onGpu({ isFast }: WorkerGpu, isExact: boolean): TeacherPlacement {
  if (isExact && !isFast) return {};
  return { bitsMayDiffer: true, answerNoise: isFast ? ANSWER_NOISE.tf32 : ANSWER_NOISE.float32 };
}

/**
 * What is told of a teacher that the processor computes instead.
 *
 * @param processor - its name.
 * @param problem - why the GPU does not.
 * @throws {LyceumError} FAILED_PRECONDITION unless that is allowed: nothing falls back on the processor unasked.
 */
export function insteadOfGpu(
  { name, allowCpu }: WorkerGpu,
  problem: string,
  processor: string,
): TeacherPlacement {
  const reason = `${name} cannot compute it: ${problem}`;
  if (allowCpu) return { device: processor, warning: reason };
  const message = `${reason}; a worker started with --allow-cpu or --device cpu computes it on the processor`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}
