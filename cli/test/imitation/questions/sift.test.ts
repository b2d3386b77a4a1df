/** `Sift` decides which written texts are new; similarities are counted by hand. */
import { expect, it } from 'vitest';
import { type ImitationInput, inputId } from '../../../src/imitation/inputs/index.js';
import { Sift } from '../../../src/imitation/questions/sift.js';

const input = (text: string, split: 'train' | 'test'): ImitationInput => ({
  id: inputId({ text }),
  value: { text },
  split,
});

const TRAIN = 'the quick brown fox jumps over the lazy dog';
const TEST = 'she sells sea shells by the sea shore';
const OLD = 'peter piper picked a peck of pickled peppers';

const LIKE_TEST = 'they sell sea shells by the sea shore';

const sift = () => new Sift([input(TRAIN, 'train'), input(LIKE_TEST, 'train'), input('five words are enough here', 'train'), input(TEST, 'test'), input('short', 'test')], [OLD]); // biome-ignore format: one line

it('Sift drops near-duplicates of inputs, held-out inputs and earlier texts', () => {
  const own = sift();
  // 7 of 8 and 8 words in order: 14 / 16. An input to train on is similar too; the held-out one is named.
  expect(own.judge('She sold sea shells by the sea shore!')).toBe(
    `near-duplicate: as ${inputId({ text: TEST })}, which is held out, ROUGE-L 0.88`,
  );
  expect(own.judge('The quick brown fox jumps over the lazy cat')).toBe(
    `near-duplicate: as ${inputId({ text: TRAIN })}, ROUGE-L 0.89`,
  );
  expect(own.judge('peter piper picked a peck of peppers')).toContain('which was written before');
  // 4 of 5 and 7 words in order: 8 / 12.
  expect(own.judge('five words are enough for us all')).toBeUndefined();
});

it('Sift drops repeated texts, and texts that are too short or too long', () => {
  const own = sift();
  const fresh = 'how much wood would a woodchuck chuck';
  expect(own.judge(fresh)).toBeUndefined();
  expect(own.judge(fresh)).toBe(`repeated: it is ${inputId({ text: fresh })}`);
  expect(own.judge(TEST)).toBe(`repeated: it is ${inputId({ text: TEST })}`);
  expect(own.judge('how much wood would a woodchuck chuck, if')).toContain('near-duplicate');
  // Inputs to train on have at least five words; held-out inputs do not set the bound.
  expect(own.judge('four words, not five')).toBe('short: 4 words, and the shortest input has 5');
  expect(own.judge('… — !')).toBe('short: 0 words, and the shortest input has 5');
  expect(own.judge('word '.repeat(20_000))).toContain('long');
});

it('Sift takes 200,000 inputs', () => {
  const inputs = Array.from({ length: 200_000 }, () => input('three words here', 'train'));
  expect(new Sift(inputs, []).judge('two words')).toBe(
    'short: 2 words, and the shortest input has 3',
  );
});
