import { isLoopback, parseAddress, type TlsIdentity } from '@lyceum/platform';
import { toLyceumError } from '@lyceum/proto';
import { CoordinatorClient, takesConnections } from '../client/index.js';
import type { ClusterFacts } from './judge-cluster.js';

export async function gatherCluster(
  address: string,
  tls: TlsIdentity | undefined,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const isLocal = isLoopback(parseAddress(address).host);
  const client = new CoordinatorClient(address, tls);
  try {
    const version = await client.version({ signal });
    const [workers, runs] = [await client.listWorkers(), await client.listRuns({ brief: true })];
    const times = [
      ...workers.map(({ connectedAtMs }) => connectedAtMs),
      ...runs.flatMap((run) => [run.submittedAtMs, run.startedAtMs, run.endedAtMs]),
    ];
    const latestMs = times.reduce((latest, time) => Math.max(latest, time), 0);
    return { address, isLocal, coordinator: { answers: true, version, workers, latestMs } };
  } catch (err) {
    signal.throwIfAborted();
    const isTaken = await takesConnections(address);
    const why = toLyceumError(err).message;
    return { address, isLocal, coordinator: { answers: false, isTaken, why } };
  } finally {
    client.close();
  }
}
