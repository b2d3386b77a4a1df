/**
 * CUDA's errors after which a process cannot use its GPU any more: every later call fails with the same error. Only a
 * new process gets the GPU back. Pure.
 *
 * @see https://docs.nvidia.com/cuda/cuda-runtime-api/ cudaError_t: the errors after which the process must be ended
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

/** ONNX Runtime's message, which ends with the GPU's number, or TensorFlow's. */
const SAID = new RegExp(`CUDA failure (${NUMBERS}): .*; GPU=\\d+|\\bCUDA_ERROR_(${NAMES})\\b`);

/** @returns CUDA's name of the error; undefined: the GPU is not lost. */
export function lostGpu(message: string): string | undefined {
  const [said, number, name] = SAID.exec(message) ?? [];
  if (said === undefined) return undefined;
  return `lost its GPU: CUDA_ERROR_${name ?? LOST[Number(number)]}`;
}
