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

test('a teacher that the GPU cannot compute is not loaded, and why is told', async () => {
  const { isReady, stderr } = await serveOnnx({ folder });
  expect(isReady).toBe(false);
  expect(stderr).toMatch(
    /NVIDIA L4 cannot compute it: ONNX Runtime.*; a worker started with --allow-cpu or --device cpu computes it/,
  );
});

test.each([['--allow-cpu'], ['--device=cpu']])(
  'with %s the processor computes it',
  async (flag) => {
    const { isReady, stderr } = await serveOnnx({ folder }, flag);
    expect([isReady, stderr]).toEqual([true, expect.any(String)]);
    expect(stderr.includes('the processor computes a teacher')).toBe(flag === '--allow-cpu');
  },
);

test('a GPU that is not there is refused before anything is loaded', async () => {
  const { code, stderr } = await serveOnnx({ folder }, '--device', 'cuda:3');
  expect(code).toBe(6);
  expect(stderr).toContain('--device cuda:3 is not there: there are 1: 0 NVIDIA L4');
});

test('what is no device is usage', async () => {
  const { code, stderr } = await serveOnnx({ folder }, '--device', 'gpu');
  expect([code, stderr]).toEqual([2, expect.stringContaining('want auto, cpu, cuda or cuda:N')]);
});
