/** Workers, their devices, and which are not trusted. Pure. */
import type { WorkerFacts, WorkerRow } from '@lyceum/dashboard/api';
import type { ListWorkersResponse, Worker } from '@lyceum/proto';

export function workerFacts({
  workers,
  quarantines,
  desiredTeacherWorkers,
}: ListWorkersResponse): WorkerFacts {
  return {
    workers: workers.map(workerRow),
    quarantines: quarantines.map(({ workerId, teacher, teacherIdentity, reason, sinceMs }) => ({
      workerId,
      teacher,
      teacherIdentity,
      reason,
      sinceMs,
    })),
    desiredTeacherWorkers,
  };
}

function workerRow(worker: Worker): WorkerRow {
  return {
    id: worker.workerId,
    kind: worker.kind === 'student' ? 'student' : 'teacher',
    version: worker.version,
    engine: worker.engine,
    device: worker.device,
    computeThreads: worker.computeThreads,
    connectedAtMs: worker.connectedAtMs,
    busyWith: worker.busyWith,
    ticketsInHand: worker.ticketsInHand,
    problems: worker.problems,
    gpu:
      worker.gpuMemoryBytes === 0
        ? null
        : {
            driver: worker.gpuDriver,
            memoryBytes: worker.gpuMemoryBytes,
            memoryBudgetBytes: worker.gpuMemoryBudgetBytes,
          },
  };
}
