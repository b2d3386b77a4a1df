/** What the Dockerfile and set-up must agree on. That the images build, only a build shows. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ONNX_CUDA, TENSORFLOW } from '../../setup/pins.mjs';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const dockerfile = read('Dockerfile');

it('takes CUDA’s libraries from the TensorFlow that set-up pins', () => {
  expect(dockerfile).toContain(`"tensorflow[and-cuda]==${TENSORFLOW.cuda.version}"`);
});

it('shows the loader each library that ONNX Runtime’s CUDA provider is linked with', () => {
  // `readelf -d libonnxruntime_providers_cuda.so` of the pinned wheel, by the folders of NVIDIA's packages.
  const folders = ['cublas', 'curand', 'cufft', 'cuda_runtime', 'cudnn'];
  expect(ONNX_CUDA.version).toBe('1.26.0');
  const path = /LD_LIBRARY_PATH=(\S+)/.exec(dockerfile)?.[1]?.split(':') ?? [];
  for (const folder of folders) expect(path).toContain(`/opt/lyceum/nvidia/${folder}/lib`);
});

it('puts files in the place of set-up’s links, which lead into the build’s cache', () => {
  expect(read('assemble.sh')).toContain('cp --remove-destination "$(readlink "$provider")"');
});
