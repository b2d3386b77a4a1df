/** Marks the stored report of a run that used answers which were dropped later. Pure. */
import { reportSchema } from '../documents/index.js';

export interface SuspectUse {
  /** The teacher's name in the run. */
  readonly teacher: string;
  readonly count: number;
  readonly reason: string;
}

/** The report with a warning added, and no longer bit-exact; its figures stay. A second call changes nothing. */
export function markSuspect(report: Uint8Array, use: SuspectUse): Buffer {
  const before = reportSchema.parse(JSON.parse(Buffer.from(report).toString('utf8')));
  const text = suspectText(use);
  if (before.bitExactExceptions.includes(text)) return Buffer.from(report);
  const after = {
    ...before,
    teacherWarnings: [...before.teacherWarnings, text],
    bitExact: false,
    bitExactExceptions: [...before.bitExactExceptions, text],
  };
  return Buffer.from(JSON.stringify(after));
}

export function suspectText({ teacher, count, reason }: SuspectUse): string {
  return `suspect answers: ${count} of teacher ${teacher}, which were dropped after the run had ended: ${reason}`;
}
