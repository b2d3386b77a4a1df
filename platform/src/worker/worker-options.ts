/** The options that all workers have, from flags and environment, checked. */
import { resolve } from 'node:path';
import type { Gpu } from '../gpus/index.js';
import { type NatsCredentials, natsCredentialsIn } from '../nats/index.js';
import { isYes, type Logger } from '../process/index.js';
import { type TlsIdentity, tlsIdentityIn } from '../tls/index.js';
import { type PictureSettings, pictureSettings } from './picture-settings.js';
import { usableDevice } from './usable-device.js';
import type { WorkerFlags } from './worker-flags.js';

/** The device that computes, and who may reach the worker. */
export interface ComputeOptions {
  readonly version: string;
  readonly computeThreads: number;
  /** The GPU that computes; undefined: the processor does. */
  readonly gpu: Gpu | undefined;
  /** The processor may compute what the GPU cannot. */
  readonly allowCpu: boolean;
  /** True: a GPU computes fast rather than with equal bits. */
  readonly isFast: boolean;
  readonly insecure: boolean;
  /** Default: without TLS. */
  readonly tls: TlsIdentity | undefined;
}

/** A worker's identity in its cluster, and the cluster's addresses. */
export interface ClusterOptions {
  readonly workerId: string;
  readonly natsUrl: string;
  /** User and password of the worker in NATS; default: none, or the certificate names the user. */
  readonly natsCredentials: NatsCredentials | undefined;
  /** `HOST:PORT` of the coordinator. */
  readonly coordinator: string;
  /** `HOST:PORT` of the probes. */
  readonly http: string;
  /** Absolute. No other worker uses it. */
  readonly stateDir: string;
  /** Folder of mounted data sets. Default: none are mounted. */
  readonly datasetsRoot: string | undefined;
  /** Settings for reading pictures of sets in shards. */
  readonly pictures: PictureSettings;
}

/**
 * @throws {LyceumError} FAILED_PRECONDITION if the GPU is not there and the processor may not be used;
 *   INVALID_ARGUMENT if certificates cannot be used.
 */
export async function computeOptions(
  flags: WorkerFlags,
  version: string,
  environment: NodeJS.ProcessEnv,
  log: Logger,
): Promise<ComputeOptions> {
  const tls = tlsIdentityIn(flags.tlsDir, Date.now());
  const insecure = flags.insecure || isYes('LYCEUM_INSECURE', environment);
  const { computeThreads, determinism } = flags;
  const { gpu, allowCpu } = await usableDevice(flags, environment, log);
  return { version, computeThreads, gpu, allowCpu, isFast: determinism === 'fast', insecure, tls };
}

/** @throws {LyceumError} INVALID_ARGUMENT if the credentials of NATS cannot be used. */
export function clusterOptions(flags: WorkerFlags, environment: NodeJS.ProcessEnv): ClusterOptions {
  const { workerId, coordinator, http, datasetsRoot } = flags;
  return {
    workerId,
    natsUrl: flags.nats,
    natsCredentials: natsCredentialsIn(flags.natsCredentials),
    coordinator,
    http,
    stateDir: resolve(flags.stateDir),
    datasetsRoot,
    pictures: pictureSettings(flags, environment),
  };
}
