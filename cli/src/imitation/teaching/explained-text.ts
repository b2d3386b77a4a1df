/** The modality of input and explanation: what teachers said why, without the names of the classes. Pure. */
import { nameMask } from '@lyceum/learning/imitation';
import type { Imitation } from '@lyceum/learning/specification';
import type { KeptInput } from '../judging/index.js';

/**
 * The text with all explanations below it, each once, as one text: its n-grams share the buckets of the input's. Where
 * nobody explained, it is the text alone.
 */
export function explainedText(
  { text = '', explanations = {} }: KeptInput,
  mask: (text: string) => string,
): string {
  const said = Object.values(explanations).flatMap((own) => own.map((one) => mask(one.text)));
  return [text, ...new Set(said)].join('\n');
}

/** Takes out the classes' names, the words by which endpoints say them, and those that the document adds. */
export function explanationMask({ spec }: Imitation): (text: string) => string {
  const words = spec.teachers.flatMap(({ endpoint }) =>
    Object.entries(endpoint.classes ?? {}).flatMap(([word, name]) => (name === null ? [] : [word])),
  );
  return nameMask([...spec.classes, ...words, ...(spec.train?.explained?.mask ?? [])]);
}

function isExplained({ explanations = {} }: Pick<KeptInput, 'explanations'>): boolean {
  return Object.values(explanations).some((own) => own.length > 0);
}

/** By split, or of all where there are no splits: inputs, and how many of them anybody explained. */
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
