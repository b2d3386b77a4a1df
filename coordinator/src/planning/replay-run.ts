/**
 * A replay: a run that repeats another run. Models and set are the same by digest, not by name; the specification is
 * the same; and the same teachers make the targets of each step. Pure.
 */
import { baselineRunId, LyceumError } from '@lyceum/proto';
import { hasOwnBaseline, newRunRecord, type RunRecord } from '../runs/index.js';

export interface ReplayRequest {
  readonly runId: string;
  readonly sequence: number;
  readonly leaderEpoch: number;
  readonly nowMs: number;
}

/**
 * The record of a replay, not stored yet.
 *
 * @throws {LyceumError} FAILED_PRECONDITION if `source` did not succeed, or has no teachers.
 */
export function replayRun(source: RunRecord, request: ReplayRequest): RunRecord {
  if (source.specification.kind !== 'Distillation') {
    const message = `run ${source.runId} asks no teachers: submit its specification again instead`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  if (source.state !== 'SUCCEEDED') {
    const message = `run ${source.runId} is ${source.state}; only a run that SUCCEEDED can be replayed`;
    throw new LyceumError('FAILED_PRECONDITION', message);
  }
  const { runId, sequence, leaderEpoch, nowMs } = request;
  const { specification, specificationDigest, dataset, teachers, features, plan } = source;
  const { studentModelDigest, allLabelsRunId, labelledTrainCount, answerCodec, fit, pluginDigest } =
    source;
  const { probeDigests, studentModality, sampleOrder } = source;
  const baseline = hasOwnBaseline(source) ? baselineRunId(runId) : source.baselineRunId;
  return newRunRecord({
    runId,
    sequence,
    leaderEpoch,
    specification,
    specificationDigest,
    replayOf: { runId: source.runId, submittedAtMs: source.submittedAtMs },
    dataset,
    teachers,
    features,
    ...(pluginDigest !== undefined && { pluginDigest }),
    ...(studentModelDigest !== undefined && { studentModelDigest }),
    ...(studentModality !== undefined && { studentModality }),
    ...(baseline !== undefined && { baselineRunId: baseline }),
    ...(allLabelsRunId !== undefined && { allLabelsRunId }),
    labelledTrainCount,
    ...(answerCodec !== undefined && { answerCodec }),
    ...(fit !== undefined && { fit }),
    ...(probeDigests !== undefined && { probeDigests }),
    plan,
    ...(sampleOrder !== undefined && { sampleOrder }),
    submittedAtMs: nowMs,
  });
}

/** True if `known` is a replay of `source`: a repeated request then makes no new run. */
export function isReplayOf(known: RunRecord, source: RunRecord): boolean {
  const { replayOf } = known;
  return replayOf?.runId === source.runId && replayOf.submittedAtMs === source.submittedAtMs;
}
