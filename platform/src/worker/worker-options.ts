/** What both kinds of workers are told by flags and environment, checked. */
import { resolve } from 'node:path';
import type { Gpu } from '../gpus/index.js';
import { type NatsCredentials, natsCredentialsIn } from '../nats/index.js';
import { isYes, type Logger } from '../process/index.js';
import { type TlsIdentity, tlsIdentityIn } from '../tls/index.js';
import { type PictureSettings, pictureSettings } from './picture-settings.js';
import { usableDevice } from './usable-device.js';
import type { WorkerFlags } from './worker-flags.js';

/** What computes, and who may reach it. */
export interface ComputeOptions {
  readonly version: string;
  readonly computeThreads: number;
  /** What is to compute; undefined: the processor. */
  readonly gpu: Gpu | undefined;
  /** The processor computes what the GPU cannot. */
  readonly allowCpu: boolean;
  /** On a GPU: fast rather than with equal bits. */
  readonly isFast: boolean;
  readonly insecure: boolean;
  /** Default: without TLS. */
  readonly tls: TlsIdentity | undefined;
}

/** What a worker is in its cluster, and where that is. */
export interface ClusterOptions {
  readonly workerId: string;
  readonly natsUrl: string;
  /** User and password of the worker in NATS; default: none, or the certificate says who it is. */
  readonly natsCredentials: NatsCredentials | undefined;
  /** `HOST:PORT` of the coordinator. */
  readonly coordinator: string;
  /** `HOST:PORT` of the probes. */
  readonly http: string;
  /** Absolute. One worker's own. */
  readonly stateDir: string;
  /** Folder of mounted data sets. Default: none are mounted. */
  readonly datasetsRoot: string | undefined;
  /** How pictures of sets in shards are kept. */
  readonly pictures: PictureSettings;
}

/**
 * @throws {LyceumError} FAILED_PRECONDITION if the GPU is not there, and the processor may not stand in; INVALID_ARGUMENT if
 *   certificates cannot be used.
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
