/** Errors that TensorFlow throws because of the device and not the model, in words. Pure. */
import { type Gpu, lostGpu } from '@lyceum/platform';
import { LyceumError, StorageFullError, toLyceumError } from '@lyceum/proto';

const NO_MEMORY =
  /OOM when allocating|RESOURCE_EXHAUSTED|ResourceExhausted|CUDA_ERROR_OUT_OF_MEMORY|_STATUS_ALLOC_FAILED/i;

/** Names that CUDA and its libraries give their failures. */
const FAILURE = /\b(CUDA_ERROR|CUDNN_STATUS|CUBLAS_STATUS|CUSOLVER_STATUS)_\w+/;

/** The error that a message means. @returns undefined if it is the model's. */
export function gpuFailure(message: string): LyceumError | undefined {
  const lost = lostGpu(message);
  if (lost !== undefined) return refused(`the process ${lost}`);
  if (NO_MEMORY.test(message)) {
    return new LyceumError('RESOURCE_EXHAUSTED', 'there is too little free memory for it');
  }
  const failure = FAILURE.exec(message)?.[0];
  if (failure === undefined) return undefined;
  const why =
    failure === 'CUDA_ERROR_UNSUPPORTED_PTX_VERSION'
      ? `the driver is too old for TensorFlow on this GPU (${failure}); install ${PTX_DRIVER} or newer`
      : failure;
  return refused(why);
}

function refused(why: string): LyceumError {
  return new LyceumError('FAILED_PRECONDITION', `TensorFlow cannot compute on the GPU: ${why}`);
}

/** Advice for a model of TensorFlow.js that it cannot load or run. */
export const EXPORT_OTHERWISE = 'where its program can, export it as a SavedModel or as ONNX';

/**
 * Why a model does not open or run: the GPU's error, by {@link gpuFailure}; the disk's, or that of too many open files;
 * else INVALID_ARGUMENT, the model's.
 *
 * @param refusal - how the message begins, as `TensorFlow.js cannot run the model`.
 * @param advice - what may be done if it is the model's.
 */
export function modelFailure(thrown: unknown, refusal: string, advice?: string): LyceumError {
  const err = toLyceumError(thrown);
  // Where a model is written before it is loaded the disk may be full; that is no fault of the model.
  if (thrown instanceof LyceumError || err instanceof StorageFullError || err.retryable) return err;
  const { message } = err;
  const said = advice === undefined ? message : `${message}; ${advice}`;
  const ofModel = () =>
    new LyceumError('INVALID_ARGUMENT', `${refusal}: ${said}`, { cause: thrown });
  return gpuFailure(message) ?? ofModel();
}

/**
 * The least driver for newer GPUs. TensorFlow 2.21 has machine code for capabilities 6.0 to 8.9. For newer GPUs the
 * driver compiles most of its kernels from PTX 8.5, which CUDA 12.5 brought, and which drivers from this version on
 * read.
 *
 * @see https://docs.nvidia.com/cuda/parallel-thread-execution/ "Release Notes"
 */
const PTX_DRIVER = 555;
const NEEDS_PTX = 9;

/** Facts of a GPU that are known before it computes. */
export type GpuFacts = Pick<Gpu, 'driver' | 'computeCapability'>;

/** Why TensorFlow cannot compute on a GPU even with all libraries in place; undefined: no reason is known. */
export function driverProblem({ driver, computeCapability = 0 }: GpuFacts): string | undefined {
  const version = Number.parseInt(driver, 10);
  if (computeCapability < NEEDS_PTX || !(version < PTX_DRIVER)) return undefined;
  return `TensorFlow has no machine code for GPUs of compute capability ${computeCapability.toFixed(1)}, and driver ${driver} is too old to compile it: install ${PTX_DRIVER} or newer`;
}
