/**
 * Teachers' weights from their gradients in agreement with one another (AE-KD), as tensors, so that a step which
 * uses them can be recorded as a graph: no number is read back, no branch depends on one.
 *
 *     min ‖Σ_k α_k g_k‖²   over Σ α = 1, 0 ≤ α ≤ cap        g_k = τ Σ_b (q_b − p_bk) / B, [C]
 *
 * The least point has each α at 0, at the cap or between. For few teachers all 3^K patterns are solved at once, each
 * a small linear system, and the one that violates the conditions of Karush, Kuhn and Tucker least is taken. It is
 * told by those and not by its value: values differ by squares of what weights differ by, and float32 drowns those.
 *
 * Symbols: K teachers, G [K, K] the gradients' products, P patterns, λ multiplier of Σ α = 1.
 */
import { LyceumError } from '@lyceum/proto';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { Tf } from '../tensorflow/engine.js';

/** 3^8 patterns of 8 teachers are 6561 systems of 9 unknowns. */
export const MAX_ADAPTIVE_TEACHERS = 8;

/** Added to G's diagonal, as a share of it: teachers that agree leave G singular. */
const RIDGE = 1e-7;

/** Violation of a pattern whose system has no solution. */
const UNSOLVABLE = 1e9;

/**
 * α [K]; no gradient goes through it.
 *
 * @param logits - z, [B, C].
 * @param teacherLogits - [K, B, C].
 * @param cap - greatest α, the paper's C, 0.6; below 1/K all weigh 1/K, 1 is the multiple-gradient descent of MGDA.
 * @throws {LyceumError} INVALID_ARGUMENT above {@link MAX_ADAPTIVE_TEACHERS} teachers.
 * @see Du et al. 2020, §3.2, https://proceedings.neurips.cc/paper/2020/hash/91c77393975889bd08f301c9e13a44b7-Abstract.html
 */
export function adaptiveWeights(
  tf: Tf,
  logits: Tensor2D,
  teacherLogits: Tensor3D,
  temperature: number,
  cap: number,
): Tensor1D {
  const [teacherCount] = teacherLogits.shape;
  if (teacherCount > MAX_ADAPTIVE_TEACHERS) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `adaptive weights are for at most ${MAX_ADAPTIVE_TEACHERS} teachers, got ${teacherCount}`,
    );
  }
  // At exactly 1/K too only the uniform weights are left.
  if (teacherCount === 1 || cap * teacherCount <= 1)
    return tf.fill([teacherCount], 1 / teacherCount);
  // What is computed inside has no gradient of its own, so weights are constants to whoever differentiates.
  const constant = tf.customGrad((z) => {
    const input = z as Tensor2D;
    return {
      value: leastPoint(tf, gramMatrix(tf, input, teacherLogits, temperature), cap),
      gradFunc: () => tf.zerosLike(input),
    };
  });
  return tf.tidy(() => constant(logits) as Tensor1D);
}

/** G / (mean of its diagonal): the minimum does not depend on the gradients' size. */
function gramMatrix(tf: Tf, logits: Tensor2D, teachers: Tensor3D, temperature: number): Tensor2D {
  const q = tf.softmax(logits.div<Tensor2D>(temperature));
  const p = tf.softmax(teachers.div<Tensor3D>(temperature));
  const gradients = tf.sum<Tensor2D>(q.sub(p), 1);
  const gram = tf.matMul(gradients, gradients, false, true);
  const scale = tf.mean(tf.sum(tf.square(gradients), 1));
  return tf.divNoNan(gram, scale);
}

function leastPoint(tf: Tf, gram: Tensor2D, cap: number): Tensor1D {
  const teacherCount = gram.shape[0];
  const patterns = allPatterns(teacherCount, cap);
  const maskOf = (state: State) =>
    tf.tensor2d(patterns.map((pattern) => pattern.map((own) => (own === state ? 1 : 0))));
  const free = maskOf('free');
  const atCap = maskOf('cap');
  const atZero = maskOf('zero');
  const solution = solve(tf, systems(tf, gram, free, atCap, cap));
  const weights = tf.slice(solution, [0, 0], [-1, teacherCount]);
  const multiplier = tf.slice(solution, [0, teacherCount], [-1, 1]);
  // Half of the Lagrangian's slope: 0 where free, at 0 not below, at the cap not above.
  const slope = tf.matMul(weights, gram).add<Tensor2D>(multiplier);
  const outside = tf.maximum(weights.neg(), weights.sub(cap));
  const violations = free.mul(outside).sub(atZero.mul(slope)).add(atCap.mul(slope));
  const worst = tf.max(violations, 1);
  const solvable = tf.where(tf.isFinite(worst), worst, tf.fill(worst.shape, UNSOLVABLE));
  // A sum over patterns, not gather: tfjs reads its indices back.
  const chosen = tf.oneHot(tf.argMin(solvable), patterns.length).toFloat();
  const numbers = tf.where(tf.isFinite(weights), weights, tf.zerosLike(weights));
  const bounded = tf.clipByValue(tf.sum<Tensor1D>(numbers.mul(chosen.reshape([-1, 1])), 0), 0, cap);
  return bounded.div(tf.sum(bounded));
}

type State = 'zero' | 'free' | 'cap';

/** Those with a free weight, which can make up what is left to 1. One that is full needs none besides. */
function allPatterns(teacherCount: number, cap: number): State[][] {
  let patterns: State[][] = [[]];
  for (let k = 0; k < teacherCount; k++) {
    patterns = patterns.flatMap((pattern) =>
      (['zero', 'free', 'cap'] as const).map((state) => [...pattern, state]),
    );
  }
  return patterns.filter((pattern) => {
    const full = pattern.filter((state) => state === 'cap').length;
    return pattern.includes('free') && full * cap <= 1;
  });
}

/** [P, K + 1, K + 2]: of each pattern G α + λ = 0 where free, α = 0 or the cap elsewhere, Σ α = 1; last the right side. */
function systems(tf: Tf, gram: Tensor2D, free: Tensor2D, atCap: Tensor2D, cap: number): Tensor3D {
  const [count, teacherCount] = free.shape;
  const isFree = free.reshape<Tensor3D>([count, teacherCount, 1]);
  const identity = tf.eye(teacherCount);
  const ridged = gram.add<Tensor2D>(identity.mul(RIDGE));
  const rows = isFree.mul(ridged).add<Tensor3D>(tf.sub(1, isFree).mul(identity));
  const right = atCap.reshape<Tensor3D>([count, teacherCount, 1]).mul<Tensor3D>(cap);
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
