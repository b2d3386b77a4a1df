/** Options of a local cluster, and the environment and arguments of its programs. Pure. */
import { ALL_ADDRESSES, isLoopback, parseAddress } from '@lyceum/platform';

export interface LocalClusterOptions {
  readonly teacherWorkers: number;
  readonly studentWorkers: number;
  /** Folder of all state and logs; absent: a temporary folder, which is removed when the cluster stops. */
  readonly stateDir?: string;
  /** The coordinator's address; default a free port on loopback. */
  readonly listen?: string;
  /**
   * Private addresses at which remote teachers are allowed. Default: LYCEUM_ALLOW_ADDRESSES; else all addresses if the
   * coordinator listens on loopback only.
   */
  readonly allowAddresses?: readonly string[];
  /** Threads of each worker; default: the program's own. */
  readonly computeThreads?: number;
  /** Workers exit if they cannot compute on the GPU. Default: they compute on the processor then. */
  readonly requireGpu?: boolean;
  /** Teacher workers answer from precomputed logits, each inference taking this long. */
  readonly lookupDelayMs?: number;
  /** JSON file of delays in milliseconds by teacher identity, read for each ticket; overrides `lookupDelayMs`. */
  readonly lookupDelayFile?: string;
  /** Log level of all programs; default `info`. */
  readonly logLevel?: string;
  /** The user's file, TypeScript or JavaScript, with terms and rules of its own. */
  readonly plugin?: string;
  /** Folder for mutual TLS between all programs and their clients, as `readTlsIdentity` reads it; default: no TLS. */
  readonly tlsDir?: string;
  /**
   * Gives the address at which the program `from` calls another one that is at `address` (`HOST:PORT`): of a proxy,
   * for example. Default: `address`. Called again when a program is restarted.
   */
  readonly route?: (from: string, to: 'coordinator' | 'nats', address: string) => Promise<string>;
  /** The environment of this process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Variables that are added to `environment` for the children. */
  readonly env?: NodeJS.ProcessEnv;
  /** Restarts a worker that dies, each time after a longer wait. Default: the worker stays dead. */
  readonly restartWorkers?: boolean;
  /** Called with a line for each event: a program is ready, died, is back. */
  readonly log?: (line: string) => void;
  /** Name of this process in the error of another process that wants the state folder; default `a local cluster`. */
  readonly program?: string;
  /** Aborts the start. */
  readonly signal?: AbortSignal;
}

export type WorkerKind = 'teacher' | 'student';

/** The environment of all programs of the cluster. */
export interface ChildEnvironment {
  readonly env: NodeJS.ProcessEnv;
  /** Whether remote teachers may be at any address by default, without an option or variable that says so. */
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

/** A worker's arguments on its command line. */
export function workerArguments(kind: WorkerKind, options: LocalClusterOptions): string[] {
  const { computeThreads, lookupDelayMs, lookupDelayFile, requireGpu } = options;
  // By default set-up installs only what the processor needs: a worker on a machine with a GPU must not refuse that.
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

/** Address for a client: 0.0.0.0 and [::], which stand for all addresses, become loopback. */
export function calledAt(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}
