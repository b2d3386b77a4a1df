/**
 * `teacher-worker serve` on a machine whose GPU is a stand-in: an `nvidia-smi` that prints what the real one prints.
 */
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const ONNX = fileURLToPath(
  new URL('../../learning/test/fixtures/onnx/fixed-batch.onnx', import.meta.url),
);
const UUID = 'GPU-81495ec7-da36-8ea5-9f7d-5804aa3fef20';
const ANSWERS = `#!/bin/sh
case "$1" in
  --list-gpus) echo "GPU 0: NVIDIA L4 (UUID: ${UUID})" ;;
  *memory.total*) echo "${UUID}, NVIDIA L4, 580.1, 23034" ;;
esac
`;

/** Puts the stand-in `nvidia-smi` into a folder. */
export function placeNvidiaSmi(folder: string): void {
  writeFileSync(join(folder, 'nvidia-smi'), ANSWERS);
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
}

export interface Served {
  readonly isReady: boolean;
  /** Null: the process goes on. */
  readonly code: number | null;
  readonly stderr: string;
}

export interface ServePlaces {
  /** The folder of the stand-in. */
  readonly folder: string;
  /** Default: the worker of this checkout. */
  readonly main?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Serves an ONNX model until it is ready or has ended. It needs no cluster, and loads teachers as a worker does. */
export function serveOnnx(
  { folder, main = MAIN, env }: ServePlaces,
  ...flags: string[]
): Promise<Served> {
  const args = [main, ...flags, '--inference', '127.0.0.1:0', 'serve', `digits=${ONNX}`];
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env['PATH']}`,
      // The program must see the stand-in GPU, whatever this machine hides.
      CUDA_VISIBLE_DEVICES: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.stdout.once('data', () => resolve({ isReady: true, code: null, stderr }));
    child.once('close', (code) => resolve({ isReady: false, code, stderr }));
  });
}
