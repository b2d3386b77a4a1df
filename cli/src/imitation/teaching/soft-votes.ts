/**
 * A teacher's answers to an input as one row of numbers. Pure.
 *
 * Symbols: N inputs, C classes; s_c is the share of a teacher's answers that name class c, a the share that name none.
 */
import { logProbability } from '@lyceum/learning/arrays';
import type { KeptInput } from '../judging/index.js';

/**
 * log(s_c + a / C), [N, C]. A teacher that does not know, or has not answered, gives all classes the same number,
 * since recorded answers must cover every sample. That makes a mean of several teachers less sure, and favours no
 * class over another.
 */
export function logShares(
  kept: readonly KeptInput[],
  teacher: string,
  classes: readonly string[],
): Float32Array {
  const rows = rowsOf(kept, classes, (input) => {
    const shares = sharesOf(input, teacher, classes);
    const rest = 1 - shares.reduce((sum, share) => sum + share, 0);
    return shares.map((share) => share + Math.max(0, rest) / classes.length);
  });
  return Float32Array.from(rows, logProbability);
}

/** Shares of the teacher's answers by class, [N, C]: several answers to an input weigh as one. */
export function namedShares(
  kept: readonly KeptInput[],
  teacher: string,
  classes: readonly string[],
): Float64Array {
  return rowsOf(kept, classes, (input) => sharesOf(input, teacher, classes));
}

function rowsOf(
  kept: readonly KeptInput[],
  classes: readonly string[],
  row: (input: KeptInput) => number[],
): Float64Array {
  const out = new Float64Array(kept.length * classes.length);
  for (const [n, input] of kept.entries()) out.set(row(input), n * classes.length);
  return out;
}

/** Shares by class; a single answer has the share 1. */
function sharesOf(
  { answers, shares }: KeptInput,
  teacher: string,
  classes: readonly string[],
): number[] {
  const own = shares?.[teacher];
  if (own === undefined) return classes.map((name) => (answers[teacher] === name ? 1 : 0));
  // A class may have the name of an inherited property: `constructor`.
  return classes.map((name) => (Object.hasOwn(own, name) ? (own[name] ?? 0) : 0));
}
