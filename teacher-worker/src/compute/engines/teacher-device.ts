/** The device that computes a teacher if the worker has a GPU, or why the teacher is not loaded. Pure. */
import { ANSWER_NOISE } from '@lyceum/learning/models';
import type { GpuFacts } from '@lyceum/learning/tensorflow';
import { LyceumError } from '@lyceum/proto';
import type { TeacherPlacement } from '../engine/index.js';

/** The worker's GPU, and the flags that concern it. */
export interface WorkerGpu extends GpuFacts {
  readonly name: string;
  /** `--allow-cpu`: the processor computes what the GPU cannot. */
  readonly allowCpu: boolean;
  /** `--determinism fast`: TF32, and kernels whose bits may differ. */
  readonly isFast: boolean;
}

/** The placement of a teacher on the GPU. @param isExact - its engine can give equal bits there. */
export function onGpu({ isFast }: WorkerGpu, isExact: boolean): TeacherPlacement {
  if (isExact && !isFast) return {};
  return { bitsMayDiffer: true, answerNoise: isFast ? ANSWER_NOISE.tf32 : ANSWER_NOISE.float32 };
}

/**
 * The placement of a teacher on the processor instead of the GPU.
 *
 * @param processor - the processor's name.
 * @param problem - why the GPU does not compute it.
 * @throws {LyceumError} FAILED_PRECONDITION unless that is allowed: the processor never takes over unasked.
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
