/** The table of `languages`: how often each teacher and student is right, on sentences and on last words. Pure. */
import { voteFractions } from '@lyceum/learning/ensemble';
import type { Sentence } from './declaration-sentences.js';
import { mean } from './example.js';
import { aligned, overSeeds, percent } from './tables.js';

/** A text of the test, as the stage `check` has left it. */
export interface AnsweredSentence {
  readonly text: string;
  readonly label: string;
  readonly length: Sentence['length'];
  /** By teacher; null: the teacher does not know. */
  readonly answers: Readonly<Record<string, string | null>>;
  /** The most probable class behind the answers: Dawid & Skene. */
  readonly consensus?: string;
}

/** Students of one way to teach. */
export interface LanguageStudents {
  readonly name: string;
  readonly bytes: number;
  /** [seed][text of the test]: the language that the student says. */
  readonly said: readonly (readonly string[])[];
}

const COLUMNS = ['whole', 'ending'] as const;

/** @param calls - by teacher; the order of its keys is the order of the votes. */
export function languageTable(
  test: readonly AnsweredSentence[],
  classes: readonly string[],
  calls: Readonly<Record<string, number>>,
  students: readonly LanguageStudents[],
): string[] {
  const shares = (said: readonly (string | null | undefined)[]) =>
    COLUMNS.map((length) => rightShare(test, said, length));
  const row = (name: string, said: readonly (string | null | undefined)[], paid: number) => [
    name,
    ...shares(said).map(percent),
    String(paid),
  ];
  const teachers = Object.keys(calls);
  const allCalls = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const votes = test.map(({ answers }) => majority(answers, teachers, classes));
  return aligned([
    ['', 'SENTENCES', 'LAST 3 WORDS', 'CALLS', 'SIZE'],
    ...teachers.map((name) =>
      row(
        `teacher ${name}`,
        test.map(({ answers }) => answers[name]),
        calls[name] ?? 0,
      ),
    ),
    row('majority vote', votes, allCalls),
    row(
      'Dawid–Skene',
      test.map(({ consensus }) => consensus),
      allCalls,
    ),
    ...students.map(({ name, bytes, said }) => {
      const bySeed = said.map(shares);
      const cells = COLUMNS.map((_, k) => overSeeds(bySeed.map((own) => own[k] as number)));
      return [name, ...cells, '0', `${Math.round(bytes / 1000)} kB`];
    }),
  ]);
}

function rightShare(
  test: readonly AnsweredSentence[],
  said: readonly (string | null | undefined)[],
  length: Sentence['length'],
): number {
  const right = test.flatMap((own, n) => (own.length === length ? [said[n] === own.label] : []));
  return mean(right.map(Number));
}

/** As `combine: majority-vote`: if classes have equally many votes, the first of them. */
function majority(
  answers: AnsweredSentence['answers'],
  teachers: readonly string[],
  classes: readonly string[],
): string | undefined {
  const votes = teachers.map((name) => classes.indexOf(answers[name] ?? ''));
  const fractions = voteFractions(votes, classes.length);
  return fractions === null ? undefined : classes[fractions.indexOf(Math.max(...fractions))];
}
