/**
 * Where a teacher names another class than the target that it is combined into. Pure.
 *
 * Symbols: N rows, K teachers of the run.
 */
import { elementCount } from '@lyceum/proto';
import { argmaxRows } from '../arrays/index.js';
import type { TeacherAnswers } from './combine-targets.js';
import { type TargetPlan, type TargetTensor, targetRowShape } from './target-plan.js';

/**
 * [K, N] in ensemble order: 1 where a teacher's largest output is another class than the target's, 0 where it is the
 * same one, −1 where there is nothing to compare: no answer, or a teacher whose answers no term combines.
 *
 * The target is the first of the plan's tensors that the teacher is combined into. In a tensor of votes it is the
 * class with most votes by the teachers' weights, of equal ones the first, as in the term itself.
 *
 * @param targets - as `combineTargets` gives them.
 */
export function disagreements(
  plan: TargetPlan,
  { teacherLogits, rowCount, classCount }: TeacherAnswers,
  targets: readonly Float32Array[],
): Int8Array<ArrayBuffer> {
  const out = new Int8Array(teacherLogits.length * rowCount).fill(-1);
  const known = new Map<number, Int32Array>();
  for (const [teacher, logits] of teacherLogits.entries()) {
    const index = plan.tensors.findIndex(
      ({ kind, teachers }) => kind !== 'logits' && teachers.includes(teacher),
    );
    const tensor = plan.tensors[index];
    if (logits === undefined || tensor === undefined) continue;
    const combined =
      known.get(index) ?? targetClasses(plan, tensor, targets[index] as Float32Array, classCount);
    known.set(index, combined);
    const own = argmaxRows(logits, rowCount, classCount);
    for (let row = 0; row < rowCount; row++) {
      if (own[row] === -1 || combined[row] === -1) continue;
      out[teacher * rowCount + row] = own[row] === combined[row] ? 0 : 1;
    }
  }
  return out;
}

/** [N]; −1: none. */
function targetClasses(
  { teacherWeights }: TargetPlan,
  tensor: TargetTensor,
  target: Float32Array,
  classCount: number,
): Int32Array {
  const rowSize = elementCount(targetRowShape(tensor, classCount));
  const rowCount = target.length / rowSize;
  if (tensor.kind === 'top-k') {
    return Int32Array.from({ length: rowCount }, (_, row) => target[row * rowSize] as number);
  }
  if (tensor.kind !== 'votes') return argmaxRows(target, rowCount, classCount);
  const weights = tensor.teachers.map((k) => teacherWeights[k] as number);
  const counts = new Float64Array(classCount);
  return Int32Array.from({ length: rowCount }, (_, row) => {
    const votes = target.subarray(row * rowSize, (row + 1) * rowSize);
    counts.fill(0);
    for (const [position, vote] of votes.entries()) {
      if (vote >= 0) counts[vote] = (counts[vote] as number) + (weights[position] as number);
    }
    const most = votes.reduce((best, vote) => Math.max(best, counts[vote] ?? 0), 0);
    return most === 0 ? -1 : counts.indexOf(most);
  });
}
