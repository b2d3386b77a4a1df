/**
 * How much better two shares describe two groups of yes and no than one share does. Pure.
 *
 * Symbols: n of a group, s yes among them. l(s, n) = s ln(s/n) + (n − s) ln(1 − s/n); Λ = l₁ + l₂ − l of both together.
 */

export interface Count {
  readonly part: number;
  readonly whole: number;
}

/** Λ; by chance above 5.4 once in a thousand (half of χ² with one degree of freedom, Wilks 1938). */
export function likelihoodRatio(a: Count, b: Count): number {
  const all = { part: a.part + b.part, whole: a.whole + b.whole };
  return likelihood(a) + likelihood(b) - likelihood(all);
}

function likelihood({ part, whole }: Count): number {
  const term = (own: number) => (own === 0 ? 0 : own * Math.log(own / whole));
  return term(part) + term(whole - part);
}
