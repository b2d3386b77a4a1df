/** What every worker uses in its cluster: probes, NATS, and a way for its log lines to the coordinator. */
import type { NatsRole } from '@lyceum/proto';
import type { Registry } from 'prom-client';
import { Readiness, startProbes } from '../metrics/index.js';
import { awaitNats, type Nats } from '../nats/index.js';
import { LineOutbox } from './line-outbox.js';
import type { ProgramSurroundings } from './run-worker.js';
import type { ClusterOptions, ComputeOptions } from './worker-options.js';

interface ClusterTies {
  /** `HOST:PORT` of the probes, with the actual port. */
  readonly http: string;
  readonly readiness: Readiness;
  readonly nats: Nats;
  /** Lines of the worker's log that wait to be sent to the coordinator. */
  readonly lines: LineOutbox;
}

/**
 * Starts the probes, then waits for NATS, which may start later. Meanwhile the probes say that NATS is waited for.
 *
 * @throws {LyceumError} PERMISSION_DENIED if NATS refuses user or certificate, FAILED_PRECONDITION if the probes cannot
 *   listen, CANCELLED if the program is told to end meanwhile.
 */
export async function joinCluster(
  role: NatsRole,
  options: ClusterOptions & Pick<ComputeOptions, 'insecure' | 'tls'>,
  metrics: Registry,
  { shutdown, log, tap }: ProgramSurroundings,
): Promise<ClusterTies> {
  const { workerId, natsUrl, natsCredentials, insecure, tls } = options;
  const { signal } = shutdown;
  const lines = new LineOutbox();
  tap.onLine((line) => lines.add(line));

  const readiness = new Readiness(signal);
  const probes = await startProbes({
    address: options.http,
    insecure,
    tls,
    ready: () => readiness.lack(),
    metrics,
  });
  shutdown.onStop('probes', () => probes.close());

  const nats = await awaitNats(
    { url: natsUrl, name: workerId, role, credentials: natsCredentials, tls, log },
    { signal, tell: (reason) => readiness.waitsFor(reason), random: Math.random, log },
  );
  shutdown.onStop('NATS', () => nats.close());
  return { http: probes.address, readiness, nats, lines };
}
