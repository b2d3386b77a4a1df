import type { Worker } from '@lyceum/proto';
import type { Command } from 'commander';
import { withCoordinator } from '../command-context.js';
import { timeText } from '../run-document.js';
import { bytesText, type Column, durationText, tableLines } from '../table.js';

export function addWorkers(program: Command): void {
  program
    .command('workers')
    .description('list the workers that are connected, and what they are busy with')
    .action((_options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const workers = await client.listWorkers();
        const desired = await client.desiredTeacherWorkers();
        print(workers.map(workerDocument), () => [
          ...(workers.length === 0
            ? ['No workers are connected.']
            : workerLines(workers, Date.now())),
          desiredLine(desired, workers.filter(({ kind }) => kind === 'teacher').length),
        ]);
      }),
    );
}

function workerDocument({ connectedAtMs, ...worker }: Worker): Record<string, unknown> {
  return { ...worker, connectedAt: timeText(connectedAtMs) };
}

function desiredLine(desired: number, connected: number): string {
  if (desired === 0) return 'No teacher is wanted now.';
  return `Teacher workers desired, so that no student waits: ${desired}; connected: ${connected}.`;
}

function workerLines(workers: readonly Worker[], nowMs: number): string[] {
  const columns: Column<Worker>[] = [
    { title: 'WORKER', value: (w) => w.workerId },
    { title: 'KIND', value: (w) => w.kind },
    { title: 'ENGINE', value: (w) => w.engine },
    { title: 'DEVICE', value: (w) => w.device },
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
    { title: 'CONNECTED', value: (w) => durationText(nowMs - w.connectedAtMs), align: 'right' },
    { title: 'BUSY WITH', value: (w) => w.busyWith.join(', ') },
    { title: 'PROBLEMS', value: (w) => w.problems.join('; ') },
  ];
  return tableLines(columns, workers);
}
