/**
 * The command itself: without a GPU; with the CPU in place of a GPU; and with an nvidia-smi that reports a GPU which
 * no engine can use, so that every step fails except those of the CPU.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/gpu-check.js', import.meta.url));

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], changes: NodeJS.ProcessEnv = {}): Promise<Ended> {
  // Hides the GPUs of this machine.
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '', ...changes };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (err, stdout, stderr) => {
      resolve({ code: err?.code ?? 0, stdout, stderr });
    });
  });
}

/** @param script - the content of an nvidia-smi. @returns the environment with that nvidia-smi. */
async function withDriver(script: string): Promise<NodeJS.ProcessEnv> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-driver-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(folder, 'nvidia-smi'), 0o755);
  return { PATH: `${folder}:${process.env['PATH']}`, CUDA_VISIBLE_DEVICES: undefined };
}

const TWO_GPUS = `case "$1" in
  --list-gpus) echo 'GPU 0: NVIDIA L4 (UUID: GPU-1)'; echo 'GPU 1: NVIDIA H100 (UUID: GPU-2)' ;;
  --query-gpu=uuid,name*) echo 'GPU-1, NVIDIA L4, 580.1, 23034'; echo 'GPU-2, NVIDIA H100, 580.1, 81559' ;;
esac`;

test('gpu-check without a GPU says so and exits with 3', async () => {
  const { code, stdout, stderr } = await run([]);
  expect([code, stdout]).toEqual([3, '']);
  expect(stderr).toMatch(
    /^gpu-check: there is no GPU to check: .*CUDA_VISIBLE_DEVICES.*--pretend-cpu/,
  );
});

test('gpu-check exits with 3 for a missing GPU, and with 1 when the driver fails', async () => {
  const none = await run(['--device', 'cuda:2'], await withDriver(TWO_GPUS));
  expect([none.code, none.stderr]).toEqual([
    3,
    expect.stringContaining('visible GPUs: 2, none is cuda:2'),
  ]);
  const broken = await run([], await withDriver('echo no driver is loaded; exit 9'));
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('no driver is loaded')]);
});

test.each([['--fast'], ['--device=cpu']])('gpu-check %s prints the usage', async (flag) => {
  expect(await run([flag])).toMatchObject({ code: 2, stderr: expect.stringContaining('usage:') });
});

test('gpu-check --pretend-cpu passes every check and says that no GPU was used', async () => {
  const { code, stdout } = await run(['--pretend-cpu']);
  expect(code).toBe(0);
  expect(stdout).toContain('No GPU was used');
  expect(stdout).toMatch(/Engines: onnxruntime \d.*, tensorflow 2\./);
  expect(stdout).not.toContain('FAILED');
  for (const check of [
    'any two samples differ',
    'ONNX Runtime against the processor',
    'steps as a graph',
    'both engines in one process',
    'fast (TF32)',
    'remote-teachers',
  ]) {
    expect(stdout).toContain(check);
  }
});

test('gpu-check of an unusable GPU prints the table with failures and exits with 1', async () => {
  const { code, stdout, stderr } = await run(
    ['--small', '--device', 'cuda:1'],
    await withDriver(TWO_GPUS),
  );
  expect(code).toBe(1);
  expect(stdout).toContain('Checked: NVIDIA H100, 79.6 GiB, driver 580.1, of 2 seen');
  expect(stdout).toMatch(
    /TensorFlow computes on the device \| cpu .* FAILED \| TensorFlow finds no GPU/,
  );
  expect(stdout).toContain('| TensorFlow, a teacher | – | – | not run |');
  expect(stdout).toContain('| TensorFlow, a student | – | – | not run |');
  expect(stdout).toMatch(
    /ONNX Runtime, a teacher \| – \| – \| FAILED \| ONNX Runtime's CUDA provider/,
  );
  // The messages of TensorFlow.
  expect(stderr).toMatch(/the GPU said:\n.*\n/);
});
