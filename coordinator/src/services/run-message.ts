/** A run as users see it: its record, and its live state. */
import { normalisedText } from '@lyceum/learning/specification';
import { LyceumError, Run, RunState } from '@lyceum/proto';
import type { RunMonitor } from '../monitoring/index.js';
import type { ActiveRuns } from '../reconciliation/index.js';
import { deviceCosts, orderText, type ProgressSnapshot, type RunRecord } from '../runs/index.js';
import { hasEnded, type RunStateName } from '../schedule/index.js';

/** The state of a run that no record holds: after a restart it is found out anew. */
interface LiveRun {
  readonly progress: ProgressSnapshot | undefined;
  /** Why the run waits at this moment; empty: it does not. */
  readonly reason: string;
  /** Names of the teachers that the run's student waits for. */
  readonly waitingFor: readonly string[];
  /** Undefined: the student has reported nothing yet. */
  readonly cost: RunRecord['cost'];
}

const STATES: Readonly<Record<RunStateName, RunState>> = {
  QUEUED: RunState.RUN_STATE_QUEUED,
  PREPARING: RunState.RUN_STATE_PREPARING,
  FITTING: RunState.RUN_STATE_FITTING,
  TRAINING: RunState.RUN_STATE_TRAINING,
  EVALUATING: RunState.RUN_STATE_EVALUATING,
  PAUSED: RunState.RUN_STATE_PAUSED,
  CANCELLING: RunState.RUN_STATE_CANCELLING,
  SUCCEEDED: RunState.RUN_STATE_SUCCEEDED,
  FAILED: RunState.RUN_STATE_FAILED,
  CANCELLED: RunState.RUN_STATE_CANCELLED,
};

const NAMES = new Map(
  Object.entries(STATES).map(([name, state]) => [state, name as RunStateName] as const),
);

export function stateMessage(name: RunStateName): RunState {
  return STATES[name];
}

/** @throws {LyceumError} INVALID_ARGUMENT if there is no such state. */
export function requireState(state: RunState): RunStateName {
  const name = NAMES.get(state);
  if (name !== undefined) return name;
  const known = [...NAMES].map(([number, name]) => `${number} ${name}`).join(', ');
  throw new LyceumError(
    'INVALID_ARGUMENT',
    `there is no state ${state} of a run; there are ${known}`,
  );
}

/** What the coordinator knows of runs in progress. */
interface LiveParts {
  readonly monitor: RunMonitor;
  readonly active: ActiveRuns;
}

/** The run as it is now. */
export function seenRun(
  { monitor, active }: LiveParts,
  record: RunRecord,
  { brief = false }: { readonly brief?: boolean } = {},
): Run {
  const { runId, state } = record;
  const live = {
    progress: monitor.progress(runId),
    reason: hasEnded(state) ? '' : monitor.reason(runId),
    waitingFor: active.targets(runId)?.waitingFor() ?? [],
    cost: monitor.costs.of(record),
  };
  return runMessage(record, live, brief);
}

/**
 * @param brief - as in lists: without the large parts, which are the specification, the warnings and the facts about
 *   each teacher.
 */
export function runMessage(record: RunRecord, live: LiveRun, brief: boolean): Run {
  const progress = live.progress ?? record.progress;
  const { team = '', labels = {} } = record.specification.metadata;
  return Run.fromPartial({
    runId: record.runId,
    kind: record.specification.kind,
    state: STATES[record.state],
    reason: live.reason === '' ? record.reason : live.reason,
    attempt: record.attempt,
    team,
    labels,
    submittedAtMs: record.submittedAtMs,
    startedAtMs: record.startedAtMs,
    endedAtMs: record.endedAtMs,
    progress: {
      stepCount: record.plan.stepCount,
      waitingFor: [...live.waitingFor],
      ...(progress !== undefined && {
        step: progress.step,
        epoch: progress.epoch,
        loss: progress.loss,
        learningRate: progress.learningRate,
        samplesPerSecond: progress.samplesPerSecond,
        waitingShare: progress.waitingShare,
        checkpointStep: progress.checkpointStep,
        validationAccuracy: progress.validation?.accuracy ?? 0,
        validationNll: progress.validation?.nll ?? 0,
        degradedShare: progress.degradedShare ?? 0,
      }),
    },
    datasetDigest: record.dataset.digest,
    studentWorkerId: record.assignment?.workerId ?? record.studentWorkers.at(-1)?.workerId ?? '',
    modelDigest: record.outcome?.modelDigest ?? '',
    finalWeightsDigest: record.outcome?.finalWeightsDigest ?? '',
    ...(!brief && {
      specificationJson: normalisedText(record.specification),
      teacherIdentities: record.teachers.map((teacher) => teacher.identity),
      cost: costMessage(record, live),
      warnings: record.teacherNotes?.warnings ?? [],
      order: orderText(record) ?? '',
    }),
  });
}

function costMessage(record: RunRecord, { cost }: LiveRun): Run['cost'] {
  const costs = deviceCosts(record, cost);
  return costs && { ...costs, teachers: [...costs.teachers] };
}
