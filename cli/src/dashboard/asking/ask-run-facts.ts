import type { RunFacts } from '@lyceum/dashboard/api';
import type { Run } from '@lyceum/proto';
import type { CoordinatorClient } from '../../client/index.js';
import { recentHistory, runFacts } from '../facts/index.js';

export type RunFactsClient = Pick<CoordinatorClient, 'clusterWorkers' | 'getHistory'>;

/** All facts about a run: those that the caller has, and those from workers and history. */
export async function askRunFacts(client: RunFactsClient, run: Run): Promise<RunFacts> {
  const [workers, history] = await Promise.all([
    client.clusterWorkers(),
    client.getHistory(recentHistory(run.runId, run.progress?.step ?? 0)),
  ]);
  return runFacts(run, workers, history);
}
