/** What teachers of `explain` are asked about, and what they are measured on. */
import { declarationSentences } from '../declaration-sentences.js';

export interface LabelledText {
  readonly text: string;
  readonly label: string;
  readonly split: 'train' | 'test';
}

/** By ISO 639-3. */
const LANGUAGES: Readonly<Record<string, string>> = {
  eng: 'English',
  fra: 'French',
  deu: 'German',
  ita: 'Italian',
  spa: 'Spanish',
};

/** The last three words of sentences to train on; for the test whole sentences of other articles too. */
export async function languageTexts(): Promise<LabelledText[]> {
  const sentences = await declarationSentences(Object.keys(LANGUAGES));
  return sentences.flatMap(({ text, label, split, length }) => {
    if (split === 'train' && length === 'whole') return [];
    const own = { text, label: LANGUAGES[label] ?? label };
    return [{ ...own, split: split === 'train' ? 'train' : 'test' } as const];
  });
}
