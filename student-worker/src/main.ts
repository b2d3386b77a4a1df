#!/usr/bin/env node
/**
 * The student worker: trains one run at a time, as the coordinator says.
 *
 * The only file that reads the environment. Exit codes: 0 stopped by a signal, 1 failed, 2 usage, 4 nobody
 * answers, 6 a folder or address in use, 130 interrupted twice.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Determinism, setGpu } from '@lyceum/learning/tensorflow';
import {
  collectGarbageRarely,
  createLogger,
  findGpus,
  type GpuFlag,
  gpuChoice,
  isYes,
  LogTap,
  lockFolder,
  natsCredentialsIn,
  parseGpuFlag,
  Shutdown,
  tlsIdentityIn,
} from '@lyceum/platform';
import { LyceumError, printable, toLyceumError } from '@lyceum/proto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DRAIN_MS, startProgram } from './program.js';

/** For everything at the end: the drain, then what is left. */
const STOP_MS = DRAIN_MS + 5_000;

interface Flags {
  readonly nats: string;
  readonly natsCredentials: string | undefined;
  readonly coordinator: string;
  readonly workerId: string;
  readonly computeThreads: number;
  readonly stateDir: string;
  readonly http: string;
  readonly logLevel: string;
  readonly insecure: boolean;
  readonly tlsDir: string | undefined;
  readonly datasetsRoot: string | undefined;
  readonly tensorboardDir: string | undefined;
  readonly eager: boolean;
  readonly device: GpuFlag;
  readonly allowCpu: boolean;
  readonly determinism: Determinism;
}

function option(flags: string, text: string, variable: string, fallback: unknown): Option {
  return new Option(flags, text).env(variable).default(fallback);
}

const program = new Command('student-worker')
  .description('Trains the students of runs, one at a time, as the coordinator says.')
  .addOption(option('--nats <url>', 'NATS server', 'LYCEUM_NATS_URL', 'nats://127.0.0.1:4222'))
  .addOption(
    option(
      '--nats-credentials <file>',
      'user and password for NATS, as JSON; default: none, or the certificate says who it is',
      'LYCEUM_NATS_CREDENTIALS',
      undefined,
    ),
  )
  .addOption(
    option('--coordinator <address>', 'coordinator', 'LYCEUM_COORDINATOR', '127.0.0.1:7700'),
  )
  .addOption(
    option(
      '--worker-id <id>',
      'name of this worker; one session each',
      'LYCEUM_WORKER_ID',
      `${hostname()}-${process.pid}`.toLowerCase(),
    ),
  )
  .addOption(
    option(
      '--compute-threads <count>',
      'threads of one operation; bits depend on it',
      'LYCEUM_COMPUTE_THREADS',
      2,
    ).argParser(positiveInteger),
  )
  .addOption(
    option(
      '--state-dir <dir>',
      'local checkpoints and cached blobs; one folder per worker',
      'LYCEUM_STATE_DIR',
      './lyceum-state/student-worker',
    ),
  )
  .addOption(
    option(
      '--datasets-root <dir>',
      'mounted; data sets that runs name by their paths must be in it; default: pushed sets alone',
      'LYCEUM_DATASETS_ROOT',
      undefined,
    ),
  )
  .addOption(
    option(
      '--tensorboard-dir <dir>',
      'where event files for TensorBoard are written while runs train, a folder a run; default: none are',
      'LYCEUM_TENSORBOARD_DIR',
      undefined,
    ),
  )
  .addOption(option('--http <address>', 'probes and metrics', 'LYCEUM_HTTP', '127.0.0.1:0'))
  .addOption(option('--log-level <level>', 'pino level', 'LYCEUM_LOG_LEVEL', 'info'))
  .addOption(
    option(
      '--tls-dir <dir>',
      'tls.crt and tls.key of this worker, ca.crt of whom it believes: mutual TLS with everybody',
      'LYCEUM_TLS_DIR',
      undefined,
    ),
  )
  .option('--insecure', 'listen where others can reach it (env: LYCEUM_INSECURE=true)', false)
  .addOption(
    option(
      '--device <device>',
      'what computes: auto (a GPU if there is one), cpu, or cuda:N, the Nth GPU that is seen',
      'LYCEUM_DEVICE',
      'auto',
    ).argParser(device),
  )
  .option(
    '--allow-cpu',
    'compute on the processor if the GPU cannot be used, instead of ending (env: LYCEUM_ALLOW_CPU=true)',
    false,
  )
  .addOption(
    option(
      '--determinism <how>',
      'on a GPU: strict, equal bits again on the same model of GPU; or fast, with TF32',
      'LYCEUM_DETERMINISM',
      'strict',
    ).choices(['strict', 'fast']),
  )
  .option(
    '--eager',
    'run steps operation by operation, not as one graph: slower, equal bits (env: LYCEUM_EAGER=true)',
    false,
  )
  .exitOverride((err) => process.exit(err.exitCode === 0 ? 0 : 2))
  .action(serve);

await program.parseAsync();

async function serve(flags: Flags): Promise<void> {
  collectGarbageRarely();
  try {
    const tls = tlsIdentityIn(flags.tlsDir, Date.now());
    const natsCredentials = natsCredentialsIn(flags.natsCredentials);
    const tap = new LogTap();
    const log = createLogger({ name: 'student-worker', level: flags.logLevel, tap });
    const lock = await lockFolder(flags.stateDir, `student worker ${flags.workerId}`);
    const shutdown = Shutdown.install(log, STOP_MS);
    shutdown.onStop('lock of the state folder', async () => lock.release());
    try {
      const { workerId, determinism } = flags;
      const allowCpu = flags.allowCpu || isYes('LYCEUM_ALLOW_CPU', process.env);
      const { gpu, warning } = gpuChoice(flags.device, await findGpus(process.env), allowCpu);
      if (warning !== undefined) log.warn(warning);
      setGpu(gpu?.uuid, determinism, process.env);
      const started = await startProgram(
        {
          workerId,
          version: packageVersion(),
          natsUrl: flags.nats,
          natsCredentials,
          coordinator: flags.coordinator,
          http: flags.http,
          insecure: flags.insecure || isYes('LYCEUM_INSECURE', process.env),
          tls,
          stateDir: resolve(flags.stateDir),
          datasetsRoot: flags.datasetsRoot,
          tap,
          tensorboardDir: flags.tensorboardDir,
          computeThreads: flags.computeThreads,
          gpu,
          allowCpu,
          isFast: determinism === 'fast',
          eager: flags.eager || isYes('LYCEUM_EAGER', process.env),
        },
        shutdown,
        log,
      );
      const { http } = started;
      const line = { program: 'student-worker', http, pid: process.pid, workerId };
      process.stdout.write(`${JSON.stringify(line)}\n`);
      await started.failed;
    } catch (err) {
      // Told to end while it waited for NATS.
      if (shutdown.signal.aborted) return;
      log.fatal({ err }, 'worker failed');
      process.exit(await shutdown.stop('failure', exitCode(err)));
    }
  } catch (err) {
    process.stderr.write(`student-worker: ${printable(toLyceumError(err).message)}\n`);
    process.exit(exitCode(err));
  }
}

function exitCode(thrown: unknown): number {
  if (!(thrown instanceof LyceumError)) return 1;
  if (thrown.code === 'UNAVAILABLE') return 4;
  if (thrown.code === 'FAILED_PRECONDITION') return 6;
  return thrown.code === 'INVALID_ARGUMENT' ? 2 : 1;
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('want a whole number above 0');
  return Number(text);
}

function device(text: string): GpuFlag {
  const flag = parseGpuFlag(text);
  if (flag === undefined) throw new InvalidArgumentError('want auto, cpu, cuda or cuda:N');
  return flag;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
