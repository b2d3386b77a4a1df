/**
 * Teachers' weights from the gradients that each would give the student: the mixture of least length, so that the step
 * helps every teacher's loss as far as teachers agree. All is tensors, so that a step can be recorded as a graph: no
 * number is read back, no branch depends on one.
 *
 *     least ‖Σₖ αₖ gₖ‖²  with  Σα = 1, 0 ≤ αₖ ≤ max(C, 1/K)
 *
 * Du et al. 2020 (AE-KD), §3.2, https://proceedings.neurips.cc/paper/2020/hash/91c77393975889bd08f301c9e13a44b7-Abstract.html
 * C = 1 is multiple-gradient descent (Désidéri 2012); C ≤ 1/K gives equal weights.
 *
 * The solution has each α at 0, at C or between. For few teachers all 3^K patterns are solved at once, each a small
 * linear system, and the one that violates the conditions of Karush, Kuhn and Tucker least is taken. Comparing the
 * patterns' lengths instead would fail in float32: lengths differ only by squares of the weights' differences.
 *
 * Symbols: K teachers, gₖ the gradient of teacher k's loss, C `bound`, G [K, K] the gradients' products, P patterns, λ
 * multiplier of Σ α = 1.
 */
import { LyceumError } from '@lyceum/proto';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { AEKD_MAX_TEACHERS } from '../../ensemble/rules/index.js';
import type { Tf } from '../../tensorflow/engine/index.js';

/** Added to G's diagonal, as a share of it: teachers that agree leave G singular. */
const RIDGE = 1e-7;

/** Violation of a pattern whose system has no solution. */
const UNSOLVABLE = 1e9;

/**
 * α [K], of sum 1, within 1e-4 unless the gradients nearly agree. To tfjs it is no constant: compute it outside of the
 * function that is differentiated.
 *
 * @param gradients - [K, D].
 * @throws {LyceumError} INVALID_ARGUMENT for no teacher or more than {@link AEKD_MAX_TEACHERS}.
 */
export function minNormWeights(tf: Tf, gradients: Tensor2D, bound: number): Tensor1D {
  const [teacherCount] = gradients.shape;
  if (teacherCount < 1 || teacherCount > AEKD_MAX_TEACHERS) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `adaptive weights are for at most ${AEKD_MAX_TEACHERS} teachers, got ${teacherCount}`,
    );
  }
  return tf.tidy(() => boundedWeights(tf, gradients, bound));
}

function boundedWeights(tf: Tf, gradients: Tensor2D, bound: number): Tensor1D {
  const [teacherCount] = gradients.shape;
  // At exactly 1/K too only the uniform weights are left.
  if (teacherCount === 1 || bound * teacherCount <= 1)
    return tf.fill([teacherCount], 1 / teacherCount);
  return leastPoint(tf, gramMatrix(tf, gradients), bound);
}

/** G / (mean of its diagonal): the weights do not depend on the gradients' size. */
function gramMatrix(tf: Tf, gradients: Tensor2D): Tensor2D {
  const gram = tf.matMul(gradients, gradients, false, true);
  const scale = tf.mean(tf.sum(tf.square(gradients), 1));
  return tf.divNoNan(gram, scale);
}

function leastPoint(tf: Tf, gram: Tensor2D, bound: number): Tensor1D {
  const teacherCount = gram.shape[0];
  const patterns = allPatterns(teacherCount, bound);
  const maskOf = (state: State) =>
    tf.tensor2d(patterns.map((pattern) => pattern.map((own) => (own === state ? 1 : 0))));
  const free = maskOf('free');
  const atBound = maskOf('bound');
  const atZero = maskOf('zero');
  const solution = solve(tf, systems(tf, gram, free, atBound, bound));
  const weights = tf.slice(solution, [0, 0], [-1, teacherCount]);
  const multiplier = tf.slice(solution, [0, teacherCount], [-1, 1]);
  // Half of the Lagrangian's slope: 0 where α is free, at least 0 where α is 0, at most 0 where α is at the bound.
  const slope = tf.matMul(weights, gram).add<Tensor2D>(multiplier);
  const outside = tf.maximum(weights.neg(), weights.sub(bound));
  const violations = free.mul(outside).sub(atZero.mul(slope)).add(atBound.mul(slope));
  const worst = tf.max(violations, 1);
  const solvable = tf.where(tf.isFinite(worst), worst, tf.fill(worst.shape, UNSOLVABLE));
  // A sum over patterns, not gather: tfjs would read gather's indices back.
  const chosen = tf.oneHot(tf.argMin(solvable), patterns.length).toFloat();
  const numbers = tf.where(tf.isFinite(weights), weights, tf.zerosLike(weights));
  const bounded = tf.clipByValue(
    tf.sum<Tensor1D>(numbers.mul(chosen.reshape([-1, 1])), 0),
    0,
    bound,
  );
  return bounded.div(tf.sum(bounded));
}

type State = 'zero' | 'free' | 'bound';

/**
 * Patterns in which some weight is free, to make up the rest to 1. A free weight may also end at 0 or at the bound.
 */
function allPatterns(teacherCount: number, bound: number): State[][] {
  let patterns: State[][] = [[]];
  for (let k = 0; k < teacherCount; k++) {
    patterns = patterns.flatMap((pattern) =>
      (['zero', 'free', 'bound'] as const).map((state) => [...pattern, state]),
    );
  }
  return patterns.filter((pattern) => {
    const full = pattern.filter((state) => state === 'bound').length;
    return pattern.includes('free') && full * bound <= 1;
  });
}

/** [P, K + 1, K + 2]: of each pattern G α + λ = 0 where free, α = 0 or the bound elsewhere, Σ α = 1; last the right side. */
function systems(
  tf: Tf,
  gram: Tensor2D,
  free: Tensor2D,
  atBound: Tensor2D,
  bound: number,
): Tensor3D {
  const [count, teacherCount] = free.shape;
  const isFree = free.reshape<Tensor3D>([count, teacherCount, 1]);
  const identity = tf.eye(teacherCount);
  const ridged = gram.add<Tensor2D>(identity.mul(RIDGE));
  const rows = isFree.mul(ridged).add<Tensor3D>(tf.sub(1, isFree).mul(identity));
  const right = atBound.reshape<Tensor3D>([count, teacherCount, 1]).mul<Tensor3D>(bound);
  const sum = [...Array.from({ length: teacherCount }, () => 1), 0, 1];
  const last = tf.tile(tf.tensor3d([[sum]]), [count, 1, 1]) as Tensor3D;
  return tf.concat([tf.concat([rows, isFree, right], 2), last], 1);
}

/** Gauss and Jordan's elimination of all systems [P, N, N + 1] at once, without exchange of rows: G is definite. */
function solve(tf: Tf, matrices: Tensor3D): Tensor2D {
  const [count, size] = matrices.shape;
  let left = matrices;
  for (let i = 0; i < size; i++) {
    const row = tf.slice(left, [0, i, 0], [count, 1, size + 1]);
    const pivot = row.div<Tensor3D>(tf.slice(row, [0, 0, i], [count, 1, 1]));
    const unit = tf.tensor3d([Array.from({ length: size }, (_, k) => [k === i ? 1 : 0])]);
    const others = left.mul<Tensor3D>(tf.sub(1, unit));
    const factors = unit.sub<Tensor>(tf.slice(others, [0, 0, i], [count, size, 1]));
    left = others.add<Tensor3D>(factors.mul(pivot));
  }
  return tf.reshape(tf.slice(left, [0, 0, size], [count, size, 1]), [count, size]);
}
