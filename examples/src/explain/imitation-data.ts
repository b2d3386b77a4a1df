/** The texts that `explain` asks its teachers about, and those that it measures students on. */
import { declarationSentences } from '../declaration-sentences.js';

export interface LabelledText {
  readonly text: string;
  readonly label: string;
  readonly split: 'train' | 'test';
}

/** Names of the languages, by ISO 639-3 code. */
const LANGUAGES: Readonly<Record<string, string>> = {
  eng: 'English',
  fra: 'French',
  deu: 'German',
  ita: 'Italian',
  spa: 'Spanish',
};

/**
 * To train on: the last three words of sentences. For the test, from other articles: the same, and whole sentences.
 */
export async function languageTexts(): Promise<LabelledText[]> {
  const sentences = await declarationSentences(Object.keys(LANGUAGES));
  return sentences.flatMap(({ text, label, split, length }) => {
    if (split === 'train' && length === 'whole') return [];
    const own = { text, label: LANGUAGES[label] ?? label };
    return [{ ...own, split: split === 'train' ? 'train' : 'test' } as const];
  });
}
