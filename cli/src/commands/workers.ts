import type { DataPlane, Quarantine, Worker } from '@lyceum/proto';
import type { Command } from 'commander';
import {
  ageText,
  bytesText,
  type Column,
  durationText,
  tableLines,
  timeText,
} from '../printing/text/index.js';
import { withCoordinator } from '../session/index.js';

export function addWorkers(program: Command): void {
  const workers = program
    .command('workers')
    .description('list the workers that are connected, and what they are busy with')
    .addHelpText(
      'after',
      `
Examples:
  coordinator workers
  coordinator workers -o json`,
    )
    .action((_options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const { workers, quarantines, desiredTeacherWorkers, dataPlane } =
          await client.clusterWorkers();
        print(workerDocuments(workers, quarantines), () => [
          ...(workers.length === 0
            ? ['No workers are connected.']
            : workerLines(workers, Date.now())),
          desiredLine(
            desiredTeacherWorkers,
            workers.filter(({ kind }) => kind === 'teacher').length,
          ),
          ...bottleneckLines(dataPlane),
          ...quarantines.map((quarantine) => quarantineLine(quarantine, Date.now())),
        ]);
      }),
    );
  workers
    .command('release')
    .description('let a quarantined teacher worker answer again, once it has passed the self-test')
    .argument('<worker>', 'as `workers` shows it')
    .option('--teacher <name>', 'only with this teacher: its name or identity')
    .addHelpText(
      'after',
      `
Examples:
  coordinator workers release teacher-2
  coordinator workers release teacher-2 --teacher digits-wide`,
    )
    .action((workerId: string, options: { teacher?: string }, command: Command) =>
      withCoordinator(command, async ({ client, notice }) => {
        for (const { teacher } of await client.releaseWorker(workerId, options.teacher)) {
          notice(`released ${workerId} with teacher ${teacher}`);
        }
      }),
    );
}

/** One entry for each connected worker, and for each quarantined worker, connected or not. */
function workerDocuments(
  workers: readonly Worker[],
  quarantines: readonly Quarantine[],
): Record<string, unknown>[] {
  const ofWorker = (workerId: string) =>
    quarantines
      .filter((quarantine) => quarantine.workerId === workerId)
      .map(({ workerId: _, sinceMs, ...rest }) => ({ ...rest, since: timeText(sinceMs) }));
  const connected = workers.map(({ connectedAtMs, ...worker }) => ({
    ...worker,
    connectedAt: timeText(connectedAtMs),
    quarantines: ofWorker(worker.workerId),
  }));
  const present = new Set(workers.map(({ workerId }) => workerId));
  const away = [...new Set(quarantines.map(({ workerId }) => workerId))]
    .filter((workerId) => !present.has(workerId))
    .map((workerId) => ({ workerId, kind: 'teacher', quarantines: ofWorker(workerId) }));
  return [...connected, ...away];
}

function quarantineLine({ workerId, teacher, reason, sinceMs }: Quarantine, nowMs: number): string {
  const since = durationText(nowMs - sinceMs);
  return `${workerId} is quarantined with teacher ${teacher} since ${since}: ${reason}. To release it: coordinator workers release ${workerId}`;
}

function desiredLine(desired: number, connected: number): string {
  if (desired === 0) return 'No run needs teachers now.';
  return `Teacher workers desired, so that no student waits: ${desired}; connected: ${connected}.`;
}

/** A line that is shown if students wait because the coordinator itself is too slow. */
function bottleneckLines(dataPlane: DataPlane | undefined): string[] {
  if (dataPlane === undefined || dataPlane.bottleneck === '') return [];
  const { bottleneck, eventLoopShare, dataThreadsShare } = dataPlane;
  const share = bottleneck === 'event loop' ? eventLoopShare : dataThreadsShare;
  const remedy =
    bottleneck === 'event loop'
      ? 'stop other programs on its machine, or give some of the runs a coordinator of their own'
      : '`serve --data-threads` gives it more, where there are cores';
  return [
    `The coordinator is the bottleneck: its ${bottleneck} worked, or waited for a core, ${Math.round(100 * share)} % of the last 10 s, and more teacher workers would only wait; ${remedy}.`,
  ];
}

/** `NVIDIA L4 (23 GB, driver 580.1; wide: cpu …)`. */
function deviceText({ device, gpuDriver, gpuMemoryBytes, otherDevices }: Worker): string {
  const gpu = gpuMemoryBytes === 0 ? [] : [`${bytesText(gpuMemoryBytes)}, driver ${gpuDriver}`];
  const others = Object.entries(otherDevices).map(([name, other]) => `${name}: ${other}`);
  const facts = [...gpu, ...others];
  return facts.length === 0 ? device : `${device} (${facts.join('; ')})`;
}

function workerLines(workers: readonly Worker[], nowMs: number): string[] {
  const columns: Column<Worker>[] = [
    { title: 'WORKER', value: (w) => w.workerId },
    { title: 'KIND', value: (w) => w.kind },
    { title: 'ENGINE', value: (w) => w.engine },
    { title: 'DEVICE', value: deviceText },
    { title: 'THREADS', value: (w) => w.computeThreads, align: 'right' },
    {
      title: 'MEMORY',
      value: (w) => (w.memoryBudgetBytes === 0 ? undefined : bytesText(w.memoryBudgetBytes)),
      align: 'right',
    },
    {
      title: 'TICKETS',
      value: (w) => (w.kind === 'teacher' ? w.ticketsInHand : undefined),
      align: 'right',
    },
    { title: 'CONNECTED', value: (w) => ageText(nowMs - w.connectedAtMs), align: 'right' },
    { title: 'BUSY WITH', value: (w) => w.busyWith.join(', ') },
    { title: 'PROBLEMS', value: (w) => w.problems.join('; ') },
  ];
  return tableLines(columns, workers);
}
