/**
 * Every way in which a run's record changes, as functions from record to record. Pure; each checks that the
 * way is open, and changes nothing where the record is there already or belongs to somebody else by now.
 */
import { needsFit, type TeacherKnowledge } from '@lyceum/learning/ensemble';
import { parseSettingsJson } from '@lyceum/learning/models';
import { LyceumError } from '@lyceum/proto';
import { checkTransition, hasEnded, isAssigned, type RunStateName } from '../schedule/index.js';
import type {
  NumericsChange,
  ProgressSnapshot,
  RunFit,
  RunOutcome,
  RunRecord,
  TeacherNotes,
  WorkerEnvironment,
} from './run-record.js';

/** Failures of student workers in a row, without a new checkpoint, after which a run fails. */
export const STUDENT_FAILURE_LIMIT = 3;

/** QUEUED → PREPARING, with a student worker. */
export function assigned(
  record: RunRecord,
  assignment: NonNullable<RunRecord['assignment']>,
  worker: WorkerEnvironment,
  nowMs: number,
): RunRecord | undefined {
  if (record.state !== 'QUEUED') return undefined;
  const { startedAtMs } = record;
  return {
    ...moved(record, 'PREPARING', '', nowMs),
    assignment,
    startedAtMs: startedAtMs === 0 ? nowMs : startedAtMs,
    studentWorkers: withWorker(record.studentWorkers, worker),
  };
}

/** PREPARING → FITTING, as the assigned worker is ready and the rule is not. */
export function fitting(
  record: RunRecord,
  assignmentEpoch: number,
  nowMs: number,
): RunRecord | undefined {
  if (record.state !== 'PREPARING' || record.assignment?.assignmentEpoch !== assignmentEpoch) {
    return undefined;
  }
  return moved(record, 'FITTING', '', nowMs);
}

/** True while the run's rule has to be fitted before its first target. */
export function awaitsFit({ specification, fit }: RunRecord): boolean {
  if (specification.kind !== 'Distillation' || fit !== undefined) return false;
  return needsFit(specification.spec.ensemble);
}

/** Keeps what the rule was fitted to. The first fit stays: an equal one would follow. */
export function fitted(record: RunRecord, fit: RunFit): RunRecord | undefined {
  return record.fit === undefined ? { ...record, fit } : undefined;
}

/** Notes of a run's teachers that are kept of each kind: a record has its limit, and the first say most. */
const TEACHER_NOTE_LIMIT = 32;

/** Keeps what the user should know of the run's teachers; what is known already is not kept twice. */
export function noted(
  record: RunRecord,
  note: { readonly warning: string; readonly bitExactException?: string | undefined },
): RunRecord | undefined {
  const before = record.teacherNotes ?? { warnings: [], bitExactExceptions: [] };
  const { warning, bitExactException } = note;
  const after: TeacherNotes = {
    warnings: withText(before.warnings, warning),
    bitExactExceptions: withText(before.bitExactExceptions, bitExactException),
  };
  if (hasEnded(record.state) || JSON.stringify(after) === JSON.stringify(before)) return undefined;
  return { ...record, teacherNotes: after };
}

/** Keeps how many calls the run has paid for canaries of a teacher, all in all. */
export function canariesPaid(
  record: RunRecord,
  name: string,
  calls: number,
): RunRecord | undefined {
  if (hasEnded(record.state) || calls <= (record.canaryCalls?.[name] ?? 0)) return undefined;
  return { ...record, canaryCalls: { ...record.canaryCalls, [name]: calls } };
}

/**
 * Keeps what a teacher knows, with what the user should know of it; a run fails that refuses teachers which know nothing.
 *
 * @param classNames - of the set.
 */
export function teacherJudged(
  record: RunRecord,
  name: string,
  knowledge: TeacherKnowledge,
  classNames: readonly string[],
  nowMs: number,
): RunRecord | undefined {
  if (hasEnded(record.state) || record.teacherKnowledge?.[name] !== undefined) return undefined;
  const warnings = knowledgeWarnings(record, name, knowledge, classNames);
  if (knowledge.finding !== undefined && refusesAtChance(record, name)) {
    const advice = `to train with it all the same, spec.teacherHealth.accept: [${name}]`;
    return failed(record, [...warnings, advice].join('; '), nowMs);
  }
  const teacherKnowledge = { ...record.teacherKnowledge, [name]: { ...knowledge } };
  return warnings.reduce<RunRecord>((kept, warning) => noted(kept, { warning }) ?? kept, {
    ...record,
    teacherKnowledge,
  });
}

/** What the user should know of a teacher by what it knows. */
export function knowledgeWarnings(
  record: Pick<RunRecord, 'specification' | 'teachers'>,
  name: string,
  knowledge: TeacherKnowledge,
  classNames: readonly string[],
): string[] {
  const { finding, correctCount, labelledCount, rowCount, givesDistributions, otherOrder } =
    knowledge;
  const accepted = acceptedTeachers(record).includes(name);
  const suffix = accepted ? ', and spec.teacherHealth.accept takes it all the same' : '';
  const settingsJson = record.teachers.find((teacher) => teacher.name === name)?.settingsJson;
  const settings = settingsJson === undefined ? undefined : parseSettingsJson(settingsJson);
  const warnings: string[] = [];
  if (finding === 'constant') {
    warnings.push(`teacher ${name} says the same of all ${rowCount} samples of its probe${suffix}`);
  } else if (finding === 'at-chance') {
    warnings.push(
      `teacher ${name} is no better than chance: right on ${correctCount} of ${labelledCount} labelled samples of its probe${suffix}`,
    );
  }
  if (otherOrder !== undefined) {
    const order = otherOrderText(otherOrder.classes, classNames);
    warnings.push(
      `teacher ${name} seems to have its classes in another order: it would be right on ${otherOrder.correctCount} of ${labelledCount} and not on ${correctCount}, if it meant ${order}; coordinator models check finds the order, and classes in its settings say it`,
    );
  }
  if (givesDistributions && settings?.output === 'logits' && settings.logitsConfirmed !== true) {
    warnings.push(
      `teacher ${name} gives distributions for logits, rows from 0 to 1 of sum 1: say {"output": "probabilities"} in its settings, or {"logitsConfirmed": true} if they are logits`,
    );
  }
  return warnings;
}

/** Classes of another order that are named. */
const SHOWN_CLASSES = 6;

/** `2 by 10, 3 by 2`: of those that differ. */
function otherOrderText(order: readonly number[], classNames: readonly string[]): string {
  const nameOf = (c: number) => classNames[c] ?? `class ${c}`;
  const pairs = order.flatMap((meant, c) =>
    meant === c ? [] : [`${nameOf(meant)} by ${nameOf(c)}`],
  );
  return `${pairs.slice(0, SHOWN_CLASSES).join(', ')}${pairs.length > SHOWN_CLASSES ? ', …' : ''}`;
}

/** Whether the run fails if that teacher knows nothing. */
export function refusesAtChance(
  record: Pick<RunRecord, 'specification'>,
  teacher: string,
): boolean {
  const { specification } = record;
  if (specification.kind !== 'Distillation') return false;
  const { atChance } = specification.spec.teacherHealth;
  return atChance === 'refuse' && !acceptedTeachers(record).includes(teacher);
}

/** Names of teachers that a run takes whatever they know. */
export function acceptedTeachers({
  specification,
}: Pick<RunRecord, 'specification'>): readonly string[] {
  if (specification.kind !== 'Distillation') return [];
  return specification.spec.teacherHealth.accept ?? [];
}

/** Keeps the first answers to probes; those that are kept already stay. */
export function probed(
  record: RunRecord,
  digests: Readonly<Record<string, string>>,
): RunRecord | undefined {
  const after = { ...digests, ...record.probeDigests };
  const count = Object.keys(record.probeDigests ?? {}).length;
  return Object.keys(after).length === count ? undefined : { ...record, probeDigests: after };
}

/** PREPARING or FITTING → TRAINING, as the assigned worker begins. */
export function trainingBegan(
  record: RunRecord,
  assignmentEpoch: number,
  nowMs: number,
): RunRecord | undefined {
  const begins = record.state === 'PREPARING' || record.state === 'FITTING';
  if (!begins || record.assignment?.assignmentEpoch !== assignmentEpoch) return undefined;
  return moved(record, 'TRAINING', '', nowMs);
}

/** Keeps the progress of a run that a new checkpoint stands for. */
export function checkpointed(
  record: RunRecord,
  assignmentEpoch: number,
  progress: ProgressSnapshot,
): RunRecord | undefined {
  if (record.assignment?.assignmentEpoch !== assignmentEpoch) return undefined;
  return { ...record, progress, studentFailureCount: 0 };
}

/** PREPARING, FITTING or TRAINING → QUEUED: the worker is gone, or gave the run back. */
export function released(
  record: RunRecord,
  assignmentEpoch: number,
  reason: string,
  nowMs: number,
): RunRecord | undefined {
  if (!isAssigned(record.state) || record.assignment?.assignmentEpoch !== assignmentEpoch) {
    return undefined;
  }
  return moved(record, 'QUEUED', reason, nowMs);
}

/**
 * As {@link released}, for a worker that failed: after some times in a row the run fails. Where the worker
 * had no room to write, or a checkpoint of other numerics, the run is paused: another attempt would only fail like
 * this one.
 */
export function workerFailed(
  record: RunRecord,
  assignmentEpoch: number,
  failure: {
    readonly reason: string;
    readonly retryable: boolean;
    readonly storageFull: boolean;
    readonly numericsChange?: NumericsChange | undefined;
  },
  nowMs: number,
): RunRecord | undefined {
  if (record.assignment?.assignmentEpoch !== assignmentEpoch) return undefined;
  if (failure.storageFull) return paused(record, failure.reason, nowMs);
  const { numericsChange } = failure;
  if (numericsChange !== undefined) {
    const decision = `coordinator resume ${record.runId} --accept-numerics goes on all the same`;
    const next = paused(record, `${failure.reason}; ${decision}`, nowMs);
    return next && { ...next, numericsChange };
  }
  const studentFailureCount = record.studentFailureCount + 1;
  if (failure.retryable && studentFailureCount < STUDENT_FAILURE_LIMIT) {
    const next = released(record, assignmentEpoch, failure.reason, nowMs);
    return next && { ...next, studentFailureCount };
  }
  if (!isAssigned(record.state)) return undefined;
  return moved(record, 'FAILED', failure.reason, nowMs);
}

/** → EVALUATING, with what the student worker left. */
export function trained(
  record: RunRecord,
  assignmentEpoch: number,
  outcome: RunOutcome,
  progress: ProgressSnapshot | undefined,
  nowMs: number,
): RunRecord | undefined {
  if (!isAssigned(record.state) || record.assignment?.assignmentEpoch !== assignmentEpoch) {
    return undefined;
  }
  const next = moved(record, 'EVALUATING', '', nowMs);
  return { ...next, outcome, ...(progress !== undefined && { progress }) };
}

/** EVALUATING → SUCCEEDED. */
export function succeeded(
  record: RunRecord,
  report: { readonly reportDigest: string; readonly predictionsDigest: string },
  nowMs: number,
): RunRecord | undefined {
  if (record.state !== 'EVALUATING') return undefined;
  return { ...moved(record, 'SUCCEEDED', '', nowMs), report };
}

/** Whatever it does → FAILED; a paused run does nothing that could fail. */
export function failed(record: RunRecord, reason: string, nowMs: number): RunRecord | undefined {
  if (hasEnded(record.state) || isHeld(record.state)) return undefined;
  return moved(record, 'FAILED', reason, nowMs);
}

/** Whatever it does → PAUSED, without its worker. The first reason stays: it came before the others. */
export function paused(record: RunRecord, reason: string, nowMs: number): RunRecord | undefined {
  if (hasEnded(record.state) || isHeld(record.state)) return undefined;
  return moved(record, 'PAUSED', reason, nowMs);
}

/**
 * PAUSED → where it goes on: from the checkpoint, or in the evaluation where training had ended.
 *
 * @param acceptNumerics - also where the worker computes otherwise than the checkpoint was computed.
 */
export function resumed(
  record: RunRecord,
  acceptNumerics: boolean,
  nowMs: number,
): RunRecord | undefined {
  if (record.state !== 'PAUSED') return undefined;
  const { numericsChange, acceptedNumerics = [] } = record;
  const next = moved(record, record.outcome === undefined ? 'QUEUED' : 'EVALUATING', '', nowMs);
  return {
    ...next,
    studentFailureCount: 0,
    ...(acceptNumerics &&
      numericsChange && { acceptedNumerics: [...acceptedNumerics, numericsChange] }),
  };
}

/**
 * Back to before its outcome, since answers that it was trained on were dropped: where it was being trained or evaluated,
 * → QUEUED. It keeps no outcome and no progress, and a fit only if that was not made of them.
 */
export function wentBack(
  record: RunRecord,
  reason: string,
  isFitDropped: boolean,
  nowMs: number,
): RunRecord | undefined {
  if (record.state === 'SUCCEEDED' || record.state === 'CANCELLING') return undefined;
  const isGoing = isAssigned(record.state) || record.state === 'EVALUATING';
  const {
    outcome: _o,
    progress: _p,
    fit,
    ...rest
  } = isGoing ? moved(record, 'QUEUED', reason, nowMs) : record;
  return { ...rest, ...(!isFitDropped && fit !== undefined && { fit }) };
}

/** Of a run that SUCCEEDED: its report with a warning that came later. */
export function marked(
  record: RunRecord,
  report: NonNullable<RunRecord['report']>,
  warning: string,
): RunRecord | undefined {
  if (record.state !== 'SUCCEEDED') return undefined;
  const { warnings = [], bitExactExceptions = [] } = record.teacherNotes ?? {};
  const teacherNotes = {
    warnings: withText(warnings, warning),
    bitExactExceptions: withText(bitExactExceptions, warning),
  };
  return { ...record, report, teacherNotes };
}

/**
 * → CANCELLING. The assignment stays known, so that its worker can be waited for.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if it has ended.
 */
export function cancelling(
  record: RunRecord,
  reason: string,
  nowMs: number,
): RunRecord | undefined {
  if (record.state === 'CANCELLING') return undefined;
  if (hasEnded(record.state)) {
    throw new LyceumError('FAILED_PRECONDITION', `run ${record.runId} has ended: ${record.state}`);
  }
  const next = moved(record, 'CANCELLING', reason, nowMs);
  return record.assignment === undefined ? next : { ...next, assignment: record.assignment };
}

/** CANCELLING → CANCELLED. */
export function cancelled(record: RunRecord, nowMs: number): RunRecord | undefined {
  if (record.state !== 'CANCELLING') return undefined;
  return moved(record, 'CANCELLED', record.reason, nowMs);
}

/**
 * FAILED or CANCELLED → the next attempt: from the checkpoint, or straight to the evaluation where training
 * had ended.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if it has not ended, or succeeded.
 */
export function retried(record: RunRecord, nowMs: number): RunRecord {
  const { runId, state } = record;
  if (state !== 'FAILED' && state !== 'CANCELLED') {
    const message = `run ${runId} is ${state}; only a run that FAILED or was CANCELLED is tried again`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const next = moved(record, record.outcome === undefined ? 'QUEUED' : 'EVALUATING', '', nowMs);
  return { ...next, attempt: record.attempt + 1, studentFailureCount: 0, endedAtMs: 0 };
}

function withText(texts: readonly string[], text: string | undefined): string[] {
  const isNew = text !== undefined && !texts.includes(text) && texts.length < TEACHER_NOTE_LIMIT;
  return isNew ? [...texts, text] : [...texts];
}

/** True while nothing that happens to its workers or asks concerns it. */
function isHeld(state: RunStateName): boolean {
  return state === 'PAUSED' || state === 'CANCELLING';
}

function moved(record: RunRecord, state: RunStateName, reason: string, nowMs: number): RunRecord {
  checkTransition(record.runId, record.state, state);
  const { assignment, numericsChange: _, ...rest } = record;
  const { trainingSinceMs } = record;
  const trainingMs = record.trainingMs + (trainingSinceMs > 0 ? nowMs - trainingSinceMs : 0);
  return {
    ...rest,
    ...(assignment !== undefined && isAssigned(state) && { assignment }),
    state,
    reason,
    trainingMs,
    trainingSinceMs: state === 'TRAINING' ? nowMs : 0,
    endedAtMs: hasEnded(state) ? nowMs : record.endedAtMs,
  };
}

/** The worker last, and each distinct one once. */
export function withWorker(
  workers: readonly WorkerEnvironment[],
  worker: WorkerEnvironment,
): WorkerEnvironment[] {
  const text = JSON.stringify(worker);
  return [...workers.filter((known) => JSON.stringify(known) !== text), worker];
}
