/** Changes of what a run's record keeps about its teachers. */
import type { TeacherKnowledge } from '@lyceum/learning/ensemble';
import { ownEntry } from '@lyceum/proto';
import { bitsKey } from '../../monitoring/index.js';
import {
  type RunRecord,
  refusesAtChance,
  type WorkerEnvironment,
  withWorker,
} from '../../runs/index.js';
import { hasEnded } from '../../schedule/index.js';
import { failed } from './end-changes.js';
import { knowledgeWarnings } from './knowledge-warnings.js';
import type { Changed } from './state-change.js';

/**
 * Notes about a run's teachers that are kept of each kind: a record's size is limited, and the first notes say most.
 */
const TEACHER_NOTE_LIMIT = 32;

/** A warning about a run's teachers, and, if it prevents an exact repetition of the run, the reason. */
export interface TeacherNote {
  readonly warning: string;
  readonly bitExactException?: string | undefined;
}

/** Keeps a note about the run's teachers; a note that is known already is not kept twice. */
export function noted(record: RunRecord, note: TeacherNote): Changed {
  const teacherNotes = notesWith(record, note);
  const isKnown = JSON.stringify(teacherNotes) === JSON.stringify(record.teacherNotes);
  return hasEnded(record.state) || isKnown ? undefined : { ...record, teacherNotes };
}

/** Gives a run that SUCCEEDED a report with a warning that came later. */
export function marked(
  record: RunRecord,
  report: NonNullable<RunRecord['report']>,
  warning: string,
): Changed {
  if (record.state !== 'SUCCEEDED') return undefined;
  const teacherNotes = notesWith(record, { warning, bitExactException: warning });
  return { ...record, report, teacherNotes };
}

/**
 * Teacher workers that are kept, since a record's size is limited; workers of a kind that is there already only up to
 * half of them.
 */
const TEACHER_WORKER_LIMIT = 128;

/** Keeps the environment of a teacher worker that answers for the run. */
export function answeredBy(record: RunRecord, worker: WorkerEnvironment): Changed {
  const known = record.teacherWorkers;
  if (hasEnded(record.state)) return undefined;
  const teacherWorkers = withWorker(known, worker);
  if (teacherWorkers.length === known.length) return undefined;
  const isNewKind = known.every((other) => kindOf(other) !== kindOf(worker));
  const limit = isNewKind ? TEACHER_WORKER_LIMIT : TEACHER_WORKER_LIMIT / 2;
  return known.length < limit ? { ...record, teacherWorkers } : undefined;
}

/** Keeps for how many samples in total the run has paid in canaries of a teacher. */
export function canariesPaid(record: RunRecord, name: string, samples: number): Changed {
  if (hasEnded(record.state) || samples <= (ownEntry(record.canarySamples ?? {}, name) ?? 0))
    return undefined;
  return { ...record, canarySamples: { ...record.canarySamples, [name]: samples } };
}

/** Keeps the first answers to probes; answers that are kept already stay. */
export function probed(record: RunRecord, digests: Readonly<Record<string, string>>): Changed {
  const after = { ...digests, ...record.probeDigests };
  const count = Object.keys(record.probeDigests ?? {}).length;
  return Object.keys(after).length === count ? undefined : { ...record, probeDigests: after };
}

/**
 * Keeps what a teacher knows, and the warnings that follow. If the teacher knows nothing and the run refuses such
 * teachers, the run fails.
 *
 * @param classNames - of the data set.
 */
export function teacherJudged(
  record: RunRecord,
  name: string,
  knowledge: TeacherKnowledge,
  classNames: readonly string[],
  nowMs: number,
): Changed {
  if (hasEnded(record.state) || ownEntry(record.teacherKnowledge ?? {}, name) !== undefined)
    return undefined;
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

function notesWith({ teacherNotes }: RunRecord, note: TeacherNote): RunRecord['teacherNotes'] {
  const { warnings = [], bitExactExceptions = [] } = teacherNotes ?? {};
  return {
    warnings: withText(warnings, note.warning),
    bitExactExceptions: withText(bitExactExceptions, note.bitExactException),
  };
}

function withText(texts: readonly string[], text: string | undefined): string[] {
  const isNew = text !== undefined && !texts.includes(text) && texts.length < TEACHER_NOTE_LIMIT;
  return isNew ? [...texts, text] : [...texts];
}

/** Equal for workers whose answers are expected to have the same bits. */
function kindOf(worker: WorkerEnvironment): string {
  return `${bitsKey(worker)} ${worker.bitsMayDiffer === true}`;
}
