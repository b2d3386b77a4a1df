/** Asks `nvidia-smi`, which comes with the driver. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { toLyceumError } from '@lyceum/proto';
import {
  GPU_QUERY,
  type Gpu,
  LIST_QUERY,
  PROCESS_QUERY,
  parseGpus,
  parseProcesses,
  parseUsed,
  USED_QUERY,
} from './nvidia-smi.js';
import { visibleGpus } from './visible-gpus.js';

/** A driver that must be loaded first takes some seconds. */
const PATIENCE_MS = 30_000;

export interface FoundGpus {
  /** Those that a program may see, in its order. */
  readonly gpus: readonly Gpu[];
  /** Why there may be more: the driver does not answer. */
  readonly problem?: string;
}

/** @returns none where there is no nvidia-smi, and so no driver. */
export async function findGpus(env: NodeJS.ProcessEnv): Promise<FoundGpus> {
  try {
    const [query, list] = await Promise.all([ask(GPU_QUERY), ask(LIST_QUERY)]);
    if (query === undefined || list === undefined) return { gpus: [] };
    return { gpus: visibleGpus(parseGpus(query, list), env['CUDA_VISIBLE_DEVICES']) };
  } catch (err) {
    return { gpus: [], problem: toLyceumError(err).message };
  }
}

/** Measures what a GPU's memory is used for. */
export class GpuMemory {
  readonly #gpu: Gpu | undefined;

  constructor(gpu: Gpu | undefined) {
    this.#gpu = gpu;
  }

  /** What nobody has taken yet, as far as the driver tells; undefined without a GPU. */
  async freeBytes(): Promise<number | undefined> {
    const gpu = this.#gpu;
    return gpu && Math.max(0, gpu.memoryBytes - ((await this.#usedByAll()) ?? 0));
  }

  /**
   * What this process has taken, or, where the driver tells of no process (as in containers), what all have; undefined
   * without a GPU, or if the driver tells nothing, as of a part of one. Differences are of use.
   */
  async usedBytes(): Promise<number | undefined> {
    if (this.#gpu === undefined) return undefined;
    const processes = parseProcesses((await told(PROCESS_QUERY)) ?? '');
    const own = processes.filter(({ pid, bytes }) => pid === process.pid && bytes !== undefined);
    if (own.length > 0) return own.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
    return this.#usedByAll();
  }

  async #usedByAll(): Promise<number | undefined> {
    return parseUsed((await told(USED_QUERY)) ?? '').get(this.#gpu?.uuid ?? '');
  }
}

/** What is only measured is not worth a failure. */
async function told(args: readonly string[]): Promise<string | undefined> {
  return ask(args).catch(() => undefined);
}

/** @returns undefined if there is no nvidia-smi. @throws with what it says. */
async function ask(args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', args, { timeout: PATIENCE_MS });
    return stdout;
  } catch (thrown) {
    const { code, stdout } = thrown as { code?: unknown; stdout?: string };
    if (code === 'ENOENT' || code === 'EACCES') return undefined;
    const said = stdout?.trim().split('\n')[0] ?? '';
    if (said === 'No devices were found') return '';
    throw new Error(said === '' ? toLyceumError(thrown).message : `nvidia-smi: ${said}`);
  }
}
