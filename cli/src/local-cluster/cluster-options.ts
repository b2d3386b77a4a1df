/** What a local cluster is started with, and what its programs are told of it. Pure. */
import { ALL_ADDRESSES, isLoopback, parseAddress } from '@lyceum/platform';

export interface LocalClusterOptions {
  readonly teacherWorkers: number;
  readonly studentWorkers: number;
  /** Where everything is kept, logs too; absent: a temporary folder that goes with the cluster. */
  readonly stateDir?: string;
  /** The coordinator's address; default a free port on loopback. */
  readonly listen?: string;
  /**
   * Private addresses that remote teachers may be at. Default: what LYCEUM_ALLOW_ADDRESSES says; else all if nobody but this
   * machine reaches the coordinator.
   */
  readonly allowAddresses?: readonly string[];
  /** Threads of each worker; default: the program's own. */
  readonly computeThreads?: number;
  /** Workers compute on the GPU or end. Default: on the processor what the GPU cannot. */
  readonly requireGpu?: boolean;
  /** Teacher workers answer from precomputed logits, each inference taking this long. */
  readonly lookupDelayMs?: number;
  /** JSON object of other delays in milliseconds by teacher identity, read for each ticket. */
  readonly lookupDelayFile?: string;
  /** Log level of all programs; default `info`. */
  readonly logLevel?: string;
  /** A file with terms and rules of the user's own, TypeScript or JavaScript. */
  readonly plugin?: string;
  /** Mutual TLS between all of them and with who calls, as `readTlsIdentity` reads it; default: without. */
  readonly tlsDir?: string;
  /**
   * Where a program, by its name, calls another that is at `address`, `HOST:PORT`: through a proxy, say. Default: there. A
   * program that is started again is asked about again.
   */
  readonly route?: (from: string, to: 'coordinator' | 'nats', address: string) => Promise<string>;
  /** The environment of this process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Added to it for the children. */
  readonly env?: NodeJS.ProcessEnv;
  /** Starts a worker that dies again, later each time. Default: it stays dead. */
  readonly restartWorkers?: boolean;
  /** Told in a line what happens: ready, died, back. */
  readonly log?: (line: string) => void;
  /** What others that want the state folder are told of this process; default `a local cluster`. */
  readonly program?: string;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

export type WorkerKind = 'teacher' | 'student';

/** The environment of all programs of the cluster. */
export interface ChildEnvironment {
  readonly env: NodeJS.ProcessEnv;
  /** Remote teachers may be at any address, and nobody said so. */
  readonly isOpenOutwards: boolean;
}

export function childEnvironment(options: LocalClusterOptions): ChildEnvironment {
  const { environment, tlsDir } = options;
  const env: NodeJS.ProcessEnv = { ...environment, LYCEUM_TLS_DIR: tlsDir, ...options.env };
  const { allowAddresses, listen } = options;
  const isLocal = listen === undefined || isLoopback(parseAddress(listen).host);
  const isOpenOutwards = allowAddresses === undefined && !env['LYCEUM_ALLOW_ADDRESSES'] && isLocal;
  const allowed = isOpenOutwards ? ALL_ADDRESSES : allowAddresses?.join(',');
  return {
    env: { ...env, ...(allowed !== undefined && { LYCEUM_ALLOW_ADDRESSES: allowed }) },
    isOpenOutwards,
  };
}

/** What a worker is told on its command line. */
export function workerArguments(kind: WorkerKind, options: LocalClusterOptions): string[] {
  const { computeThreads, lookupDelayMs, lookupDelayFile, requireGpu } = options;
  // Set-up is for the processor unless it was asked for more: a machine with a GPU is no reason to refuse teachers.
  const args: string[] = requireGpu ? ['--device', 'cuda'] : ['--allow-cpu'];
  if (computeThreads !== undefined) args.push('--compute-threads', String(computeThreads));
  if (kind === 'teacher' && lookupDelayMs !== undefined) {
    args.push('--lookup-delay-ms', String(lookupDelayMs));
  }
  if (kind === 'teacher' && lookupDelayFile !== undefined) {
    args.push('--lookup-delay-file', lookupDelayFile);
  }
  return args;
}

/** An address that stands for all of this machine's is no host, and in no certificate. */
export function calledAt(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}
