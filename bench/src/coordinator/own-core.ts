/** Gives the coordinator a core of its own, so that its event loop runs as on an idle machine. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { LocalCluster } from '@lyceum/cli/local-cluster';

const run = promisify(execFile);

/** The coordinator gets the first core, all other processes the rest. taskset(1) is part of util-linux. */
export async function giveCoordinatorACore(cluster: LocalCluster): Promise<void> {
  const rest = `1-${availableParallelism() - 1}`;
  for (const { kind, pid } of cluster.processes) {
    const cores = kind === 'coordinator' ? '0' : rest;
    await run('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, `${pid}`]);
  }
}
