import { findGpus, type Gpu, gpuChoice } from '../gpus/index.js';
import { isYes, type Logger } from '../process/index.js';
import type { WorkerFlags } from './worker-flags.js';

/**
 * The GPU that the flags name, undefined for the processor; and whether the processor may be used in its place.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if that GPU is not there, and the processor may not be used.
 */
export async function usableDevice(
  flags: Pick<WorkerFlags, 'device' | 'allowCpu'>,
  environment: NodeJS.ProcessEnv,
  log: Logger,
): Promise<{ readonly gpu: Gpu | undefined; readonly allowCpu: boolean }> {
  const allowCpu = flags.allowCpu || isYes('LYCEUM_ALLOW_CPU', environment);
  const { gpu, warning } = gpuChoice(flags.device, await findGpus(environment), allowCpu);
  if (warning !== undefined) log.warn(warning);
  return { gpu, allowCpu };
}
