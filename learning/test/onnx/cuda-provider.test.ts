/** What can be tested without a GPU: missing files, and messages that the runtime was seen to throw. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CUDA_PROVIDER_FILES,
  cudaProviderError,
  missingCudaProvider,
} from '../../src/onnx/cuda-provider.js';
import { sessionOptions } from '../../src/onnx/onnx-session.js';

describe('missingCudaProvider', () => {
  it('names a missing file and the set-up that installs it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [shared, cuda] = CUDA_PROVIDER_FILES;
    writeFileSync(join(folder, shared), '');
    expect(missingCudaProvider(folder)).toBe(
      `ONNX Runtime's CUDA provider is not here (${cuda}): set up with LYCEUM_ACCELERATOR=cuda, which places it`,
    );
    writeFileSync(join(folder, cuda), '');
    expect(missingCudaProvider(folder)).toBeUndefined();
  });
});

/** The message of ONNX Runtime 1.26.0 on a machine without a driver, with shortened paths. */
const NO_DRIVER =
  '/cuda_call.cc:122 std::conditional_t<THRW, void, common::Status> onnxruntime::CudaCall(ERRTYPE) [with ERRTYPE = cudaError] CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=vm ; file=/cuda_execution_provider.cc ; line=336 ; expr=cudaSetDevice(info_.device_id); \n\n';

describe('cudaProviderError', () => {
  it.each([
    [
      NO_DRIVER,
      'FAILED_PRECONDITION',
      /GPU: CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version$/,
    ],
    [
      'Non-zero status code returned while running Conv node. Status Message: CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=vm ;',
      'FAILED_PRECONDITION',
      /GPU: the process lost its GPU: CUDA_ERROR_ILLEGAL_ADDRESS$/,
    ],
    [
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      'FAILED_PRECONDITION',
      /a library of CUDA 12 or cuDNN 9 is not found, or too old; .* LD_LIBRARY_PATH/,
    ],
    [
      'Non-zero status code returned while running Conv node. Failed to allocate memory for requested buffer of size 1048576',
      'RESOURCE_EXHAUSTED',
      /too little free memory/,
    ],
    ['CUDA failure 2: out of memory ; GPU=0 ;', 'RESOURCE_EXHAUSTED', /too little free memory/],
    [
      'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=vm',
      'RESOURCE_EXHAUSTED',
      /too little free memory/,
    ],
    [
      'CUBLAS failure 1: CUBLAS_STATUS_NOT_INITIALIZED ; GPU=0 ; hostname=vm',
      'RESOURCE_EXHAUSTED',
      /too little free memory/,
    ],
    [
      'CUDNN failure 3000: CUDNN_STATUS_NOT_SUPPORTED ; GPU=0',
      'FAILED_PRECONDITION',
      /CUDNN failure 3000/,
    ],
  ])('takes this message for a GPU error: %s', (message, code, text) => {
    const err = cudaProviderError(message);
    expect(err?.code).toBe(code);
    expect(err?.message).toMatch(text);
  });

  it.each([
    'Load model failed: Protobuf parsing failed.',
    'Got invalid dimensions for input: pixels for the following indices',
  ])('takes this message for an error of the model: %s', (message) => {
    expect(cudaProviderError(message)).toBeUndefined();
  });
});

describe('sessionOptions', () => {
  it('names one execution provider and no fallback', () => {
    expect(sessionOptions(3, 'cpu').executionProviders).toEqual(['cpu']);
    expect(sessionOptions(3, 'cuda').executionProviders).toEqual([{ name: 'cuda', deviceId: 0 }]);
  });
});
