/**
 * A stand-in `nvidia-smi` on PATH that prints what the real one prints, for a machine with one GPU and for broken
 * ones.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findGpus, GpuMemory } from '../../src/gpus/index.js';

const UUID = 'GPU-81495ec7-da36-8ea5-9f7d-5804aa3fef20';
const GPU = {
  uuid: UUID,
  name: 'NVIDIA L4',
  driver: '580.1',
  memoryBytes: 23_034 * 2 ** 20,
  computeCapability: 8.9,
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
  vi.stubEnv('PATH', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** @param script - a shell script; `$1` is the query. */
function install(script: string): void {
  const file = join(folder, 'nvidia-smi');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const ANSWERS = `
case "$1" in
  --list-gpus) echo "GPU 0: NVIDIA L4 (UUID: ${UUID})" ;;
  *compute_cap*) echo "${UUID}, NVIDIA L4, 580.1, 23034, 8.9, [N/A]" ;;
  *memory.free) echo "${UUID}, 1034, 21500" ;;
  *compute-apps*) echo "PROCESSES" ;;
esac`;

test('findGpus finds the GPU, and none when CUDA_VISIBLE_DEVICES is empty', async () => {
  install(ANSWERS);
  expect(await findGpus({})).toEqual({ gpus: [GPU] });
  expect(await findGpus({ CUDA_VISIBLE_DEVICES: '' })).toEqual({ gpus: [] });
});

test('findGpus reports no GPU and no problem without the driver, or with a driver that sees none', async () => {
  expect(await findGpus({}, folder)).toEqual({ gpus: [] });
  install('echo No devices were found; exit 6');
  expect(await findGpus({})).toEqual({ gpus: [] });
});

test('findGpus reports a CUDA_VISIBLE_DEVICES that names no GPU as a problem, except -1', async () => {
  install(ANSWERS);
  expect(await findGpus({ CUDA_VISIBLE_DEVICES: '-1' })).toEqual({ gpus: [] });
  expect(await findGpus({ CUDA_VISIBLE_DEVICES: '3' })).toEqual({
    gpus: [],
    problem: `CUDA_VISIBLE_DEVICES=3 names no GPU; there are 0 (${UUID})`,
  });
});

test('findGpus reports a driver that hangs as a problem, although nvidia-smi ignores SIGTERM', async () => {
  install("trap '' TERM; while :; do /bin/sleep 1; done");
  const { problem } = await findGpus({}, folder, 500);
  expect(problem).toBe('nvidia-smi: no answer within 0.5 s: the driver hangs');
});

test('findGpus reports a failed nvidia-smi as a problem, with its message', async () => {
  install('echo "NVIDIA-SMI has failed because it could not talk to the driver."; exit 9');
  const { gpus, problem } = await findGpus({});
  expect(gpus).toEqual([]);
  expect(problem).toBe(
    'nvidia-smi: NVIDIA-SMI has failed because it could not talk to the driver.',
  );
});

test('GpuMemory.usedBytes counts this process, or the whole GPU if the driver does not list it', async () => {
  install(ANSWERS.replace('PROCESSES', `${process.pid}, ${UUID}, 300`));
  expect(await new GpuMemory(GPU).usedBytes()).toBe(300 * 2 ** 20);
  expect(await new GpuMemory(GPU).freeBytes()).toBe(21_500 * 2 ** 20);
  install(ANSWERS.replace('PROCESSES', `1, ${UUID}, 900`));
  expect(await new GpuMemory(GPU).usedBytes()).toBe(1_034 * 2 ** 20);
});

test('GpuMemory.usedBytes is undefined once when the driver begins to list this process', async () => {
  const memory = new GpuMemory(GPU);
  install(ANSWERS.replace('PROCESSES', ''));
  expect(await memory.usedBytes()).toBe(1_034 * 2 ** 20);
  install(ANSWERS.replace('PROCESSES', `${process.pid}, ${UUID}, 300`));
  expect(await memory.usedBytes()).toBeUndefined();
  expect(await memory.usedBytes()).toBe(300 * 2 ** 20);
});

test('findGpus reports the device file of a GPU without nvidia-smi as a problem', async () => {
  const devices = join(folder, 'dev');
  mkdirSync(devices);
  writeFileSync(join(devices, 'nvidiactl'), '');
  expect(await findGpus({}, devices)).toEqual({ gpus: [] });
  writeFileSync(join(devices, 'nvidia0'), '');
  const { gpus, problem } = await findGpus({}, devices);
  expect(gpus).toEqual([]);
  expect(problem).toMatch(/nvidia0 is here, but nvidia-smi cannot .*NVIDIA_DRIVER_CAPABILITIES/);
});

test('GpuMemory reports no used memory and all memory as free when nvidia-smi fails', async () => {
  install('exit 1');
  expect(await new GpuMemory(GPU).usedBytes()).toBeUndefined();
  expect(await new GpuMemory(GPU).freeBytes()).toBe(GPU.memoryBytes);
});

test('GpuMemory without a GPU reports neither used nor free memory', async () => {
  install('exit 1');
  expect(await new GpuMemory(undefined).usedBytes()).toBeUndefined();
  expect(await new GpuMemory(undefined).freeBytes()).toBeUndefined();
});
