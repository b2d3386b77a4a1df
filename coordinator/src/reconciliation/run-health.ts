/**
 * What the health of their teachers' workers means for the runs: why they wait, when they are paused, what is kept. Pure:
 * `cluster-facts.ts` says how the workers stand.
 */
import { type LyceumError, ownEntry } from '@lyceum/proto';
import type { ProbeReference } from '../health/index.js';
import { cannotAnswer, hopelessTeacher, type TeacherChance } from '../placement/index.js';
import { type PinnedTeacher, quorumOf, type RunRecord, refusesAtChance } from '../runs/index.js';
import { hasEnded, isAssigned } from '../schedule/index.js';
import type { TeacherUser } from '../tickets/index.js';
import type { RunAction } from './decide-runs.js';

/** How teachers stand at this moment. Teachers are named by their identities, sets by their digests. */
export interface TeacherFacts {
  /** How each connected worker stands to the teacher, where the set is asked about. */
  readonly chances: (teacher: string, dataset: string) => readonly TeacherChance[];
  /** For each worker that was told to have the teacher: why it may not answer with it; undefined: it may. */
  readonly bars: (teacher: string) => readonly (string | undefined)[];
  /** Why the server behind the teacher does not answer about the set. */
  readonly refusal: (teacher: string, dataset: string) => string | undefined;
  /** Whether a run waits for answers of the teacher. */
  readonly awaits: (runId: string, teacher: string) => boolean;
  /** Why workers hand back what the run asks the teacher, again and again. */
  readonly trouble: (runId: string, teacher: string) => string | undefined;
  /** Whether the evaluation of a run knows what the teacher measures. */
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
  // A fit and a report need them all.
  const needed = (state === 'TRAINING' ? quorumOf(record)?.count : undefined) ?? teachers.length;
  if (teachers.length - lacking.length >= needed) return [];
  return [{ kind: 'pause', runId, reason: [...new Set(lacking)].join('; ') }];
}

/** What to say if the server behind the teacher refuses the run's questions, or its answers cannot be read. */
function refused({ name }: PinnedTeacher, refusal: string | undefined): string | undefined {
  return refusal && `teacher ${name} does not answer about this run's data set (${refusal})`;
}

/** Whether the run waits for something of the teacher. One whose answers are all stored is not missed. */
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
 * Why each run waits that does.
 *
 * @param placed - those that the placement tells.
 * @param waits - what a run's fit or evaluation says that it waits for.
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
 * Why all runs wait while nothing of them can be stored, NATS being away for one.
 *
 * @param err - of the lease, which could not be renewed.
 */
export function unstoredReasons(
  records: readonly RunRecord[],
  { code, message }: LyceumError,
): Map<string, string> | undefined {
  // Another coordinator leads, and stores.
  if (code === 'ABORTED') return undefined;
  const reason = `NATS stores nothing at the moment (${message}); the run goes on once it does`;
  const waiting = records.filter(({ state }) => !hasEnded(state) && state !== 'PAUSED');
  return new Map(waiting.map(({ runId }) => [runId, reason]));
}

/** The first teacher that no worker has, since each that should have it failed to load it; undefined: none. */
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

/** The first teacher that no worker may answer with at this moment, and why; undefined: none. */
function untrusted({ teachers }: RunRecord, facts: Pick<TeacherFacts, 'bars'>): string | undefined {
  for (const { name, identity } of teachers) {
    const bars = facts.bars(identity);
    if (bars.length > 0 && bars.every((bar) => bar !== undefined)) {
      return `teacher ${name} has no healthy worker (${bars[0]})`;
    }
  }
  return undefined;
}

/** The first teacher that workers have and that does not answer, as when its server is away; undefined: none. */
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

/** What a run waits for that may not begin yet; undefined: nothing. */
function awaitedKnowledge(record: RunRecord): string | undefined {
  if (!isAssigned(record.state) || !awaitsKnowledge(record)) return undefined;
  const unknown = unknownTeachers(record);
  const know = unknown.length === 1 ? 'knows' : 'know';
  return `waiting to know whether ${unknown.join(', ')} ${know} more than chance`;
}

/** True while a run may not begin, since it would refuse too many teachers of which nothing is known yet. */
export function awaitsKnowledge(record: RunRecord): boolean {
  const { teachers } = record;
  const needed = quorumOf(record)?.count ?? teachers.length;
  return teachers.length - unknownTeachers(record).length < needed;
}

/** Teachers that were not judged yet, and that the run refuses if they turn out to know nothing. */
function unknownTeachers(record: RunRecord): string[] {
  const { teachers, teacherKnowledge = {} } = record;
  return teachers
    .map(({ name }) => name)
    .filter(
      (name) => ownEntry(teacherKnowledge, name) === undefined && refusesAtChance(record, name),
    );
}

/**
 * Keeps what the run's teachers answered first, with which a successor compares replicas, and what they know.
 *
 * @param answerOf - a teacher's, about the run's set; undefined: it has not answered yet.
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
