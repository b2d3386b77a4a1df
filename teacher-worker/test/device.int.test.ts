/**
 * Which device computes teachers, on a machine whose GPU is a stand-in. No engine can use it, so these tests show
 * refusals, and the processor in its place where that is allowed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { placeNvidiaSmi, serveOnnx } from './serve-process.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lyceum-device-'));
  placeNvidiaSmi(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a model that the GPU cannot compute is not served, and the reason is reported', async () => {
  const { isReady, stderr } = await serveOnnx({ folder });
  expect(isReady).toBe(false);
  expect(stderr).toMatch(
    /NVIDIA L4 cannot compute it: ONNX Runtime.*; a worker started with --allow-cpu or --device cpu computes it/,
  );
});

test.each([['--allow-cpu'], ['--device=cpu']])(
  'with %s the processor computes a model that the GPU cannot',
  async (flag) => {
    const { isReady, stderr } = await serveOnnx({ folder }, flag);
    expect([isReady, stderr]).toEqual([true, expect.any(String)]);
    expect(stderr.includes('a teacher runs on the processor')).toBe(flag === '--allow-cpu');
  },
);

test('--device with a GPU that is not there exits with code 6', async () => {
  const { code, stderr } = await serveOnnx({ folder }, '--device', 'cuda:3');
  expect(code).toBe(6);
  expect(stderr).toContain('--device cuda:3 is not there: there are 1: 0 NVIDIA L4');
});

test('--device with an unknown value exits with code 2', async () => {
  const { code, stderr } = await serveOnnx({ folder }, '--device', 'gpu');
  expect([code, stderr]).toEqual([2, expect.stringContaining('want auto, cpu, cuda or cuda:N')]);
});
