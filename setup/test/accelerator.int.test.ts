/**
 * How this tests: set-up's own commands in a checkout of their own, where packages, NATS, data and build count as set
 * up, the cache has the files for CUDA already, and a few lines stand in for TensorFlow's addon and for nvidia-smi.
 */
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PROVIDER_FILES } from '../onnx-cuda.mjs';
import { ONNX_CUDA, TENSORFLOW } from '../pins.mjs';
import { startFile, temporaryFolder } from './child-module.js';

const SETUP = fileURLToPath(new URL('..', import.meta.url));
/** Steps of set-up that this test leaves out. */
const IN_PLACE = {
  'nats-server': 'setUpNatsServer',
  build: 'setUpBuild',
};
const ADDON_PACKAGE = 'node_modules/@tensorflow/tfjs-node-gpu';
const PROVIDERS = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64';

/** An addon that uses a GPU if USES_GPU says so. If not, it tells the reason if its log level asks for it. */
const ADDON = `
const silent = process.env.TF_CPP_MIN_LOG_LEVEL !== '0';
if (process.env.USES_GPU !== 'yes' && !silent) {
  process.stderr.write("W dso_loader.cc] Could not load 'libcudnn.so.9'; dlerror: cannot open\\n");
  process.stderr.write('I cpu_feature_guard.cc] AVX2\\n');
}
exports.matMul = () => ({ dataSync: () => [17, 39] });
exports.getBackend = () => 'tensorflow';
exports.backend = () => ({ isUsingGpuDevice: process.env.USES_GPU === 'yes' });
`;

function makeCheckout({ hasGpu = false } = {}) {
  const checkout = temporaryFolder();
  const cache = join(temporaryFolder(), 'a cache');
  const put = (folder: string, name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  cpSync(SETUP, join(checkout, 'setup'), {
    recursive: true,
    filter: (source) => !source.endsWith('/test'),
  });
  for (const [file, name] of Object.entries(IN_PLACE)) {
    put(checkout, `setup/${file}.mjs`, `export async function ${name}() {}\n`);
  }
  // `npm ci` removes the record.
  put(
    checkout,
    'setup/packages.mjs',
    `import { rmSync } from 'node:fs';
     export async function setUpPackages({ checkout }) {
       if (process.env.NPM_CI) rmSync(checkout + '/node_modules/.lyceum', { recursive: true });
     }`,
  );
  put(
    checkout,
    'setup/data.mjs',
    'export async function setUpData() {}\nexport function assertDataName() {}\n',
  );
  put(checkout, 'learning/package.json', '{}');
  put(checkout, `${ADDON_PACKAGE}/package.json`, '{"version":"4.22.0","main":"index.js"}');
  put(checkout, `${ADDON_PACKAGE}/index.js`, ADDON);
  put(
    checkout,
    'node_modules/onnxruntime-node/package.json',
    JSON.stringify({ version: ONNX_CUDA.version }),
  );
  mkdirSync(join(checkout, PROVIDERS), { recursive: true });
  put(
    checkout,
    'program.mjs',
    `import { existsSync, readFileSync } from 'node:fs';
     const record = readFileSync('${checkout}/node_modules/.lyceum/engine.json', 'utf8');
     const isThere = (name) => existsSync('${join(checkout, PROVIDERS)}/' + name);
     console.log(JSON.stringify({
       accelerator: JSON.parse(record).accelerator,
       providers: ${JSON.stringify(PROVIDER_FILES)}.every(isThere),
       libraries: process.env.LD_LIBRARY_PATH,
     }));`,
  );
  for (const { name, version } of Object.values(TENSORFLOW)) {
    put(cache, `engine/${name}-${version}-tfjs-4.22.0-2/tfjs_binding.node`, '');
  }
  for (const file of PROVIDER_FILES) {
    put(cache, `onnx/${ONNX_CUDA.name}-${ONNX_CUDA.version}/${file}`, '');
  }
  // First on PATH, before the nvidia-smi of a machine that has a GPU.
  const bin = temporaryFolder();
  const gpus = hasGpu ? 'echo "GPU 0: NVIDIA H100 (UUID: GPU-1)"' : ':';
  put(bin, 'nvidia-smi', `#!/bin/sh\n${gpus}\n`);
  chmodSync(join(bin, 'nvidia-smi'), 0o755);
  const env = {
    LYCEUM_CACHE: cache,
    LYCEUM_ACCELERATOR: '',
    LD_LIBRARY_PATH: '',
    PATH: `${bin}:${process.env['PATH']}`,
  };
  const command = (name: string, args: string[], more: Record<string, string> = {}) =>
    startFile(join(checkout, 'setup', name), args, { ...env, ...more }).ended;
  return {
    cache,
    put,
    setUp: (more: Record<string, string> = {}) => command('main.mjs', [], more),
    program: async (more: Record<string, string> = {}) =>
      JSON.parse((await command('run.mjs', ['program.mjs'], more)).stdout),
    record: () =>
      JSON.parse(readFileSync(join(checkout, 'node_modules/.lyceum/engine.json'), 'utf8')),
  };
}

test('set-up for CUDA is kept without LYCEUM_ACCELERATOR, and changed by it', async () => {
  const { setUp, program } = makeCheckout();
  expect((await setUp({ LYCEUM_ACCELERATOR: 'cuda' })).code).toBe(0);

  expect(await program()).toMatchObject({ accelerator: 'cuda', providers: true });
  expect((await setUp({ NPM_CI: 'yes' })).code).toBe(0);
  expect(await program()).toMatchObject({ accelerator: 'cuda', providers: true });
  expect(await program({ LYCEUM_ACCELERATOR: 'cpu' })).toMatchObject({
    accelerator: 'cpu',
    providers: false,
  });
  expect(await program()).toMatchObject({ accelerator: 'cpu' });
});

test('set-up reports a GPU that TensorFlow does not use, with the reason and the pip command', async () => {
  const { cache, setUp, record } = makeCheckout({ hasGpu: true });

  const { code, stderr } = await setUp({ LYCEUM_ACCELERATOR: 'cuda' });

  expect(code).toBe(1);
  expect(stderr).toContain("Could not load 'libcudnn.so.9'");
  expect(stderr).not.toContain('AVX2');
  expect(stderr).toContain(`pip install --no-deps --require-hashes --target '${cache}/engine' -r `);
  expect(record()).toMatchObject({ engine: 'native', remedy: expect.stringContaining('cuDNN 9') });

  // If set-up is asked for again, it checks the GPU again.
  const again = await setUp({ USES_GPU: 'yes' });
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('uses the GPU')]);
  expect(record().remedy).toBeUndefined();
});

test('set-up does not try a GPU that CUDA_VISIBLE_DEVICES hides, and reports no fault of CUDA', async () => {
  const { setUp, record } = makeCheckout({ hasGpu: true });
  const { code, stderr } = await setUp({ LYCEUM_ACCELERATOR: 'cuda', CUDA_VISIBLE_DEVICES: '' });
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('CUDA_VISIBLE_DEVICES= leaves no GPU: whether'),
  ]);
  expect(record().remedy).toBeUndefined();
});

test('set-up for CUDA on a machine without a GPU says that the GPU was not tried', async () => {
  const { code, stderr } = await makeCheckout().setUp({ LYCEUM_ACCELERATOR: 'cuda' });
  expect([code, stderr]).toEqual([0, expect.stringContaining('was not tried')]);
});

test("run.mjs gives programs NVIDIA's libraries of the cache in LD_LIBRARY_PATH", async () => {
  const { cache, put, setUp, program } = makeCheckout();
  await setUp({ LYCEUM_ACCELERATOR: 'cuda' });
  expect((await program()).libraries).toBe('');
  put(cache, 'engine/nvidia/cudnn/lib/libcudnn.so.9', '');
  put(cache, 'engine/nvidia/cublas/lib/libcublas.so.12', '');
  put(cache, 'engine/nvidia/__init__.py', '');
  const places = ['cublas', 'cudnn'].map((name) => join(cache, 'engine/nvidia', name, 'lib'));
  expect((await program({ LD_LIBRARY_PATH: '/own' })).libraries).toBe(
    ['/own', ...places].join(':'),
  );
  expect((await program({ LYCEUM_ACCELERATOR: 'cpu' })).libraries).toBe('');
});
