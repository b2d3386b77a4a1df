/**
 * What the health of teacher workers means for the runs: why runs wait, when they are paused, what is kept of their
 * teachers. Pure: `cluster-facts.ts` says how the workers stand.
 */
import { type LyceumError, ownEntry } from '@lyceum/proto';
import type { ProbeReference } from '../health/index.js';
import { cannotAnswer, hopelessTeacher, type TeacherChance } from '../placement/index.js';
import { type PinnedTeacher, quorumOf, type RunRecord, refusesAtChance } from '../runs/index.js';
import { hasEnded, isAssigned } from '../schedule/index.js';
import type { TeacherUser } from '../tickets/index.js';
import type { RunAction } from './decide-runs.js';

/** How teachers stand now. Teachers are given by their identities, data sets by their digests. */
export interface TeacherFacts {
  /** For each connected worker: whether it can answer as the teacher about the set. */
  readonly chances: (teacher: string, dataset: string) => readonly TeacherChance[];
  /** For each worker that was told to have the teacher: why it may not answer as the teacher; undefined: it may. */
  readonly bars: (teacher: string) => readonly (string | undefined)[];
  /** Why the server behind the teacher does not answer about the set. */
  readonly refusal: (teacher: string, dataset: string) => string | undefined;
  /** Whether a run waits for answers of the teacher. */
  readonly awaits: (runId: string, teacher: string) => boolean;
  /** Why workers hand back the run's tickets for the teacher again and again, or none answers its probe. */
  readonly trouble: (runId: string, teacher: string) => string | undefined;
  /** Whether the evaluation of a run has measured the teacher already. */
  readonly isMeasured: (runId: string, teacher: string) => boolean;
}

/**
 * Pauses a run, with the reasons, if waiting will never give it the teachers that it needs. A person must look;
 * meanwhile its student worker is free for other runs.
 */
export function pauseWithoutTeachers(record: RunRecord, facts: TeacherFacts): RunAction[] {
  const { runId, state, teachers, dataset } = record;
  if (!isAssigned(state) && state !== 'EVALUATING') return [];
  const lacking = teachers.flatMap((teacher) => {
    const { name, identity } = teacher;
    const reason =
      hopelessTeacher(name, facts.chances(identity, dataset.digest)) ??
      refused(teacher, facts.refusal(identity, dataset.digest));
    return reason !== undefined && isNeeded(record, teacher, facts) ? [reason] : [];
  });
  // A fit and a report need all teachers.
  const needed = (state === 'TRAINING' ? quorumOf(record)?.count : undefined) ?? teachers.length;
  if (teachers.length - lacking.length >= needed) return [];
  return [{ kind: 'pause', runId, reason: [...new Set(lacking)].join('; ') }];
}

/** The reason to give if the server behind the teacher refuses the run's questions, or its answers cannot be read. */
function refused({ name }: PinnedTeacher, refusal: string | undefined): string | undefined {
  return refusal && `teacher ${name} does not answer about this run's data set (${refusal})`;
}

/** Whether the run waits for the teacher. A teacher whose answers are all stored is not needed. */
function isNeeded(
  record: RunRecord,
  { name, identity }: PinnedTeacher,
  { awaits, isMeasured }: TeacherFacts,
): boolean {
  if (awaits(record.runId, identity)) return true;
  if (record.state === 'EVALUATING') return !isMeasured(record.runId, identity);
  return awaitsKnowledge(record) && unknownTeachers(record).includes(name);
}

/**
 * The reason why each waiting run waits, by run id.
 *
 * @param placed - reasons that the placement gives.
 * @param waits - the reason that a run's fit or evaluation gives.
 */
export function waitingReasons(
  records: readonly RunRecord[],
  placed: ReadonlyMap<string, string>,
  waits: (record: RunRecord) => string | undefined,
  facts: Pick<TeacherFacts, 'chances' | 'bars' | 'trouble'>,
): Map<string, string> {
  const reasons = new Map(placed);
  for (const record of records) {
    const { runId, state } = record;
    if (hasEnded(state) || state === 'PAUSED' || reasons.has(runId)) continue;
    const reason =
      unloadable(record, facts) ??
      untrusted(record, facts) ??
      unanswered(record, facts) ??
      waits(record) ??
      awaitedKnowledge(record);
    if (reason !== undefined) reasons.set(runId, reason);
  }
  return reasons;
}

/**
 * Why all runs wait while nothing can be stored, for example while NATS is away.
 *
 * @param err - why the lease could not be renewed.
 */
export function unstoredReasons(
  records: readonly RunRecord[],
  { code, message }: LyceumError,
): Map<string, string> | undefined {
  // Another coordinator leads and stores: it gives the reasons.
  if (code === 'ABORTED') return undefined;
  const reason = `NATS stores nothing at the moment (${message}); the run goes on once it does`;
  const waiting = records.filter(({ state }) => !hasEnded(state) && state !== 'PAUSED');
  return new Map(waiting.map(({ runId }) => [runId, reason]));
}

/** The first teacher that every worker that should have it failed to load, and why; undefined: none. */
export function unloadable(
  { teachers, dataset }: Pick<TeacherUser, 'teachers' | 'dataset'>,
  { chances }: Pick<TeacherFacts, 'chances'>,
): string | undefined {
  for (const { name, identity } of teachers) {
    const told = chances(identity, dataset.digest).filter(({ isTold }) => isTold);
    if (told.length > 0 && told.every(({ failure }) => failure !== undefined)) {
      return cannotAnswer(name, told.slice(0, 1));
    }
  }
  return undefined;
}

/** The first teacher that no worker may answer as now, and why; undefined: none. */
function untrusted({ teachers }: RunRecord, facts: Pick<TeacherFacts, 'bars'>): string | undefined {
  for (const { name, identity } of teachers) {
    const bars = facts.bars(identity);
    if (bars.length > 0 && bars.every((bar) => bar !== undefined)) {
      return `teacher ${name} has no healthy worker (${bars[0]})`;
    }
  }
  return undefined;
}

/**
 * The first teacher that workers have but that does not answer, for example while its server is away; undefined: none.
 */
function unanswered(
  { runId, teachers }: RunRecord,
  { trouble }: Pick<TeacherFacts, 'trouble'>,
): string | undefined {
  for (const { name, identity } of teachers) {
    const reason = trouble(runId, identity);
    if (reason !== undefined) return `teacher ${name} cannot answer at the moment (${reason})`;
  }
  return undefined;
}

/** Why a run may not begin yet; undefined: it may. */
function awaitedKnowledge(record: RunRecord): string | undefined {
  if (!isAssigned(record.state) || !awaitsKnowledge(record)) return undefined;
  const unknown = unknownTeachers(record);
  const know = unknown.length === 1 ? 'knows' : 'know';
  return `waiting to know whether ${unknown.join(', ')} ${know} more than chance`;
}

/** True while a run may not begin: too many of its teachers are not judged yet, and it might refuse them. */
export function awaitsKnowledge(record: RunRecord): boolean {
  const { teachers } = record;
  const needed = quorumOf(record)?.count ?? teachers.length;
  return teachers.length - unknownTeachers(record).length < needed;
}

/** Teachers that are not judged yet, and that the run refuses if they turn out to be no better than chance. */
function unknownTeachers(record: RunRecord): string[] {
  const { teachers, teacherKnowledge = {} } = record;
  return teachers
    .map(({ name }) => name)
    .filter(
      (name) => ownEntry(teacherKnowledge, name) === undefined && refusesAtChance(record, name),
    );
}

/**
 * Keeps the first probe answers of the run's teachers, with which a successor compares replicas, and what the
 * teachers know.
 *
 * @param answerOf - a teacher's first answer about the run's set; undefined: it has not answered yet.
 */
export function keepFirstAnswers(
  { runId, state, teachers, probeDigests = {}, teacherKnowledge = {} }: RunRecord,
  answerOf: (teacher: string) => ProbeReference | undefined,
): RunAction[] {
  if (!isAssigned(state)) return [];
  const actions: RunAction[] = [];
  const digests: Record<string, string> = {};
  for (const { name: teacher, identity } of teachers) {
    const answer = answerOf(identity);
    if (answer === undefined) continue;
    const { probe, digest, classNames } = answer;
    if (probeDigests[probe] === undefined) digests[probe] = digest;
    if (ownEntry(teacherKnowledge, teacher) !== undefined) continue;
    const knowledge = answer.knowledge();
    actions.push({ kind: 'keep-knowledge', runId, teacher, knowledge, classNames });
  }
  if (Object.keys(digests).length > 0) actions.push({ kind: 'keep-probes', runId, digests });
  return actions;
}
