/** The options that a coordinator is started with. */
import type { Logger, LogTap, Outside, TlsIdentity } from '@lyceum/platform';
import type { NatsCredentials } from '@lyceum/platform/nats';

export interface ServeOptions {
  /** NATS with JetStream, `nats://127.0.0.1:4222`. */
  readonly natsUrl: string;
  /** The coordinator's user in NATS; default: none, or the user that the certificate names. */
  readonly natsCredentials?: NatsCredentials | undefined;
  /** Folder that the coordinator owns: answers, files of runs, cached blobs, and the copy of the state in NATS. */
  readonly stateDir: string;
  /** Limit of stored answers, bytes. Answers that runs in progress need stay even above the limit. */
  readonly answersMaxBytes: number;
  /** Greatest number of threads that encode answers and compute targets. */
  readonly dataThreads: number;
  /** Address of gRPC, `127.0.0.1:7700`; port 0: any free port. */
  readonly listenAddress: string;
  /** Address of probes and metrics. */
  readonly httpAddress: string;
  /** How long a teacher worker that answers may go without a canary; a minute is a good value. */
  readonly canaryIntervalMs: number;
  /** Places of tokens and keys for inference servers, and the addresses that servers may have. */
  readonly outside: Outside;
  /** Folder of data sets that runs may name by path. Default: no paths are allowed. */
  readonly datasetsRoot?: string | undefined;
  /** Allows listening without TLS on addresses that other machines can reach. */
  readonly insecure: boolean;
  /** Mutual TLS with all callers, and with NATS. Default: no TLS. */
  readonly tls?: TlsIdentity | undefined;
  /** The version that calls for it answer. */
  readonly version: string;
  readonly log: Logger;
  /** Gives lines of `log` about runs to the runs' own logs. Default: they are not shown there. */
  readonly tap?: LogTap | undefined;
  /** Aborts the wait for NATS. */
  readonly signal?: AbortSignal;
}
