/**
 * What `nvidia-smi` prints, read. Pure.
 *
 * @see https://docs.nvidia.com/deploy/nvidia-smi/index.html
 */
import { LyceumError } from '@lyceum/proto';

export interface Gpu {
  /** What CUDA calls it: `GPU-…`, or `MIG-…` of a part of one. */
  readonly uuid: string;
  /** `NVIDIA H100 80GB HBM3`; a part's ends with ` MIG 1g.10gb`. */
  readonly name: string;
  readonly driver: string;
  readonly memoryBytes: number;
}

/** Memory that somebody has taken, by GPU. */
export interface UsedMemory {
  readonly pid: number;
  readonly uuid: string;
  /** Undefined: the driver does not tell, as inside some containers. */
  readonly bytes: number | undefined;
}

export const GPU_QUERY = ['--query-gpu=uuid,name,driver_version,memory.total', ...csv()];
export const USED_QUERY = ['--query-gpu=uuid,memory.used', ...csv()];
export const PROCESS_QUERY = ['--query-compute-apps=pid,gpu_uuid,used_memory', ...csv()];
export const LIST_QUERY = ['--list-gpus'];

const MIB = 1024 ** 2;

/** A part `1g.5gb` has 4,864 MiB, `1g.10gb` of an H100 9,856 MiB: a little less than its name says. */
const PART_SHARE = 0.95;

/**
 * The devices that CUDA may compute on: of a GPU that is cut into parts these and not itself.
 *
 * @param query - what {@link GPU_QUERY} printed.
 * @param list - what {@link LIST_QUERY} printed, which alone names parts.
 * @throws {LyceumError} FAILED_PRECONDITION if it is nothing of the kind.
 */
export function parseGpus(query: string, list: string): Gpu[] {
  const parts = partsByGpu(list);
  return lines(query).flatMap((line) => {
    const [uuid = '', name = '', driver = '', total = ''] = fields(line);
    if (!uuid.startsWith('GPU-') || driver === '') throw unreadable(line);
    const own = parts.get(uuid);
    if (own === undefined) return [{ uuid, name, driver, memoryBytes: mebibytes(total, line) }];
    return own.map((part) => ({ ...part, name: `${name} MIG ${part.name}`, driver }));
  });
}

/** What {@link USED_QUERY} printed: bytes in use by UUID, of GPUs that tell. */
export function parseUsed(query: string): Map<string, number> {
  const used = lines(query).map((line): [string, number] => {
    const [uuid = '', mib = ''] = fields(line);
    return [uuid, Number(mib) * MIB];
  });
  return new Map(used.filter(([, bytes]) => Number.isFinite(bytes)));
}

/** What {@link PROCESS_QUERY} printed. */
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

function mebibytes(text: string, line: string): number {
  const bytes = Number(text) * MIB;
  if (!(bytes > 0)) throw unreadable(line);
  return bytes;
}

function lines(output: string): string[] {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function fields(line: string): string[] {
  return line.split(',').map((field) => field.trim());
}

function csv(): string[] {
  return ['--format=csv,noheader,nounits'];
}

function unreadable(line: string): LyceumError {
  return new LyceumError('FAILED_PRECONDITION', `nvidia-smi says what cannot be read: ${line}`);
}
