/** Messages of TensorFlow that are failures of the GPU, and tables of drivers and GPUs. */
import { expect, test } from 'vitest';
import {
  driverProblem,
  gpuFailure,
  modelFailure,
} from '../../../src/tensorflow/engine/gpu-failure.js';

test.each([
  [
    'OOM when allocating tensor with shape[128,64,224,224] and type float on /device:GPU:0',
    'RESOURCE_EXHAUSTED',
    /too little free memory/,
  ],
  [
    '2 root error(s) found. (0) RESOURCE_EXHAUSTED: failed to allocate memory',
    'RESOURCE_EXHAUSTED',
    /too little free memory/,
  ],
  [
    'cuDevicePrimaryCtxRetain: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
    'RESOURCE_EXHAUSTED',
    /too little free memory/,
  ],
  [
    'cuModuleLoadData failed with CUDA_ERROR_UNSUPPORTED_PTX_VERSION',
    'FAILED_PRECONDITION',
    /driver is too old .* install 555 or newer$/,
  ],
  [
    'failed call to cuInit: CUDA_ERROR_UNKNOWN: unknown error',
    'FAILED_PRECONDITION',
    /on the GPU: CUDA_ERROR_UNKNOWN$/,
  ],
  [
    'Status: CUDNN_STATUS_EXECUTION_FAILED in conv; stream: CUDA_ERROR_LAUNCH_FAILED',
    'FAILED_PRECONDITION',
    /on the GPU: the process lost its GPU: CUDA_ERROR_LAUNCH_FAILED$/,
  ],
  [
    'Status: CUDNN_STATUS_EXECUTION_FAILED in conv',
    'FAILED_PRECONDITION',
    /CUDNN_STATUS_EXECUTION_FAILED$/,
  ],
])('gpuFailure takes this message for a GPU failure: %s', (message, code, text) => {
  const err = gpuFailure(message);
  expect(err?.code).toBe(code);
  expect(err?.message).toMatch(text);
});

test.each(['Matrix size-incompatible: In[0]: [1,3], In[1]: [4,2]', 'No OpKernel was registered'])(
  'gpuFailure takes this message for a failure of the model: %s',
  (message) => {
    expect(gpuFailure(message)).toBeUndefined();
  },
);

test.each([
  ['550.54.15', 9, /compute capability 9.0, and driver 550.54.15 is too old/],
  ['550.54.15', 12, /compute capability 12.0/],
  ['555.42.02', 9, undefined],
  ['580.159.04', 9, undefined],
  ['525.60.13', 8.9, undefined],
  ['525.60.13', undefined, undefined],
  ['unknown', 9, undefined],
])('driverProblem of driver %s on a GPU of capability %s', (driver, computeCapability, wanted) => {
  const problem = driverProblem({
    driver,
    ...(computeCapability !== undefined && { computeCapability }),
  });
  if (wanted === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(wanted);
});

test.each([
  ['ENOSPC', 'no space left on device, write', 'RESOURCE_EXHAUSTED'],
  ['EMFILE', 'too many open files, open', 'UNAVAILABLE'],
  ['ENOENT', 'no such file or directory, open', 'INVALID_ARGUMENT'],
])('modelFailure of %s, while writing a model, has the code of its cause', (code, what, want) => {
  const thrown = Object.assign(new Error(`${code}: ${what} '/tmp/saved_model.pb'`), { code });
  const failure = modelFailure(thrown, 'TensorFlow refuses the model');
  expect(failure).toMatchObject({ code: want, message: expect.stringContaining(code) });
  expect(failure.message.startsWith('TensorFlow refuses')).toBe(want === 'INVALID_ARGUMENT');
});
