/**
 * Names of everything in NATS: streams, subjects, consumers, buckets, keys. Only the coordinator creates
 * streams, consumers and buckets; workers open what they were told of.
 */

/** Work queue of tickets: one subject and one consumer per teacher. */
export const TICKET_STREAM = 'LYCEUM_TICKETS';

/** Events of runs, one subject per run. */
export const EVENT_STREAM = 'LYCEUM_EVENTS';

/** KV: one run record per run, written by compare-and-set. */
export const RUN_BUCKET = 'lyceum-runs';

/** KV: one checkpoint pointer per run, written by compare-and-set. */
export const POINTER_BUCKET = 'lyceum-pointers';

/** KV: names of pushed models (`model.NAME`) and data sets (`dataset.NAME`). */
export const NAME_BUCKET = 'lyceum-names';

/** KV: the leader record. */
export const LEADER_BUCKET = 'lyceum-leader';

/** KV: teacher workers that are quarantined with a teacher. */
export const QUARANTINE_BUCKET = 'lyceum-quarantines';

/** Object store: bytes under their SHA-256 in hex. */
export const BLOB_BUCKET = 'lyceum-blobs';

/** Subject of a teacher's tickets. `teacherIdentity` in hex, of which 32 digits are plenty. */
export function ticketSubject(teacherIdentity: string): string {
  return `lyceum.tickets.${teacherIdentity.slice(0, 32)}`;
}

/** Durable consumer of a teacher's tickets. */
export function ticketConsumer(teacherIdentity: string): string {
  return `teacher-${teacherIdentity.slice(0, 32)}`;
}

/** Subject of a run's events. Dots in the id would be more tokens. */
export function eventSubject(runId: string): string {
  return `lyceum.events.${runId.replaceAll('.', '_')}`;
}
