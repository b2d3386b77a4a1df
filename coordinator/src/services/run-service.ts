/** Handlers of `RunService`; what each call promises is in coordinator.proto. */
import { specificationDigest } from '@lyceum/learning/specification';
import { type Logger, requireRoom, serverStream, unary } from '@lyceum/platform';
import {
  type CancelRunRequest,
  type CancelRunResponse,
  type DeleteRunRequest,
  type DeleteRunResponse,
  type GetFindingsRequest,
  type GetFindingsResponse,
  type GetHistoryRequest,
  type GetHistoryResponse,
  type GetPredictionsRequest,
  type GetPredictionsResponse,
  type GetReportRequest,
  type GetReportResponse,
  type GetRunRequest,
  type GetRunResponse,
  InvalidDocumentError,
  type ListEventsRequest,
  type ListEventsResponse,
  type ListLogsRequest,
  type ListLogsResponse,
  type ListRunsRequest,
  type ListRunsResponse,
  LyceumError,
  type ReplayRunRequest,
  type ReplayRunResponse,
  type ResumeRunRequest,
  type ResumeRunResponse,
  type RetryRunRequest,
  type RetryRunResponse,
  requireArtifactName,
  type SubmitRunRequest,
  type SubmitRunResponse,
  type WatchRunRequest,
  type WatchRunResponse,
} from '@lyceum/proto';
import {
  type ArtifactCatalog,
  DOWNLOAD_STALL_MS,
  type Downloads,
  type RemoteModels,
} from '../artifacts/index.js';
import type { RunFindings } from '../evaluation/index.js';
import type { TeacherHealth } from '../health/index.js';
import type { RunHistories } from '../history/index.js';
import type { RunDeletion, RunLifecycle } from '../lifecycle/index.js';
import type { RunEvents, RunLogs, RunMonitor } from '../monitoring/index.js';
import {
  type EndpointTrials,
  isReplayOf,
  planRun,
  readSpecification,
  replayRun,
} from '../planning/index.js';
import type { ActiveRuns } from '../reconciliation/index.js';
import {
  type ContributorLedgers,
  hasOwnBaseline,
  planBaseline,
  quorumOf,
  type RunRecord,
  type RunStore,
} from '../runs/index.js';
import { hasEnded } from '../schedule/index.js';
import { seenRun } from './run-message.js';
import { pageOfRuns, shownHistory } from './run-reading.js';
import { listEvents, listLogs, watchRun } from './watch-run.js';

/** Room for records, ledger, report and first answers of a small run. A larger one pauses when the disk is full. */
const RUN_BYTES = 8 * 1024 * 1024;

export interface RunServiceParts {
  readonly store: RunStore;
  readonly catalog: ArtifactCatalog;
  readonly remoteModels: RemoteModels;
  readonly endpointTrials: EndpointTrials;
  readonly health: Pick<TeacherHealth, 'askAgain'>;
  readonly ledgers: ContributorLedgers;
  readonly histories: RunHistories;
  readonly findings: RunFindings;
  readonly lifecycle: RunLifecycle;
  readonly deletion: RunDeletion;
  readonly monitor: RunMonitor;
  readonly active: ActiveRuns;
  readonly events: RunEvents;
  readonly logs: RunLogs;
  readonly downloads: Downloads;
  /** Warnings about the cluster that a user should see before a run waits for it. */
  readonly warnings: (record: RunRecord) => string[];
  /** The folder whose disk takes the copy of the run's records, and the answers. */
  readonly stateDir: string;
  readonly stopping: AbortSignal;
  readonly changed: () => void;
  readonly log: Logger;
  readonly now: () => number;
}

export function runService(parts: RunServiceParts) {
  const { stopping, log } = parts;
  return {
    submitRun: unary<SubmitRunRequest, SubmitRunResponse>(log, (request, { signal }) =>
      submit(parts, request, signal),
    ),
    getRun: unary<GetRunRequest, GetRunResponse>(log, async ({ runId }) => ({
      run: seenRun(parts, parts.store.require(runId)),
    })),
    listRuns: unary<ListRunsRequest, ListRunsResponse>(log, async (request) =>
      pageOfRuns(parts, request),
    ),
    cancelRun: unary<CancelRunRequest, CancelRunResponse>(log, (request) => cancel(parts, request)),
    retryRun: unary<RetryRunRequest, RetryRunResponse>(log, (request) => retry(parts, request)),
    resumeRun: unary<ResumeRunRequest, ResumeRunResponse>(log, (request) => resume(parts, request)),
    replayRun: unary<ReplayRunRequest, ReplayRunResponse>(log, (request) => replay(parts, request)),
    deleteRun: unary<DeleteRunRequest, DeleteRunResponse>(log, async ({ runId }) => ({
      deletedRunIds: await parts.deletion.delete(runId),
    })),
    watchRun: serverStream<WatchRunRequest, WatchRunResponse>(
      log,
      ({ runId }, { signal }) => watchRun(parts, runId, signal),
      { stopping },
    ),
    listEvents: serverStream<ListEventsRequest, ListEventsResponse>(
      log,
      (request, { signal }) => listEvents(parts, request, signal),
      { stopping },
    ),
    listLogs: serverStream<ListLogsRequest, ListLogsResponse>(
      log,
      (request, { signal }) => listLogs(parts, request, signal),
      { stopping },
    ),
    getReport: unary<GetReportRequest, GetReportResponse>(log, async ({ runId }) => {
      const { reportDigest } = requireReport(parts.store, runId);
      const report = await parts.catalog.blobs.get(reportDigest);
      return { reportJson: report.toString('utf8') };
    }),
    getHistory: unary<GetHistoryRequest, GetHistoryResponse>(log, (request) =>
      shownHistory(parts, request),
    ),
    getFindings: unary<GetFindingsRequest, GetFindingsResponse>(log, async ({ runId }) => {
      const record = parts.store.require(runId);
      const report = requireReport(parts.store, runId);
      return { findingsJson: await parts.findings.get(record, report) };
    }),
    getPredictions: serverStream<GetPredictionsRequest, GetPredictionsResponse>(
      log,
      async function* ({ runId }) {
        const { predictionsDigest } = requireReport(parts.store, runId);
        yield* parts.downloads.chunks(predictionsDigest);
      },
      { stallMs: DOWNLOAD_STALL_MS },
    ),
  };
}

async function submit(
  parts: RunServiceParts,
  request: SubmitRunRequest,
  signal: AbortSignal,
): Promise<SubmitRunResponse> {
  const { store, catalog, remoteModels, endpointTrials, lifecycle, warnings, now } = parts;
  const specification = await readSpecification(request.specification, 'the specification');
  const runId = request.runId === '' ? specification.metadata.name : request.runId;
  requireArtifactName(runId);
  const known = store.get(runId);
  if (known !== undefined) {
    if (known.specificationDigest !== specificationDigest(specification)) {
      const message = `run ${runId} exists with another specification; choose another run id`;
      throw new LyceumError('ALREADY_EXISTS', message);
    }
    return { run: seenRun(parts, known), created: false, warnings: [] };
  }
  const wanted = { runId, specification, nowMs: now(), signal };
  const record = await planRun(wanted, catalog, store, remoteModels);
  checkBaselineId(store, record);
  requireRoom(parts.stateDir, RUN_BYTES, `run ${runId}`);
  if (request.dryRun) {
    const tried = await endpointTrials.run(record, request.askPaid === true);
    if (tried.problems.length > 0) throw new InvalidDocumentError(`run ${runId}`, tried.problems);
    const all = [...warnings(record), ...tried.warnings];
    return { run: seenRun(parts, record), created: false, warnings: all };
  }
  parts.health.askAgain(record);
  const created = await submitOnce(parts, record);
  await lifecycle.ensureBaseline(created);
  parts.changed();
  return { run: seenRun(parts, created), created: true, warnings: warnings(created) };
}

/** Two equal submits at the same time make one run. */
async function submitOnce(
  { store, lifecycle }: RunServiceParts,
  record: RunRecord,
): Promise<RunRecord> {
  try {
    return await lifecycle.submit(record);
  } catch (err) {
    const winner = store.get(record.runId);
    if (winner?.specificationDigest !== record.specificationDigest) throw err;
    return winner;
  }
}

/** @throws {LyceumError} ALREADY_EXISTS if the name of the run's own baseline belongs to another run. */
function checkBaselineId(store: RunStore, record: RunRecord): void {
  if (!hasOwnBaseline(record)) return;
  const baseline = planBaseline(record, record.sequence + 1, record.submittedAtMs);
  const known = store.get(baseline.runId);
  if (known === undefined || known.specificationDigest === baseline.specificationDigest) return;
  const message = `run ${baseline.runId}, this run's baseline, exists with another specification; choose another run id`;
  throw new LyceumError('ALREADY_EXISTS', message);
}

async function cancel(
  parts: RunServiceParts,
  { runId }: CancelRunRequest,
): Promise<CancelRunResponse> {
  const { store, lifecycle } = parts;
  store.require(runId);
  const record = await lifecycle.cancel(runId, 'cancelled by its user');
  const baseline = ownBaseline(store, record);
  // A baseline that a user submitted as a run of its own goes on.
  if (baseline?.parentRunId === runId && !hasEnded(baseline.state)) {
    await lifecycle.cancel(baseline.runId, `run ${runId} was cancelled`);
  }
  parts.changed();
  return { run: seenRun(parts, record) };
}

async function retry(
  parts: RunServiceParts,
  { runId }: RetryRunRequest,
): Promise<RetryRunResponse> {
  const { store, lifecycle, health } = parts;
  const run = store.require(runId);
  health.askAgain(run);
  const baseline = ownBaseline(store, run);
  const canRetry = ({ state }: RunRecord) => state === 'FAILED' || state === 'CANCELLED';
  // The baseline first: a run whose baseline has failed fails.
  if (baseline !== undefined && canRetry(baseline) && canRetry(run)) {
    await lifecycle.retry(baseline.runId);
  }
  const record = await lifecycle.retry(runId);
  parts.changed();
  return { run: seenRun(parts, record) };
}

async function resume(
  parts: RunServiceParts,
  { runId, acceptNumerics }: ResumeRunRequest,
): Promise<ResumeRunResponse> {
  const { store, lifecycle, health } = parts;
  health.askAgain(store.require(runId));
  const record = await lifecycle.resume(runId, acceptNumerics);
  const baseline = ownBaseline(store, record);
  if (baseline?.state === 'PAUSED') await lifecycle.resume(baseline.runId, false);
  parts.changed();
  return { run: seenRun(parts, record) };
}

async function replay(
  parts: RunServiceParts,
  request: ReplayRunRequest,
): Promise<ReplayRunResponse> {
  const { store, ledgers, lifecycle, health, warnings, now } = parts;
  const source = store.require(request.runId);
  const runId = request.newRunId === '' ? `${source.runId}-replay` : request.newRunId;
  requireArtifactName(runId);
  const known = store.get(runId);
  if (known !== undefined) {
    if (isReplayOf(known, source))
      return { run: seenRun(parts, known), created: false, warnings: [] };
    const message = `run ${runId} exists and is no replay of ${source.runId}; choose another run id`;
    throw new LyceumError('ALREADY_EXISTS', message);
  }
  const { leaderEpoch } = store;
  const record = replayRun(source, {
    runId,
    sequence: store.nextSequence(),
    leaderEpoch,
    nowMs: now(),
  });
  if (quorumOf(source) !== undefined) await ledgers.requireAll(record, source);
  checkBaselineId(store, record);
  requireRoom(parts.stateDir, RUN_BYTES, `run ${runId}`);
  health.askAgain(record);
  const created = await lifecycle.submit(record);
  await lifecycle.ensureBaseline(created);
  parts.changed();
  return { run: seenRun(parts, created), created: true, warnings: warnings(created) };
}

function requireReport(store: RunStore, runId: string): NonNullable<RunRecord['report']> {
  const { report, state } = store.require(runId);
  if (report !== undefined) return report;
  throw new LyceumError('FAILED_PRECONDITION', `run ${runId} is ${state} and has no report`);
}

function ownBaseline(store: RunStore, record: RunRecord): RunRecord | undefined {
  return hasOwnBaseline(record) ? store.get(record.baselineRunId ?? '') : undefined;
}
