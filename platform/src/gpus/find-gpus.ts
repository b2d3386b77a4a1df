/** Asks `nvidia-smi`, which comes with NVIDIA's driver, for the machine's GPUs. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { toLyceumError } from '@lyceum/proto';
import {
  GPU_QUERY,
  type Gpu,
  LIST_QUERY,
  MEMORY_QUERY,
  PROCESS_QUERY,
  parseGpus,
  parseMemory,
  parseProcesses,
} from './nvidia-smi.js';
import { hidesAll, visibleGpus } from './visible-gpus.js';

/** Time for an answer of nvidia-smi. If the driver must be loaded first, that takes some seconds. */
const PATIENCE_MS = 30_000;

export interface FoundGpus {
  /** GPUs that a program may use, in the order of CUDA_VISIBLE_DEVICES. */
  readonly gpus: readonly Gpu[];
  /** Why the list may lack some: the driver does not answer, or CUDA_VISIBLE_DEVICES is wrong. */
  readonly problem?: string;
}

/**
 * @param devices - the folder of device files.
 * @returns no GPUs if there is neither nvidia-smi nor a device file of a GPU.
 */
export async function findGpus(
  env: NodeJS.ProcessEnv,
  devices = '/dev',
  patienceMs = PATIENCE_MS,
): Promise<FoundGpus> {
  try {
    const [query, list] = await Promise.all([
      ask(GPU_QUERY, patienceMs),
      ask(LIST_QUERY, patienceMs),
    ]);
    if (query === undefined || list === undefined) return await unasked(devices);
    return seenOf(parseGpus(query, list), env['CUDA_VISIBLE_DEVICES']);
  } catch (err) {
    return { gpus: [], problem: toLyceumError(err).message };
  }
}

/**
 * A wrong CUDA_VISIBLE_DEVICES is a problem, and not a wish for no GPU: the worker would silently use the processor.
 */
function seenOf(all: readonly Gpu[], visible: string | undefined): FoundGpus {
  const gpus = visibleGpus(all, visible);
  if (visible === undefined || hidesAll(visible) || gpus.length > 0 || all.length === 0) {
    return { gpus };
  }
  const names = all.map(({ uuid }, index) => `${index} (${uuid})`).join(', ');
  return { gpus, problem: `CUDA_VISIBLE_DEVICES=${visible} names no GPU; there are ${names}` };
}

/** A GPU without a working nvidia-smi is a problem: as "no GPU" its worker would silently compute on the processor. */
async function unasked(devices: string): Promise<FoundGpus> {
  const names = await readdir(devices).catch(() => []);
  const device = names.find((name) => /^nvidia\d+$/.test(name));
  if (device === undefined) return { gpus: [] };
  const problem = `${devices}/${device} is here, but nvidia-smi cannot be run; containers get it by NVIDIA_DRIVER_CAPABILITIES=compute,utility`;
  return { gpus: [], problem };
}

/** Measures how much of a GPU's memory is in use. */
export class GpuMemory {
  readonly #gpu: Gpu | undefined;
  /** Whether the last figure was this process' alone. */
  #wasOwn: boolean | undefined;

  constructor(gpu: Gpu | undefined) {
    this.#gpu = gpu;
  }

  /** Free memory, as the driver reports it; undefined: no GPU, or no report. */
  async freeBytes(): Promise<number | undefined> {
    return this.#gpu && ((await this.#memory())?.free ?? this.#gpu.memoryBytes);
  }

  /**
   * Memory that this process has taken, or, where the driver names no process (as in containers), that all processes
   * have taken. Undefined: no GPU, or no report, as for a part of a GPU. Only differences of two calls are meaningful.
   */
  async usedBytes(): Promise<number | undefined> {
    if (this.#gpu === undefined) return undefined;
    const processes = parseProcesses((await told(PROCESS_QUERY)) ?? '');
    const own = processes.filter(({ pid, bytes }) => pid === process.pid && bytes !== undefined);
    const isOwn = own.length > 0;
    const isComparable = this.#wasOwn === undefined || this.#wasOwn === isOwn;
    this.#wasOwn = isOwn;
    // The difference of one process' figure and that of all processes would be meaningless.
    if (!isComparable) return undefined;
    return isOwn
      ? own.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
      : (await this.#memory())?.used;
  }

  async #memory(): Promise<{ readonly used: number; readonly free: number } | undefined> {
    return parseMemory((await told(MEMORY_QUERY)) ?? '').get(this.#gpu?.uuid ?? '');
  }
}

/** Undefined if nvidia-smi fails: a measurement is not worth a failure. */
async function told(args: readonly string[]): Promise<string | undefined> {
  return ask(args).catch(() => undefined);
}

/** @returns undefined if there is no nvidia-smi. @throws with its message. */
function ask(args: readonly string[], patienceMs = PATIENCE_MS): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile('nvidia-smi', args, (err, stdout) => {
      clearTimeout(patience);
      const said = stdout.trim().split('\n')[0] ?? '';
      if (err === null) resolve(stdout);
      else if (err.code === 'ENOENT' || err.code === 'EACCES') resolve(undefined);
      else if (said === 'No devices were found') resolve('');
      else reject(said === '' ? err : new Error(`nvidia-smi: ${said}`));
    });
    const patience = setTimeout(() => {
      const seconds = patienceMs / 1000;
      reject(new Error(`nvidia-smi: no answer within ${seconds} s: the driver hangs`));
      // A process that hangs in the driver cannot be ended: it is not waited for.
      child.kill('SIGKILL');
      child.unref();
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, patienceMs);
  });
}
