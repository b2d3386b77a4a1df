/**
 * Turns the teachers' answers into the tensors of a target plan. Pure, in ensemble order, in float64 until the end: a
 * target's bits depend on the answers alone.
 *
 * A teacher that has not answered is left out; the others' weights are rescaled.
 *
 * Symbols: N rows, C classes, K teachers of a tensor.
 */
import { elementCount, LyceumError } from '@lyceum/proto';
import { argmaxRows, greatestClasses, type Values } from '../arrays/index.js';
import { combined } from './combination.js';
import type { Combination, CombinationFit, Combined } from './rules/index.js';
import { type TargetPlan, type TargetTensor, targetRowShape } from './target-plan.js';
import { calibrate } from './teachers/index.js';

export interface TeacherAnswers {
  /**
   * [N, C] a teacher, in ensemble order, −∞ where it does not know the class; undefined: it has not answered. Final
   * answers are in the form of {@link certainLogits}.
   */
  readonly teacherLogits: readonly (Values | undefined)[];
  readonly rowCount: number;
  readonly classCount: number;
  /** [N], where the rule needs them. */
  readonly labels?: Int32Array | undefined;
  /** In ensemble order, where the rule has been fitted. */
  readonly fit?: CombinationFit | undefined;
}

/**
 * One [N, …row] for each of the plan's tensors, in its order.
 *
 * @throws {LyceumError} as `combined` does; INVALID_ARGUMENT if none of a tensor's teachers has answered.
 */
export function combineTargets(
  plan: TargetPlan,
  answers: TeacherAnswers,
): Float32Array<ArrayBuffer>[] {
  const pools = new Map<string, Combined>();
  const poolOf = ({ teachers }: TargetTensor): Combined => {
    const key = teachers.join();
    const known = pools.get(key) ?? poolOfTeachers(plan, teachers, answers);
    pools.set(key, known);
    return known;
  };
  return plan.tensors.map((tensor) => {
    const { rowCount, classCount } = answers;
    const rowSize = elementCount(targetRowShape(tensor, classCount));
    const out = new Float32Array(rowCount * rowSize);
    switch (tensor.kind) {
      case 'pooled': {
        const pool = tensor.standardized ? poolOf(tensor).standardized?.() : poolOf(tensor);
        supported(pool, plan.combination, 'standardised logits').probabilities(
          tensor.temperature,
          out,
        );
        break;
      }
      case 'mean-logits':
        supported(poolOf(tensor).meanLogits, plan.combination, 'mean logits')(out);
        break;
      case 'top-k':
        writeTopK(poolOf(tensor), tensor.count, answers, out);
        break;
      case 'logits':
        writeLogits(tensor, plan.combination, answers, out);
        break;
      case 'votes':
        writeVotes(tensor, answers, out);
        break;
    }
    return out;
  });
}

/**
 * Final answers as logits: 0 of the class and −∞ of all others, so that its probability is 1 at any temperature. A row
 * without an answer is −∞ throughout.
 *
 * @param classes - [N]; −1: no answer.
 * @param out - [N, C].
 */
export function certainLogits(classes: ArrayLike<number>, classCount: number, out: Values): void {
  out.fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < classes.length; row++) {
    const own = classes[row] as number;
    if (own >= 0) out[row * classCount + own] = 0;
  }
}

function poolOfTeachers(
  { combination, teacherWeights, knownClasses }: TargetPlan,
  teachers: readonly number[],
  { teacherLogits, rowCount, classCount, labels, fit = {} }: TeacherAnswers,
): Combined {
  const there = teachers.filter((k) => teacherLogits[k] !== undefined);
  const own = {
    teacherLogits: there.map((k) => teacherLogits[k] as Values),
    teacherWeights: there.map((k) => teacherWeights[k] as number),
    rowCount,
    classCount,
    ...(labels !== undefined && { labels }),
    ...(knownClasses !== undefined && { knownClasses: there.map((k) => knownClasses[k]) }),
  };
  return combined(combination, own, fitOf(fit, there));
}

/** The fit of some of the teachers. */
export function fitOf(fit: CombinationFit, teachers: readonly number[]): CombinationFit {
  const chosen = <T>(values: readonly T[] | undefined) =>
    values && teachers.map((k) => values[k] as T);
  return {
    ...fit,
    temperatures: chosen(fit.temperatures),
    weights: chosen(fit.weights),
    classWeights: chosen(fit.classWeights),
    confusions: chosen(fit.confusions),
  };
}

function supported<T>(part: T | undefined, { combine }: Combination, what: string): T {
  if (part !== undefined) return part;
  throw new LyceumError('INVALID_ARGUMENT', `${combine} has no ${what}`);
}

/** The most probable classes first, of equal ones the lower class first. */
function writeTopK(
  pool: Combined,
  count: number,
  { rowCount, classCount }: TeacherAnswers,
  out: Float32Array,
): void {
  const probabilities = new Float64Array(rowCount * classCount);
  pool.probabilities(1, probabilities);
  for (let row = 0; row < rowCount; row++) {
    const own = probabilities.subarray(row * classCount, (row + 1) * classCount);
    const ids = greatestClasses(own, count);
    for (let i = 0; i < count; i++) {
      const id = ids[i] as number;
      out[row * 2 * count + i] = id;
      out[row * 2 * count + count + i] = own[id] as number;
    }
  }
}

function writeLogits(
  { teachers }: TargetTensor,
  combination: Combination,
  { teacherLogits, rowCount, classCount, fit }: TeacherAnswers,
  out: Float32Array,
): void {
  for (const [position, k] of teachers.entries()) {
    const own = supported(teacherLogits[k], combination, `logits of teacher ${k}, and wants all`);
    const temperature = combination.calibrate === true ? (fit?.temperatures?.[k] ?? Number.NaN) : 1;
    const logits = temperature === 1 ? own : calibrate(own, temperature);
    for (let row = 0; row < rowCount; row++) {
      const values = logits.subarray(row * classCount, (row + 1) * classCount);
      out.set(values, (row * teachers.length + position) * classCount);
    }
  }
}

function writeVotes(
  { teachers }: TargetTensor,
  { teacherLogits, rowCount, classCount }: TeacherAnswers,
  out: Float32Array,
): void {
  out.fill(-1);
  for (const [position, k] of teachers.entries()) {
    const own = teacherLogits[k];
    if (own === undefined) continue;
    const votes = argmaxRows(own, rowCount, classCount);
    for (const [row, vote] of votes.entries()) out[row * teachers.length + position] = vote;
  }
}
