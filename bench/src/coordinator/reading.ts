/** Measures a coordinator over a known number of batches: processor time, and the event loop's delay. */
import type { LocalCluster } from '@lyceum/cli/local-cluster';
import {
  cpuMsPerBatch,
  type Figure,
  figureOf,
  median,
  progress,
  spread,
  usage,
} from '../measuring/index.js';
import { takeLoopDelay } from './loop-delay.js';

export interface Reading {
  /** Milliseconds of CPU time a batch, by kind of process: the sum over all processes of the kind. */
  readonly cpuMsPerBatch: Readonly<Record<string, number>>;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly batchesPerSecond: number;
}

/** Takes a reading while `work` trains `batchCount` batches. */
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

/** @param name - name of the setting. */
export function figuresOf(name: string, own: readonly Reading[]): Figure[] {
  const delays = own.map((reading) => reading.loopDelayP99Ms);
  return [
    figureOf(name, 'ms of processor a batch', own.map(coordinatorMs)),
    figureOf(name, 'ms of event-loop delay, p99', delays),
  ];
}

/** Readings by setting (a count), one for each repetition. */
export type Readings = ReadonlyMap<number, readonly Reading[]>;

/** Takes a reading of each setting in every repetition; the order of the settings is reversed every second time. */
export async function readings(
  settings: readonly number[],
  repetitions: number,
  take: (setting: number, repetition: number) => Promise<Reading>,
): Promise<Readings> {
  const taken = new Map<number, Reading[]>(settings.map((setting) => [setting, []]));
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    const order = repetition % 2 === 1 ? settings : [...settings].reverse();
    for (const setting of order) taken.get(setting)?.push(await take(setting, repetition));
  }
  return taken;
}

/** @returns by repetition, the coordinator's CPU time a batch with `many` ÷ with `few`. */
export function growth(taken: Readings, few: number, many: number): number[] {
  const own = (setting: number) => (taken.get(setting) ?? []).map(coordinatorMs);
  const base = own(few);
  return own(many).map((ms, index) => ms / (base[index] ?? Number.NaN));
}

export function coordinatorMs({ cpuMsPerBatch: ms }: Reading): number {
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
