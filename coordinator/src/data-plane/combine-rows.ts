/** Combines teachers' stored answers into targets. Pure: the bits do not depend on the thread. */
import {
  combineTargets,
  disagreements,
  type TargetPlan,
  type TeacherAnswers,
} from '@lyceum/learning/ensemble';
import { logitsOf, type StoredLogits } from './stored-logits.js';

export interface CombineRequest extends Omit<TeacherAnswers, 'teacherLogits'> {
  readonly plan: TargetPlan;
  /** In ensemble order; undefined: the teacher has not answered. */
  readonly teachers: readonly (StoredLogits | undefined)[];
}

export interface CombinedRows {
  /** One [rowCount, …] for each tensor of the plan, in its order. */
  readonly tensors: readonly Float32Array<ArrayBuffer>[];
  /** [teachers, rowCount], as `disagreements` gives them. */
  readonly disagreements: Int8Array<ArrayBuffer>;
}

/** @throws {LyceumError} as `combineTargets` does. */
export function combineRows({ plan, teachers, ...rows }: CombineRequest): CombinedRows {
  const { rowCount, classCount } = rows;
  const teacherLogits = teachers.map(
    (stored, k) => stored && logitsOf(stored, classCount, scratch(k, rowCount * classCount)),
  );
  const answers = { ...rows, teacherLogits };
  const tensors = combineTargets(plan, answers);
  return { tensors, disagreements: disagreements(plan, answers, tensors) };
}

/** How many numbers of teachers go into a combination, each tensor counted: the time that it takes grows with them. */
export function numbersCombined({ plan, teachers, rowCount, classCount }: CombineRequest): number {
  return plan.tensors.length * teachers.length * rowCount * classCount;
}

/** Scratch memory of this thread, one a teacher, for logits that are needed until they are combined. */
const buffers: Float32Array[] = [];

function scratch(teacher: number, length: number): Float32Array {
  const kept = buffers[teacher];
  const buffer = kept !== undefined && kept.length >= length ? kept : new Float32Array(length);
  buffers[teacher] = buffer;
  return buffer.subarray(0, length);
}
