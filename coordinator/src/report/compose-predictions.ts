/**
 * The predictions file: the data from which every figure of a report can be recomputed.
 *
 * An uncompressed NPZ. Arrays of the test split, all with rows in the same order:
 *
 *   sampleId                int32 [N]       index in the data set
 *   label                   int32 [N]       -1: none
 *   teacher.NAME            float32 [N, C]  logits; of a black box: 0 for its answer and −∞ elsewhere
 *   student                 float32 [N, C]  logits
 *   studentWithoutTeachers  float32 [N, C]  logits; if the run names one
 *   studentAllLabels        float32 [N, C]  logits; if the run names one
 *   ensemble                float32 [N, C]  log-probabilities at temperature 1; if there are teachers
 *
 * The same arrays of the other two splits have a prefix: `train.sampleId`, `validation.sampleId` and so on. They hold
 * the samples on which the report's figures of these splits are measured.
 */
import { SPLIT_NAMES, type SplitName } from '@lyceum/learning/datasets';
import { type NpyArray, writeNpz } from '@lyceum/learning/files';
import { composeReport, ensembleOf } from './compose-report.js';
import type { ReportInput, SplitLogits } from './report-input.js';

export interface ReportFiles {
  /** JSON. */
  readonly report: Uint8Array;
  /** NPZ. */
  readonly predictions: Uint8Array;
}

/** A run's two files. Runs in a thread: metrics over a large test split take seconds. @public */
export function reportFiles(input: ReportInput): ReportFiles {
  const report = Buffer.from(JSON.stringify(composeReport(input), undefined, 2));
  return { report, predictions: composePredictions(input) };
}

export function composePredictions(input: ReportInput): Buffer {
  const models: [string, SplitLogits | undefined][] = [
    ...input.teachers.map((t): [string, SplitLogits] => [`teacher.${t.name}`, t.logits]),
    ['student', input.student.logits],
    ['studentWithoutTeachers', input.studentWithoutTeachers?.logits],
    ['studentAllLabels', input.studentAllLabels?.logits],
    ['ensemble', ensembleOf(input)],
  ];
  const arraysOf = (split: SplitName): [string, NpyArray][] => {
    const prefix = split === 'test' ? '' : `${split}.`;
    const { sampleIds, labels } = input.splits[split];
    const perSample = (data: Int32Array): NpyArray => {
      return { dtype: 'int32', shape: [labels.length], data };
    };
    const perClass = (data: Float32Array): NpyArray => {
      return { dtype: 'float32', shape: [labels.length, input.dataset.classCount], data };
    };
    return [
      [`${prefix}sampleId`, perSample(sampleIds)],
      [`${prefix}label`, perSample(labels)],
      ...models.flatMap(([name, logits]): [string, NpyArray][] =>
        logits === undefined ? [] : [[`${prefix}${name}`, perClass(logits[split])]],
      ),
    ];
  };
  return writeNpz(SPLIT_NAMES.flatMap(arraysOf));
}
