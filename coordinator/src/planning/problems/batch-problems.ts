/** Batches of a run that are too large for the memory of its student worker or of the coordinator. Pure. */
import { targetPlan, targetRowShape } from '@lyceum/learning/ensemble';
import type { RunSpecification } from '@lyceum/learning/specification';
import { BATCH_MAX_BYTES, elementCount, LEAST_WINDOW_MAX_BYTES, type Problem } from '@lyceum/proto';
import { gridOf, meanAnswerBytes, type RunRecord } from '../../runs/index.js';
import { leastWindowBytes } from '../../schedule/index.js';

const FLOAT_BYTES = 4;

export type BatchFacts = Pick<
  RunRecord,
  'plan' | 'dataset' | 'teachers' | 'features' | 'sampleOrder'
>;

/** @param sampleShape - of the samples that the student sees. */
export function batchProblems(
  specification: RunSpecification,
  facts: BatchFacts,
  sampleShape: readonly number[],
): Problem[] {
  const { teachers, dataset } = facts;
  const { classCount } = dataset;
  const path = 'spec.training.batchSize';
  const { batchSize } = specification.spec.training;
  const targets =
    specification.kind === 'Distillation'
      ? targetPlan(specification.spec).tensors.map((tensor) => targetRowShape(tensor, classCount))
      : [];
  const numbers = [sampleShape, ...targets].reduce((sum, shape) => sum + elementCount(shape), 0);
  const problems: Problem[] = [];
  const batchBytes = batchSize * numbers * FLOAT_BYTES;
  if (batchBytes > BATCH_MAX_BYTES) {
    const fitting = Math.floor(BATCH_MAX_BYTES / numbers / FLOAT_BYTES);
    const message = `makes batches of ${batchBytes} bytes, ${numbers} numbers a sample; want at most ${BATCH_MAX_BYTES} bytes, ${fitting} samples`;
    problems.push({ path, message });
  }
  if (teachers.length === 0) return problems;
  const rowBytes = meanAnswerBytes(facts);
  const windowBytes = leastWindowBytes(gridOf(facts), { teacherCount: teachers.length, rowBytes });
  if (windowBytes > LEAST_WINDOW_MAX_BYTES) {
    const message = `makes the coordinator hold ${windowBytes} bytes of answers for this run, of ${teachers.length} teachers and ${classCount} classes; want at most ${LEAST_WINDOW_MAX_BYTES}: lower it`;
    problems.push({ path, message });
  }
  return problems;
}
