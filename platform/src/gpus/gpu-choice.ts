/** Which GPU a program computes on, from its flag and the GPUs that are there. Pure. */
import { LyceumError, type WorkerDevice } from '@lyceum/proto';
import type { FoundGpus } from './find-gpus.js';
import type { Gpu } from './nvidia-smi.js';

/** `auto`: a GPU if there is one. The number is the GPU's place among those that are visible. */
export type GpuFlag = 'auto' | 'cpu' | { readonly cuda: number };

export interface GpuChoice {
  /** Undefined: the processor computes. */
  readonly gpu: Gpu | undefined;
  /** What the program's user should know. */
  readonly warning?: string;
}

/** @returns undefined if the text is no such flag. */
export function parseGpuFlag(text: string): GpuFlag | undefined {
  if (text === 'auto' || text === 'cpu') return text;
  const match = /^cuda(?::(\d{1,3}))?$/.exec(text);
  return match === null ? undefined : { cuda: Number(match[1] ?? 0) };
}

/**
 * @throws {LyceumError} FAILED_PRECONDITION if the wanted GPU is not there, or the driver does not answer, unless
 *   `allowCpu` is set: a program changes to the processor only where that is allowed.
 */
export function gpuChoice(
  flag: GpuFlag,
  { gpus, problem }: FoundGpus,
  allowCpu: boolean,
): GpuChoice {
  if (flag === 'cpu') return { gpu: undefined };
  const gpu = flag === 'auto' ? gpus.find((one) => one.trouble === undefined) : gpus[flag.cuda];
  if (gpu !== undefined && gpu.trouble === undefined) return { gpu };
  if (flag === 'auto' && gpus.length === 0 && problem === undefined) return { gpu: undefined };
  const trouble = gpu && gpuTrouble(gpu);
  const why = problem ?? trouble ?? seenText(gpus);
  const lack = trouble === undefined ? 'is not there' : 'cannot be used';
  const reason = flag === 'auto' ? why : `--device cuda:${flag.cuda} ${lack}: ${why}`;
  if (allowCpu) return { gpu: undefined, warning: `${reason}; the processor computes` };
  const message = `${reason}; --device cpu or --allow-cpu goes on without`;
  throw new LyceumError('FAILED_PRECONDITION', message);
}

function seenText(gpus: readonly Gpu[]): string {
  if (gpus.length === 0) return 'no GPU is seen (nvidia-smi, CUDA_VISIBLE_DEVICES)';
  const names = gpus.map((gpu, index) => `${index} ${gpuTrouble(gpu) ?? gpu.name}`);
  return `there are ${gpus.length}: ${names.join(', ')}`;
}

/** Why the GPU cannot be used, with its name; undefined: it can. */
export function gpuTrouble({ name, trouble }: Gpu): string | undefined {
  return trouble === undefined ? undefined : `${name} ${trouble}`;
}

/**
 * What a worker reports of the GPU that it computes on.
 *
 * @param isFast - the worker was told to be fast rather than to give equal bits.
 */
export function gpuDevice(
  { uuid, name, driver, memoryBytes }: Gpu,
  isFast: boolean,
): Pick<WorkerDevice, 'device' | 'gpu' | 'bitsMayDiffer'> {
  const precision = isFast ? 'tf32' : 'float32';
  return {
    device: name,
    gpu: { driver, memoryBytes, precision, uuid },
    ...(isFast && { bitsMayDiffer: true }),
  };
}
