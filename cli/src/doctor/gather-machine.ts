import { type ExecFileException, execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { availableBytes, findGpus, gpuTrouble } from '@lyceum/platform';
import { z } from 'zod';
import { programFile } from '../local-cluster/index.js';
import type { DiskFacts, EngineFacts, GpuFacts } from './judge-machine.js';

const run = promisify(execFile);

/** TensorFlow loads in seconds, but takes longer on a busy machine. */
const ENGINE_PATIENCE_MS = 120_000;

/** Run in another process, since this one never loads TensorFlow. */
const OPEN_ENGINE = `
const { openEngine, prepareEngine } = await import('@lyceum/learning/tensorflow');
const { findGpus } = await import('@lyceum/platform');
const { gpus } = await findGpus(process.env);
const gpu = gpus.find(({ trouble }) => trouble === undefined);
prepareEngine(process.env, 1, gpu && { uuid: gpu.uuid, determinism: 'strict' });
const { name, version, device } = await openEngine({ warn: () => undefined });
console.log(JSON.stringify({ name, version, device }));`;

const engine = z.object({ name: z.string(), version: z.string(), device: z.string() });

/** Whether workers are installed beside this program. The coordinator's image has none. */
export function hasWorkers(): boolean {
  return existsSync(programFile('teacher-worker'));
}

/** @param env - of this process, and of the process that tries the engine. */
export async function gatherEngine(env: NodeJS.ProcessEnv): Promise<EngineFacts> {
  if (!hasWorkers()) return { kind: 'not installed' };
  try {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', OPEN_ENGINE], {
      cwd: dirname(programFile('teacher-worker')),
      timeout: ENGINE_PATIENCE_MS,
      env,
    });
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    return { kind: 'loaded', ...engine.parse(JSON.parse(last)) };
  } catch (err) {
    return { kind: 'broken', why: whyOf(err) };
  }
}

export async function gatherGpu(env: NodeJS.ProcessEnv): Promise<GpuFacts> {
  const { gpus, problem } = await findGpus(env);
  const names = gpus.map(({ name, driver }) => `${name} with driver ${driver}`);
  const trouble = gpus.map(gpuTrouble).find((text) => text !== undefined);
  return { names, trouble: problem ?? trouble };
}

/** Facts about the disk of a folder; if there is no such folder, of the nearest folder above it. */
export function gatherDisk(check: string, folder: string, option: string): DiskFacts {
  let there = resolve(folder);
  while (!existsSync(there)) there = dirname(there);
  return {
    check,
    folder: there,
    option,
    isWritable: isWritable(there),
    freeBytes: availableBytes(there),
  };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The error in one line. The message of an execFile error would repeat the whole program. */
function whyOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  const { stderr, killed, signal, code } = err as ExecFileException & { readonly stderr?: string };
  if (stderr === undefined) return err.message;
  if (killed === true) return `it takes more than ${ENGINE_PATIENCE_MS / 1000} s`;
  if (signal === 'SIGILL') return 'SIGILL ends the process, as on a processor without AVX';
  if (signal) return `${signal} ends the process`;
  const lines = stderr.trim().split('\n');
  return lines.find((line) => /^\w*Error/.test(line)) ?? (lines.at(-1) || `exit code ${code}`);
}
