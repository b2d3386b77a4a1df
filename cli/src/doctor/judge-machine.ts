/** Judges this machine: engine, GPU, room on disks, Node. Pure. */
import { bytesText } from '../printing/text/index.js';
import { type Finding, fault, ok, warning } from './finding.js';

/** With less room the next checkpoint or data set may not fit. */
const DISK_FAULT_BYTES = 256 * 1024 ** 2;
/** Room for the downloads of set-up, and for a data set or two. */
const DISK_WARNING_BYTES = 2 * 1024 ** 3;

export type EngineFacts =
  | { readonly kind: 'not installed' }
  | { readonly kind: 'broken'; readonly why: string }
  | {
      readonly kind: 'loaded';
      readonly name: string;
      readonly version: string;
      readonly device: string;
    };

export interface GpuFacts {
  /** Names of GPUs, with their drivers. */
  readonly names: readonly string[];
  /** Why an NVIDIA GPU that may be there cannot be used; undefined: there is none, or all is well. */
  readonly trouble: string | undefined;
}

export interface DiskFacts {
  /** The finding's name: `state folder`, `cache`. */
  readonly check: string;
  readonly folder: string;
  /** The option that names another folder. */
  readonly option: string;
  readonly isWritable: boolean;
  readonly freeBytes: number;
}

export function judgeEngine(engine: EngineFacts): Finding {
  switch (engine.kind) {
    case 'not installed':
      return ok('engine', 'no workers are installed here, so no engine is needed');
    case 'broken':
      return fault(
        'engine',
        `does not load: ${engine.why}`,
        'npm run setup mends the installation',
      );
    case 'loaded': {
      const text = `${engine.version} on ${engine.device}`;
      if (engine.name === 'native') return ok('engine', text);
      const remedy = 'npm run setup says why the native engine cannot be had';
      return warning('engine', `${text}, 5 to 7 times slower than the native one`, remedy);
    }
  }
}

export function judgeGpu({ names, trouble }: GpuFacts, engine: EngineFacts): Finding {
  if (trouble !== undefined) {
    const remedy = 'mend the driver: nvidia-smi must list the GPU';
    return warning('gpu', `one seems to be there, but ${trouble}`, remedy);
  }
  if (names.length === 0) return ok('gpu', 'none; everything is computed on the CPU');
  if (engine.kind === 'loaded' && engine.device !== 'gpu') {
    return warning(
      'gpu',
      `${names.join(', ')}, which the engine does not use`,
      'LYCEUM_ACCELERATOR=cuda npm run setup with CUDA 12 and cuDNN 9, or the images for CUDA',
    );
  }
  return ok('gpu', names.join(', '));
}

export function judgeDisk({ check, folder, option, isWritable, freeBytes }: DiskFacts): Finding {
  const elsewhere = `${option} names another folder`;
  if (!isWritable) {
    return fault(check, `${folder} cannot be written`, `chown or chmod it; ${elsewhere}`);
  }
  const text = `${bytesText(freeBytes)} free at ${folder}`;
  const remedy = `make room there (coordinator gc deletes what no run needs); ${elsewhere}`;
  if (freeBytes < DISK_FAULT_BYTES) return fault(check, text, remedy);
  return freeBytes < DISK_WARNING_BYTES ? warning(check, text, remedy) : ok(check, text);
}

/** @param version - `20.19.1`. */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', version);
  return fault('node', version, 'install Node 20.19 or later');
}
