/** Handlers of `StudentService`; what each call promises is in student.proto. */
import {
  clientStream,
  duplex,
  firstEnd,
  type SessionHolder,
  unary,
  Wakeup,
} from '@lyceum/platform';
import {
  type CommitCheckpointHeader,
  type CommitCheckpointRequest,
  type CommitCheckpointResponse,
  cut,
  type GetCheckpointsRequest,
  type GetCheckpointsResponse,
  type LoggedLine,
  LyceumError,
  REASON_MAX_LETTERS,
  type StepProgress,
  StorageFullError,
  type StoreResultRequest,
  type StoreResultResponse,
  type StudentAssignment,
  type StudentReport,
  type TargetFrame,
  type TargetRequest,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import { headerAndChunks, UPLOAD_STALL_MS } from '../artifacts/index.js';
import type { RunHistories } from '../history/index.js';
import {
  answersFull,
  type CheckpointCommits,
  historyFull,
  type RunLifecycle,
} from '../lifecycle/index.js';
import type { RunLogs } from '../monitoring/index.js';
import { type ActiveRuns, awaitsKnowledge } from '../reconciliation/index.js';
import { awaitsFit, type RunRecord, type RunStore } from '../runs/index.js';
import { isAssigned } from '../schedule/index.js';
import {
  type AssignmentName,
  checkedHello,
  isHeldBy,
  requireHolder,
  StudentSession,
} from '../sessions/index.js';
import type { RunTargets } from '../targets/index.js';
import { type SessionKind, type SessionParts, serveSession } from './serve-session.js';

export interface StudentServiceParts extends SessionParts<StudentSession> {
  readonly store: RunStore;
  readonly lifecycle: RunLifecycle;
  readonly active: ActiveRuns;
  readonly answers: AnswerStore;
  readonly histories: RunHistories;
  readonly logs: RunLogs;
  readonly commits: CheckpointCommits;
  readonly now: () => number;
}

export function studentService(parts: StudentServiceParts) {
  return {
    session: duplex<StudentReport, StudentAssignment>(parts.log, (reports, send) =>
      serveReports(parts, reports, send),
    ),
    receiveTargets: duplex<TargetRequest, TargetFrame>(
      parts.log,
      (requests, send, { holder, signal }) => serveTargets(parts, holder, requests, send, signal),
      { stopping: parts.stopping },
    ),
    getCheckpoints: unary<GetCheckpointsRequest, GetCheckpointsResponse>(
      parts.log,
      async (request, { holder }) => {
        requireAssignment(parts.store, request, holder);
        return parts.commits.checkpoints(request.runId, request.assignmentEpoch);
      },
    ),
    commitCheckpoint: clientStream<CommitCheckpointRequest, CommitCheckpointResponse>(
      parts.log,
      async (requests, { holder }) => {
        const { header, chunks } = await headerAndChunks(requests);
        requireAssignment(parts.store, header, holder);
        await parts.commits.commit(header, chunks, () => makeDurable(parts, header));
        return {};
      },
      { stallMs: UPLOAD_STALL_MS },
    ),
    storeResult: clientStream<StoreResultRequest, StoreResultResponse>(
      parts.log,
      async (requests, { holder }) => {
        const { header, chunks } = await headerAndChunks(requests);
        requireAssignment(parts.store, header, holder);
        await parts.commits.storeResult(header, chunks);
        return {};
      },
      { stallMs: UPLOAD_STALL_MS },
    ),
  };
}

/** Some file systems report only later that a write found no room. */
async function makeDurable(
  { store, answers, histories, lifecycle }: StudentServiceParts,
  { runId, assignmentEpoch, history }: CommitCheckpointHeader,
): Promise<void> {
  const orPause = async (work: Promise<void>, reasonOf: typeof answersFull) => {
    try {
      await work;
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err instanceof StorageFullError) await lifecycle.pause(runId, reasonOf(err));
      throw err;
    }
  };
  await orPause(answers.flush(), answersFull);
  if (history === undefined) return;
  const kept = histories.keep(store.require(runId), assignmentEpoch, history);
  await orPause(kept, historyFull);
}

function serveReports(
  parts: StudentServiceParts,
  reports: AsyncIterable<StudentReport>,
  send: (assignment: StudentAssignment) => Promise<void>,
): Promise<void> {
  const kind: SessionKind<StudentReport, StudentSession> = {
    worker: 'student worker',
    open: ({ report }) =>
      report?.$case === 'hello'
        ? new StudentSession(checkedHello(report.hello), parts.now(), send)
        : undefined,
    take: (session, report) => takeReport(parts, session, report),
    gone: ({ workerId }) => {
      parts.log.info({ workerId }, 'student worker gone');
      parts.changed();
    },
  };
  return serveSession(parts, kind, reports);
}

/** @throws {LyceumError} INVALID_ARGUMENT, PERMISSION_DENIED */
async function takeReport(
  parts: StudentServiceParts,
  session: StudentSession,
  { report }: StudentReport,
): Promise<void> {
  const { store, lifecycle, commits, changed } = parts;
  // A report on a former assignment changes nothing. One on the current assignment must come from its owner.
  const speaksOf = (name: AssignmentName): void => {
    const assignment = store.get(name.runId)?.assignment;
    const isCurrent = assignment?.assignmentEpoch === name.assignmentEpoch;
    if (isCurrent) requireHolder(name, assignment, session);
  };
  switch (report?.$case) {
    case 'state': {
      const { runId, assignmentEpoch, picturesAwaited } = report.state;
      if (runId !== '') speaksOf(report.state);
      session.report({
        ...report.state,
        picturesAwaited: picturesAwaited && cut(picturesAwaited, REASON_MAX_LETTERS),
      });
      if (runId !== '') await lifecycle.stateReported(runId, assignmentEpoch);
      break;
    }
    case 'progress':
      speaksOf(report.progress);
      await takeHistory(parts, report.progress);
      await lifecycle.progressed(report.progress);
      break;
    case 'done':
      speaksOf(report.done);
      // Superseded checkpoints are deleted first: a run that shows as ended has left none of them behind.
      await commits.settled();
      await lifecycle.done(report.done);
      break;
    case 'failed':
      speaksOf(report.failed);
      await lifecycle.workerFailed({
        ...report.failed,
        reason: cut(report.failed.reason, REASON_MAX_LETTERS),
      });
      break;
    case 'logged':
      takeLines(parts, session, report.logged.lines);
      return;
    case 'hello':
      throw new LyceumError('INVALID_ARGUMENT', 'a session has one hello');
    default:
      throw new LyceumError('INVALID_ARGUMENT', 'an empty report');
  }
  changed();
}

/** Takes log lines about runs that the worker was told to train, also about one that has left it since. */
function takeLines(
  { logs }: StudentServiceParts,
  session: StudentSession,
  lines: readonly LoggedLine[],
): void {
  const mayTellOfRun = ({ runId, assignment }: RunRecord) =>
    session.told.has(runId) || isHeldBy(assignment, session);
  const { workerId } = session;
  logs.told({ workerId, mayTellOfRun, mayTellOfTeacher: () => false }, lines);
}

/** Takes history of the run's present assignment only: the steps of a former assignment are trained again. */
async function takeHistory(
  { store, histories }: StudentServiceParts,
  { runId, assignmentEpoch, history }: StepProgress,
): Promise<void> {
  const record = store.get(runId);
  if (history === undefined || record?.assignment?.assignmentEpoch !== assignmentEpoch) return;
  await histories.told(record, assignmentEpoch, history);
}

async function serveTargets(
  parts: StudentServiceParts,
  holder: SessionHolder | undefined,
  requests: AsyncIterable<TargetRequest>,
  send: (frame: TargetFrame) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const rest = requests[Symbol.asyncIterator]();
  const next = await rest.next();
  if (next.done === true) return;
  const first = next.value;
  const record = requireAssignment(parts.store, first, holder);
  if (record.specification.kind !== 'Distillation') {
    const message = `run ${first.runId} has no targets: it asks no teacher`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  requireTargets(parts.active, first);
  if (awaitsFit(record)) {
    await parts.lifecycle.fitting(first.runId, first.assignmentEpoch);
    parts.changed();
    await settled(parts.store, first, awaitsFit, signal);
  }
  await settled(parts.store, first, awaitsKnowledge, signal);
  requireAssignment(parts.store, first, holder);
  await parts.lifecycle.began(first.runId, first.assignmentEpoch);
  parts.changed();
  await send({ epoch: 0, firstPosition: 0, tensors: [], figures: [] });
  // The run may have been taken from the worker meanwhile, and its targets closed.
  signal.throwIfAborted();
  requireAssignment(parts.store, first, holder);
  const targets = requireTargets(parts.active, first);
  const following = { [Symbol.asyncIterator]: () => rest };
  await firstEnd([targets.serve(first, following, send)], [parts.stopping]);
}

/**
 * Waits until the run's record is no longer as `isAwaited` says, or the run is no longer this assignment's.
 *
 * @throws why `signal` was aborted.
 */
async function settled(
  store: RunStore,
  { runId, assignmentEpoch }: TargetRequest,
  isAwaited: (record: RunRecord) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const news = new Wakeup();
  const stop = store.onChange(() => news.wake());
  const isOpen = (): boolean => {
    const record = store.get(runId);
    return record?.assignment?.assignmentEpoch === assignmentEpoch && isAwaited(record);
  };
  try {
    while (isOpen() && !signal.aborted) await news.wait({ signal });
    signal.throwIfAborted();
  } finally {
    stop();
  }
}

/** @throws {LyceumError} UNAVAILABLE */
function requireTargets(active: ActiveRuns, { runId }: AssignmentName): RunTargets {
  const targets = active.targets(runId);
  if (targets !== undefined) return targets;
  throw new LyceumError('UNAVAILABLE', `run ${runId} is being taken up; try again`);
}

/** @throws {LyceumError} NOT_FOUND, ABORTED, PERMISSION_DENIED */
function requireAssignment(
  store: RunStore,
  { runId, assignmentEpoch }: AssignmentName,
  holder: SessionHolder | undefined,
): RunRecord {
  const record = store.require(runId);
  const assignment = isAssigned(record.state) ? record.assignment : undefined;
  if (assignment?.assignmentEpoch === assignmentEpoch) {
    requireHolder({ runId, assignmentEpoch }, assignment, holder);
    return record;
  }
  const message = `run ${runId} is ${record.state}; assignment ${assignmentEpoch} is not its current one`;
  throw new LyceumError('ABORTED', message);
}
