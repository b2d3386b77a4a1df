/** What a coordinator is started with. */
import type { Logger, LogTap, Outside, TlsIdentity } from '@lyceum/platform';
import type { NatsCredentials } from '@lyceum/platform/nats';

export interface ServeOptions {
  /** NATS with JetStream, `nats://127.0.0.1:4222`. */
  readonly natsUrl: string;
  /** The coordinator's user in NATS; default: none, or what the certificate says. */
  readonly natsCredentials?: NatsCredentials | undefined;
  /** Folder that the coordinator owns: answers, what it knows of runs, cached blobs, and the copy that refills NATS. */
  readonly stateDir: string;
  /** Bytes of answers kept on disk; those that runs in progress need stay beyond it. */
  readonly answersMaxBytes: number;
  /** Threads that encode answers and compute targets, at most. */
  readonly dataThreads: number;
  /** gRPC, `127.0.0.1:7700`; port 0: a free one. */
  readonly listenAddress: string;
  /** Probes and metrics, plain HTTP. */
  readonly httpAddress: string;
  /** How long a teacher worker that answers may go without a canary; a minute is a good value. */
  readonly canaryIntervalMs: number;
  /** Where tokens and keys for inference servers are, and at which addresses those may be. */
  readonly outside: Outside;
  /** Folder of data sets that runs name by their paths. Default: none may be. */
  readonly datasetsRoot?: string | undefined;
  /** Allows addresses that others reach, although nothing guards them. */
  readonly insecure: boolean;
  /** Mutual TLS with all callers, and with NATS. Default: without. */
  readonly tls?: TlsIdentity | undefined;
  /** What `version` calls answer. */
  readonly version: string;
  readonly log: Logger;
  /** What `log` says of runs, for the lines of these. Default: not shown there. */
  readonly tap?: LogTap | undefined;
  /** Gives up waiting for NATS. */
  readonly signal?: AbortSignal;
}
