/** The modality of input and explanation: the teachers' explanations, without the names of the classes. Pure. */
import { nameMask } from '@lyceum/learning/imitation';
import type { Imitation } from '@lyceum/learning/specification';
import type { KeptInput } from '../judging/index.js';

/**
 * The text and all distinct explanations, as one text: explanations and input share the buckets of n-grams. Without an
 * explanation it is the text alone.
 */
export function explainedText(
  { text = '', explanations = {} }: KeptInput,
  mask: (text: string) => string,
): string {
  const said = Object.values(explanations).flatMap((own) => own.map((one) => mask(one.text)));
  return [text, ...new Set(said)].join('\n');
}

/** Removes the classes' names, the endpoints' words for the classes, and the words that the document adds. */
export function explanationMask({ spec }: Imitation): (text: string) => string {
  const words = spec.teachers.flatMap(({ endpoint }) =>
    Object.entries(endpoint.classes ?? {}).flatMap(([word, name]) => (name === null ? [] : [word])),
  );
  return nameMask([...spec.classes, ...words, ...(spec.train?.explained?.mask ?? [])]);
}

function isExplained({ explanations = {} }: Pick<KeptInput, 'explanations'>): boolean {
  return Object.values(explanations).some((own) => own.length > 0);
}

/** By split (`all` without splits): the number of inputs, and of inputs with an explanation. */
export function explainedCounts(
  kept: readonly KeptInput[],
): Record<string, { inputs: number; explained: number }> {
  const counts: Record<string, { inputs: number; explained: number }> = {};
  for (const input of kept) {
    const split = input.split ?? 'all';
    const { inputs = 0, explained = 0 } = counts[split] ?? {};
    counts[split] = { inputs: inputs + 1, explained: explained + Number(isExplained(input)) };
  }
  return counts;
}
