/**
 * Mixup that teachers and student compute on their own: of a seed, one share λ; of a batch, a partner for each row.
 *
 *     x ← λ x + (1 − λ) x_partner,   λ = max(u, 1 − u), u uniform in [0, 1)
 *
 * One λ for a batch, the partner the row before; Beyer et al. 2022 (FunMatch), §3, https://arxiv.org/abs/2106.05237.
 * In pairs instead, both rows have one seed, the exclusive or of their own; Wu et al. 2022 (TinyViT),
 * https://arxiv.org/abs/2207.10666. Labels are not mixed: the teachers see the mixed sample.
 */
import { mulberry32 } from './hashing.js';

/** λ of a seed, in [½, 1]: a row is mostly itself. */
export function mixupShare(seed: number): number {
  const u = mulberry32(seed, 0);
  return Math.max(u, 1 - u);
}

/** The seed that two rows of a pair share, unsigned; the same in either order. */
export function pairSeed(a: number, b: number): number {
  return (a ^ b) >>> 0;
}

/** The row that row `index` of a batch is mixed with: the one before it, and the last one for the first. */
export function mixupPartner(index: number, batchSize: number): number {
  return (index + batchSize - 1) % batchSize;
}

/** `out` ← λ `own` + (1 − λ) `partner`, of one length. */
export function mix(
  own: ArrayLike<number>,
  partner: ArrayLike<number>,
  share: number,
  out: Float32Array | Float64Array,
): void {
  for (let i = 0; i < own.length; i++) {
    out[i] = share * (own[i] as number) + (1 - share) * (partner[i] as number);
  }
}
