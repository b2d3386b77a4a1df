/** What the health of their teachers' workers means for the runs: why they wait, when they are paused, what is kept. */
import { quorumOf } from '../runs/contributor-ledgers.js';
import { refusesAtChance } from '../runs/run-changes.js';
import type { PinnedTeacher, RunRecord } from '../runs/run-record.js';
import type { RunStore } from '../runs/run-store.js';
import { isAssigned } from '../schedule/run-state.js';
import type { RunLifecycle } from './run-lifecycle.js';
import type { TeacherHealth } from './teacher-health.js';
import type { TeacherSession } from './teacher-session.js';
import type { WorkerSessions } from './worker-sessions.js';

export interface RunHealthParts {
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly health: TeacherHealth;
  readonly teachers: WorkerSessions<TeacherSession>;
}

/** Which of the teachers nobody may answer with at this moment, and why; undefined: none. */
export function untrusted(
  { health, teachers: sessions }: RunHealthParts,
  teachers: readonly PinnedTeacher[],
): string | undefined {
  for (const { name, identity: teacher } of teachers) {
    const told = sessions.list().filter(({ wanted }) => wanted.has(teacher));
    const bars = told.map(({ workerId }) => health.barred({ workerId, teacher }));
    if (told.length > 0 && bars.every((bar) => bar !== undefined)) {
      return `teacher ${name} has no healthy worker (${bars[0]})`;
    }
  }
  return undefined;
}

/** A run cannot go on while too many of its teachers are quarantined on every worker: somebody must look. */
export async function pauseWithoutHealthy(parts: RunHealthParts): Promise<void> {
  const { store, lifecycle } = parts;
  for (const record of store.list()) {
    const { runId, state, teachers } = record;
    if (!isAssigned(state) && state !== 'EVALUATING') continue;
    const lacking = teachers.flatMap((teacher) => quarantinedEverywhere(parts, teacher) ?? []);
    // A fit and a report need them all.
    const needed = (state === 'TRAINING' ? quorumOf(record)?.count : undefined) ?? teachers.length;
    if (teachers.length - lacking.length < needed) await lifecycle.pause(runId, lacking.join('; '));
  }
}

/** Keeps what the runs' teachers answered first, with which a successor compares replicas, and what they know. */
export async function keepFirstAnswers({
  store,
  lifecycle,
  health,
}: RunHealthParts): Promise<void> {
  for (const { runId, state, teachers, dataset, probeDigests = {}, ...rest } of store.list()) {
    if (!isAssigned(state)) continue;
    const digests: Record<string, string> = {};
    for (const { name, identity } of teachers) {
      const reference = health.reference(identity, dataset.digest);
      if (reference === undefined) continue;
      const { probe, digest } = reference;
      if (probeDigests[probe] === undefined) digests[probe] = digest;
      if (rest.teacherKnowledge?.[name] !== undefined) continue;
      await lifecycle.teacherJudged(runId, name, reference.knowledge());
    }
    if (Object.keys(digests).length > 0) await lifecycle.probed(runId, digests);
  }
}

/** True while a run that refuses teachers at chance may not begin. */
export function awaitsKnowledge(record: RunRecord): boolean {
  return refusesAtChance(record) && unknownTeachers(record).length > 0;
}

/** What such a run waits for; undefined: nothing. */
export function awaitedKnowledge(record: RunRecord): string | undefined {
  if (!isAssigned(record.state) || !awaitsKnowledge(record)) return undefined;
  return `waiting to know whether ${unknownTeachers(record).join(', ')} knows more than chance`;
}

function unknownTeachers({ teachers, teacherKnowledge = {} }: RunRecord): string[] {
  return teachers.map(({ name }) => name).filter((name) => teacherKnowledge[name] === undefined);
}

/** Why; undefined: some worker may have the teacher, or none is there. */
function quarantinedEverywhere(
  { health, teachers: sessions }: RunHealthParts,
  { name, identity }: PinnedTeacher,
): string | undefined {
  const connected = sessions.list();
  const barred = health
    .quarantines()
    .filter(
      ({ teacher, workerId }) => teacher === identity && sessions.get(workerId) !== undefined,
    );
  if (barred.length === 0 || barred.length < connected.length) return undefined;
  const why = barred.map(({ workerId, reason }) => `${workerId}: ${reason}`).join('; ');
  return `teacher ${name} is quarantined on every worker (${why}); see coordinator workers`;
}
