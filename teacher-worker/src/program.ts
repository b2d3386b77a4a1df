/** Puts the teacher worker's parts together and starts them; each registers how it stops. */
import { join } from 'node:path';
import { missingCudaProvider } from '@lyceum/learning/onnx';
import { gpuProblem } from '@lyceum/learning/tensorflow';
import { WorkerWindows } from '@lyceum/learning/windows';
import {
  connect,
  type Gpu,
  GpuMemory,
  gpuDevice,
  type Logger,
  newSessionKey,
  openDuplex,
  type SecretPlaces,
  TeacherClient,
} from '@lyceum/platform';
import { BlobCache, type Nats } from '@lyceum/platform/nats';
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
import type { TeacherAssignment, TeacherHello } from '@lyceum/proto';
import {
  type ComputeDevice,
  type ComputeSettings,
  type RemoteSettings,
  TeacherCompute,
} from './compute/index.js';
import { readServedModel, serveModels } from './serving/index.js';
import { type Report, TeacherMetrics } from './session/index.js';
import { TeacherWorker } from './worker.js';

/** Models and sets on disk. Files that were removed are fetched again when they are needed. */
const BLOB_CACHE_MAX_BYTES = 16 * 1024 ** 3;

/** Time for requests under way when a server stops. */
const STOP_GRACE_MS = 5_000;

/** Default address for models from files: Triton's port for gRPC. */
const DEFAULT_SERVED_ADDRESS = '127.0.0.1:8001';

/** Options for running teachers, and for the servers of their models. */
export interface ServingOptions extends ComputeOptions {
  readonly memoryBudgetBytes: number;
  /** Bytes of the GPU's memory that teachers may take; undefined: as many as are free at the start. */
  readonly gpuMemoryBudgetBytes: number | undefined;
  /** For measurements: each inference waits this long; a file may give other times for some teachers. */
  readonly lookupDelayMs: number | undefined;
  readonly lookupDelayFile: string | undefined;
  /** Where secrets of remote teachers are. */
  readonly secrets: SecretPlaces;
  readonly allowedAddresses: readonly string[];
  /** `HOST:PORT` of the Open Inference Protocol over gRPC and HTTP. Default: neither. */
  readonly inference: string | undefined;
  readonly inferenceHttp: string | undefined;
}

export interface ProgramOptions extends ServingOptions, ClusterOptions {}

/**
 * Starts everything without waiting for the coordinator, which may start later. It waits for NATS; meanwhile the
 * probes say so.
 *
 * @throws {LyceumError} as {@link joinCluster}; FAILED_PRECONDITION if an address cannot be listened at.
 */
export async function startProgram(
  options: ProgramOptions,
  surroundings: ProgramSurroundings,
): Promise<StartedProgram> {
  const { workerId, version, coordinator, memoryBudgetBytes } = options;
  const { shutdown, log } = surroundings;
  const { random } = Math;
  const nowMs = () => performance.now();
  const metrics = new TeacherMetrics();
  const ties = await joinCluster('teacher-worker', options, metrics.registry, surroundings);
  const { compute, memory, told } = await startDevice(options, surroundings);
  const windows = WorkerWindows.of({ ...options.pictures, log });
  shutdown.onStop('pictures', () => windows.close());
  const client = connect(TeacherClient, coordinator, options.tls);
  shutdown.onStop('coordinator connection', async () => client.close());

  const sessionCredentials = { workerId, sessionKey: newSessionKey() };
  const worker = new TeacherWorker({
    version,
    memoryBudgetBytes,
    gpuUsedBytes: () => memory.usedBytes(),
    compute,
    windows,
    nats: ties.nats,
    cache: blobCache(options, ties.nats),
    client,
    sessionCredentials,
    metrics,
    nowMs,
    random,
    log,
  });
  const session = new Session<Report, TeacherAssignment>({
    coordinator,
    open: () => openDuplex(() => client.session()),
    hello: {
      $case: 'hello',
      hello: { ...sessionCredentials, version, memoryBudgetBytes, ...told },
    },
    opened: (link) => worker.opened(link),
    assigned: (assignment) => worker.follow(assignment),
    answered: (isAnswered) => metrics.sessionOpen(isAnswered),
    lines: ties.lines,
    nowMs,
    random,
    log,
  });
  const servers = await worker.serve(placesOf(options), () => session.lack === undefined);
  shutdown.onStop('inference', () => servers.stop(STOP_GRACE_MS));
  ties.readiness.ready(() => session.lack);
  const held = session.start();
  shutdown.onStop('session', () => session.stop());
  shutdown.onStop('tickets', () => worker.drain(DRAIN_BUDGET_MS));

  const failed = firstOf([
    held,
    lostNats(ties.nats, shutdown.signal),
    death(compute.died),
    death(windows.died),
  ]);
  return { addresses: { http: ties.http, ...servers.addresses }, failed };
}

/**
 * Serves models from files, without a cluster.
 *
 * @param models - `NAME=PATH` each.
 * @throws {LyceumError} INVALID_ARGUMENT naming the model that cannot be served, and why.
 */
export async function startServing(
  models: readonly string[],
  options: ServingOptions,
  surroundings: ProgramSurroundings,
): Promise<StartedProgram> {
  const { shutdown, log } = surroundings;
  const files = await Promise.all(models.map(readServedModel));
  const compute = await startCompute(options, {}, surroundings);
  const { memoryBudgetBytes, version } = options;
  const places = placesOf(options);
  const isNowhere = places.grpc === undefined && places.http === undefined;
  const servers = await serveModels({
    models: files,
    places: { ...places, ...(isNowhere && { grpc: DEFAULT_SERVED_ADDRESS }) },
    memoryBudgetBytes,
    compute,
    version,
    log,
  });
  shutdown.onStop('inference', () => servers.stop(STOP_GRACE_MS));
  return { addresses: servers.addresses, failed: firstOf([death(compute.died)]) };
}

function placesOf({ inference: grpc, inferenceHttp: http, insecure, tls }: ServingOptions) {
  return { grpc, http, insecure, tls };
}

/** Starts the threads with teachers. Gives them, their GPU memory, and the device to report to the coordinator. */
async function startDevice(
  options: ProgramOptions,
  surroundings: ProgramSurroundings,
): Promise<{
  readonly compute: TeacherCompute;
  readonly memory: GpuMemory;
  readonly told: Pick<TeacherHello, 'device' | 'gpuMemoryBudgetBytes'>;
}> {
  const { computeThreads, isFast } = options;
  const { stateDir, workerId } = options;
  const kept = {
    keptFolder: join(stateDir, 'endpoint-answers'),
    noted: { folder: join(stateDir, 'computing'), workerId },
  };
  const compute = await startCompute(options, kept, surroundings);
  const gpu = usedGpu(options, compute.device, surroundings.log);
  const device = { ...compute.device, ...(gpu && gpuDevice(gpu, isFast)), computeThreads };
  const memory = new GpuMemory(gpu);
  // Free now, after the engine has taken what it needs for itself.
  const gpuMemoryBudgetBytes = gpu && (options.gpuMemoryBudgetBytes ?? (await memory.freeBytes()));
  return { compute, memory, told: { device, gpuMemoryBudgetBytes } };
}

/** The coordinator creates the blob store, and may start later than this worker. */
function blobCache({ stateDir, datasetsRoot }: ProgramOptions, nats: Nats): BlobCache {
  const blobs = {
    get: async (digest: string) => (await nats.blobs({ create: false })).get(digest),
  };
  return new BlobCache(join(stateDir, 'blobs'), blobs, BLOB_CACHE_MAX_BYTES, datasetsRoot);
}

async function startCompute(
  options: ServingOptions,
  {
    keptFolder,
    noted,
  }: Pick<ComputeSettings, 'noted'> & Partial<Pick<RemoteSettings, 'keptFolder'>>,
  { shutdown, log }: ProgramSurroundings,
): Promise<TeacherCompute> {
  const { computeThreads, lookupDelayMs, lookupDelayFile, secrets, allowedAddresses } = options;
  const { allowCpu, isFast } = options;
  const gpu = options.gpu && { ...options.gpu, allowCpu, isFast };
  log.info('loading TensorFlow');
  const compute = await TeacherCompute.start(
    { computeThreads, lookupDelayMs, lookupDelayFile, gpu, noted },
    { secrets, allowedAddresses, keptFolder },
    log,
  );
  shutdown.onStop('compute threads', () => compute.stop());
  log.info({ ...compute.device, computeThreads }, 'engine opened');
  return compute;
}

/** The GPU; undefined if no engine here can use it and the processor is allowed: then the GPU is not reported. */
function usedGpu(
  { gpu, allowCpu }: Pick<ComputeOptions, 'gpu' | 'allowCpu'>,
  { engine, device }: ComputeDevice,
  log: Logger,
): Gpu | undefined {
  if (gpu === undefined || !allowCpu) return gpu;
  const problem = gpuProblem({ name: engine, device }, gpu);
  if (problem === undefined) return gpu;
  if (missingCudaProvider() === undefined) return gpu;
  log.warn(`${gpu.name} cannot be used: ${problem}; the processor computes`);
  return undefined;
}
