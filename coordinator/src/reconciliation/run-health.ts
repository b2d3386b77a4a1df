/** What the health of their teachers' workers means for the runs: why they wait, when they are paused, what is kept. */
import type { Logger } from '@lyceum/platform';
import type { TeacherHealth } from '../health/index.js';
import type { RunLifecycle } from '../lifecycle/index.js';
import { hopelessTeacher } from '../placement/index.js';
import {
  type PinnedTeacher,
  quorumOf,
  type RunRecord,
  type RunStore,
  refusesAtChance,
} from '../runs/index.js';
import { isAssigned } from '../schedule/index.js';
import type { LoadFailure, TeacherSession, WorkerSessions } from '../sessions/index.js';
import type { TicketDesk } from '../tickets/index.js';
import { eachRun } from './each-run.js';

export interface RunHealthParts {
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly health: TeacherHealth;
  readonly teachers: WorkerSessions<TeacherSession>;
  readonly desk: Pick<TicketDesk, 'awaits'>;
  readonly log: Logger;
  /** Whether the evaluation of a run knows what the teacher measures. */
  readonly isMeasured: (runId: string, teacherIdentity: string) => boolean;
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

/** Why the worker cannot answer about the set with the teacher, which it does not get or whose set it cannot read. */
export function loadFailure(
  health: Pick<TeacherHealth, 'unreadable'>,
  session: TeacherSession,
  teacher: string,
  datasetDigest: string,
): LoadFailure | undefined {
  const failure = session.failure(teacher);
  if (failure !== undefined) return failure;
  const reason = health.unreadable({ workerId: session.workerId, teacher }, datasetDigest);
  return reason === undefined ? undefined : { reason, permanent: true };
}

/**
 * A run that needs more of its teachers than waiting will ever give it is paused, with the reasons: somebody must look, and
 * its student worker is of use to others meanwhile.
 */
export async function pauseWithoutTeachers(parts: RunHealthParts): Promise<void> {
  // Many runs have the same teachers and sets.
  const reasons = new Map<string, string | undefined>();
  const reasonOf = ({ dataset }: RunRecord, teacher: PinnedTeacher): string | undefined => {
    const key = `${teacher.identity} ${teacher.name} ${dataset.digest}`;
    if (!reasons.has(key)) reasons.set(key, hopeless(parts, teacher, dataset.digest));
    return reasons.get(key);
  };
  await eachRun(parts, async (record) => {
    const { runId, state, teachers } = record;
    if (!isAssigned(state) && state !== 'EVALUATING') return;
    const lacking = teachers.flatMap((teacher) => {
      const reason = reasonOf(record, teacher) ?? refused(parts, record, teacher);
      return reason !== undefined && isNeeded(parts, record, teacher) ? [reason] : [];
    });
    // A fit and a report need them all.
    const needed = (state === 'TRAINING' ? quorumOf(record)?.count : undefined) ?? teachers.length;
    if (teachers.length - lacking.length >= needed) return;
    await parts.lifecycle.pause(runId, lacking.join('; '));
  });
}

/** Whether the run waits for something of the teacher. One whose answers are all stored is not missed. */
function isNeeded(
  { desk, isMeasured }: RunHealthParts,
  record: RunRecord,
  { name, identity }: PinnedTeacher,
): boolean {
  if (desk.awaits(record.runId, identity)) return true;
  if (record.state === 'EVALUATING') return !isMeasured(record.runId, identity);
  return awaitsKnowledge(record) && unknownTeachers(record).includes(name);
}

/** Keeps what the runs' teachers answered first, with which a successor compares replicas, and what they know. */
export async function keepFirstAnswers(parts: RunHealthParts): Promise<void> {
  const { lifecycle, health } = parts;
  await eachRun(parts, async (record) => {
    const { runId, state, teachers, dataset, probeDigests = {}, teacherKnowledge = {} } = record;
    if (!isAssigned(state)) return;
    const digests: Record<string, string> = {};
    for (const { name, identity } of teachers) {
      const reference = health.reference(identity, dataset.digest);
      if (reference === undefined) continue;
      const { probe, digest } = reference;
      if (probeDigests[probe] === undefined) digests[probe] = digest;
      if (teacherKnowledge[name] !== undefined) continue;
      await lifecycle.teacherJudged(runId, name, reference.knowledge(), reference.classNames);
    }
    if (Object.keys(digests).length > 0) await lifecycle.probed(runId, digests);
  });
}

/** True while a run may not begin, since it would refuse too many teachers of which nothing is known yet. */
export function awaitsKnowledge(record: RunRecord): boolean {
  const { teachers } = record;
  const needed = quorumOf(record)?.count ?? teachers.length;
  return teachers.length - unknownTeachers(record).length < needed;
}

/** What such a run waits for; undefined: nothing. */
export function awaitedKnowledge(record: RunRecord): string | undefined {
  if (!isAssigned(record.state) || !awaitsKnowledge(record)) return undefined;
  return `waiting to know whether ${unknownTeachers(record).join(', ')} knows more than chance`;
}

/** Those that the run would refuse if they knew nothing, and of which it is not known. */
function unknownTeachers(record: RunRecord): string[] {
  const { teachers, teacherKnowledge = {} } = record;
  return teachers
    .map(({ name }) => name)
    .filter((name) => teacherKnowledge[name] === undefined && refusesAtChance(record, name));
}

/** A question of the run's that the server behind the teacher refuses, or answers with what nobody can read. */
function refused(
  { health }: RunHealthParts,
  { dataset }: RunRecord,
  { name, identity }: PinnedTeacher,
): string | undefined {
  const reason = health.refusal(identity, dataset.digest);
  return reason && `teacher ${name} does not answer about this run's data set (${reason})`;
}

function hopeless(
  { health, teachers: sessions }: RunHealthParts,
  { name, identity: teacher }: PinnedTeacher,
  datasetDigest: string,
): string | undefined {
  const workers = sessions.list().map((session) => ({
    workerId: session.workerId,
    isTold: session.wanted.has(teacher),
    quarantine: health.quarantine({ workerId: session.workerId, teacher })?.reason,
    failure: loadFailure(health, session, teacher, datasetDigest),
  }));
  return hopelessTeacher(name, workers);
}
