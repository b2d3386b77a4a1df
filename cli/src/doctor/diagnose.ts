/** All checks, one after another: each gathers facts, then judges them. */
import type { NatsCredentials } from '@lyceum/platform/nats';
import type { Finding } from './finding.js';
import { gatherCertificates } from './gather-certificates.js';
import { gatherCluster } from './gather-cluster.js';
import { gatherDisk, gatherEngine, gatherGpu, hasWorkers } from './gather-machine.js';
import { gatherNats } from './gather-nats.js';
import { judgeCertificates } from './judge-certificates.js';
import { judgeCluster } from './judge-cluster.js';
import { judgeDisk, judgeEngine, judgeGpu, judgeNode } from './judge-machine.js';
import { judgeNats } from './judge-nats.js';

export interface Patient {
  readonly coordinator: string;
  readonly tlsDir: string | undefined;
  readonly nats: string | undefined;
  readonly natsCredentials: NatsCredentials | undefined;
  readonly stateDir: string;
  readonly cache: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
}

/** @yields each finding as soon as it is known. */
export async function* diagnose(patient: Patient, signal: AbortSignal): AsyncGenerator<Finding> {
  const { coordinator, tlsDir, nats, natsCredentials, stateDir, cache, version, env } = patient;
  yield judgeNode(process.versions.node);
  const { facts, tls } = await gatherCertificates(coordinator, tlsDir, Date.now());
  yield* judgeCertificates(facts, Date.now());
  // Without a usable certificate this program cannot call the cluster, and the finding would blame the coordinator.
  if (facts.kind !== 'unusable') {
    yield* judgeCluster(await gatherCluster(coordinator, tls, signal), version, Date.now());
  }
  const place = { url: nats, hasWorkers: hasWorkers(), credentials: natsCredentials, tls };
  yield* judgeNats(await gatherNats(place, env));
  signal.throwIfAborted();
  const engine = await gatherEngine(env);
  yield judgeEngine(engine);
  yield judgeGpu(await gatherGpu(env), engine);
  yield judgeDisk(gatherDisk('state folder', stateDir, '--state-dir'));
  yield judgeDisk(gatherDisk('cache', cache, '--cache'));
}
