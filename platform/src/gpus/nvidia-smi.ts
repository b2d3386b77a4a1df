/**
 * Parses the output of `nvidia-smi`. Pure.
 *
 * @see https://docs.nvidia.com/deploy/nvidia-smi/index.html
 */
import { LyceumError } from '@lyceum/proto';

export interface Gpu {
  /** CUDA's name for it: `GPU-…`, or `MIG-…` of a part of a GPU. */
  readonly uuid: string;
  /** `NVIDIA H100 80GB HBM3`; a part's ends with ` MIG 1g.10gb`. */
  readonly name: string;
  readonly driver: string;
  /** 0: unknown. */
  readonly memoryBytes: number;
  /** `9` for Hopper, `8.9` for Ada; undefined: unknown. */
  readonly computeCapability?: number;
  /** Why the GPU cannot be used; undefined: it can. */
  readonly trouble?: string;
}

/** Memory that a process has taken, by GPU. */
export interface UsedMemory {
  readonly pid: number;
  readonly uuid: string;
  /** Undefined: the driver does not report it, as inside some containers. */
  readonly bytes: number | undefined;
}

export const GPU_QUERY = [
  '--query-gpu=uuid,name,driver_version,memory.total,compute_cap,mig.mode.current',
  ...csv(),
];
/** Free memory is asked for too: it is less than total less used, since the driver reserves some. */
export const MEMORY_QUERY = ['--query-gpu=uuid,memory.used,memory.free', ...csv()];
export const PROCESS_QUERY = ['--query-compute-apps=pid,gpu_uuid,used_memory', ...csv()];
export const LIST_QUERY = ['--list-gpus'];

const MIB = 1024 ** 2;

/** A part `1g.5gb` has 4,864 MiB, `1g.10gb` of an H100 9,856 MiB: a little less than its name says. */
const PART_SHARE = 0.95;

/**
 * The devices that CUDA may compute on: of a GPU that is cut into parts its parts, and not the GPU itself. A device
 * that cannot be used keeps its place, so that the numbers of the others do not change.
 *
 * @param query - what {@link GPU_QUERY} printed.
 * @param list - what {@link LIST_QUERY} printed, which alone names parts.
 * @throws {LyceumError} FAILED_PRECONDITION if the texts cannot be parsed.
 */
export function parseGpus(query: string, list: string): Gpu[] {
  const parts = partsByGpu(list);
  return lines(query).flatMap((line) => {
    const [uuid = '', name = '', driver = '', total = '', capability = '', mig = ''] = fields(line);
    if (!uuid.startsWith('GPU-') || driver === '') throw unreadable(line);
    const computeCapability = Number(capability);
    const known = { driver, ...(computeCapability > 0 && { computeCapability }) };
    const own = parts.get(uuid);
    if (own !== undefined) {
      return own.map((part) => ({ ...part, ...known, name: `${name} MIG ${part.name}` }));
    }
    const bytes = Number(total) * MIB;
    const memoryBytes = Number.isFinite(bytes) ? bytes : 0;
    const trouble = troubleOf(mig, total, memoryBytes);
    return [{ uuid, name, ...known, memoryBytes, ...(trouble !== undefined && { trouble }) }];
  });
}

function troubleOf(mig: string, total: string, memoryBytes: number): string | undefined {
  if (mig === 'Enabled') {
    return 'is in MIG mode and has no parts: nvidia-smi mig -cgi makes some, nvidia-smi -mig 0 ends the mode';
  }
  return memoryBytes > 0
    ? undefined
    : `does not report its memory (${total}): nvidia-smi -q says what is wrong`;
}

/** From {@link MEMORY_QUERY}'s output: bytes in use and free by UUID, for GPUs that report them. */
export function parseMemory(query: string): Map<string, { used: number; free: number }> {
  const told = lines(query).map((line) => {
    const [uuid = '', used, free] = fields(line);
    return [uuid, { used: Number(used) * MIB, free: Number(free) * MIB }] as const;
  });
  return new Map(told.filter(([, { used, free }]) => Number.isFinite(used + free)));
}

/** From {@link PROCESS_QUERY}'s output. */
export function parseProcesses(query: string): UsedMemory[] {
  return lines(query).map((line) => {
    const [pid, uuid = '', mib] = fields(line);
    const bytes = Number(mib) * MIB;
    return { pid: Number(pid), uuid, bytes: Number.isFinite(bytes) ? bytes : undefined };
  });
}

/** `MIG 1g.5gb Device 0: (UUID: MIG-…)` below `GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-…)`. */
function partsByGpu(list: string): Map<string, Omit<Gpu, 'driver'>[]> {
  const parts = new Map<string, Omit<Gpu, 'driver'>[]>();
  let gpu = '';
  for (const line of lines(list)) {
    gpu = /^GPU \d+: .*\(UUID: (GPU-[^)]+)\)/.exec(line)?.[1] ?? gpu;
    const part = /^MIG (\S+)\s+Device\s+\d+: \(UUID: (MIG-[^)]+)\)/.exec(line);
    if (part === null) continue;
    const [, name = '', uuid = ''] = part;
    const gigabytes = Number(/(\d+)gb/.exec(name)?.[1]);
    if (!(gigabytes > 0)) throw unreadable(line);
    const memoryBytes = Math.floor(gigabytes * 1024 * PART_SHARE) * MIB;
    parts.set(gpu, [...(parts.get(gpu) ?? []), { uuid, name, memoryBytes }]);
  }
  return parts;
}

function lines(output: string): string[] {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('WARNING:'));
}

function fields(line: string): string[] {
  return line.split(',').map((field) => field.trim());
}

function csv(): string[] {
  return ['--format=csv,noheader,nounits'];
}

function unreadable(line: string): LyceumError {
  return new LyceumError('FAILED_PRECONDITION', `a line of nvidia-smi cannot be read: ${line}`);
}
