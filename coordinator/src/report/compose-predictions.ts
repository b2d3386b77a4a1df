/**
 * The predictions file: all that is needed to recompute a report's accuracies, NLLs, ECEs and agreements.
 *
 * An uncompressed NPZ, rows in one order throughout:
 *
 *   sampleId                int32 [N]       index in the data set
 *   label                   int32 [N]       -1: none
 *   teacher.NAME            float32 [N, C]  logits
 *   student                 float32 [N, C]  logits
 *   studentWithoutTeachers  float32 [N, C]  logits; where the run names one
 *   studentAllLabels        float32 [N, C]  logits; where the run names one
 *   ensemble                float32 [N, C]  log-probabilities at temperature 1; where there are teachers
 */
import { type NpyArray, writeNpz } from '@lyceum/learning/data';
import { ensembleOf } from './compose-report.js';
import type { ReportInput } from './report-input.js';

export function composePredictions(input: ReportInput): Buffer {
  const rowCount = input.testSampleIds.length;
  const { classCount } = input.dataset;
  const perSample = (data: Int32Array): NpyArray => ({ dtype: 'int32', shape: [rowCount], data });
  const perClass = (data: Float32Array): NpyArray => ({
    dtype: 'float32',
    shape: [rowCount, classCount],
    data,
  });

  const arrays: [string, NpyArray][] = [
    ['sampleId', perSample(input.testSampleIds)],
    ['label', perSample(input.testLabels)],
    ...input.teachers.map((t): [string, NpyArray] => [`teacher.${t.name}`, perClass(t.logits)]),
    ['student', perClass(input.student.logits)],
  ];
  for (const name of ['studentWithoutTeachers', 'studentAllLabels'] as const) {
    const student = input[name];
    if (student !== undefined) arrays.push([name, perClass(student.logits)]);
  }
  const ensemble = ensembleOf(input);
  if (ensemble !== undefined) arrays.push(['ensemble', perClass(ensemble)]);
  return writeNpz(arrays);
}
