/** The coordinator's event loop as on an idle machine: no other process of the cluster runs on its core. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { LocalCluster } from '@lyceum/cli/local-cluster';

const run = promisify(execFile);

/** The coordinator gets the first core, all others the rest; taskset(1) is of util-linux. */
export async function giveCoordinatorACore(cluster: LocalCluster): Promise<void> {
  const rest = `1-${availableParallelism() - 1}`;
  for (const { kind, pid } of cluster.processes) {
    const cores = kind === 'coordinator' ? '0' : rest;
    await run('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, `${pid}`]);
  }
}
