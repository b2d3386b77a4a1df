/** The environment variables of an engine, by device and determinism. */
import { expect, test } from 'vitest';
import { type EngineGpu, prepareEngine } from '../../../src/tensorflow/engine/engine.js';

test.each<[string, EngineGpu | undefined, NodeJS.ProcessEnv]>([
  [
    'a GPU and equal bits',
    { uuid: 'GPU-1', determinism: 'strict' },
    { CUDA_VISIBLE_DEVICES: 'GPU-1', TF_DETERMINISTIC_OPS: '1', NVIDIA_TF32_OVERRIDE: '0' },
  ],
  [
    'a GPU at its fastest',
    { uuid: 'GPU-1', determinism: 'fast' },
    { CUDA_VISIBLE_DEVICES: 'GPU-1' },
  ],
  // TF_DETERMINISTIC_OPS would change the results of the CPU.
  ['the processor, whatever GPUs there are', undefined, { CUDA_VISIBLE_DEVICES: '-1' }],
])('prepareEngine sets the environment for %s', (_, gpu, wanted) => {
  const env: NodeJS.ProcessEnv = { CUDA_VISIBLE_DEVICES: '0,1' };
  prepareEngine(env, 3, gpu);
  expect(env).toEqual({
    TF_NUM_INTRAOP_THREADS: '3',
    TF_NUM_INTEROP_THREADS: '3',
    TF_CPP_MIN_LOG_LEVEL: '3',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...wanted,
  });
});

test('prepareEngine keeps the log level of the user, and always lets GPU memory grow', () => {
  const env: NodeJS.ProcessEnv = { TF_CPP_MIN_LOG_LEVEL: '0', TF_FORCE_GPU_ALLOW_GROWTH: 'false' };
  prepareEngine(env, 1);
  expect(env).toMatchObject({ TF_CPP_MIN_LOG_LEVEL: '0', TF_FORCE_GPU_ALLOW_GROWTH: 'true' });
});
