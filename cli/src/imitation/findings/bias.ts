/**
 * Finds classes that a teacher names more or less often than the consensus of the same inputs does. Pure.
 *
 * Symbols, for a class: on b inputs only the teacher names it, on c inputs only the consensus is this class. Without a
 * bias both are equally probable. Λ = b ln(2b/(b + c)) + c ln(2c/(b + c)); a bias is Λ > {@link BIAS_LIKELIHOOD}.
 *
 * @see McNemar 1947, which tests b against c
 */
import type { CheckedInput } from '@lyceum/learning/imitation';
import { countsOf } from '../drift/index.js';

/** Exceeded by chance once in 1,000. */
const BIAS_LIKELIHOOD = 5.4;

export interface ClassBias {
  readonly class: string;
  /** How often the teacher names the class, among inputs with both its answer and a consensus. */
  readonly named: number;
  /** How often the class is the consensus, among the same inputs. */
  readonly consensus: number;
  /** Share of `named` minus share of `consensus`. */
  readonly difference: number;
}

/** @returns classes that differ beyond chance, the greatest difference first. */
export function biasOf(
  teacher: string,
  classes: readonly string[],
  inputs: readonly CheckedInput[],
): ClassBias[] {
  const both = inputs.flatMap(({ answers, consensus }) => {
    const own = answers[teacher] ?? undefined;
    return own === undefined || consensus === undefined ? [] : [{ own, consensus }];
  });
  const apart = both.filter(({ own, consensus }) => own !== consensus);
  const alone = countsOf(apart.map(({ own }) => own));
  const without = countsOf(apart.map(({ consensus }) => consensus));
  const named = countsOf(both.map(({ own }) => own));
  const agreed = countsOf(both.map(({ consensus }) => consensus));
  return classes
    .map((name) => {
      const [own, all] = [named.get(name) ?? 0, agreed.get(name) ?? 0];
      return { class: name, named: own, consensus: all, difference: (own - all) / both.length };
    })
    .filter(({ class: name }) => isBias(alone.get(name) ?? 0, without.get(name) ?? 0))
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
}

function isBias(b: number, c: number): boolean {
  const term = (own: number) => (own === 0 ? 0 : own * Math.log((2 * own) / (b + c)));
  return term(b) + term(c) > BIAS_LIKELIHOOD;
}
