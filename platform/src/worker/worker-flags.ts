/** The flags that all workers have, each with its environment variable. Each kind of worker adds its own. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  address,
  allowedAddresses,
  flag,
  folderPath,
  LOG_LEVELS,
  PRINTABLE_ERRORS,
  wholeNumber,
} from '../flags/index.js';
import { type GpuFlag, parseGpuFlag } from '../gpus/index.js';
import { type ObjectFlags, objectFlags } from '../objects/index.js';
import { EXIT } from '../process/index.js';

const EXIT_CODES_HELP = `
Exit codes: 0 stopped by a signal, 1 failed, 2 wrong usage or refused as invalid, 4 NATS is lost,
5 NATS refuses user or certificate, 6 a folder or address is in use or a GPU cannot be used, 130 interrupted twice.`;

export interface WorkerFlags extends ObjectFlags {
  readonly coordinator: string;
  readonly nats: string;
  readonly natsCredentials: string | undefined;
  readonly workerId: string;
  readonly stateDir: string;
  readonly http: string;
  readonly tlsDir: string | undefined;
  readonly insecure: boolean;
  readonly datasetsRoot: string | undefined;
  readonly allowAddresses: readonly string[];
  readonly dataMemoryMib: number;
  readonly dataCacheMib: number;
  readonly dataCacheDir: string | undefined;
  readonly decodeThreads: number;
  readonly computeThreads: number;
  readonly device: GpuFlag;
  readonly allowCpu: boolean;
  readonly determinism: 'strict' | 'fast';
  readonly logLevel: string;
}

function device(text: string): GpuFlag {
  const wanted = parseGpuFlag(text);
  if (wanted === undefined) throw new InvalidArgumentError('want auto, cpu, cuda or cuda:N');
  return wanted;
}

/** @param name - the program's name. */
export function workerCommand(name: string, version: string): Command {
  const options = [
    flag('--coordinator <address>', "the coordinator's HOST:PORT", 'LYCEUM_COORDINATOR')
      .default('127.0.0.1:7700')
      .argParser(address),
    flag('--nats <url>', 'where NATS is', 'LYCEUM_NATS_URL').default('nats://127.0.0.1:4222'),
    flag(
      '--nats-credentials <file>',
      'user and password for NATS, as JSON; default: none, or the certificate says who it is',
      'LYCEUM_NATS_CREDENTIALS',
    ),
    flag('--worker-id <id>', 'name in the cluster; one worker each', 'LYCEUM_WORKER_ID').default(
      `${hostname()}-${process.pid}`.toLowerCase(),
      'HOST-PID',
    ),
    flag(
      '--state-dir <folder>',
      'keeps what it fetched and what it works on; one folder per worker',
      'LYCEUM_STATE_DIR',
    )
      .argParser(folderPath)
      .default(join('lyceum-state', name)),
    flag('--http <address>', 'HOST:PORT of probes and metrics', 'LYCEUM_HTTP').default(
      '127.0.0.1:0',
    ),
    flag(
      '--tls-dir <folder>',
      'folder with tls.crt, tls.key and ca.crt: turns mutual TLS on',
      'LYCEUM_TLS_DIR',
    ),
    flag(
      '--datasets-root <folder>',
      'a mounted folder: data sets that runs name by path, and shards that are files, must be in it; default: such sets are refused',
      'LYCEUM_DATASETS_ROOT',
    ),
    flag(
      '--allow-addresses <list>',
      'private addresses, ranges and hosts that remote teachers and shards may be at (10.96.0.0/12,triton.internal), or all; public ones always',
      'LYCEUM_ALLOW_ADDRESSES',
    )
      .argParser(allowedAddresses)
      .default([], 'public addresses alone'),
    ...objectFlags(),
    flag(
      '--data-memory-mib <n>',
      'memory for pictures of sets in shards, encoded and decoded together',
      'LYCEUM_DATA_MEMORY_MIB',
    )
      .argParser(wholeNumber(1))
      .default(512),
    flag(
      '--data-cache-mib <n>',
      'room on disk for shards that were read, or will be soon',
      'LYCEUM_DATA_CACHE_MIB',
    )
      .argParser(wholeNumber(1))
      .default(10_240),
    flag(
      '--data-cache-dir <folder>',
      'where these shards are kept; default: pictures, in the state folder',
      'LYCEUM_DATA_CACHE_DIR',
    ),
    flag('--decode-threads <n>', 'pictures that are decoded at a time', 'LYCEUM_DECODE_THREADS')
      .argParser(wholeNumber(1))
      .default(2),
    flag(
      '--compute-threads <n>',
      'threads of inference or training; another number gives other bits',
      'LYCEUM_COMPUTE_THREADS',
    )
      .argParser(wholeNumber(1))
      .default(2),
    flag(
      '--device <device>',
      'what computes: auto (a GPU if there is one), cpu, or cuda:N, the Nth GPU that is seen',
      'LYCEUM_DEVICE',
    )
      .argParser(device)
      .default('auto'),
    new Option(
      '--allow-cpu',
      'compute on the processor if the GPU cannot be used, instead of refusing (env: LYCEUM_ALLOW_CPU=true)',
    ).default(false),
    flag(
      '--determinism <how>',
      'on a GPU: strict, equal bits again on the same model of GPU; or fast, with TF32',
      'LYCEUM_DETERMINISM',
    )
      .choices(['strict', 'fast'])
      .default('strict'),
    flag('--log-level <level>', 'of logs on stderr', 'LYCEUM_LOG_LEVEL')
      .choices(LOG_LEVELS)
      .default('info'),
    new Option(
      '--insecure',
      'allow addresses that others can reach, without TLS (env: LYCEUM_INSECURE=true)',
    ).default(false),
  ];
  const command = new Command(name)
    .version(version)
    .configureOutput(PRINTABLE_ERRORS)
    .addHelpText('after', EXIT_CODES_HELP);
  for (const option of options) command.addOption(option);
  return command.exitOverride((err) => process.exit(err.exitCode === 0 ? 0 : EXIT.usage));
}
