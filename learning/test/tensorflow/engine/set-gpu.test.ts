/** What engines find in their environment, for each device and determinism. */
import { expect, test } from 'vitest';
import { type Determinism, setGpu } from '../../../src/tensorflow/engine/engine.js';

test.each<[string | undefined, Determinism, NodeJS.ProcessEnv]>([
  [
    'GPU-1',
    'strict',
    { CUDA_VISIBLE_DEVICES: 'GPU-1', TF_DETERMINISTIC_OPS: '1', NVIDIA_TF32_OVERRIDE: '0' },
  ],
  ['GPU-1', 'fast', { CUDA_VISIBLE_DEVICES: 'GPU-1' }],
  // TF_DETERMINISTIC_OPS would change what the processor computes.
  [undefined, 'strict', { CUDA_VISIBLE_DEVICES: '-1' }],
])('GPU %s, %s', (gpu, determinism, wanted) => {
  const env: NodeJS.ProcessEnv = { CUDA_VISIBLE_DEVICES: '0,1' };
  setGpu(gpu, determinism, env);
  expect(env).toEqual(wanted);
});
