/** What the Dockerfile and set-up must agree on. Only a build shows that the images build. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DATA, ONNX_CUDA, TENSORFLOW } from '../../setup/pins.mjs';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const dockerfile = read('Dockerfile');

/** What TensorFlow 2.21.0's package wants by `and-cuda`: the least version, and the first that is too new. */
const RANGES: Readonly<Record<string, readonly [string, string]>> = {
  'nvidia-cublas-cu12': ['12.5.3.2', '13.0'],
  'nvidia-cuda-cupti-cu12': ['12.5.82', '13.0'],
  'nvidia-cuda-nvcc-cu12': ['12.5.82', '13.0'],
  'nvidia-cuda-nvrtc-cu12': ['12.5.82', '13.0'],
  'nvidia-cuda-runtime-cu12': ['12.5.82', '13.0'],
  'nvidia-cudnn-cu12': ['9.3.0.75', '10.0'],
  'nvidia-cufft-cu12': ['11.2.3.61', '12.0'],
  'nvidia-curand-cu12': ['10.3.6.82', '11.0'],
  'nvidia-cusolver-cu12': ['11.6.3.83', '12.0'],
  'nvidia-cusparse-cu12': ['12.5.1.3', '13.0'],
  'nvidia-nccl-cu12': ['2.27.7', '3.0'],
  'nvidia-nvjitlink-cu12': ['12.5.82', '13.0'],
};

it("the Dockerfile pins CUDA's libraries by version and hash, within TensorFlow's ranges", () => {
  expect(TENSORFLOW.cuda.version).toBe('2.21.0');
  expect(dockerfile).toMatch(
    /--no-deps --require-hashes \\\n\s+--target \S+ -r setup\/cuda-libraries.txt/,
  );
  const list = read('../setup/cuda-libraries.txt');
  const pins = [...list.matchAll(/^(\S+)==(\S+) \\\n {4}--hash=sha256:[0-9a-f]{64}$/gm)];
  expect(pins.map(([, name]) => name)).toEqual(Object.keys(RANGES));
  for (const [, name = '', version = ''] of pins) {
    const [least = '', tooNew = ''] = RANGES[name] ?? [];
    expect(isBefore(version, least), `${name} ${version}`).toBe(false);
    expect(isBefore(version, tooNew), `${name} ${version}`).toBe(true);
  }
});

it("LD_LIBRARY_PATH of the Dockerfile has every library of ONNX Runtime's CUDA provider", () => {
  // `readelf -d libonnxruntime_providers_cuda.so` of the pinned wheel, by the folders of NVIDIA's packages.
  const folders = ['cublas', 'curand', 'cufft', 'cuda_runtime', 'cudnn'];
  expect(ONNX_CUDA.version).toBe('1.26.0');
  const path = /LD_LIBRARY_PATH=(\S+)/.exec(dockerfile)?.[1]?.split(':') ?? [];
  for (const folder of folders) expect(path).toContain(`/opt/lyceum/nvidia/${folder}/lib`);
});

it('programs in images have a cache that they may write', () => {
  const image = /^FROM \S+ AS program\n(?:(?!FROM ).*\n)*/m.exec(dockerfile)?.[0];
  expect(image).toContain('ENV LYCEUM_CACHE=/tmp/');
});

it('the image gpu-check-cuda has the cache, NATS and data that a cluster inside it needs', () => {
  const image = dockerfile.slice(dockerfile.indexOf('AS gpu-check-cuda'));
  expect(image).toContain('COPY --from=build-gpu-check /opt/lyceum/cache /opt/lyceum/cache');
  expect(image).toContain('ENV LYCEUM_CACHE=/opt/lyceum/cache');
  expect(dockerfile).toContain('k8s/assemble.sh cuda bench');
  const assemble = read('assemble.sh');
  expect(assemble).toContain('cp /opt/lyceum/bin/nats-server /opt/lyceum/cache/bin/');
  expect(assemble).toContain(
    `"$LYCEUM_CACHE/datasets/${DATA.digits.name}" /opt/lyceum/cache/datasets/`,
  );
});

it("assemble.sh puts files in the place of set-up's links into the cache of the build", () => {
  expect(read('assemble.sh')).toContain('cp --remove-destination "$(readlink "$provider")"');
});

function isBefore(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}
