#!/usr/bin/env node
/** The program: flags and environment in, a teacher worker out. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Determinism, setComputeThreads, setGpu } from '@lyceum/learning/tensorflow';
import {
  collectGarbageRarely,
  createLogger,
  findGpus,
  type GpuFlag,
  gpuChoice,
  isYes,
  type Logger,
  LogTap,
  lockFolder,
  natsCredentialsIn,
  Shutdown,
  secretPlaces,
  tlsIdentityIn,
} from '@lyceum/platform';
import { type ErrorCode, printable, toLyceumError } from '@lyceum/proto';
import { Command, Option } from 'commander';
import { allowedAddresses, device, flag, milliseconds, wholeNumber } from './flag-values.js';
import { type ComputeOptions, type Program, startProgram, startServing } from './program.js';
import { tryCommand } from './trial/index.js';
import { DRAIN_BUDGET_MS } from './worker.js';

/** The drain, and then the session's end and NATS's last flush. */
const STOP_BUDGET_MS = DRAIN_BUDGET_MS + 10_000;

/** As the command line's: usage or bad input, nobody there, a folder or address in use; else 1. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: 2,
  UNAVAILABLE: 4,
  FAILED_PRECONDITION: 6,
};
const USAGE_EXIT_CODE = 2;

interface Flags {
  readonly coordinator: string;
  readonly nats: string;
  readonly natsCredentials: string | undefined;
  readonly workerId: string;
  readonly stateDir: string;
  readonly http: string;
  readonly secretsDir: string | undefined;
  readonly allowAddresses: readonly string[];
  readonly memoryBudgetMib: number;
  readonly computeThreads: number;
  readonly lookupDelayMs: number | undefined;
  readonly lookupDelayFile: string | undefined;
  readonly logLevel: string;
  readonly insecure: boolean;
  readonly tlsDir: string | undefined;
  readonly datasetsRoot: string | undefined;
  readonly inference: string | undefined;
  readonly inferenceHttp: string | undefined;
  readonly device: GpuFlag;
  readonly allowCpu: boolean;
  readonly determinism: Determinism;
  readonly gpuMemoryBudgetMib: number | undefined;
}

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const command = new Command('teacher-worker')
  .description("Answers tickets with teachers' outputs.")
  .version(version)
  .addOption(
    flag('--coordinator <address>', "the coordinator's HOST:PORT", 'LYCEUM_COORDINATOR').default(
      '127.0.0.1:7700',
    ),
  )
  .addOption(
    flag('--nats <url>', 'where NATS is', 'LYCEUM_NATS_URL').default('nats://127.0.0.1:4222'),
  )
  .addOption(
    flag(
      '--nats-credentials <file>',
      'user and password for NATS, as JSON; default: none, or the certificate says who it is',
      'LYCEUM_NATS_CREDENTIALS',
    ),
  )
  .addOption(
    flag('--worker-id <id>', 'name in the cluster; one worker each', 'LYCEUM_WORKER_ID').default(
      `${hostname()}-${process.pid}`,
      'HOST-PID',
    ),
  )
  .addOption(
    flag(
      '--state-dir <folder>',
      'keeps fetched models and sets; one folder per worker',
      'LYCEUM_STATE_DIR',
    ).default(join('lyceum-state', 'teacher-worker')),
  )
  .addOption(
    flag('--http <address>', 'HOST:PORT of probes and metrics', 'LYCEUM_HTTP').default(
      '127.0.0.1:0',
    ),
  )
  .addOption(
    flag(
      '--secrets-dir <folder>',
      'has a file for each secret that remote teachers may name, and NAME.hosts with the hosts that it goes to; else variables LYCEUM_SECRET_NAME and LYCEUM_HOSTS_OF_NAME',
      'LYCEUM_SECRETS_DIR',
    ),
  )
  .addOption(
    flag(
      '--allow-addresses <list>',
      'private addresses, ranges and hosts that remote teachers may be at (10.96.0.0/12,triton.internal), or all; public ones always',
      'LYCEUM_ALLOW_ADDRESSES',
    )
      .argParser(allowedAddresses)
      .default([], 'public addresses alone'),
  )
  .addOption(
    flag(
      '--tls-dir <folder>',
      'tls.crt and tls.key of this worker, ca.crt of whom it believes: mutual TLS with everybody',
      'LYCEUM_TLS_DIR',
    ),
  )
  .addOption(
    flag(
      '--datasets-root <folder>',
      'mounted; data sets that runs name by their paths must be in it; default: pushed sets alone',
      'LYCEUM_DATASETS_ROOT',
    ),
  )
  .addOption(
    flag(
      '--inference <address>',
      'HOST:PORT that serves loaded teachers by the Open Inference Protocol v2; default: none does',
      'LYCEUM_INFERENCE',
    ),
  )
  .addOption(
    flag(
      '--inference-http <address>',
      'HOST:PORT that serves the same over HTTP; default: none does',
      'LYCEUM_INFERENCE_HTTP',
    ),
  )
  .addOption(
    flag('--memory-budget-mib <n>', "for all teachers' weights", 'LYCEUM_MEMORY_BUDGET_MIB')
      .argParser(wholeNumber)
      .default(2048),
  )
  .addOption(
    flag('--compute-threads <n>', "the engines'; bits depend on it", 'LYCEUM_COMPUTE_THREADS')
      .argParser(wholeNumber)
      .default(2),
  )
  .addOption(
    flag(
      '--device <device>',
      'what computes: auto (a GPU if there is one), cpu, or cuda:N, the Nth GPU that is seen',
      'LYCEUM_DEVICE',
    )
      .argParser(device)
      .default('auto'),
  )
  .option(
    '--allow-cpu',
    'compute a teacher on the processor if the GPU cannot be used, instead of not loading it (env: LYCEUM_ALLOW_CPU=true)',
    false,
  )
  .addOption(
    flag(
      '--determinism <how>',
      'on a GPU: strict, equal bits again on the same model of GPU; or fast, with TF32',
      'LYCEUM_DETERMINISM',
    )
      .choices(['strict', 'fast'])
      .default('strict'),
  )
  .addOption(
    flag(
      '--gpu-memory-budget-mib <n>',
      'for all teachers on the GPU; default: what is free of its memory at the start',
      'LYCEUM_GPU_MEMORY_BUDGET_MIB',
    ).argParser(wholeNumber),
  )
  .addOption(
    new Option(
      '--lookup-delay-ms <ms>',
      'for measurements: look answers up, and wait this long for each inference',
    ).argParser(milliseconds),
  )
  .addOption(
    new Option(
      '--lookup-delay-file <file>',
      'for measurements: JSON object of other delays in ms by teacher identity, read for each ticket',
    ),
  )
  .addOption(
    flag('--log-level <level>', 'of the logs on stderr', 'LYCEUM_LOG_LEVEL').default('info'),
  )
  .option(
    '--insecure',
    'allow addresses that others can reach, without TLS (env: LYCEUM_INSECURE=true)',
    false,
  )
  .exitOverride((err) => process.exit(err.exitCode === 0 ? 0 : USAGE_EXIT_CODE))
  .addCommand(tryCommand())
  .action(run);

command
  .command('serve')
  .description(
    'serves models from files by the Open Inference Protocol v2, without a coordinator; takes --inference, --inference-http, --tls-dir, --compute-threads, --device, --allow-cpu, --determinism, --memory-budget-mib, --insecure and --log-level before it',
  )
  .argument('<models...>', 'NAME=PATH: a folder with a model.json, an .onnx file, or a package')
  .action(serve);

try {
  await command.parseAsync();
} catch (thrown) {
  const { code, message } = toLyceumError(thrown);
  process.stderr.write(`teacher-worker: ${printable(message)}\n`);
  process.exit(EXIT_CODES[code] ?? 1);
}

async function run(): Promise<void> {
  collectGarbageRarely();
  const flags = command.opts<Flags>();
  const { workerId, stateDir } = flags;
  const tap = new LogTap('workerId');
  const { logLevel: level } = flags;
  const log = createLogger({ name: 'teacher-worker', level, tap }).child({ workerId });
  const shutdown = Shutdown.install(log, STOP_BUDGET_MS);
  const options = await computeOptions(flags, log);
  const lock = await lockFolder(stateDir, `teacher worker ${workerId}`);
  shutdown.onStop('lock of the state folder', async () => lock.release());
  const program = await startProgram(
    {
      ...options,
      workerId,
      natsUrl: flags.nats,
      natsCredentials: natsCredentialsIn(flags.natsCredentials),
      coordinator: flags.coordinator,
      http: flags.http,
      stateDir,
      datasetsRoot: flags.datasetsRoot,
      tap,
    },
    shutdown,
    log,
  );
  if (program !== undefined) started(program, shutdown, log, { workerId });
}

/** Without a cluster. */
async function serve(models: readonly string[]): Promise<void> {
  const flags = command.opts<Flags>();
  const log = createLogger({ name: 'teacher-worker', level: flags.logLevel });
  const shutdown = Shutdown.install(log, STOP_BUDGET_MS);
  const program = await startServing(models, await computeOptions(flags, log), shutdown, log);
  started(program, shutdown, log, {});
}

/** Says that it is ready, and ends with what it cannot go on without. */
function started(program: Program, shutdown: Shutdown, log: Logger, ids: object): void {
  void program.failed.then(({ what, err }) => {
    if (shutdown.signal.aborted) return;
    log.fatal({ err }, what);
    process.exit(1);
  });
  const line = { program: 'teacher-worker', ...ids, ...program.addresses, pid: process.pid };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Sets threads and GPU of this process too. */
async function computeOptions(flags: Flags, log: Logger): Promise<ComputeOptions> {
  const { computeThreads, lookupDelayMs, lookupDelayFile, inference, inferenceHttp } = flags;
  const { determinism, gpuMemoryBudgetMib } = flags;
  const allowCpu = flags.allowCpu || isYes('LYCEUM_ALLOW_CPU', process.env);
  const { gpu, warning } = gpuChoice(flags.device, await findGpus(process.env), allowCpu);
  if (warning !== undefined) log.warn(warning);
  setComputeThreads(computeThreads, process.env);
  setGpu(gpu?.uuid, determinism, process.env);
  return {
    version,
    memoryBudgetBytes: flags.memoryBudgetMib * 1024 ** 2,
    computeThreads,
    gpu,
    allowCpu,
    isFast: determinism === 'fast',
    gpuMemoryBudgetBytes: gpuMemoryBudgetMib && gpuMemoryBudgetMib * 1024 ** 2,
    lookupDelayMs,
    lookupDelayFile,
    secrets: secretPlaces(flags.secretsDir, process.env, 'nowhere'),
    allowedAddresses: flags.allowAddresses,
    inference,
    inferenceHttp,
    insecure: flags.insecure || isYes('LYCEUM_INSECURE', process.env),
    tls: tlsIdentityIn(flags.tlsDir, Date.now()),
  };
}
