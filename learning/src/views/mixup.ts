/**
 * Mixup that teachers and student compute on their own: each sample has a partner and a share λ in a view.
 *
 *     x ← λ x + (1 − λ) x_partner,   λ = max(u, 1 − u), u uniform in [0, 1)
 *
 * Beyer et al. 2022 (FunMatch), §3, https://arxiv.org/abs/2106.05237, where the partner is the row before in the batch
 * and a batch has one λ. Here the partner comes from a keyed permutation of the sample's split, and u from the
 * exclusive or of the two samples' seeds (as in Wu et al. 2022, TinyViT, https://arxiv.org/abs/2207.10666): a
 * teacher's answer must not depend on the other rows of a batch.
 *
 * Teachers answer the mixed sample: answers are not mixed. The data set's labels are mixed: λ of the sample's own and
 * 1 − λ of its partner's; a missing label counts nothing. Zhang et al. 2018, §1, https://arxiv.org/abs/1710.09412
 */
import { fnv1a32, fnv1a32Decimal, mulberry32 } from '../arrays/index.js';
import type { DatasetSamples } from '../datasets/index.js';
import { chunkOf, keyedPermutation } from '../orders/index.js';
import { type ViewAt, viewFunction } from './views.js';

export interface Mixup {
  /** The sample of the same split that `sample` is mixed with; it may be `sample` itself. */
  partner(sample: number): number;
  /** λ of a sample and its partner, in [½, 1]. */
  share(sample: number, partner: number): number;
}

/** The parts of a set that mixtures depend on. */
type MixedSet = Pick<DatasetSamples, 'sampleCount' | 'splits' | 'chunkEnds'>;

/** Undefined: the view does not mix. */
export function mixupOf(dataset: MixedSet, view: ViewAt): Mixup | undefined {
  const settings = viewFunction(view);
  if (!settings?.mixup) return undefined;
  const key = `${settings.seed}|${view.epoch}|`;
  const prefix = fnv1a32(key);
  return {
    partner: partnerOf(dataset, fnv1a32(`${key}mixup`)),
    share(sample, partner) {
      const [a, b] = [fnv1a32Decimal(sample, prefix), fnv1a32Decimal(partner, prefix)];
      return mixupShare(pairSeed(a, b));
    },
  };
}

/** λ from a seed, in [½, 1]: a mixed sample is mostly the sample itself. */
export function mixupShare(seed: number): number {
  const u = mulberry32(seed, 0);
  return Math.max(u, 1 - u);
}

/** The seed that two samples share, unsigned, whatever their order. */
export function pairSeed(a: number, b: number): number {
  return (a ^ b) >>> 0;
}

/** Finds a sample's partner. In a set in shards the partner is from the sample's own chunk, which is read anyway. */
function partnerOf({ sampleCount, splits, chunkEnds }: MixedSet, seed: number): Mixup['partner'] {
  if (chunkEnds === undefined) {
    const permuted = keyedPermutation(sampleCount, seed, 0);
    return (sample) => {
      let partner = permuted(sample);
      // Repeating the permutation until the partner is in the same split gives a permutation of each split.
      while (splits[partner] !== splits[sample]) partner = permuted(partner);
      return partner;
    };
  }
  const permuted = new Map<number, (row: number) => number>();
  return (sample) => {
    const chunk = chunkOf(chunkEnds, sample);
    const start = chunk === 0 ? 0 : (chunkEnds[chunk - 1] as number);
    const size = (chunkEnds[chunk] as number) - start;
    const rows = permuted.get(chunk) ?? keyedPermutation(size, seed, chunk);
    permuted.set(chunk, rows);
    return start + rows(sample - start);
  };
}
