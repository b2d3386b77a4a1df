/**
 * ONNX Runtime's CUDA provider: two libraries that its npm package leaves out, and that set-up places where the runtime
 * looks for them. Says in words why they cannot be used.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { lostGpu } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';

export const CUDA_PROVIDER_FILES = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
] as const;

/** Messages of a full GPU. Libraries that ask for memory when they are opened say it too. */
const NO_MEMORY =
  /Failed to allocate memory|CUDA failure (2|46)\b|out of memory|ALLOC(ATION)?_FAILED|CUBLAS_STATUS_NOT_INITIALIZED/i;

const REMEDY = 'set up with LYCEUM_ACCELERATOR=cuda, which places it';

/** The folder where the runtime looks for its providers: its own. */
function providerFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), `../bin/napi-v6/${process.platform}/${process.arch}`);
}

/** Why the CUDA provider cannot be tried; undefined: its files are there. */
export function missingCudaProvider(folder = providerFolder()): string | undefined {
  const missing = CUDA_PROVIDER_FILES.filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return undefined;
  return `ONNX Runtime's CUDA provider is not here (${missing.join(', ')}): ${REMEDY}`;
}

/**
 * The error if the GPU, not the model, is why the runtime throws `message`.
 *
 * @returns undefined if the error is the model's.
 */
export function cudaProviderError(message: string): LyceumError | undefined {
  const lost = lostGpu(message);
  if (lost !== undefined) return refused(`the process ${lost}`);
  if (NO_MEMORY.test(message)) {
    return new LyceumError('RESOURCE_EXHAUSTED', 'the GPU has too little free memory for it');
  }
  // The runtime names the library on stderr alone.
  if (message.includes('Failed to load shared library')) {
    return refused(
      'a library of CUDA 12 or cuDNN 9 is not found, or too old; the line above this one in stderr names it, and LD_LIBRARY_PATH says where it is',
    );
  }
  const failure = /(CUDA|CUDNN|CUBLAS|CUFFT)\w* failure \d+: ?[^;]*/i.exec(message)?.[0];
  if (failure !== undefined) return refused(failure.trim());
  return /ExecutionProvider_Cuda/.test(message) ? refused(message) : undefined;
}

function refused(reason: string): LyceumError {
  const message = `ONNX Runtime cannot compute on the GPU: ${reason}`;
  return new LyceumError('FAILED_PRECONDITION', message);
}
