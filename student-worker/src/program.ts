/** The student worker's parts, put together and started; each says how it stops. */
import { gpuProblem } from '@lyceum/learning/tensorflow';
import { openWindows, WorkerWindows } from '@lyceum/learning/windows';
import {
  connect,
  type Gpu,
  gpuDevice,
  LineOutbox,
  type Logger,
  type LogTap,
  newSessionKey,
  type Shutdown,
  StudentClient,
  type TlsIdentity,
} from '@lyceum/platform';
import { startProbes } from '@lyceum/platform/metrics';
import { awaitNats, type Nats, type NatsCredentials } from '@lyceum/platform/nats';
import type { PictureSettings } from '@lyceum/platform/worker';
import { LyceumError, type StudentHello, type WorkerDevice } from '@lyceum/proto';
import { StudentCompute } from './compute/index.js';
import type { ComputeDevice } from './job/index.js';
import { holdSession, ReportOutbox, StudentMetrics } from './session/index.js';
import { StudentWorker } from './training/index.js';

/** What a worker may take to bring its last steps into safety, milliseconds. */
export const DRAIN_MS = 10_000;

export interface ProgramOptions {
  readonly workerId: string;
  readonly version: string;
  readonly natsUrl: string;
  /** The student workers' user in NATS; default: none, or what the certificate says. */
  readonly natsCredentials?: NatsCredentials | undefined;
  /** `HOST:PORT` of the coordinator. */
  readonly coordinator: string;
  /** `HOST:PORT` of the probes. */
  readonly http: string;
  readonly insecure: boolean;
  /** Default: without TLS. */
  readonly tls?: TlsIdentity | undefined;
  /** Absolute. One worker's own. */
  readonly stateDir: string;
  /** Of mounted data sets. Default: none are. */
  readonly datasetsRoot?: string | undefined;
  /** Of sets in shards. */
  readonly pictures: PictureSettings;
  /** Of the program's log. */
  readonly tap: LogTap;
  /** Of event files for TensorBoard. Default: none are written. */
  readonly tensorboardDir?: string | undefined;
  readonly computeThreads: number;
  /** What is to compute; undefined: the processor. */
  readonly gpu: Gpu | undefined;
  /** The processor computes if TensorFlow cannot use the GPU. */
  readonly allowCpu: boolean;
  /** On a GPU: fast rather than with equal bits. */
  readonly isFast: boolean;
  /** Steps run operation by operation. */
  readonly eager: boolean;
}

export interface Program {
  /** `HOST:PORT` of the probes, with the port that they have. */
  readonly http: string;
  /** Resolves never; rejects when the program cannot go on. */
  readonly failed: Promise<never>;
}

/**
 * Starts everything, but waits for no coordinator: a worker may be there first. It may be there before NATS too, for which
 * it waits here; its probes say so meanwhile.
 *
 * @throws {LyceumError} PERMISSION_DENIED if NATS refuses user or certificate, FAILED_PRECONDITION if the probes cannot
 *   listen or TensorFlow cannot use the GPU, CANCELLED if the program is told to end while it waits.
 */
export async function startProgram(
  options: ProgramOptions,
  shutdown: Shutdown,
  log: Logger,
): Promise<Program> {
  const { workerId, version, stateDir, datasetsRoot, computeThreads, eager, tls } = options;
  const { tensorboardDir } = options;
  const metrics = new StudentMetrics();
  const credentials = { workerId, sessionKey: newSessionKey() };
  let unready: string | undefined = 'starting';
  const probes = await startProbes({
    address: options.http,
    insecure: options.insecure,
    tls,
    ready: () => unready,
    metrics: metrics.registry,
  });
  shutdown.onStop('probes', () => probes.close());

  const { random } = Math;
  const { natsUrl: url, natsCredentials } = options;
  const nats = await awaitNats(
    { url, name: workerId, role: 'student-worker', credentials: natsCredentials, tls, log },
    {
      signal: shutdown.signal,
      tell: (reason) => {
        unready = reason;
      },
      random,
      log,
    },
  );
  shutdown.onStop('NATS', () => nats.close());

  log.info('loading TensorFlow');
  const trainer = await StudentCompute.start({ computeThreads, eager, log });
  shutdown.onStop('compute thread', () => trainer.stop());
  const device = workerDevice(trainer.device, options, log);

  const { pictures } = options;
  const windows = new WorkerWindows(() => openWindows({ ...pictures, log }), pictures.memoryBytes);
  shutdown.onStop('pictures', () => windows.close());

  const client = connect(StudentClient, options.coordinator, tls);
  shutdown.onStop('coordinator connection', async () => client.close());

  const outbox = new ReportOutbox();
  const lines = new LineOutbox();
  options.tap.onLine((line) => lines.add(line));
  const worker = new StudentWorker({
    trainer,
    client,
    credentials,
    nats,
    stateDir,
    datasetsRoot,
    windows,
    tensorboardDir,
    outbox,
    metrics,
    log,
    random,
  });
  const hello: StudentHello = {
    ...credentials,
    version,
    device: { ...device, computeThreads },
  };
  const noSession = `no session with the coordinator at ${options.coordinator}`;
  unready = noSession;
  const leaving = new AbortController();
  const session = holdSession({
    client,
    hello,
    outbox,
    lines,
    onAssignment: (assignment) => worker.follow(assignment),
    onConnected: (open) => {
      unready = open ? undefined : noSession;
      metrics.sessionOpen(open);
    },
    onHeldByOther: (reason) => {
      unready = reason;
    },
    patience: { signal: leaving.signal, log, random },
  });
  shutdown.onStop('session', async () => {
    leaving.abort();
    await session;
  });
  shutdown.onStop('training', () => worker.drain(DRAIN_MS));
  const failed = failure([
    session,
    lost(nats, shutdown.signal),
    death(trainer.died),
    death(windows.died),
  ]);
  return { http: probes.address, failed };
}

async function failure(parts: readonly Promise<void>[]): Promise<never> {
  await Promise.all(parts);
  return new Promise(() => {});
}

async function lost(nats: Nats, stopping: AbortSignal): Promise<void> {
  await nats.closed;
  if (!stopping.aborted) throw new LyceumError('UNAVAILABLE', 'the NATS connection was closed');
}

/** A worker that cannot compute must not stay: it would be given the next run. */
async function death(died: Promise<Error>): Promise<void> {
  throw await died;
}

/** @throws {LyceumError} FAILED_PRECONDITION if TensorFlow does not use the GPU, and the processor is not to compute instead. */
function workerDevice(
  own: ComputeDevice,
  { gpu, allowCpu, isFast }: Pick<ProgramOptions, 'gpu' | 'allowCpu' | 'isFast'>,
  log: Logger,
): Omit<WorkerDevice, 'computeThreads'> {
  if (gpu === undefined) return own;
  const problem = gpuProblem({ name: own.engine, device: own.device }, gpu);
  if (problem === undefined) return { ...own, ...gpuDevice(gpu, isFast) };
  const reason = `${gpu.name} cannot be used: ${problem}`;
  if (!allowCpu) {
    const message = `${reason}; --device cpu or --allow-cpu goes on without`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  log.warn(`${reason}; the processor computes`);
  return own;
}
