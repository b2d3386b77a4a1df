/** Handlers of `TeacherService`; what each call promises is in teacher.proto. */
import { isRemoteEngine } from '@lyceum/learning/data';
import {
  type AnswerFrame,
  type AnswerReceipt,
  digestHex,
  LyceumError,
  type TeacherAssignment,
  type TeacherReport,
  type Ticket,
  ticketId,
} from '@lyceum/proto';
import { duplex, type Logger } from '@lyceum/proto/node';
import type { AnswerStore } from '../answers/answer-store.js';
import type { RunStore } from '../runs/run-store.js';
import { hasEnded } from '../schedule/run-state.js';
import { AnswerIntake } from './answer-intake.js';
import type { Ask } from './ask.js';
import { firstEnd } from './ended.js';
import type { CoordinatorMetrics } from './metrics.js';
import { ANSWERS_FULL } from './pause-reasons.js';
import type { RunEvents } from './run-events.js';
import type { RunLifecycle } from './run-lifecycle.js';
import type { RunMonitor } from './run-monitor.js';
import type { TeacherHealth } from './teacher-health.js';
import { TeacherSession } from './teacher-session.js';
import type { TicketDesk } from './ticket-desk.js';
import type { WorkerSessions } from './worker-sessions.js';

export interface TeacherServiceParts {
  readonly sessions: WorkerSessions<TeacherSession>;
  readonly desk: TicketDesk;
  readonly answers: AnswerStore;
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly monitor: RunMonitor;
  readonly health: TeacherHealth;
  readonly events: RunEvents;
  readonly metrics: CoordinatorMetrics;
  /** Aborts when the coordinator stops. */
  readonly stopping: AbortSignal;
  readonly changed: () => void;
  readonly log: Logger;
  readonly now: () => number;
}

export function teacherService(parts: TeacherServiceParts) {
  return {
    session: duplex<TeacherReport, TeacherAssignment>(parts.log, (reports, send) =>
      serveSession(parts, reports, send),
    ),
    sendAnswers: duplex<AnswerFrame, AnswerReceipt>(parts.log, (frames, send) =>
      serveAnswers(parts, frames, send),
    ),
  };
}

async function serveSession(
  parts: TeacherServiceParts,
  reports: AsyncIterable<TeacherReport>,
  send: (assignment: TeacherAssignment) => Promise<void>,
): Promise<void> {
  const { sessions, log, now } = parts;
  const rest = reports[Symbol.asyncIterator]();
  const first = await rest.next();
  const report = first.done === true ? undefined : first.value.report;
  if (report?.$case !== 'hello') {
    throw new LyceumError('INVALID_ARGUMENT', 'the first report of a session must be its hello');
  }
  const session = new TeacherSession(report.hello, now(), send);
  const { workerId } = session;
  const former = sessions.add(session);
  // The worker began anew, or thinks so: what its former session held is given out again.
  if (former !== undefined) {
    parts.desk.sessionEnded(workerId, former.served());
    parts.health.sessionEnded(workerId);
  }
  log.info({ ...session.environment() }, 'teacher worker connected');
  parts.changed();
  try {
    await firstEnd([readReports(parts, session, rest)], [session.ended, parts.stopping]);
  } finally {
    const last = sessions.remove(session, now());
    // When the coordinator itself stops, its successor gives out what is wanted.
    if (last && !parts.stopping.aborted) sessionLost(parts, session);
  }
}

function sessionLost(parts: TeacherServiceParts, session: TeacherSession): void {
  const { workerId } = session;
  parts.log.info({ workerId }, 'teacher worker gone');
  parts.desk.sessionEnded(workerId, session.served());
  parts.health.sessionEnded(workerId);
  for (const runId of runsWith(parts.store, session.loaded().keys())) {
    parts.events.add(runId, 'worker-left', `teacher worker ${workerId} is gone`, { workerId });
  }
  parts.changed();
}

async function readReports(
  parts: TeacherServiceParts,
  session: TeacherSession,
  reports: AsyncIterator<TeacherReport>,
): Promise<void> {
  for (;;) {
    const next = await reports.next();
    if (next.done === true) return;
    takeReport(parts, session, next.value);
  }
}

/** @throws {LyceumError} INVALID_ARGUMENT */
function takeReport(
  { desk, store, health, events, changed }: TeacherServiceParts,
  session: TeacherSession,
  { report }: TeacherReport,
): void {
  const { workerId } = session;
  switch (report?.$case) {
    case 'state': {
      const fresh = session.report(report.state);
      health.loaded(workerId, fresh);
      for (const runId of runsWith(store, fresh)) {
        events.add(runId, 'worker-joined', `teacher worker ${workerId} joined`, { workerId });
      }
      changed();
      break;
    }
    case 'taken': {
      const { sequence } = report.taken;
      const ticket = required(report.taken.ticket);
      desk.taken(workerId, ticketId(ticket), ticket.attempt, sequence);
      health.ticketTaken(workerId, ticket);
      break;
    }
    case 'returned': {
      const { reason, retryable } = report.returned;
      const ticket = required(report.returned.ticket);
      if (!retryable) {
        session.addProblem(reason);
        health.ticketFailed(workerId, ticket);
      }
      desk.returned(workerId, ticketId(ticket), ticket.attempt, { reason, retryable });
      break;
    }
    case 'probed':
      health.probed(workerId, report.probed);
      break;
    case 'measured':
      session.measured(digestHex(report.measured.teacherIdentity), report.measured);
      break;
    case 'hello':
      throw new LyceumError('INVALID_ARGUMENT', 'a session has one hello');
    default:
      throw new LyceumError('INVALID_ARGUMENT', 'an empty report');
  }
}

async function serveAnswers(
  parts: TeacherServiceParts,
  frames: AsyncIterable<AnswerFrame>,
  send: (receipt: AnswerReceipt) => Promise<void>,
): Promise<void> {
  const { desk, answers, metrics } = parts;
  const intake = new AnswerIntake({
    desk,
    store: answers,
    rejected: (workerId, ask, reason) => answerRefused(parts, workerId, ask, reason),
    answered: (workerId, ask) => answersStored(parts, workerId, ask),
    arriving: (ask) => noteRemote(parts, ask),
    full: async (ask) => {
      for (const runId of desk.runsAsking(ask.id)) {
        await parts.lifecycle.pause(runId, ANSWERS_FULL);
      }
    },
  });
  const read = async (): Promise<void> => {
    for await (const frame of frames) {
      const receipt = await intake.take(frame);
      if (receipt?.wanted === false) metrics.unwantedTickets.inc();
      if (receipt !== undefined) await send(receipt);
    }
  };
  await firstEnd([read()], [parts.stopping]);
}

function answersStored(parts: TeacherServiceParts, workerId: string | undefined, ask: Ask): void {
  parts.metrics.answers.inc(ask.samples.length);
  const worker = workerId === undefined ? undefined : parts.sessions.get(workerId);
  if (worker === undefined) return;
  const replica = { workerId: worker.workerId, teacher: ask.teacherIdentity };
  parts.health.ticketAnswered(replica, { id: ask.id, sampleCount: ask.samples.length });
  for (const runId of parts.desk.runsAsking(ask.id)) {
    parts.monitor.answeredBy(runId, worker.environment());
  }
}

/**
 * What somebody else answers may be another answer the next time; what came from the store is what it was. Kept before the
 * answers are: whoever finds them in the store later must know of it.
 */
async function noteRemote(parts: TeacherServiceParts, ask: Ask): Promise<void> {
  const { desk, store, lifecycle } = parts;
  for (const runId of desk.runsAsking(ask.id)) {
    const record = store.get(runId);
    const teacher = record?.teachers.find(({ identity }) => identity === ask.teacherIdentity);
    if (teacher === undefined || !isRemoteEngine(teacher.engine)) continue;
    const warning = `teacher ${teacher.name} is asked over the network, where it may answer otherwise the next time`;
    if (record?.teacherNotes?.bitExactExceptions.includes(warning)) continue;
    await lifecycle.noted(runId, { warning, bitExactException: warning });
  }
}

function answerRefused(
  parts: TeacherServiceParts,
  workerId: string | undefined,
  ask: Ask,
  reason: string,
): void {
  const { desk, sessions, events, metrics, log } = parts;
  metrics.refusedAnswers.inc();
  log.warn({ workerId, ticket: ask.id, reason }, 'answer refused');
  if (workerId !== undefined) {
    sessions.get(workerId)?.addProblem(`answer refused: ${reason}`);
    parts.health.ticketFailed(workerId, ask.ticket);
  }
  for (const runId of desk.runsAsking(ask.id)) {
    const message = `answer of ${workerId ?? 'a worker'} refused: ${reason}`;
    events.add(runId, 'answer-refused', message, { workerId, reason });
  }
}

/** Runs in progress that ask one of the teachers. */
function runsWith(store: RunStore, identities: Iterable<string>): string[] {
  const wanted = new Set(identities);
  return store
    .list()
    .filter((r) => !hasEnded(r.state) && r.teachers.some((t) => wanted.has(t.identity)))
    .map((r) => r.runId);
}

function required(ticket: Ticket | undefined): Ticket {
  if (ticket === undefined) throw new LyceumError('INVALID_ARGUMENT', 'the report names no ticket');
  digestHex(ticket.teacherIdentity);
  return ticket;
}
