/** Which GPUs a program sees under `CUDA_VISIBLE_DEVICES`. Pure. */
import type { Gpu } from './nvidia-smi.js';

/**
 * Reads the variable as CUDA does: numbers in nvidia-smi's order, or UUIDs or their beginnings. Entries after one that
 * names no GPU do not count.
 *
 * @param gpus - all GPUs of the machine.
 * @param visible - the variable's value; undefined: all GPUs are visible.
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

/** Whether the variable is meant to hide all GPUs: it is empty, or its first entry names none, such as `-1`. */
export function hidesAll(visible: string): boolean {
  return !/^\s*(\d|(GPU|MIG)-)/.test(visible);
}

function named(gpus: readonly Gpu[], entry: string): Gpu | undefined {
  if (!/^(GPU|MIG)-./.test(entry)) return undefined;
  const found = gpus.filter(({ uuid }) => uuid.startsWith(entry));
  return found.length === 1 ? found[0] : undefined;
}
