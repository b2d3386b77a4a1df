/** A cluster of real processes on this machine for benches: starts it, waits for runs, counts CPU time. */
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster, type LocalClusterOptions } from '@lyceum/cli/local-cluster';
import { LyceumError, type Run, RunState } from '@lyceum/proto';
import { cpuSeconds } from './process-usage.js';

export interface BenchOptions {
  readonly repetitions: number;
  readonly signal: AbortSignal;
}

/** Threads of each worker that computes, unless a bench says otherwise. */
export const COMPUTE_THREADS = 2;

/** Starts a cluster, calls `use`, and always ends the cluster afterwards. */
export async function withCluster<T>(
  options: Omit<LocalClusterOptions, 'environment' | 'logLevel'>,
  use: (cluster: LocalCluster, client: CoordinatorClient) => Promise<T>,
): Promise<T> {
  const cluster = await LocalCluster.start({
    environment: process.env,
    computeThreads: COMPUTE_THREADS,
    ...options,
    logLevel: 'warn',
  });
  const client = new CoordinatorClient(cluster.address);
  try {
    return await Promise.race([use(cluster, client), cluster.failed]);
  } finally {
    client.close();
    await cluster.stop();
  }
}

/** Submits a run and waits for its end. @throws {LyceumError} INTERNAL if the run does not succeed. */
export async function finished(
  client: CoordinatorClient,
  specification: string,
  signal: AbortSignal,
): Promise<Run> {
  const { run } = await client.submitRun(specification);
  const ended = await client.waitForEnd(run.runId, { signal });
  if (ended.state !== RunState.RUN_STATE_SUCCEEDED) {
    throw new LyceumError('INTERNAL', `run ${run.runId} did not succeed: ${ended.reason}`);
  }
  return ended;
}

/** Seconds of CPU time of every process so far, by worker id. */
export async function usage(cluster: LocalCluster): Promise<Record<string, number>> {
  const entries = cluster.processes.map(
    async ({ workerId, pid }) => [workerId, await cpuSeconds(pid)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** @returns milliseconds of CPU time a batch, by process. */
export async function cpuMsPerBatch(
  cluster: LocalCluster,
  before: Readonly<Record<string, number>>,
  batchCount: number,
): Promise<Record<string, number>> {
  const now = Object.entries(await usage(cluster));
  return Object.fromEntries(
    now.map(([id, seconds]) => [id, ((seconds - (before[id] ?? 0)) * 1000) / batchCount]),
  );
}

/**
 * Confirms that no teacher inferred a sample between two counts, which are by teacher.
 *
 * @throws {LyceumError} INTERNAL if a teacher did: then the figure says nothing about the store.
 */
export function assertNoneInferred(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): void {
  const asked = Object.entries(now).filter(([teacher, count]) => count !== before[teacher]);
  if (asked.length > 0) {
    throw new LyceumError(
      'INTERNAL',
      `teachers were asked again: ${JSON.stringify({ before, now })}`,
    );
  }
}

/** @throws {LyceumError} FAILED_PRECONDITION if the environment names no cache folder. */
export function cacheFolder(): string {
  const folder = process.env['LYCEUM_CACHE'];
  if (folder === undefined) {
    throw new LyceumError(
      'FAILED_PRECONDITION',
      'LYCEUM_CACHE is not set; start with `npm run bench`',
    );
  }
  return folder;
}

export function progress(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
