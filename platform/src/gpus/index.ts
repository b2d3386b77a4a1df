/** NVIDIA GPUs of this machine, as `nvidia-smi` tells of them, and which of them a program is to use. */
export { findGpus, GpuMemory } from './find-gpus.js';
export { type GpuFlag, gpuChoice, gpuDevice, gpuTrouble, parseGpuFlag } from './gpu-choice.js';
export { lostGpu } from './lost-gpu.js';
export type { Gpu } from './nvidia-smi.js';
