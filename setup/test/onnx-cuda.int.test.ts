/**
 * How this tests: the real step with a cache and a checkout of its own, and pip pointed at a folder with a forged
 * wheel. Nothing is fetched from outside.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_FILES } from '../onnx-cuda.mjs';
import { ONNX_CUDA } from '../pins.mjs';
import { startModule, temporaryFolder } from './child-module.js';

const SET_UP = `
  import { orExit } from 'setup/command.mjs';
  import { setUpOnnxCuda } from 'setup/onnx-cuda.mjs';
  import { ONNX_CUDA } from 'setup/pins.mjs';
  const { CHECKOUT: checkout, LYCEUM_CACHE: cache, ACCELERATOR: accelerator, SHA256 } = process.env;
  const pin = SHA256 ? { ...ONNX_CUDA, sha256: SHA256, bytes: 1, unpackedBytes: 1 } : undefined;
  await orExit((signal) => setUpOnnxCuda({ checkout, cache, accelerator, signal, pin }));
`;

const PLACE = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64';
const WHEEL = `onnxruntime_gpu-${ONNX_CUDA.version}-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl`;

/** A wheel with the two libraries and one more, and a checkout with the npm package. */
function makeEnvironment({ version = ONNX_CUDA.version } = {}) {
  const checkout = temporaryFolder();
  mkdirSync(join(checkout, PLACE), { recursive: true });
  const npmPackage = join(checkout, 'node_modules/onnxruntime-node/package.json');
  writeFileSync(npmPackage, JSON.stringify({ version }));
  const wheels = temporaryFolder();
  const file = join(wheels, WHEEL);
  const program = `
import sys, zipfile
path, version, *members = sys.argv[1:]
info = f'onnxruntime_gpu-{version}.dist-info/'
with zipfile.ZipFile(path, 'w') as wheel:
    for member in members:
        wheel.writestr(f'onnxruntime/capi/{member}', member)
    wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.1\\nName: onnxruntime-gpu\\nVersion: {version}\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\n')
    wheel.writestr(info + 'RECORD', '')
`;
  const members = [...PROVIDER_FILES, 'libonnxruntime_providers_tensorrt.so'];
  execFileSync('python3', ['-c', program, file, ONNX_CUDA.version, ...members]);
  const SHA256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const env = {
    CHECKOUT: checkout,
    LYCEUM_CACHE: join(temporaryFolder(), 'cache'),
    ACCELERATOR: 'cuda',
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: wheels,
    SHA256,
  };
  return { env, place: join(checkout, PLACE), wheels };
}

test('set-up puts only the two libraries of the CUDA provider beside ONNX Runtime', async () => {
  const { env, place, wheels } = makeEnvironment();

  const { code, stderr } = await startModule(SET_UP, env).ended;

  expect(stderr).toContain(`ONNX Runtime ${ONNX_CUDA.version} has its CUDA provider`);
  expect(code).toBe(0);
  expect(readdirSync(place).sort()).toEqual([...PROVIDER_FILES].sort());
  for (const file of PROVIDER_FILES) expect(readFileSync(join(place, file), 'utf8')).toBe(file);

  // The wheel is fetched once. Links that `npm ci` removed are put back without fetching.
  rmSync(wheels, { recursive: true });
  for (const file of PROVIDER_FILES) rmSync(join(place, file));
  expect((await startModule(SET_UP, env).ended).code).toBe(0);
  expect(readdirSync(place)).toHaveLength(2);
  const again = await startModule(SET_UP, env).ended;
  expect([again.code, again.stderr]).toEqual([0, '']);
});

test('set-up refuses another wheel than the pinned one, and leaves nothing', async () => {
  const { env, place } = makeEnvironment();

  const { code, stderr } = await startModule(SET_UP, { ...env, SHA256: '' }).ended;

  expect(stderr).toContain(`${WHEEL} has the wrong checksum`);
  expect(code).toBe(1);
  expect(readdirSync(env.LYCEUM_CACHE)).toEqual([]);
  expect(readdirSync(place)).toEqual([]);
});

test('set-up refuses an onnxruntime-node of another version before anything is fetched', async () => {
  const { env } = makeEnvironment({ version: '9.9.9' });

  const { code, stderr } = await startModule(SET_UP, env).ended;

  expect(stderr).toContain(
    `onnxruntime-node is 9.9.9, but the CUDA provider is pinned at onnxruntime-gpu ${ONNX_CUDA.version}`,
  );
  expect(code).toBe(1);
  expect(existsSync(env.LYCEUM_CACHE)).toBe(false);
});

test('set-up for the CPU removes the CUDA provider, and no other file', async () => {
  const { env, place } = makeEnvironment();
  await startModule(SET_UP, env).ended;
  writeFileSync(join(place, 'libonnxruntime.so.1'), '');

  expect((await startModule(SET_UP, { ...env, ACCELERATOR: 'cpu' }).ended).code).toBe(0);

  expect(readdirSync(place)).toEqual(['libonnxruntime.so.1']);
  expect(lstatSync(join(place, 'libonnxruntime.so.1')).isFile()).toBe(true);
});

test('the pin of the CUDA provider has the version of onnxruntime-node in package-lock.json', () => {
  const lock = JSON.parse(
    readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
  );
  expect(lock.packages['node_modules/onnxruntime-node'].version).toBe(ONNX_CUDA.version);
});
