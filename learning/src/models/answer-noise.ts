/** How far a sound model's answers to equal questions are apart: by the precision that it computes in. Pure. */

const PRECISIONS = ['float32', 'tf32', 'float16', 'bfloat16'] as const;
export type Precision = (typeof PRECISIONS)[number];

/**
 * Differences of answers, as a share of the greatest logit (at least 1). The answers of one model differ by the order
 * of its sums: servers batch as they like, and other kernels compute other batches.
 *
 * | precision | measured or derived | here |
 * | --- | --- | --- |
 * | float32 | 1.5e-5 at most, of one row in batches of 1 to 64 (Triton 2.51, KServe 0.21, MLServer 1.7) | 6 times that |
 * | tf32 | factors have 11 bits, an error of 2^-11 = 4.9e-4 each (NVIDIA A100 whitepaper, 2020) | 8 times that |
 * | float16 | 11 bits: 2^-11 = 4.9e-4 (IEEE 754-2019, binary16) | 8 times that |
 * | bfloat16 | 8 bits: 2^-8 = 3.9e-3 (Intel, BFLOAT16 numerics definition, 2018) | 8 times that |
 *
 * A bias that was moved by 0.2 among logits of 20 is 1e-2.
 */
export const ANSWER_NOISE: Readonly<Record<Precision, number>> = {
  float32: 1e-4,
  tf32: 4e-3,
  float16: 4e-3,
  bfloat16: 3.2e-2,
};

/**
 * The precision of a model whose output has this datatype of the Open Inference Protocol, unless its description tells
 * it.
 */
export function precisionOfDatatype(datatype: string): Precision {
  if (datatype === 'FP16') return 'float16';
  return datatype === 'BF16' ? 'bfloat16' : 'float32';
}
