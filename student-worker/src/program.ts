/** The student worker's parts, put together and started; each says how it stops. */
import { LyceumError, type StudentHello } from '@lyceum/proto';
import {
  connect,
  connectNats,
  type Logger,
  newSessionKey,
  type Shutdown,
  StudentClient,
  startProbes,
  type TlsIdentity,
} from '@lyceum/proto/node';
import { StudentCompute } from './compute/index.js';
import { holdSession } from './coordinator-session.js';
import { ReportOutbox } from './report-outbox.js';
import { StudentMetrics } from './student-metrics.js';
import { StudentWorker } from './student-worker.js';

/** What a worker may take to bring its last steps into safety, milliseconds. */
export const DRAIN_MS = 10_000;

export interface ProgramOptions {
  readonly workerId: string;
  readonly version: string;
  readonly natsUrl: string;
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
  readonly computeThreads: number;
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
 * Starts everything but waits for no coordinator: a worker may be there first.
 *
 * @throws {LyceumError} UNAVAILABLE if NATS does not answer, FAILED_PRECONDITION if the probes cannot listen.
 */
export async function startProgram(
  options: ProgramOptions,
  shutdown: Shutdown,
  log: Logger,
): Promise<Program> {
  const { workerId, version, stateDir, datasetsRoot, computeThreads, eager, tls } = options;
  const metrics = new StudentMetrics();
  const credentials = { workerId, sessionKey: newSessionKey() };
  let sessionOpen = false;
  let heldByOther: string | undefined;
  const probes = await startProbes({
    address: options.http,
    insecure: options.insecure,
    tls,
    ready: () =>
      sessionOpen
        ? undefined
        : (heldByOther ?? `no session with the coordinator at ${options.coordinator}`),
    metrics: metrics.registry,
  });
  shutdown.onStop('probes', () => probes.close());

  const nats = await connectNats({ url: options.natsUrl, name: workerId, log, tls });
  shutdown.onStop('NATS', () => nats.close());

  log.info('loading TensorFlow');
  const trainer = await StudentCompute.start({ computeThreads, eager, log });
  shutdown.onStop('compute thread', () => trainer.stop());

  const client = connect(StudentClient, options.coordinator, tls);
  shutdown.onStop('coordinator connection', async () => client.close());

  const outbox = new ReportOutbox();
  const { random } = Math;
  const worker = new StudentWorker({
    trainer,
    client,
    credentials,
    nats,
    stateDir,
    datasetsRoot,
    outbox,
    metrics,
    log,
    random,
  });
  const hello: StudentHello = {
    ...credentials,
    version,
    device: { ...trainer.device, computeThreads },
  };
  const leaving = new AbortController();
  const session = holdSession({
    client,
    hello,
    outbox,
    onAssignment: (assignment) => worker.follow(assignment),
    onConnected: (open) => {
      sessionOpen = open;
      heldByOther = undefined;
      metrics.sessionOpen(open);
    },
    onHeldByOther: (reason) => {
      heldByOther = reason;
    },
    patience: { signal: leaving.signal, log, random },
  });
  shutdown.onStop('session', async () => {
    leaving.abort();
    await session;
  });
  shutdown.onStop('training', () => worker.drain(DRAIN_MS));
  return { http: probes.address, failed: failure(session, nats.closed, shutdown.signal) };
}

async function failure(
  session: Promise<void>,
  natsClosed: Promise<void>,
  stopping: AbortSignal,
): Promise<never> {
  const lost = natsClosed.then(() => {
    if (!stopping.aborted) throw new LyceumError('UNAVAILABLE', 'the NATS connection was closed');
  });
  await Promise.all([session, lost]);
  return new Promise(() => {});
}
