/** The command itself: without a GPU, and with the processor standing for one, which shows every step but no GPU. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/gpu-check.js', import.meta.url));

function run(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  // No GPU of the machine that tests is seen.
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '' };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (err, stdout, stderr) => {
      resolve({ code: err?.code ?? 0, stdout, stderr });
    });
  });
}

test('without a GPU it says so and ends with 3', async () => {
  const { code, stdout, stderr } = await run();
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toMatch(
    /^gpu-check: there is no GPU to check: .*CUDA_VISIBLE_DEVICES.*--pretend-cpu/,
  );
});

test('an option that does not exist is usage', async () => {
  expect(await run('--fast')).toMatchObject({ code: 2, stderr: expect.stringContaining('usage:') });
});

test('the processor that stands for a GPU passes every check, and the table says what it is', async () => {
  const { code, stdout } = await run('--pretend-cpu');
  expect(code).toBe(0);
  expect(stdout).toContain('No GPU was used');
  expect(stdout).not.toContain('FAILED');
  for (const check of [
    'ONNX Runtime against the processor',
    'steps as a graph',
    'remote-teachers',
  ]) {
    expect(stdout).toContain(check);
  }
});
