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
  Shutdown,
  secretPlaces,
  tlsIdentityIn,
} from '@lyceum/platform';
import { natsCredentialsIn } from '@lyceum/platform/nats';
import { exitCodeOf, pictureSettings, usableDevice } from '@lyceum/platform/worker';
import { printable, toLyceumError } from '@lyceum/proto';
import { type Flags, teacherWorkerCommand } from './command.js';
import { type ComputeOptions, type Program, startProgram, startServing } from './program.js';
import { DRAIN_BUDGET_MS } from './worker.js';

/** The drain, and then the session's end and NATS's last flush. */
const STOP_BUDGET_MS = DRAIN_BUDGET_MS + 10_000;

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const command = teacherWorkerCommand(version, { run, serve });

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
      pictures: pictureSettings(flags, process.env),
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
