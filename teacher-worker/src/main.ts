#!/usr/bin/env node
/** The program: flags and environment in, a teacher worker out. */
import { readFileSync } from 'node:fs';
import { setComputeThreads, setGpu } from '@lyceum/learning/tensorflow';
import {
  collectGarbageRarely,
  createLogger,
  isYes,
  type Logger,
  LogTap,
  lockFolder,
  natsCredentialsIn,
  Shutdown,
  secretPlaces,
  tlsIdentityIn,
} from '@lyceum/platform';
import {
  exitCodeOf,
  flag,
  usableDevice,
  type WorkerFlags,
  wholeNumber,
  workerCommand,
} from '@lyceum/platform/worker';
import { printable, toLyceumError } from '@lyceum/proto';
import { Option } from 'commander';
import { allowedAddresses, milliseconds } from './flag-values.js';
import { type ComputeOptions, type Program, startProgram, startServing } from './program.js';
import { tryCommand } from './trial/index.js';
import { DRAIN_BUDGET_MS } from './worker.js';

/** The drain, and then the session's end and NATS's last flush. */
const STOP_BUDGET_MS = DRAIN_BUDGET_MS + 10_000;

interface Flags extends WorkerFlags {
  readonly secretsDir: string | undefined;
  readonly allowAddresses: readonly string[];
  readonly memoryBudgetMib: number;
  readonly gpuMemoryBudgetMib: number | undefined;
  readonly inference: string | undefined;
  readonly inferenceHttp: string | undefined;
  readonly lookupDelayMs: number | undefined;
  readonly lookupDelayFile: string | undefined;
}

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const command = workerCommand('teacher-worker', version)
  .description("Answers tickets with teachers' outputs.")
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
  process.stderr.write(`teacher-worker: ${printable(toLyceumError(thrown).message)}\n`);
  process.exit(exitCodeOf(thrown));
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
  const { gpu, allowCpu } = await usableDevice(flags, process.env, log);
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
