/**
 * Compares one answer of the chat about each text with several answers about fewer texts: for equally many answers,
 * and for equally many tokens.
 */
import { type ExampleContext, firstSeeds } from '../example.js';
import { addTold, aligned, meanDifference, overSeeds } from '../tables.js';
import type { Collected } from './answers.js';
import {
  answersOf,
  type Draw,
  oneEach,
  type Pool,
  severalEach,
  shareOfEqualTokens,
  tokensOf,
} from './equal-cost.js';
import { CHAT, Lessons, type TaughtLesson } from './lessons.js';
import { alone, withSeed } from './variants.js';

export async function costTable(
  context: ExampleContext,
  folder: string,
  sets: Readonly<Record<string, Collected>>,
): Promise<string[]> {
  const table = [
    [
      'THE CHAT ALONE TEACHES',
      'TEXTS',
      'ANSWERS',
      'TOKENS',
      'ACCURACY',
      'AGAINST ONE ANSWER A TEXT',
    ],
  ];
  for (const [set, { document, texts, test, answers }] of Object.entries(sets)) {
    const own = answers.filter(({ teacher }) => teacher === CHAT);
    const pool: Pool = { document: alone(document, CHAT), texts, answers: own };
    const count = answersOf(pool.document);
    const lessons = new Lessons(context, folder, test);
    const seeds = firstSeeds(context.seeds);
    const drawn = async (arm: string, draw: (seed: number) => Draw): Promise<number[]> => {
      const taught: TaughtLesson[] = [];
      for (const seed of seeds) {
        const { document: asking, ...said } = draw(seed);
        const lesson = { name: `${set}-${arm}-${seed}`, document: withSeed(asking, seed) };
        const { kept } = await lessons.check(lesson, said.texts, said.answers);
        taught.push({ ...lesson, kept });
      }
      return lessons.once(taught);
    };
    const row = (title: string, own: Draw, shares: readonly number[], difference: string) => {
      const counts = [own.texts.length, own.answers.length, tokensOf(own.answers)].map(String);
      addTold(table, [`${set}: ${title}`, ...counts, overSeeds(shares), difference]);
    };
    const one = await drawn('one', (seed) => oneEach(pool, seed));
    row('1 answer a text', oneEach(pool, 1), one, '');
    for (const [arm, title, share] of [
      ['answers', `${count} answers a text, same total`, 1 / count],
      ['tokens', `${count} answers a text, same tokens`, shareOfEqualTokens(pool)],
    ] as const) {
      const several = await drawn(arm, (seed) => severalEach(pool, seed, share));
      row(title, severalEach(pool, 1, share), several, against(several, one));
    }
    const lesson = { name: `${set}-whole`, document: pool.document };
    const { kept } = await lessons.check(lesson, texts, own);
    const whole = await lessons.overSeeds({ ...lesson, kept }, seeds);
    row(`${count} answers about each text`, pool, whole, against(whole, one));
  }
  return aligned(table);
}

function against(shares: readonly number[], reference: readonly number[]): string {
  return meanDifference(shares.map((own, k) => 100 * (own - (reference[k] as number))));
}
