/** The confidence interval of a share that was measured on some samples. */

interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The standard normal distribution's 97.5 % quantile. */
const Z = 1.959963984540054;

/**
 * The 95 % score interval of a share p̂ of n samples: (p̂ + z²/2n ± z·√(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)
 * (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927, p. 209).
 * Unlike p̂ ± z·σ it stays within [0, 1], and has a width above 0 for shares of 0 or 1.
 *
 * @param count - n; for 0 samples the interval is [0, 1].
 */
export function wilsonInterval(share: number, count: number): Interval {
  if (count <= 0) return { low: 0, high: 1 };
  const z2 = Z * Z;
  const middle = share + z2 / (2 * count);
  const reach = Z * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count));
  const whole = 1 + z2 / count;
  return {
    low: Math.max(0, (middle - reach) / whole),
    high: Math.min(1, (middle + reach) / whole),
  };
}
