/**
 * ONNX Runtime's real CUDA provider as set-up places it, loaded by the real worker on a machine without a driver. The
 * worker is a copy with its own packages: other tests must run without the provider.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROVIDER_FILES, setUpOnnxCuda } from '../../setup/onnx-cuda.mjs';
import { cacheRoot } from '../../setup/places.mjs';
import { placeCudaLibraries } from './cuda-libraries.js';
import { placeNvidiaSmi, type Served, serveOnnx } from './serve-process.js';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const RUNTIME = 'node_modules/onnxruntime-node';
const PACKAGES = ['proto', 'platform', 'learning', 'teacher-worker'];

/** The provider has 277 MB, and is downloaded once a machine. */
const SET_UP_MS = 15 * 60_000;

let folder: string;
let libraries: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lyceum-cuda-'));
  placeNvidiaSmi(folder);
  copyWorker(folder);
  const { signal } = new AbortController();
  await setUpOnnxCuda({
    checkout: folder,
    cache: cacheRoot(process.env),
    accelerator: 'cuda',
    signal,
  });
  const provider = join(folder, RUNTIME, 'bin/napi-v6/linux/x64', PROVIDER_FILES[1] ?? '');
  libraries = placeCudaLibraries(provider, folder);
}, SET_UP_MS);
afterAll(() => rmSync(folder, { recursive: true }));

/** Copies the compiled worker, with links to this checkout's packages, except for the one that gets a provider. */
function copyWorker(to: string): void {
  for (const name of PACKAGES) {
    mkdirSync(join(to, name));
    for (const part of ['package.json', 'dist']) {
      cpSync(join(CHECKOUT, name, part), join(to, name, part), { recursive: true });
    }
  }
  mkdirSync(join(to, 'node_modules/@lyceum'), { recursive: true });
  for (const name of PACKAGES) symlinkSync(join(to, name), join(to, 'node_modules/@lyceum', name));
  for (const name of readdirSync(join(CHECKOUT, 'node_modules'))) {
    const place = join(to, 'node_modules', name);
    if (!existsSync(place) && place !== join(to, RUNTIME)) {
      symlinkSync(join(CHECKOUT, 'node_modules', name), place);
    }
  }
  cpSync(join(CHECKOUT, RUNTIME), join(to, RUNTIME), {
    recursive: true,
    filter: (source) => !PROVIDER_FILES.some((file) => source.endsWith(file)),
  });
}

function serve(libraryPath: readonly string[], ...flags: string[]): Promise<Served> {
  const main = join(folder, 'teacher-worker/dist/main.js');
  const env = { LD_LIBRARY_PATH: libraryPath.join(delimiter) };
  return serveOnnx({ folder, main, env }, ...flags);
}

test('the CUDA provider gets as far as the driver, whose refusal is reported', async () => {
  const { isReady, stderr } = await serve(libraries);
  expect(isReady).toBe(false);
  // 35: there is no driver; 100: there is one, without that GPU.
  expect(stderr).toMatch(
    /NVIDIA L4 cannot compute it: ONNX Runtime cannot compute on the GPU: CUDA failure (35|100): [^;]+; a worker started with --allow-cpu/,
  );
});

test('a missing CUDA library is reported, with LD_LIBRARY_PATH as the remedy', async () => {
  const { isReady, stderr } = await serve([dirname(libraries[0] ?? '')]);
  expect(isReady).toBe(false);
  expect(stderr).toMatch(/a library of CUDA 12 or cuDNN 9 is not found, .*LD_LIBRARY_PATH/);
});

test('with --allow-cpu the processor computes the model', async () => {
  const { isReady, stderr } = await serve(libraries, '--allow-cpu');
  expect([isReady, stderr]).toEqual([
    true,
    expect.stringContaining('a teacher runs on the processor'),
  ]);
});
