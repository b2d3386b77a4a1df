/** How varied a teacher's answers are. Pure. These figures are shown; no rule drops inputs by them. */
import { type CheckedInput, distinctShare, wordsOf } from '@lyceum/learning/imitation';

export interface ExplanationSummary {
  /** Number of explanations; an input counts once for each different explanation. */
  readonly count: number;
  /** Mean length. */
  readonly characters: number;
  /** distinct-1 and distinct-2: the shares of words and of pairs of words that are different; null: too few words. */
  readonly distinct: readonly [words: number, pairs: number] | null;
}

/** @returns null: the teacher gave no explanation. */
export function explanationsOf(
  teacher: string,
  inputs: readonly CheckedInput[],
): ExplanationSummary | null {
  const texts = inputs.flatMap(({ explanations }) =>
    (explanations?.[teacher] ?? []).map(({ text }) => text),
  );
  if (texts.length === 0) return null;
  const characters = texts.reduce((sum, text) => sum + [...text].length, 0) / texts.length;
  return { count: texts.length, characters, distinct: distinctOf(texts) };
}

/** Distinct-1 and distinct-2 of some texts. */
export function distinctOf(texts: readonly string[]): readonly [number, number] | null {
  const words = texts.map(wordsOf);
  const [ones, pairs] = [distinctShare(words, 1), distinctShare(words, 2)];
  return ones === undefined || pairs === undefined ? null : [ones, pairs];
}

/**
 * The share of answers with the teacher's most frequent class, averaged over the inputs for which it names a class.
 * Null: the teacher gives one answer per input.
 */
export function selfConsistencyOf(teacher: string, inputs: readonly CheckedInput[]): number | null {
  const most = inputs.flatMap(({ shares }) => {
    const greatest = Math.max(0, ...Object.values(shares?.[teacher] ?? {}));
    return greatest > 0 ? [greatest] : [];
  });
  return most.length === 0 ? null : most.reduce((sum, own) => sum + own, 0) / most.length;
}

/**
 * Entropy of the classes, in bits.
 *
 * @param counts - number of members of each class.
 * @returns null: all counts are 0.
 */
export function entropyOf(counts: readonly number[]): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  return counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / all) * Math.log2(count / all)),
    0,
  );
}
