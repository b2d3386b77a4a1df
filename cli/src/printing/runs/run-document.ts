/** A run as `-o json` and `-o yaml` show it: times as text, states by name, the specification as a value. */
import type { Run } from '@lyceum/proto';
import { runStateName } from '../../client/index.js';
import { timeText } from '../text/index.js';

export function runDocument(run: Run): Record<string, unknown> {
  const { progress } = run;
  return {
    runId: run.runId,
    kind: run.kind,
    state: runStateName(run),
    reason: run.reason,
    attempt: run.attempt,
    submittedAt: timeText(run.submittedAtMs),
    startedAt: timeText(run.startedAtMs),
    endedAt: timeText(run.endedAtMs),
    progress: progress === undefined ? null : { ...progress },
    cost: run.cost === undefined ? null : { ...run.cost },
    studentWorkerId: run.studentWorkerId,
    datasetDigest: run.datasetDigest,
    ...(run.order !== '' && { order: run.order }),
    teacherIdentities: run.teacherIdentities,
    modelDigest: run.modelDigest,
    finalWeightsDigest: run.finalWeightsDigest,
    specification: run.specificationJson === '' ? null : JSON.parse(run.specificationJson),
  };
}
