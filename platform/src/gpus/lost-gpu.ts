/**
 * CUDA's errors after which a process computes nothing more on its GPU: every later call fails with the same. Only a new
 * process gets the GPU back. Pure.
 *
 * @see https://docs.nvidia.com/cuda/cuda-runtime-api/ cudaError_t: those of which it says that the process must be ended
 */
const LOST: Readonly<Record<number, string>> = {
  214: 'ECC_UNCORRECTABLE',
  220: 'NVLINK_UNCORRECTABLE',
  700: 'ILLEGAL_ADDRESS',
  702: 'LAUNCH_TIMEOUT',
  709: 'CONTEXT_IS_DESTROYED',
  710: 'ASSERT',
  714: 'HARDWARE_STACK_ERROR',
  715: 'ILLEGAL_INSTRUCTION',
  716: 'MISALIGNED_ADDRESS',
  717: 'INVALID_ADDRESS_SPACE',
  718: 'INVALID_PC',
  719: 'LAUNCH_FAILED',
  721: 'TENSOR_MEMORY_LEAK',
};

const NUMBERS = Object.keys(LOST).join('|');
const NAMES = Object.values(LOST).join('|');

/** As ONNX Runtime says it, with the GPU's number at its end, and as TensorFlow does. */
const SAID = new RegExp(`CUDA failure (${NUMBERS}): .*; GPU=\\d+|\\bCUDA_ERROR_(${NAMES})\\b`);

/** @returns why, in CUDA's own name; undefined: the GPU can be used on. */
export function lostGpu(message: string): string | undefined {
  const [said, number, name] = SAID.exec(message) ?? [];
  if (said === undefined) return undefined;
  return `lost its GPU: CUDA_ERROR_${name ?? LOST[Number(number)]}`;
}
