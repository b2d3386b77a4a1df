/** Puts the student worker's parts together and starts them; each registers how it stops. */
import { gpuProblem } from '@lyceum/learning/tensorflow';
import { WorkerWindows } from '@lyceum/learning/windows';
import {
  connect,
  gpuDevice,
  type Logger,
  newSessionKey,
  openDuplex,
  StudentClient,
} from '@lyceum/platform';
import {
  type ClusterOptions,
  type ComputeOptions,
  DRAIN_BUDGET_MS,
  death,
  firstOf,
  joinCluster,
  lostNats,
  type ProgramSurroundings,
  Session,
  type StartedProgram,
} from '@lyceum/platform/worker';
import { LyceumError, type StudentAssignment, type WorkerDevice } from '@lyceum/proto';
import { StudentCompute } from './compute/index.js';
import type { ComputeDevice } from './job/index.js';
import { type Report, ReportOutbox, StudentMetrics } from './session/index.js';
import { StudentWorker } from './worker.js';

export interface ProgramOptions extends ClusterOptions, ComputeOptions {
  /** Folder of event files for TensorBoard. Default: none are written. */
  readonly tensorboardDir: string | undefined;
  /** True: steps run operation by operation. */
  readonly eager: boolean;
}

/**
 * Starts everything without waiting for the coordinator, which may start later. It waits for NATS; meanwhile the
 * probes say so.
 *
 * @throws {LyceumError} as {@link joinCluster}; FAILED_PRECONDITION if TensorFlow cannot use the GPU.
 */
export async function startProgram(
  options: ProgramOptions,
  surroundings: ProgramSurroundings,
): Promise<StartedProgram> {
  const { workerId, version, coordinator } = options;
  const { shutdown, log } = surroundings;
  const { random } = Math;
  const metrics = new StudentMetrics();
  const ties = await joinCluster('student-worker', options, metrics.registry, surroundings);
  const { trainer, device } = await startTrainer(options, surroundings);
  const windows = WorkerWindows.of({ ...options.pictures, log });
  shutdown.onStop('pictures', () => windows.close());
  const client = connect(StudentClient, coordinator, options.tls);
  shutdown.onStop('coordinator connection', async () => client.close());

  const sessionCredentials = { workerId, sessionKey: newSessionKey() };
  const outbox = new ReportOutbox();
  const worker = new StudentWorker({
    trainer,
    client,
    sessionCredentials,
    nats: ties.nats,
    stateDir: options.stateDir,
    datasetsRoot: options.datasetsRoot,
    windows,
    tensorboardDir: options.tensorboardDir,
    outbox,
    metrics,
    log,
    random,
  });
  const session = new Session<Report, StudentAssignment>({
    coordinator,
    open: () => openDuplex(() => client.session()),
    hello: { $case: 'hello', hello: { ...sessionCredentials, version, device } },
    opened: (link, leaving) => outbox.say(link, leaving),
    assigned: (assignment) => worker.follow(assignment),
    answered: (isAnswered) => metrics.sessionOpen(isAnswered),
    lines: ties.lines,
    nowMs: () => performance.now(),
    random,
    log,
  });
  ties.readiness.ready(() => session.lack);
  const held = session.start();
  shutdown.onStop('session', () => session.stop());
  shutdown.onStop('training', () => worker.drain(DRAIN_BUDGET_MS));

  const failed = firstOf([
    held,
    lostNats(ties.nats, shutdown.signal),
    death(trainer.died),
    death(windows.died),
  ]);
  return { addresses: { http: ties.http }, failed };
}

async function startTrainer(
  options: ProgramOptions,
  { shutdown, log }: ProgramSurroundings,
): Promise<{ readonly trainer: StudentCompute; readonly device: WorkerDevice }> {
  log.info('loading TensorFlow');
  const { computeThreads, eager } = options;
  const trainer = await StudentCompute.start({ eager }, log);
  shutdown.onStop('compute thread', () => trainer.stop());
  return { trainer, device: { ...workerDevice(trainer.device, options, log), computeThreads } };
}

/** @throws {LyceumError} FAILED_PRECONDITION if TensorFlow does not use the GPU, and the processor may not be used. */
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
