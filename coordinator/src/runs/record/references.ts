/** References in run records: to blobs by digest, and to other runs by name. Pure. */
import type { RunRecord } from './run-record.js';

/** Digests of all blobs that a run needs or made, except its checkpoints, which its pointer names. */
export function blobsOf(record: RunRecord): string[] {
  const { dataset, teachers, studentModelDigest, outcome, report } = record;
  const all = [
    dataset.digest,
    ...teachers.map(({ modelDigest }) => modelDigest),
    studentModelDigest,
    outcome?.modelDigest,
    outcome?.logitsDigest,
    report?.reportDigest,
    report?.predictionsDigest,
  ];
  return all.filter((digest) => digest !== undefined);
}

/** The blobs that a run needs from its start: from digest to a description in words. */
export function neededBlobs({
  dataset,
  teachers,
  studentModelDigest,
}: RunRecord): Map<string, string> {
  const needed = new Map<string, string>();
  // A mounted set is no blob.
  if (dataset.path === undefined) needed.set(dataset.digest, 'the data set');
  for (const { name, modelDigest } of teachers)
    needed.set(modelDigest, `the model of teacher ${name}`);
  if (studentModelDigest !== undefined) {
    needed.set(studentModelDigest, 'the model that the student starts from');
  }
  return needed;
}

/** The role in which `record` names the run `runId`, in words; undefined: it does not name that run. */
export function namesRun(record: RunRecord, runId: string): string | undefined {
  const { specification, baselineRunId, allLabelsRunId, replayOf } = record;
  const named = `run:${runId}`;
  const { model } = specification.spec.student;
  if (specification.kind === 'Distillation') {
    if (
      specification.spec.teachers.some((teacher) => 'model' in teacher && teacher.model === named)
    )
      return 'a teacher';
  }
  if (baselineRunId === runId) return 'its baseline';
  if (allLabelsRunId === runId) return 'its reference with all labels';
  if ('model' in model && model.model === named) return 'the model that it starts from';
  if (replayOf?.runId === runId) return 'the run that it repeats';
  return undefined;
}
