/**
 * Names of everything in NATS: streams, subjects, consumers, buckets, keys. Only the coordinator creates
 * streams, consumers and buckets; workers open the ones that the coordinator names to them.
 */

/** Work queue of tickets: one subject and one consumer per teacher. */
export const TICKET_STREAM = 'LYCEUM_TICKETS';

/** Events of runs, one subject per run. */
export const EVENT_STREAM = 'LYCEUM_EVENTS';

/** Bytes that hold nothing, to be given up when NATS is full. */
export const RESERVE_STREAM = 'LYCEUM_RESERVE';

export const RESERVE_SUBJECT = 'lyceum.reserve';

/** KV: one run record per run, written by compare-and-set. */
export const RUN_BUCKET = 'lyceum-runs';

/** KV: one checkpoint pointer per run, written by compare-and-set. */
export const POINTER_BUCKET = 'lyceum-pointers';

/** KV: names of pushed models (`model.NAME`) and data sets (`dataset.NAME`). */
export const NAME_BUCKET = 'lyceum-names';

/** KV: the leader record. */
export const LEADER_BUCKET = 'lyceum-leader';

/** KV: quarantines, each of one teacher worker for one teacher. */
export const QUARANTINE_BUCKET = 'lyceum-quarantines';

/** Object store: bytes under their SHA-256 in hex. */
export const BLOB_BUCKET = 'lyceum-blobs';

/** Subject of a teacher's tickets. `teacherIdentity` is in hex; its first 32 digits are enough. */
export function ticketSubject(teacherIdentity: string): string {
  return `lyceum.tickets.${teacherIdentity.slice(0, 32)}`;
}

/** Durable consumer of a teacher's tickets. */
export function ticketConsumer(teacherIdentity: string): string {
  return `teacher-${teacherIdentity.slice(0, 32)}`;
}

/** Subject of a run's events. Dots are replaced: in a subject they separate tokens. */
export function eventSubject(runId: string): string {
  return `lyceum.events.${runId.replaceAll('.', '_')}`;
}
