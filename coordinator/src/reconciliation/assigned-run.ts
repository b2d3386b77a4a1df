/** What a student worker is told of its run. Pure. */
import { AssignedRun, digestBytes, normalisedText } from '@lyceum/proto';
import { gridOf, type RunRecord, targetTensors } from '../runs/index.js';
import { studentWindowSteps } from '../schedule/index.js';

export function assignedRun(record: RunRecord): AssignedRun {
  const { runId, attempt, assignment, specification, dataset, studentModelDigest } = record;
  const { teachers, acceptedNumerics = [] } = record;
  return AssignedRun.fromPartial({
    runId,
    attempt,
    assignmentEpoch: assignment?.assignmentEpoch ?? 0,
    specificationJson: normalisedText(specification),
    dataset: { digest: digestBytes(dataset.digest), path: dataset.path ?? '' },
    ...(studentModelDigest !== undefined && {
      studentModelDigest: digestBytes(studentModelDigest),
    }),
    targetTensors: targetTensors(record).map(({ name, rowShape }) => ({
      name,
      rowShape: [...rowShape],
    })),
    windowSteps: studentWindowSteps(gridOf(record)),
    teacherIdentities: teachers.map(({ identity }) => digestBytes(identity)),
    acceptedNumerics,
  });
}
