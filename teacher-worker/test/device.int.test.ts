/**
 * On which device teachers are computed, on a machine whose GPU is a stand-in: an `nvidia-smi` that prints what the real
 * one does. No engine can use it, so this shows refusals, and the processor in its place where that is allowed. `serve`
 * is enough for it: it loads teachers as a worker does, and needs no cluster.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const MAIN = path('../dist/main.js');
const ONNX = path('../../learning/test/fixtures/onnx/fixed-batch.onnx');
const UUID = 'GPU-81495ec7-da36-8ea5-9f7d-5804aa3fef20';
const ANSWERS = `#!/bin/sh
case "$1" in
  --list-gpus) echo "GPU 0: NVIDIA L4 (UUID: ${UUID})" ;;
  *memory.total*) echo "${UUID}, NVIDIA L4, 580.1, 23034" ;;
esac
`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lyceum-device-'));
  writeFileSync(join(folder, 'nvidia-smi'), ANSWERS);
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Serves an ONNX model, until it is ready or has ended. */
function serve(
  ...flags: string[]
): Promise<{ ready: boolean; code: number | null; stderr: string }> {
  const env = {
    ...process.env,
    PATH: `${folder}${delimiter}${process.env['PATH']}`,
    // The stand-in's GPU is seen, whatever this machine hides.
    CUDA_VISIBLE_DEVICES: '0',
  };
  const args = [MAIN, ...flags, '--inference', '127.0.0.1:0', 'serve', `digits=${ONNX}`];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.stdout.once('data', () => resolve({ ready: true, code: null, stderr }));
    child.once('close', (code) => resolve({ ready: false, code, stderr }));
  });
}

test('a teacher that the GPU cannot compute is not loaded, and why is told', async () => {
  const { ready, stderr } = await serve();
  expect(ready).toBe(false);
  expect(stderr).toMatch(
    /NVIDIA L4 cannot compute it: ONNX Runtime.*; a worker started with --allow-cpu or --device cpu computes it/,
  );
});

test.each([['--allow-cpu'], ['--device=cpu']])(
  'with %s the processor computes it',
  async (flag) => {
    const { ready, stderr } = await serve(flag);
    expect([ready, stderr]).toEqual([true, expect.any(String)]);
    expect(stderr.includes('the processor computes a teacher')).toBe(flag === '--allow-cpu');
  },
);

test('a GPU that is not there is refused before anything is loaded', async () => {
  const { code, stderr } = await serve('--device', 'cuda:3');
  expect(code).toBe(6);
  expect(stderr).toContain('--device cuda:3 is not there: there are 1: 0 NVIDIA L4');
});

test('what is no device is usage', async () => {
  const { code, stderr } = await serve('--device', 'gpu');
  expect([code, stderr]).toEqual([2, expect.stringContaining('want auto, cpu, cuda or cuda:N')]);
});
