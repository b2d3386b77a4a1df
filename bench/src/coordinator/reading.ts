/** What a coordinator's work on a known number of batches took it: processor time, and its event loop's delay. */
import type { LocalCluster } from '@lyceum/coordinator/local';
import { cpuMsPerBatch, progress, usage } from '../bench-cluster.js';
import { median, spread } from '../bench-result.js';
import { takeLoopDelay } from './loop-delay.js';

export interface Reading {
  /** Milliseconds of CPU time a batch, by kind of process: the sum of its workers. */
  readonly cpuMsPerBatch: Readonly<Record<string, number>>;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly batchesPerSecond: number;
}

/** Reads while `work` trains `batchCount` batches. */
export async function read(
  cluster: LocalCluster,
  name: string,
  batchCount: number,
  work: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<Reading> {
  const pid = cluster.processes.find(({ kind }) => kind === 'coordinator')?.pid ?? 0;
  await takeLoopDelay(pid, signal);
  const before = await usage(cluster);
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const delay = await takeLoopDelay(pid, signal);
  const reading = {
    cpuMsPerBatch: sumByKind(cluster, await cpuMsPerBatch(cluster, before, batchCount)),
    loopDelayP99Ms: delay.p99Ms,
    loopDelayMaxMs: delay.maxMs,
    batchesPerSecond: batchCount / seconds,
  };
  progress(
    `${name}: ${coordinatorMs(reading).toFixed(2)} ms of CPU a batch, event loop p99 ${delay.p99Ms.toFixed(1)} ms`,
  );
  return reading;
}

export function summary(readings: readonly Reading[]): Record<string, unknown> {
  const kinds = Object.keys(readings[0]?.cpuMsPerBatch ?? {});
  const of = (value: (reading: Reading) => number) => median(readings.map(value));
  return {
    cpuMsPerBatch: Object.fromEntries(
      kinds.map((kind) => [kind, of((r) => r.cpuMsPerBatch[kind] ?? Number.NaN)]),
    ),
    coordinatorCpuMsSpread: spread(readings.map(coordinatorMs)),
    loopDelayP99Ms: of((r) => r.loopDelayP99Ms),
    loopDelayP99MsSpread: spread(readings.map((r) => r.loopDelayP99Ms)),
    loopDelayMaxMs: of((r) => r.loopDelayMaxMs),
    batchesPerSecond: of((r) => r.batchesPerSecond),
  };
}

/** @returns by repetition, the coordinator's CPU time a batch in `many` ÷ in `few`. */
export function growth(few: readonly Reading[], many: readonly Reading[]): number[] {
  return many.map((reading, index) => {
    const base = few[index];
    return base === undefined ? Number.NaN : coordinatorMs(reading) / coordinatorMs(base);
  });
}

function coordinatorMs({ cpuMsPerBatch: ms }: Reading): number {
  return ms['coordinator'] ?? Number.NaN;
}

function sumByKind(
  cluster: LocalCluster,
  byProcess: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { kind, workerId } of cluster.processes) {
    sums[kind] = (sums[kind] ?? 0) + (byProcess[workerId] ?? Number.NaN);
  }
  return sums;
}
