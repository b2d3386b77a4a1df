/** Opens the parts for teacher workers: their sessions, their tickets, and the checks that make answers trusted. */
import { join } from 'node:path';
import { ticketId } from '@lyceum/proto';
import { AnswerProofs, KeptProbes, TeacherHealth, UnprovenFile } from './health/index.js';
import type { CoordinatorMetrics } from './monitoring/index.js';
import type { Runs } from './open-runs.js';
import type { Storage } from './open-storage.js';
import { Suspicions } from './reconciliation/index.js';
import type { ServeOptions } from './serve-options.js';
import { type TeacherSession, WorkerSessions } from './sessions/index.js';
import { TicketDesk } from './tickets/index.js';

export type Teachers = Awaited<ReturnType<typeof openTeachers>>;

interface TeachersRooms {
  readonly storage: Storage;
  readonly runs: Runs;
  readonly metrics: CoordinatorMetrics;
  /** Requests a pass of the reconciler. */
  readonly changed: () => void;
}

export async function openTeachers(
  { storage, runs, metrics, changed }: TeachersRooms,
  { stateDir, canaryIntervalMs, log }: ServeOptions,
) {
  const { queue, answers, catalog, store, leadership, quarantines } = storage;
  const { events, lifecycle } = runs;
  const now = Date.now;
  const desk = new TicketDesk({
    queue,
    store: answers,
    leaderEpoch: leadership.leaderEpoch,
    log,
    now: () => performance.now(),
    reissued: (runIds, ticket, reason) => {
      metrics.reissuedTickets.inc();
      const { attempt, firstPosition, positionCount } = ticket;
      const data = { ticket: ticketId(ticket), attempt, firstPosition, positionCount };
      for (const runId of runIds) {
        events.add(runId, 'ticket-reissued', `ticket issued again: ${reason}`, data);
      }
    },
  });
  const suspicions = new Suspicions();
  const health = await TeacherHealth.open({
    keptProbes: await KeptProbes.open(join(stateDir, 'probes')),
    hasAnswers: (teacher, set) =>
      answers
        .tables()
        .some(({ key }) => key.teacherIdentity === teacher && key.datasetDigest === set),
    suspects: (replica, reason, items) => {
      suspicions.add(replica, reason, items);
      return proofs.noted();
    },
    isSuspect: (teacher) => suspicions.has(teacher),
    store,
    lifecycle,
    events,
    catalog,
    desk,
    quarantines,
    metrics,
    canaryIntervalMs,
    changed,
    log,
    now,
  });
  const proofs = await AnswerProofs.open({
    store: answers,
    file: new UnprovenFile(join(stateDir, 'unproven-answers.json')),
    unproven: health.canaries.unproven,
    stored: (...answers) => health.canaries.stored(...answers),
    suspicions: () => suspicions.waiting,
    restore: (kept) => suspicions.restore(kept),
    log,
    now,
  });
  health.onProven(() => proofs.settled());
  return { sessions: new WorkerSessions<TeacherSession>(), desk, health, proofs, suspicions };
}
