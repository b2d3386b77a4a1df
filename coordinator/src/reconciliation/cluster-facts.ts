/** How the cluster stands at this moment, in the words in which a pass decides: read, never changed. */
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

/** For one step of a pass: many runs have the same teachers and sets, which are looked at once. */
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
    trouble: (runId, teacher) => desk.book.trouble(runId, teacher),
    isMeasured: (runId, teacher) => active.evaluation(runId)?.isMeasured(teacher) ?? true,
  };
}

/** Why the worker cannot answer about the set with the teacher, which it does not get or whose set it cannot read. */
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

/** The teacher workers, as teachers may be placed on them. */
export function teacherPlaces({ teachers, health }: ClusterFactsParts): TeacherPlace[] {
  const quarantines = health.quarantines();
  const sessions = teachers.list();
  const measured = measuredGpuBytes(sessions);
  return sessions.map((session) => ({
    workerId: session.workerId,
    memoryBudgetBytes: session.hello.memoryBudgetBytes,
    gpu: gpuPlace(session, measured),
    // What it was told before this pass; what it has not unloaded yet says nothing then.
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

/** The most that each loaded teacher took of a GPU, by identity, of those that were measured. */
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

/** Seconds that each teacher's inference of a sample takes, by identity, of those that have been measured. */
export function teacherSeconds({ teachers }: ClusterFactsParts): Map<string, number> {
  const sessions = teachers.list().filter(({ wanted }) => wanted.size > 0);
  const seconds = new Map<string, number>();
  for (const identity of new Set(sessions.flatMap(({ wanted }) => [...wanted]))) {
    const own = secondsPerSample(sessions, identity);
    if (own !== undefined) seconds.set(identity, own);
  }
  return seconds;
}
