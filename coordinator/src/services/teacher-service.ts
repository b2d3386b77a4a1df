/** Handlers of `TeacherService`; what each call promises is in teacher.proto. */
import { isRemoteEngine } from '@lyceum/learning/formats';
import { duplex, firstEnd, type SessionHolder } from '@lyceum/platform';
import {
  type AnswerFrame,
  type AnswerReceipt,
  cut,
  digestHex,
  LyceumError,
  REASON_MAX_LETTERS,
  type TeacherAssignment,
  type TeacherReport,
  type TeacherState,
  type Ticket,
  type TicketReturned,
} from '@lyceum/proto';
import type { DataThreads } from '../data-plane/index.js';
import type { AnswerProofs, TeacherHealth } from '../health/index.js';
import { answersFull, type RunLifecycle } from '../lifecycle/index.js';
import type { CoordinatorMetrics, RunEvents, RunLogs, RunMonitor } from '../monitoring/index.js';
import type { RunRecord, RunStore } from '../runs/index.js';
import { hasEnded, type TicketTaker } from '../schedule/index.js';
import { checkedHello, TeacherSession } from '../sessions/index.js';
import type { Ask } from '../tickets/asks/index.js';
import { AnswerIntake, type TicketDesk } from '../tickets/index.js';
import { type SessionKind, type SessionParts, serveSession } from './serve-session.js';

export interface TeacherServiceParts extends SessionParts<TeacherSession> {
  readonly desk: TicketDesk;
  readonly data: DataThreads;
  readonly proofs: Pick<AnswerProofs, 'put'>;
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly monitor: RunMonitor;
  readonly health: TeacherHealth;
  readonly events: RunEvents;
  readonly logs: RunLogs;
  readonly metrics: CoordinatorMetrics;
  readonly now: () => number;
}

export function teacherService(parts: TeacherServiceParts) {
  return {
    session: duplex<TeacherReport, TeacherAssignment>(parts.log, (reports, send) =>
      serveReports(parts, reports, send),
    ),
    sendAnswers: duplex<AnswerFrame, AnswerReceipt>(parts.log, (frames, send, { holder }) =>
      serveAnswers(parts, holder, frames, send),
    ),
  };
}

function serveReports(
  parts: TeacherServiceParts,
  reports: AsyncIterable<TeacherReport>,
  send: (assignment: TeacherAssignment) => Promise<void>,
): Promise<void> {
  const kind: SessionKind<TeacherReport, TeacherSession> = {
    worker: 'teacher worker',
    open: ({ report }) =>
      report?.$case === 'hello'
        ? new TeacherSession(checkedHello(report.hello), parts.now(), send)
        : undefined,
    // Tickets of the worker's former session are issued again.
    tookOver: ({ workerId, served }) => {
      parts.desk.sessionEnded(workerId, served);
      parts.health.sessionEnded(workerId);
    },
    take: (session, report) => takeReport(parts, session, report),
    // When the coordinator itself stops, its successor issues the tickets that are wanted.
    gone: (session) => {
      if (!parts.stopping.aborted) sessionLost(parts, session);
    },
  };
  return serveSession(parts, kind, reports);
}

function sessionLost(parts: TeacherServiceParts, session: TeacherSession): void {
  const { workerId } = session;
  parts.log.info({ workerId }, 'teacher worker gone');
  parts.desk.sessionEnded(workerId, session.served);
  parts.health.sessionEnded(workerId);
  for (const { runId } of runsWith(parts.store, session.loaded().keys())) {
    parts.events.add(runId, 'worker-left', `teacher worker ${workerId} is gone`, { workerId });
  }
  parts.changed();
}

/** @throws {LyceumError} INVALID_ARGUMENT */
function takeReport(
  parts: TeacherServiceParts,
  session: TeacherSession,
  { report }: TeacherReport,
): void {
  const { desk, health } = parts;
  const { workerId } = session;
  switch (report?.$case) {
    case 'state':
      takeState(parts, session, report.state);
      break;
    case 'taken':
      desk.taken(takerOf(parts, session), required(report.taken.ticket));
      break;
    case 'returned':
      takeReturned(parts, session, report.returned);
      break;
    case 'probed': {
      const ticket = required(report.probed.ticket);
      const failure = cut(report.probed.failure, REASON_MAX_LETTERS);
      const noiseOf = (teacher: string) =>
        session.wanted.has(teacher) ? (session.loaded().get(teacher)?.answerNoise ?? 0) : undefined;
      health.probed(workerId, { ...report.probed, ticket, failure }, noiseOf);
      break;
    }
    case 'measured':
      session.measured(digestHex(report.measured.teacherIdentity), report.measured);
      break;
    case 'logged': {
      const mayTellOfTeacher = (identity: string) => session.told.has(identity);
      const teller = { workerId, mayTellOfRun: () => false, mayTellOfTeacher };
      parts.logs.told(teller, report.logged.lines);
      break;
    }
    case 'hello':
      throw new LyceumError('INVALID_ARGUMENT', 'a session has one hello');
    default:
      throw new LyceumError('INVALID_ARGUMENT', 'an empty report');
  }
}

/** Takes the worker's report of teachers that are loaded, and of those that failed to load. */
function takeState(
  { store, health, events, changed }: TeacherServiceParts,
  session: TeacherSession,
  state: TeacherState,
): void {
  const { workerId } = session;
  const fresh = session.report(state);
  health.loaded(workerId, fresh);
  for (const { teacherIdentity, reason, permanent, unreadable } of state.failed) {
    // A set that cannot be read says nothing against the teacher's answers.
    if (permanent && unreadable !== true) health.lost(workerId, digestHex(teacherIdentity), reason);
  }
  for (const { runId, teachers } of runsWith(store, fresh)) {
    const loaded = teachers.filter(({ identity }) => fresh.includes(identity));
    const names = loaded.map(({ name }) => name).join(', ');
    const message = `teacher worker ${workerId} has loaded ${names}`;
    events.add(runId, 'worker-joined', message, { workerId });
  }
  changed();
}

/** Takes back a ticket that the worker did not answer. @throws {LyceumError} INVALID_ARGUMENT */
function takeReturned(
  parts: TeacherServiceParts,
  session: TeacherSession,
  returned: TicketReturned,
): void {
  const { desk, health } = parts;
  const { workerId } = session;
  const { retryable, outside, unreadable } = returned;
  const reason = cut(returned.reason, REASON_MAX_LETTERS);
  const ticket = required(returned.ticket);
  if (!retryable) {
    session.addProblem(reason);
    if (outside !== true) health.ticketFailed(workerId, ticket);
  }
  // A ticket from before a run was resumed says nothing about the set as it is now.
  if (unreadable === true && desk.book.isLastIssue(ticket)) {
    health.setUnreadable(workerId, ticket, reason);
  }
  desk.returned(takerOf(parts, session), ticket, { reason, retryable });
}

/** The session as a taker of tickets. */
function takerOf({ health }: TeacherServiceParts, session: TeacherSession): TicketTaker {
  const { workerId, sessionKeyDigest, served } = session;
  return {
    workerId,
    sessionKeyDigest,
    mayTake: (teacher) => served.has(teacher) && health.isTrusted({ workerId, teacher }),
  };
}

async function serveAnswers(
  parts: TeacherServiceParts,
  holder: SessionHolder | undefined,
  frames: AsyncIterable<AnswerFrame>,
  send: (receipt: AnswerReceipt) => Promise<void>,
): Promise<void> {
  const session = parts.sessions.require(holder);
  const { desk, data, proofs, metrics } = parts;
  const { workerId } = session;
  const intake = new AnswerIntake({
    data,
    taker: takerOf(parts, session),
    desk,
    failureCount: ({ teacherIdentity: teacher }) =>
      parts.health.canaries.failureCount({ workerId, teacher }),
    put: (table, ...records) =>
      proofs.put({ workerId, teacher: table.teacherIdentity }, table, ...records),
    rejected: (ask, reason) => answerRefused(parts, session, ask, reason),
    answered: (ask, took) => answersStored(parts, session, ask, took),
    arriving: (ask) => noteAnswering(parts, session, ask),
    full: async (ask, err) => {
      for (const runId of desk.book.runsAsking(ask.id)) {
        await parts.lifecycle.pause(runId, answersFull(err));
      }
    },
  });
  const read = async (): Promise<void> => {
    for await (const frame of frames) {
      // The session's tickets were given to others.
      if (session.ended.aborted) return;
      const receipt = await intake.take(frame);
      if (receipt?.wanted === false) metrics.unwantedTickets.inc();
      if (receipt !== undefined) await send(receipt);
    }
  };
  await firstEnd([read()], [session.ended, parts.stopping]);
}

function answersStored(
  parts: TeacherServiceParts,
  worker: TeacherSession,
  ask: Ask,
  { inferenceSeconds: deviceSeconds, calls }: Pick<AnswerFrame, 'inferenceSeconds' | 'calls'>,
): void {
  parts.metrics.answers.inc(ask.samples.length);
  const replica = { workerId: worker.workerId, teacher: ask.teacherIdentity };
  const runs = parts.desk.book.runsAsking(ask.id);
  parts.health.ticketAnswered(replica, { id: ask.id, runs });
  const asking = runs
    .flatMap((runId) => parts.store.get(runId) ?? [])
    .filter(({ state }) => !hasEnded(state));
  const cost = { deviceSeconds, sampleCount: ask.samples.length, ...(calls && { calls }) };
  parts.monitor.costs.answered(asking, ask.teacherIdentity, cost);
}

/**
 * Notes in the runs which worker answers, and that a remote teacher may answer differently the next time. The notes are
 * written before the answers are stored: a run that finds them in the store later must have the notes, too.
 */
async function noteAnswering(
  { desk, store, lifecycle }: TeacherServiceParts,
  session: TeacherSession,
  ask: Ask,
): Promise<void> {
  const worker = session.answering(ask.teacherIdentity);
  for (const runId of desk.book.runsAsking(ask.id)) {
    if (store.get(runId) !== undefined) await lifecycle.answeredBy(runId, worker);
    const record = store.get(runId);
    const teacher = record?.teachers.find(({ identity }) => identity === ask.teacherIdentity);
    if (teacher === undefined || !isRemoteEngine(teacher.engine)) continue;
    const warning = `teacher ${teacher.name} is asked over the network: its answers may differ the next time`;
    if (record?.teacherNotes?.bitExactExceptions.includes(warning)) continue;
    await lifecycle.noted(runId, { warning, bitExactException: warning });
  }
}

function answerRefused(
  parts: TeacherServiceParts,
  session: TeacherSession,
  ask: Ask,
  reason: string,
): void {
  const { desk, events, metrics, log } = parts;
  const { workerId } = session;
  metrics.refusedAnswers.inc();
  const { id: ticket, teacherIdentity } = ask;
  log.warn({ workerId, teacherIdentity, ticket, reason }, 'answer refused');
  session.addProblem(`answer refused: ${reason}`);
  parts.health.ticketFailed(workerId, ask.ticket);
  for (const runId of desk.book.runsAsking(ask.id)) {
    const message = `answer of ${workerId} refused: ${reason}`;
    events.add(runId, 'answer-refused', message, { workerId, reason });
  }
}

/** Runs that ask one of the teachers now. Queued runs do not: hundreds may wait, and each event is a write to NATS. */
function runsWith(store: RunStore, identities: Iterable<string>): RunRecord[] {
  const wanted = new Set(identities);
  const isServed = ({ state, teachers }: RunRecord) =>
    !hasEnded(state) && state !== 'QUEUED' && teachers.some((t) => wanted.has(t.identity));
  return store.list().filter(isServed);
}

function required(ticket: Ticket | undefined): Ticket {
  if (ticket === undefined) throw new LyceumError('INVALID_ARGUMENT', 'the report names no ticket');
  digestHex(ticket.teacherIdentity);
  return ticket;
}
