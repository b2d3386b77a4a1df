/** Messages of both engines after which a process can no longer use its GPU, and other messages. */
import { expect, it } from 'vitest';
import { lostGpu } from '../../src/gpus/lost-gpu.js';

it.each([
  [
    "Non-zero status code returned while running Conv node. Name:'c1' Status Message: CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=vm ; file=/gpu_data_transfer.cc ; line=73 ; expr=cudaStreamSynchronize(stream);",
    'lost its GPU: CUDA_ERROR_ILLEGAL_ADDRESS',
  ],
  [
    'CUDA failure 719: unspecified launch failure ; GPU=3 ; hostname=vm',
    'lost its GPU: CUDA_ERROR_LAUNCH_FAILED',
  ],
  [
    'failed to synchronize the stop event: CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered',
    'lost its GPU: CUDA_ERROR_ECC_UNCORRECTABLE',
  ],
])('lostGpu names the CUDA error in: %s', (message, why) => {
  expect(lostGpu(message)).toBe(why);
});

it.each([
  'CUDA failure 2: out of memory ; GPU=0 ; hostname=vm',
  'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ;',
  'CUDA_ERROR_OUT_OF_MEMORY: out of memory',
  'CUDA_ERROR_LAUNCH_FAILED_OTHERWISE',
  'the ONNX runtime refuses the model: no such operation',
])('lostGpu returns undefined for: %s', (message) => {
  expect(lostGpu(message)).toBeUndefined();
});
