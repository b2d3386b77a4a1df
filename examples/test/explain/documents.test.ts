/** Variants of the example's documents, and draws from a pool of 30 texts with three answers each. */
import { readFileSync } from 'node:fs';
import { type Imitation, parseImitation } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import { specificationFile } from '../../src/example.js';
import { oneEach, severalEach, shareOfEqualTokens } from '../../src/explain/equal-cost.js';
import type { LabelledText } from '../../src/explain/imitation-data.js';
import type { AnswerLine } from '../../src/explain/lessons.js';
import { passagesOf } from '../../src/explain/passages.js';
import { alone, variantsOf } from '../../src/explain/variants.js';

const languages = parseImitation(
  readFileSync(specificationFile('explain', 'languages'), 'utf8'),
  'languages',
);
const rulesOf = ({ spec }: Imitation) => spec.check.rules.map(({ rule }) => rule);

it('variantsOf takes each rule alone, all rules but one, and all teachers but one', () => {
  const variants = variantsOf(languages);
  const all = rulesOf(languages);
  expect(variants.map(({ document }) => rulesOf(document))).toEqual([
    [],
    ...all.map((rule) => [rule]),
    all,
    ...all.map((rule) => all.filter((own) => own !== rule)),
    [],
    [],
    [],
    [],
  ]);
  expect(variants.slice(-4).map(({ title }) => title)).toEqual([
    'no rule, taught by Dawid–Skene',
    'no rule, without franc',
    'no rule, without tinyld',
    'no rule, without smollm2',
  ]);
  expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
  for (const { name, document } of variants) {
    // Each variant is a valid document.
    parseImitation(JSON.stringify(document), name);
  }
});

const TEXTS: LabelledText[] = Array.from({ length: 30 }, (_, k) => {
  return { text: `text ${k}`, label: 'English', split: 'train' };
});
const ANSWERS: AnswerLine[] = TEXTS.flatMap(({ text }, k) =>
  [0, 1, 2].map((answer) => {
    const id = (k * 0x1234567).toString(16).padStart(8, '0');
    const usage = { inputTokens: 4, outputTokens: 5 };
    return { teacher: 'smollm2', id, text, answer, class: `said ${k}.${answer}`, usage };
  }),
);
const POOL = { document: alone(languages, 'smollm2'), texts: TEXTS, answers: ANSWERS };

it('oneEach draws one answer of each text, another one by another seed', () => {
  const drawn = oneEach(POOL, 1);
  expect(drawn.document.spec.teachers.map(({ ask }) => ask.answers)).toEqual([1]);
  expect(drawn.answers.map(({ text, answer, usage }) => [text, answer, usage])).toEqual(
    TEXTS.map(({ text }) => [text, 0, { inputTokens: 12, outputTokens: 5 }]),
  );
  const said = (seed: number) => oneEach(POOL, seed).answers.map((line) => line.class);
  expect(said(1)).toEqual(said(1));
  expect(said(2)).not.toEqual(said(1));
  // Of each text's three answers each is drawn by some seed.
  const seen = new Set(Array.from({ length: 40 }, (_, seed) => said(seed)).flat());
  expect(seen.size).toBe(90);
});

it('severalEach draws all answers of a third of the texts, and triples the epochs', () => {
  const drawn = severalEach(POOL, 1, 1 / 3);
  expect(drawn.texts.length).toBe(10);
  expect(drawn.answers.length).toBe(30);
  expect(new Set(drawn.answers.map(({ text }) => text))).toEqual(
    new Set(drawn.texts.map(({ text }) => text)),
  );
  const epochs = ({ spec }: Imitation) =>
    (spec.train?.run['training'] as { readonly epochs: number } | undefined)?.epochs ?? 0;
  expect(epochs(drawn.document)).toBe(3 * epochs(languages));
  expect(severalEach(POOL, 2, 1 / 3).texts).not.toEqual(drawn.texts);
});

it('shareOfEqualTokens is the share of texts whose answers all cost as much as one of every text', () => {
  // One answer pays a prompt of 12 tokens and 5 of its own, three answers of one call 12 and 15.
  expect(shareOfEqualTokens(POOL)).toBeCloseTo(17 / 27);
});

it('passagesOf cuts speeches into passages of two eras, every other speech for the test', () => {
  const long = (word: string) => `${`${word} `.repeat(20).trim()} indeed, and so on and on.`;
  const speeches = [1790, 1800, 1900, 1970, 1980].map((year) => ({
    year,
    text: `Short. ${long(`w${year}`)}  ${long(`v${year}`)}`,
  }));
  const cut = passagesOf(speeches).map(({ label, split, text }) => [
    label,
    split,
    text.slice(0, 5),
  ]);
  expect(cut).toEqual([
    ['1790-1860', 'train', 'w1790'],
    ['1790-1860', 'train', 'v1790'],
    ['1790-1860', 'test', 'w1800'],
    ['1790-1860', 'test', 'v1800'],
    ['1960-2016', 'train', 'w1970'],
    ['1960-2016', 'train', 'v1970'],
    ['1960-2016', 'test', 'w1980'],
    ['1960-2016', 'test', 'v1980'],
  ]);
});
