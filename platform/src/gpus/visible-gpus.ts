/** Which GPUs `CUDA_VISIBLE_DEVICES` leaves a program. Pure. */
import type { Gpu } from './nvidia-smi.js';

/**
 * As CUDA reads it: numbers in nvidia-smi's order, or UUIDs or beginnings of them; what comes after an entry that
 * names no GPU is not seen either.
 *
 * @param gpus - all of the machine.
 * @param visible - the variable; undefined: all are seen.
 * @see https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
 */
export function visibleGpus(gpus: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return [...gpus];
  const seen: Gpu[] = [];
  for (const entry of visible.split(',').map((text) => text.trim())) {
    const found = /^\d+$/.test(entry) ? gpus[Number(entry)] : named(gpus, entry);
    if (found === undefined || seen.includes(found)) break;
    seen.push(found);
  }
  return seen;
}

/** Whether the variable is meant to leave none: it is empty, or begins with what names no GPU, as `-1`. */
export function hidesAll(visible: string): boolean {
  return !/^\s*(\d|(GPU|MIG)-)/.test(visible);
}

function named(gpus: readonly Gpu[], entry: string): Gpu | undefined {
  if (!/^(GPU|MIG)-./.test(entry)) return undefined;
  const found = gpus.filter(({ uuid }) => uuid.startsWith(entry));
  return found.length === 1 ? found[0] : undefined;
}
