/** The present state of the cluster, as the facts that a pass decides on: read, never changed. */
import type { TeacherHealth } from '../health/index.js';
import type { GpuPlace, TeacherChance, TeacherPlace } from '../placement/index.js';
import {
  type LoadFailure,
  secondsPerSample,
  type TeacherSession,
  type WorkerSessions,
} from '../sessions/index.js';
import type { TicketDesk } from '../tickets/index.js';
import type { ActiveRuns } from './active-runs.js';
import type { TeacherFacts } from './run-health.js';

export interface ClusterFactsParts {
  readonly teachers: Pick<WorkerSessions<TeacherSession>, 'list'>;
  readonly health: TeacherHealth;
  readonly desk: Pick<TicketDesk, 'book'>;
  readonly active: Pick<ActiveRuns, 'evaluation'>;
}

export const NO_TEACHERS: ReadonlySet<string> = new Set();

/** Facts for one step of a pass. They are kept by teacher and set, since many runs share them. */
export function teacherFacts({ teachers, health, desk, active }: ClusterFactsParts): TeacherFacts {
  const known = new Map<string, readonly TeacherChance[]>();
  return {
    chances: (teacher, dataset) => {
      const key = `${teacher} ${dataset}`;
      const chances =
        known.get(key) ??
        teachers.list().map((session) => ({
          workerId: session.workerId,
          isTold: session.wanted.has(teacher),
          quarantine: health.quarantine({ workerId: session.workerId, teacher })?.reason,
          failure: loadFailure(health, session, teacher, dataset),
        }));
      known.set(key, chances);
      return chances;
    },
    bars: (teacher) =>
      teachers
        .list()
        .filter(({ wanted }) => wanted.has(teacher))
        .map(({ workerId }) => health.barred({ workerId, teacher })),
    refusal: (teacher, dataset) => health.probes.refusal(teacher, dataset),
    awaits: (runId, teacher) => desk.book.awaits(runId, teacher),
    trouble: (runId, teacher) =>
      desk.book.trouble(runId, teacher) ?? probeTrouble(teachers.list(), teacher),
    isMeasured: (runId, teacher) => active.evaluation(runId)?.isMeasured(teacher) ?? true,
  };
}

/**
 * Why the worker cannot answer about the set: it failed to get the teacher, or cannot read the set; undefined: it can.
 */
function loadFailure(
  health: TeacherHealth,
  session: TeacherSession,
  teacher: string,
  datasetDigest: string,
): LoadFailure | undefined {
  const failure = session.failure(teacher);
  if (failure !== undefined) return failure;
  const reason = health.probes.unreadable({ workerId: session.workerId, teacher }, datasetDigest);
  return reason === undefined ? undefined : { reason, permanent: true, unreadable: true };
}

/** Why no worker that was told to have the teacher answers its probe; undefined: one does, or may soon. */
function probeTrouble(sessions: readonly TeacherSession[], teacher: string): string | undefined {
  const told = sessions.filter(({ wanted }) => wanted.has(teacher));
  const troubles = told.map((session) => session.loaded().get(teacher)?.trouble);
  return troubles.every((trouble) => trouble !== undefined) ? troubles[0] : undefined;
}

/** The teacher workers, as places for teachers. */
export function teacherPlaces({ teachers, health }: ClusterFactsParts): TeacherPlace[] {
  const quarantines = health.quarantines();
  const sessions = teachers.list();
  const measured = measuredGpuBytes(sessions);
  return sessions.map((session) => ({
    workerId: session.workerId,
    memoryBudgetBytes: session.hello.memoryBudgetBytes,
    gpu: gpuPlace(session, measured),
    // Teachers that it was told to have before this pass. Then teachers that it has yet to unload do not count.
    loaded: session.wanted.size > 0 ? session.wanted : session.present(),
    barred: new Set(
      quarantines.filter((q) => q.workerId === session.workerId).map(({ teacher }) => teacher),
    ),
  }));
}

function gpuPlace({ hello }: TeacherSession, measured: GpuPlace['measured']): GpuPlace | undefined {
  const { gpuMemoryBudgetBytes: memoryBudgetBytes, device } = hello;
  if (memoryBudgetBytes === undefined || device?.gpu === undefined) return undefined;
  const { uuid, memoryBytes } = device.gpu;
  return { uuid, memoryBytes, memoryBudgetBytes, measured };
}

/** The most GPU memory that each loaded teacher took, in bytes, by identity; only teachers that were measured. */
function measuredGpuBytes(sessions: readonly TeacherSession[]): Map<string, number> {
  const measured = new Map<string, number>();
  for (const session of sessions) {
    for (const [identity, { gpuMemoryBytes = 0 }] of session.loaded()) {
      if (gpuMemoryBytes === 0) continue;
      measured.set(identity, Math.max(gpuMemoryBytes, measured.get(identity) ?? 0));
    }
  }
  return measured;
}

/** Seconds that each teacher's inference of a sample takes, by identity; only teachers that were measured. */
export function teacherSeconds({ teachers }: ClusterFactsParts): Map<string, number> {
  const sessions = teachers.list().filter(({ wanted }) => wanted.size > 0);
  const seconds = new Map<string, number>();
  for (const identity of new Set(sessions.flatMap(({ wanted }) => [...wanted]))) {
    const own = secondsPerSample(sessions, identity);
    if (own !== undefined) seconds.set(identity, own);
  }
  return seconds;
}
