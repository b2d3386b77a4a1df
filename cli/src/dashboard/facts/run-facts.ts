/** A run as a line of a list, with everything about it, and its history. Pure. */
import type {
  HistoryFacts,
  RunFacts,
  RunPage,
  RunRow,
  RunState,
  TeacherFacts,
} from '@lyceum/dashboard/api';
import {
  type GetHistoryResponse,
  type ListRunsResponse,
  type ListWorkersResponse,
  type Run,
  RunProgress,
} from '@lyceum/proto';
import { stateName } from '../../client/index.js';
import { bottleneck } from '../../following/index.js';
import { newestOf } from './recent-history.js';

/** A state of a newer coordinator is shown as `UNKNOWN`. */
const pageState = (state: Run['state']) => stateName(state) as RunState;

export function runRow(run: Run): RunRow {
  const { step, stepCount, loss, validationAccuracy, validationNll } = progressOf(run);
  return {
    id: run.runId,
    kind: run.kind === 'Distillation' ? 'Distillation' : 'Training',
    state: pageState(run.state),
    reason: run.reason,
    attempt: run.attempt,
    team: run.team,
    labels: run.labels,
    submittedAtMs: run.submittedAtMs,
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    step,
    stepCount,
    loss,
    // An accuracy may be 0, but a loss may not: a loss of 0 means that there was no validation.
    validationAccuracy: validationNll === 0 ? null : validationAccuracy,
  };
}

export function runPage({ runs, nextPageToken, counts }: ListRunsResponse): RunPage {
  return {
    runs: runs.map(runRow),
    nextPage: nextPageToken === '' ? null : nextPageToken,
    counts: Object.fromEntries(counts.map(({ state, count }) => [pageState(state), count])),
  };
}

/** @param history - the newest part of it. */
export function runFacts(
  run: Run,
  workers: ListWorkersResponse,
  history: GetHistoryResponse,
): RunFacts {
  const progress = progressOf(run);
  return {
    ...runRow(run),
    samplesPerSecond: progress.samplesPerSecond,
    waitingShare: progress.waitingShare,
    checkpointStep: progress.checkpointStep,
    degradedShare: progress.degradedShare,
    bottleneck: bottleneck(run, workers.dataPlane?.bottleneck) ?? null,
    teachers: teacherNames(run).map((name, index) =>
      teacherFacts(run, name, index, workers, history),
    ),
    studentDeviceSeconds: run.cost?.studentDeviceSeconds ?? 0,
    warnings: run.warnings,
    order: run.order,
    datasetDigest: run.datasetDigest,
    modelDigest: run.modelDigest,
    finalWeightsDigest: run.finalWeightsDigest,
    specification: specificationOf(run),
  };
}

function teacherFacts(
  run: Run,
  name: string,
  index: number,
  { quarantines }: ListWorkersResponse,
  history: GetHistoryResponse,
): TeacherFacts {
  const identity = run.teacherIdentities[index] ?? '';
  const newest = (figure: string) => newestOf(history, `teacher.${name}.${figure}`);
  return {
    name,
    identity,
    latencyMs: newest('latencyMs'),
    share: newest('share'),
    disagreement: newest('disagreement'),
    deviceSeconds: run.cost?.teachers.find((cost) => cost.name === name)?.deviceSeconds ?? 0,
    problems: quarantines
      .filter(({ teacherIdentity }) => teacherIdentity === identity)
      .map(({ workerId, reason }) => `${workerId} is quarantined: ${reason}`),
  };
}

export function historyFacts({ columns, points }: GetHistoryResponse): HistoryFacts {
  return {
    columns,
    points: points.map(({ firstStep, endStep, means }) => ({
      firstStep,
      endStep,
      means: means.map((mean) => (Number.isFinite(mean) ? mean : null)),
    })),
  };
}

function progressOf({ progress }: Run): RunProgress {
  return progress ?? RunProgress.fromPartial({});
}

/** Empty for a run that was listed without its specification. */
function specificationOf({ specificationJson }: Run): Record<string, unknown> {
  return specificationJson === '' ? {} : JSON.parse(specificationJson);
}

function teacherNames(run: Run): string[] {
  const { teachers = [] } = (specificationOf(run)['spec'] ?? {}) as {
    readonly teachers?: readonly { readonly name: string }[];
  };
  return teachers.map(({ name }) => name);
}
