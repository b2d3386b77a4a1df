/** Handlers of `ClusterService`. */
import { type Logger, unary } from '@lyceum/platform';
import {
  type CollectGarbageRequest,
  type CollectGarbageResponse,
  type DataPlane,
  type GetVersionRequest,
  type GetVersionResponse,
  type ListWorkersRequest,
  type ListWorkersResponse,
  LyceumError,
  Quarantine,
  type ReleaseWorkerRequest,
  type ReleaseWorkerResponse,
  Worker,
} from '@lyceum/proto';
import type { DataLoad } from '../data-plane/index.js';
import type { Quarantine as KnownQuarantine, TeacherHealth } from '../health/index.js';
import type { GarbageCollector } from '../lifecycle/index.js';
import type { TeacherDemand } from '../reconciliation/index.js';
import type { RunStore, WorkerEnvironment } from '../runs/index.js';
import { isAssigned } from '../schedule/index.js';
import type { StudentSession, TeacherSession, WorkerSessions } from '../sessions/index.js';
import type { TicketDesk } from '../tickets/index.js';

export interface ClusterServiceParts {
  readonly teachers: WorkerSessions<TeacherSession>;
  readonly students: WorkerSessions<StudentSession>;
  readonly store: RunStore;
  readonly desk: TicketDesk;
  readonly health: TeacherHealth;
  readonly garbage: GarbageCollector;
  readonly demand: Pick<TeacherDemand, 'desiredWorkers'>;
  readonly dataPlane: Pick<DataLoad, 'shares' | 'bottleneck'>;
  readonly version: string;
  readonly log: Logger;
}

export function clusterService(parts: ClusterServiceParts) {
  const { log, version } = parts;
  return {
    listWorkers: unary<ListWorkersRequest, ListWorkersResponse>(log, async () => {
      const names = teacherNames(parts.store);
      const teachers = parts.teachers.list().map((s) => teacherWorker(s, names, parts.desk));
      const students = parts.students.list().map((s) => studentWorker(s, parts.store));
      return {
        workers: [...teachers, ...students],
        desiredTeacherWorkers: parts.demand.desiredWorkers(),
        quarantines: parts.health.quarantines().map((q) => quarantineMessage(q, names)),
        dataPlane: dataPlaneMessage(parts.dataPlane),
      };
    }),
    releaseWorker: unary<ReleaseWorkerRequest, ReleaseWorkerResponse>(log, async (request) => ({
      released: release(parts, request),
    })),
    collectGarbage: unary<CollectGarbageRequest, CollectGarbageResponse>(
      log,
      async ({ dryRun, graceSeconds }) => ({
        garbage: await parts.garbage.collect({ dryRun, graceMs: graceSeconds * 1000 }),
      }),
    ),
    getVersion: unary<GetVersionRequest, GetVersionResponse>(log, async () => ({ version })),
  };
}

function dataPlaneMessage({ shares, bottleneck }: ClusterServiceParts['dataPlane']): DataPlane {
  return {
    eventLoopShare: shares.eventLoop,
    dataThreadsShare: shares.dataThreads,
    bottleneck: bottleneck ?? '',
  };
}

/** @throws {LyceumError} NOT_FOUND */
function release(
  { health, store }: ClusterServiceParts,
  { workerId, teacher }: ReleaseWorkerRequest,
): Quarantine[] {
  const names = teacherNames(store);
  const chosen = health
    .quarantines()
    .filter(
      (q) =>
        q.workerId === workerId && ['', q.teacher, teacherName(q.teacher, names)].includes(teacher),
    );
  if (chosen.length === 0) {
    const which = teacher === '' ? '' : ` with teacher ${teacher}`;
    throw new LyceumError('NOT_FOUND', `worker ${workerId} is not quarantined${which}`);
  }
  for (const quarantine of chosen) health.release(quarantine);
  return chosen.map((quarantine) => quarantineMessage(quarantine, names));
}

function quarantineMessage(
  { workerId, teacher, reason, sinceMs }: KnownQuarantine,
  names: ReadonlyMap<string, string>,
): Quarantine {
  const name = teacherName(teacher, names);
  return Quarantine.fromPartial({
    workerId,
    teacher: name,
    teacherIdentity: teacher,
    reason,
    sinceMs,
  });
}

function teacherName(identity: string, names: ReadonlyMap<string, string>): string {
  return names.get(identity) ?? identity.slice(0, 12);
}

function teacherWorker(
  session: TeacherSession,
  names: ReadonlyMap<string, string>,
  desk: TicketDesk,
): Worker {
  const { workerId, hello, connectedAtMs } = session;
  const { engine, computeThreads, device, version } = session.environment();
  return Worker.fromPartial({
    workerId,
    kind: 'teacher',
    version,
    engine,
    device,
    computeThreads,
    connectedAtMs,
    busyWith: [...session.loaded().keys()].map((id) => teacherName(id, names)).sort(),
    ticketsInHand: desk.book.inHandCount(workerId),
    problems: session.problems(),
    memoryBudgetBytes: hello.memoryBudgetBytes,
    ...gpuFields(session.environment()),
    gpuMemoryBudgetBytes: hello.gpuMemoryBudgetBytes ?? 0,
    otherDevices: otherDevices(session, names),
    loadedIdentities: [...session.loaded().keys()].sort(),
  });
}

function studentWorker(session: StudentSession, store: RunStore): Worker {
  const { workerId, connectedAtMs } = session;
  const { engine, computeThreads, device, version } = session.environment();
  const run = store.list().find((r) => isAssigned(r.state) && r.assignment?.workerId === workerId);
  return Worker.fromPartial({
    workerId,
    kind: 'student',
    version,
    engine,
    device,
    computeThreads,
    connectedAtMs,
    busyWith: run === undefined ? [] : [run.runId],
    ...gpuFields(session.environment()),
  });
}

function gpuFields({ gpuDriver = '', gpuMemoryBytes = 0 }: WorkerEnvironment) {
  return { gpuDriver, gpuMemoryBytes };
}

/** Loaded teachers that another device computes than the worker's own, by name. */
function otherDevices(
  session: TeacherSession,
  names: ReadonlyMap<string, string>,
): Record<string, string> {
  const others = [...session.loaded()].flatMap(([identity, { device }]) =>
    device === undefined ? [] : [[teacherName(identity, names), device]],
  );
  return Object.fromEntries(others);
}

/** What runs call the teachers; the newest run's name for each. */
function teacherNames(store: RunStore): Map<string, string> {
  const names = new Map<string, string>();
  for (const { teachers } of store.list()) {
    for (const { identity, name } of teachers) names.set(identity, name);
  }
  return names;
}
