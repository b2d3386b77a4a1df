/** What teachers' answers become. Pure: the bits do not depend on where it runs. */
import {
  combineTargets,
  disagreements,
  type TargetPlan,
  type TeacherAnswers,
} from '@lyceum/learning/ensemble';

export interface CombineRequest extends TeacherAnswers {
  readonly plan: TargetPlan;
}

export interface CombinedRows {
  /** One [rowCount, …] for each tensor of the plan, in its order. */
  readonly tensors: readonly Float32Array<ArrayBuffer>[];
  /** [teachers, rowCount], as `disagreements` gives them. */
  readonly disagreements: Int8Array<ArrayBuffer>;
}

/** @throws {LyceumError} as `combineTargets` does. */
export function combineRows({ plan, ...answers }: CombineRequest): CombinedRows {
  const tensors = combineTargets(plan, answers);
  return { tensors, disagreements: disagreements(plan, answers, tensors) };
}

/** Numbers that the teachers of all its tensors have: what it takes grows with them. */
export function numbersCombined({
  plan,
  teacherLogits,
  rowCount,
  classCount,
}: CombineRequest): number {
  return plan.tensors.length * teacherLogits.length * rowCount * classCount;
}
