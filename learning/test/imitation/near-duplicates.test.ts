/** Near duplicates against a comparison of all pairs, and ROUGE-L values counted by hand. */
import { expect, it } from 'vitest';
import { NearTexts, nearDuplicates, rougeL } from '../../src/imitation/texts/near-duplicates.js';
import { distinctShare, wordsOf } from '../../src/imitation/texts/words.js';

it('rougeL is the F-measure of the longest common subsequence of words', () => {
  // police killed the gunman / police kill the gunman: 3 of 4 and 4 (Lin 2004, §3).
  expect(rougeL(wordsOf('police killed the gunman'), wordsOf('police kill the gunman'))).toBe(0.75);
  expect(rougeL(wordsOf('police killed the gunman'), wordsOf('the gunman kill police'))).toBe(0.5);
  expect(rougeL(['a', 'b', 'c'], ['a', 'c'])).toBeCloseTo(0.8, 12);
  expect(rougeL([], [])).toBe(0);
});

it('wordsOf splits words of any script, without case and punctuation', () => {
  expect(wordsOf('Héllo,  WORLD! 42')).toEqual(['héllo', 'world', '42']);
  expect(wordsOf('he\u0301llo')).toEqual(['héllo']);
  expect(wordsOf('我們不知道')).toEqual(['我', '們', '不', '知', '道']);
  expect(wordsOf('— … !')).toEqual([]);
});

it('wordsOf makes each character a word in scripts without spaces', () => {
  expect(wordsOf('Python是一种语言')).toEqual(['python', '是', '一', '种', '语', '言']);
  expect(wordsOf('2024年の夏')).toEqual(['2024', '年', 'の', '夏']);
  expect(wordsOf('ラーメン')).toEqual(['ラ', 'ー', 'メ', 'ン']);
  expect(wordsOf('ສະບາຍ')).toEqual([...'ສະບາຍ']);
  expect(wordsOf('ភាសា។')).toEqual([...'ភាសា']);
  expect(wordsOf('ဘာသာ။')).toEqual([...'ဘာသာ']);
});

/** 300 texts of up to eight words, of which the first words are the most frequent. */
function randomTexts(words: string): string[][] {
  let state = 7;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const some = () => words[Math.min(random(words.length), random(words.length))] as string;
  return Array.from({ length: 300 }, () => Array.from({ length: random(9) }, some));
}

it('nearDuplicates agrees with a comparison of all pairs, at any threshold', () => {
  const texts = randomTexts('abcdefg');
  const order = [...texts.keys()].sort((a, b) => ((a * 7) % 300) - ((b * 7) % 300));
  for (const threshold of [0.2, 0.5, 0.7, 0.75, 0.9, 1]) {
    const kept: number[] = [];
    const expected = new Map<number, { row: number; rougeL: number }>();
    for (const row of order) {
      const like = kept.find(
        (own) => rougeL(texts[row] as string[], texts[own] as string[]) >= threshold,
      );
      if (like === undefined) kept.push(row);
      else {
        const value = rougeL(texts[row] as string[], texts[like] as string[]);
        expected.set(row, { row: like, rougeL: value });
      }
    }
    expect(nearDuplicates(texts, threshold, order)).toEqual(expected);
    expect(expected.size).toBeGreaterThan(20);
  }
});

it('NearTexts agrees with a comparison of all pairs for texts added one by one', () => {
  const texts = randomTexts('abcdefg');
  const near = new NearTexts(0.7, texts.slice(0, 2));
  // `add` adds a text even if it is like another one.
  for (const words of texts.slice(0, 100)) near.add(words);
  const added = texts.slice(0, 100);
  let alike = 0;
  for (const words of texts.slice(100)) {
    const row = added.findIndex((other) => rougeL(words, other) >= 0.7);
    const expected = row < 0 ? undefined : { row, rougeL: rougeL(words, added[row] as string[]) };
    expect(near.addUnlessLike(words)).toEqual(expected);
    if (row < 0) added.push(words);
    else alike += 1;
  }
  expect(alike).toBeGreaterThan(20);
  expect(added.length).toBeGreaterThan(120);
});

it('distinctShare is the share of different n-grams of words', () => {
  const texts = [['a', 'b', 'a', 'b'], ['a']];
  expect(distinctShare(texts, 1)).toBe(2 / 5);
  expect(distinctShare(texts, 2)).toBe(2 / 3);
  expect(distinctShare([['a']], 2)).toBeUndefined();
});
