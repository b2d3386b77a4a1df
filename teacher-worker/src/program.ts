/** The teacher worker's parts, put together and started; each says how it stops. */
import { join } from 'node:path';
import { missingCudaProvider } from '@lyceum/learning/onnx';
import { gpuProblem } from '@lyceum/learning/tensorflow';
import { openWindows, WorkerWindows } from '@lyceum/learning/windows';
import {
  connect,
  type Gpu,
  GpuMemory,
  gpuDevice,
  LineOutbox,
  type Logger,
  type LogTap,
  type SecretPlaces,
  type Shutdown,
  TeacherClient,
  type TlsIdentity,
} from '@lyceum/platform';
import { startProbes } from '@lyceum/platform/metrics';
import { awaitNats, BlobCache, type NatsCredentials } from '@lyceum/platform/nats';
import type { PictureSettings } from '@lyceum/platform/worker';
import { type ComputeDevice, TeacherCompute } from './compute/index.js';
import { readServedModel, serveModels } from './serving/index.js';
import { TeacherMetrics } from './session/index.js';
import { TeacherWorker } from './worker.js';

/** Models and sets on disk. They are fetched again when they are needed again. */
const BLOB_CACHE_MAX_BYTES = 16 * 1024 ** 3;

/** Requests under way when a server stops. */
const STOP_GRACE_MS = 5_000;

/** Where models from files are served if nobody says where: Triton's port of gRPC. */
const DEFAULT_SERVED_ADDRESS = '127.0.0.1:8001';

/** What computes, and whom it serves. */
export interface ComputeOptions {
  readonly version: string;
  readonly memoryBudgetBytes: number;
  readonly computeThreads: number;
  /** What is to compute; undefined: the processor. */
  readonly gpu: Gpu | undefined;
  /** The processor computes what the GPU cannot. */
  readonly allowCpu: boolean;
  /** On a GPU: fast rather than with equal bits. */
  readonly isFast: boolean;
  /** Of the GPU's memory; undefined: what is free of it at the start. */
  readonly gpuMemoryBudgetBytes: number | undefined;
  /** For measurements: each inference takes so long, and those of some teachers as the file says. */
  readonly lookupDelayMs: number | undefined;
  readonly lookupDelayFile: string | undefined;
  /** Of remote teachers. */
  readonly secrets: SecretPlaces;
  readonly allowedAddresses: readonly string[];
  /** `HOST:PORT` of the Open Inference Protocol over gRPC and HTTP. Default: neither. */
  readonly inference: string | undefined;
  readonly inferenceHttp: string | undefined;
  readonly insecure: boolean;
  /** Default: without TLS. */
  readonly tls: TlsIdentity | undefined;
}

export interface ProgramOptions extends ComputeOptions {
  readonly workerId: string;
  readonly natsUrl: string;
  /** The teacher workers' user in NATS; default: none, or what the certificate says. */
  readonly natsCredentials: NatsCredentials | undefined;
  /** `HOST:PORT` of the coordinator. */
  readonly coordinator: string;
  /** `HOST:PORT` of the probes. */
  readonly http: string;
  /** One worker's own. */
  readonly stateDir: string;
  /** Of mounted data sets. Default: none are. */
  readonly datasetsRoot: string | undefined;
  /** Of sets in shards. */
  readonly pictures: PictureSettings;
  /** Of the program's log. */
  readonly tap: LogTap;
}

/** Why the program cannot go on. */
interface Failure {
  readonly what: string;
  readonly err: unknown;
}

export interface Program {
  /** Where it listens, as its ready line says it. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Resolves only if it cannot go on; whoever started it starts another. */
  readonly failed: Promise<Failure>;
}

/**
 * Starts everything, but waits for no coordinator: a worker may be there first. It may be there before NATS too, for which
 * it waits here; its probes say so meanwhile.
 *
 * @returns undefined if the program is told to end while it waits.
 * @throws {LyceumError} PERMISSION_DENIED if NATS refuses user or certificate, FAILED_PRECONDITION if an address cannot be
 *   listened at.
 */
export async function startProgram(
  options: ProgramOptions,
  shutdown: Shutdown,
  log: Logger,
): Promise<Program | undefined> {
  const { workerId, version, insecure, tls, computeThreads } = options;
  const { random } = Math;
  const metrics = new TeacherMetrics();
  let unready = (): string | undefined => 'starting';
  const probes = await startProbes({
    address: options.http,
    insecure,
    tls,
    ready: () => (shutdown.signal.aborted ? 'the worker is stopping' : unready()),
    metrics: metrics.registry,
  });
  shutdown.onStop('probes', () => probes.close());

  const { natsUrl: url, natsCredentials: credentials } = options;
  const nats = await awaitNats(
    { url, name: workerId, role: 'teacher-worker', credentials, tls, log },
    {
      signal: shutdown.signal,
      tell: (reason) => {
        unready = () => reason;
      },
      random,
      log,
    },
  ).catch((err: unknown) => {
    if (shutdown.signal.aborted) return undefined;
    throw err;
  });
  if (nats === undefined) return undefined;
  shutdown.onStop('NATS', () => nats.close());

  const free = await new GpuMemory(options.gpu).freeBytes();
  const compute = await startCompute(options, shutdown, log);
  const gpu = usedGpu(options, compute.device, log);
  const memory = new GpuMemory(gpu);

  const client = connect(TeacherClient, options.coordinator, tls);
  shutdown.onStop('coordinator connection', async () => client.close());

  // The store appears with the coordinator, which may start later.
  const blobs = {
    get: async (digest: string) => (await nats.blobs({ create: false })).get(digest),
  };
  const { pictures } = options;
  const windows = new WorkerWindows(() => openWindows({ ...pictures, log }), pictures.memoryBytes);
  shutdown.onStop('pictures', () => windows.close());
  const blobFolder = join(options.stateDir, 'blobs');
  const lines = new LineOutbox();
  options.tap.onLine((line) => lines.add(line));
  const worker = new TeacherWorker({
    workerId,
    version,
    memoryBudgetBytes: options.memoryBudgetBytes,
    computeThreads,
    compute,
    device: { ...compute.device, ...(gpu && gpuDevice(gpu, options.isFast)) },
    gpuMemoryBudgetBytes: gpu && (options.gpuMemoryBudgetBytes ?? free),
    gpuUsedBytes: () => memory.usedBytes(),
    windows,
    nats,
    cache: new BlobCache(blobFolder, blobs, BLOB_CACHE_MAX_BYTES, options.datasetsRoot),
    client,
    lines,
    metrics,
    nowMs: () => performance.now(),
    random,
    log,
  });
  const { inference: grpc, inferenceHttp: http } = options;
  const servers = await worker.serve({ grpc, http, insecure, tls });
  shutdown.onStop('inference', () => servers.stop(STOP_GRACE_MS));
  unready = () => worker.unready;

  const working = worker.start();
  shutdown.onStop('worker', () => worker.stop());

  const failed = Promise.race([
    refusal(working),
    compute.died.then((err) => ({ what: 'a thread with teachers died', err })),
    windows.died.then((err) => ({ what: 'the thread that reads pictures died', err })),
    nats.closed.then((err) => ({ what: 'NATS connection closed', err })),
  ]);
  return { addresses: { http: probes.address, ...servers.addresses }, failed };
}

/** Resolves if the coordinator will never have this worker. */
function refusal(working: Promise<void>): Promise<Failure> {
  return new Promise((resolve) => {
    working.catch((err: unknown) => resolve({ what: 'the coordinator refuses this worker', err }));
  });
}

/**
 * Serves models from files, without a cluster.
 *
 * @param models - `NAME=PATH` each.
 * @throws {LyceumError} INVALID_ARGUMENT naming the model that cannot be served, and why.
 */
export async function startServing(
  models: readonly string[],
  options: ComputeOptions,
  shutdown: Shutdown,
  log: Logger,
): Promise<Program> {
  const files = await Promise.all(models.map(readServedModel));
  const compute = await startCompute(options, shutdown, log);
  const { inference, inferenceHttp: http, insecure, tls, memoryBudgetBytes, version } = options;
  const grpc = inference ?? (http === undefined ? DEFAULT_SERVED_ADDRESS : undefined);
  const places = { grpc, http, insecure, tls };
  const servers = await serveModels({
    models: files,
    places,
    memoryBudgetBytes,
    compute,
    version,
    log,
  });
  shutdown.onStop('inference', () => servers.stop(STOP_GRACE_MS));
  const failed = compute.died.then((err) => ({ what: 'compute thread died', err }));
  return { addresses: servers.addresses, failed };
}

async function startCompute(
  options: ComputeOptions,
  shutdown: Shutdown,
  log: Logger,
): Promise<TeacherCompute> {
  const { computeThreads, lookupDelayMs, lookupDelayFile, secrets, allowedAddresses } = options;
  const { allowCpu, isFast } = options;
  const gpu = options.gpu && { ...options.gpu, allowCpu, isFast };
  log.info('loading TensorFlow');
  const compute = await TeacherCompute.start(
    { computeThreads, lookupDelayMs, lookupDelayFile, gpu },
    { secrets, allowedAddresses },
    log,
  );
  shutdown.onStop('compute threads', () => compute.stop());
  log.info({ ...compute.device, computeThreads }, 'engine opened');
  return compute;
}

/** The GPU, unless no engine here can use it and the processor may: then it is not to be told of. */
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
