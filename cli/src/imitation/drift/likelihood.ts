/**
 * How much better two shares fit two groups of yes and no than one common share does. Pure.
 *
 * Symbols: a group has n members, of which s are yes. l(s, n) = s ln(s/n) + (n − s) ln(1 − s/n);
 * Λ = l(s₁, n₁) + l(s₂, n₂) − l(s₁ + s₂, n₁ + n₂).
 */

export interface Count {
  readonly part: number;
  readonly whole: number;
}

/** @returns Λ; above 5.4 by chance once in 1,000 (half of χ² with one degree of freedom, Wilks 1938). */
export function likelihoodRatio(a: Count, b: Count): number {
  const all = { part: a.part + b.part, whole: a.whole + b.whole };
  return likelihood(a) + likelihood(b) - likelihood(all);
}

function likelihood({ part, whole }: Count): number {
  const term = (own: number) => (own === 0 ? 0 : own * Math.log(own / whole));
  return term(part) + term(whole - part);
}
