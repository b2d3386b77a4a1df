/** Answers that change while they are collected; the oracles are counts by hand. */
import { expect, it } from 'vitest';
import type { ImitationAnswer } from '../../src/imitation/asking/answers-file.js';
import { driftOf } from '../../src/imitation/judging/drift.js';

/** A letter an input, in the order in which they were asked: a class, `?` for "I do not know", `!` unreadable, `-` for none. */
function answers(
  teacher: string,
  letters: string,
  shuffled = false,
): (ImitationAnswer | undefined)[] {
  return [...letters].map((letter, i) => {
    if (letter === '-') return undefined;
    const second = shuffled ? letters.length - 1 - i : i;
    return {
      teacher,
      id: String(i),
      answer: 0,
      class: 'xyz'.includes(letter) ? letter : null,
      ...(letter === '!' && { problem: 'nonsense' }),
      revision: '',
      asked: 'q',
      at: new Date(second * 1000).toISOString(),
    };
  });
}

const STEADY = 'xyxxyy'.repeat(20);
const others = [answers('b', STEADY), answers('c', STEADY)];

it('a teacher that stays as it is raises no doubt, whatever the order of the inputs', () => {
  const sorted = `${'x'.repeat(60)}${'y'.repeat(60)}`;
  for (const letters of [STEADY, sorted]) {
    const all = ['a', 'b', 'c'].map((name) => answers(name, letters));
    const drift = driftOf(['a', 'b', 'c'], all);
    expect(drift.map(({ doubts }) => doubts)).toEqual([[], [], []]);
    expect(drift[0]?.agreement).toEqual([1, 1]);
    // 120 answers: four windows of 30.
    expect(drift[0]?.windows.map((window) => window.answers)).toEqual([30, 30, 30, 30]);
  }
  // The inputs changed by half, and so did what the others say of them.
  const [a] = driftOf(
    ['a', 'b', 'c'],
    ['a', 'b', 'c'].map((name) => answers(name, sorted)),
  );
  expect(a?.windows[0]).toMatchObject({ distance: 0.5, othersDistance: 0.5 });
});

it('one that begins to name one class alone is seen, by when its answers came', () => {
  const letters = `${STEADY.slice(0, 60)}${'x'.repeat(60)}`;
  const [a] = driftOf(['a', 'b', 'c'], [answers('a', letters), ...others]);
  // Of the last 60 half are x.
  expect(a?.agreement).toEqual([1, 0.5]);
  expect(a?.doubts).toEqual([
    'agreement with the others went from 100.0 % in the first half to 50.0 % in the second',
  ]);
  expect(a?.windows.at(-1)).toMatchObject({
    from: '1970-01-01T00:01:30.000Z',
    to: '1970-01-01T00:01:59.000Z',
    agreement: 0.5,
    distance: 0.25,
    othersDistance: 0,
  });
  // The same answers, asked from the last input to the first.
  const [back] = driftOf(['a', 'b', 'c'], [answers('a', letters, true), ...others]);
  expect(back?.agreement).toEqual([0.5, 1]);
});

it('one that begins to answer what nobody can read is seen', () => {
  const letters = `${STEADY.slice(0, 90)}${'!'.repeat(20)}${'?'.repeat(10)}`;
  const [a] = driftOf(['a', 'b', 'c'], [answers('a', letters), ...others]);
  expect(a?.unreadable).toEqual([0, 1 / 3]);
  expect(a?.doubts).toEqual([
    'the share of answers that cannot be read went from 0.0 % in the first half to 33.3 % in the second',
  ]);
  expect(a?.windows.at(-1)).toMatchObject({ unreadable: 2 / 3, abstained: 1 / 3, agreement: null });
});

it('few answers, or one teacher alone, are no reason to doubt', () => {
  const [few] = driftOf(['a', 'b'], [answers('a', 'xxxxyyyy'), answers('b', 'xxxxxxxx')]);
  expect(few).toMatchObject({ agreement: null, doubts: [], windows: [{ answers: 8 }] });
  const [alone] = driftOf(['a'], [answers('a', STEADY)]);
  expect(alone).toMatchObject({ agreement: null, doubts: [] });
  expect(driftOf(['a'], [answers('a', '---')])[0]).toMatchObject({ windows: [], doubts: [] });
});
