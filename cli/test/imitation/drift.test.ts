/** `driftOf` on answers that change while they are collected; oracles are counts by hand. */
import { expect, it } from 'vitest';
import type { ImitationAnswer } from '../../src/imitation/asking/answers-file.js';
import { driftOf } from '../../src/imitation/drift/index.js';

/** One letter an input, in the order of asking: a class, `?` for "I do not know", `!` unreadable, `-` for none. */
function answers(teacher: string, letters: string, shuffled = false): ImitationAnswer[][] {
  return [...letters].map((letter, i) => {
    if (letter === '-') return [];
    const second = shuffled ? letters.length - 1 - i : i;
    const answer = {
      teacher,
      id: String(i),
      answer: 0,
      class: 'xyz'.includes(letter) ? letter : null,
      ...(letter === '!' && { problem: 'nonsense' }),
      revision: '',
      asked: 'q',
      at: new Date(second * 1000).toISOString(),
    };
    return [answer];
  });
}

/** @param all the answers by input of each teacher; teachers are named `a`, `b`, `c`. */
function found(...all: ImitationAnswer[][][]) {
  const { teachers, drifted } = driftOf(
    all.map((own, k) => ({
      name: 'abc'[k] ?? '',
      answers: own,
      named: own.map(([first]) => (first?.problem === undefined ? first?.class : undefined)),
    })),
  );
  return { teachers, drifted: drifted.map((own) => [...own].sort((p, q) => p - q)) };
}

const from = (first: number, end: number) =>
  Array.from({ length: end - first }, (_, i) => first + i);

const STEADY = 'xyxxyy'.repeat(20);
const others = [answers('b', STEADY), answers('c', STEADY)];

it('driftOf has no doubts about teachers that do not change, even if inputs are sorted by class', () => {
  const sorted = `${'x'.repeat(60)}${'y'.repeat(60)}`;
  for (const letters of [STEADY, sorted]) {
    const { teachers, drifted } = found(...['a', 'b', 'c'].map((name) => answers(name, letters)));
    expect(teachers.map(({ doubts }) => doubts)).toEqual([[], [], []]);
    expect(teachers[0]).toMatchObject({ agreement: null, unreadable: null });
    expect(drifted).toEqual([[], [], []]);
    // 120 answers: four windows of 30.
    expect(teachers[0]?.windows.map((window) => window.answers)).toEqual([30, 30, 30, 30]);
  }
  // The classes of the inputs shift by half, for the others too.
  const [a] = found(...['a', 'b', 'c'].map((name) => answers(name, sorted))).teachers;
  expect(a?.windows[0]).toMatchObject({ distance: 0.5, othersDistance: 0.5 });
});

it('driftOf finds when a teacher begins to name one class only, by the times of its answers', () => {
  const letters = `${STEADY.slice(0, 60)}${'x'.repeat(60)}`;
  const { teachers, drifted } = found(answers('a', letters), ...others);
  const [a] = teachers;
  // From the sixty-first answer on all are x; the first wrong one is the sixty-second.
  expect(a?.agreement).toEqual({
    answers: 61,
    at: '1970-01-01T00:01:01.000Z',
    before: 1,
    after: 29 / 59,
  });
  expect(a?.doubts).toEqual([
    'agreement with the others went from 100.0 % to 49.2 % after 61 answers, at 1970-01-01T00:01:01.000Z',
  ]);
  expect(a?.windows.at(-1)).toMatchObject({
    from: '1970-01-01T00:01:30.000Z',
    to: '1970-01-01T00:01:59.000Z',
    agreement: 0.5,
    distance: 0.25,
    othersDistance: 0,
  });
  // All answers that may be after the change: every wrong one, and few right ones.
  expect(drifted[0]?.slice(-59)).toEqual(from(61, 120));
  expect(drifted[0]?.[0]).toBeGreaterThan(45);
  expect(drifted.slice(1)).toEqual([[], []]);
  // The same answers, asked from the last input to the first.
  const back = found(answers('a', letters, true), ...others);
  expect(back.teachers[0]?.agreement).toMatchObject({ answers: 59, before: 29 / 59, after: 1 });
  expect(back.drifted[0]?.slice(-59)).toEqual(from(61, 120));
});

it('driftOf finds a change in the last 12 of 120 answers', () => {
  const letters = `${STEADY.slice(0, 108)}zzzzzzzzzzzz`;
  const { teachers, drifted } = found(answers('a', letters), ...others);
  expect(teachers[0]?.agreement).toMatchObject({ answers: 108, before: 1, after: 0 });
  expect(drifted[0]?.slice(-12)).toEqual(from(108, 120));
});

it('driftOf finds when a teacher begins to give unreadable answers', () => {
  const letters = `${STEADY.slice(0, 90)}${'!'.repeat(20)}${'?'.repeat(10)}`;
  const { teachers } = found(answers('a', letters), ...others);
  const [a] = teachers;
  expect(a?.unreadable).toMatchObject({ answers: 90, before: 0, after: 2 / 3 });
  expect(a?.doubts).toEqual([
    'the share of answers that cannot be read went from 0.0 % to 66.7 % after 90 answers, at 1970-01-01T00:01:30.000Z',
  ]);
  expect(a?.windows.at(-1)).toMatchObject({ unreadable: 2 / 3, abstained: 1 / 3, agreement: null });
});

it('driftOf counts five equal answers to an input as one, but each in the window of its time', () => {
  const five = (own: ImitationAnswer[][]) =>
    own.map(([first]) => Array.from({ length: 5 }, () => first as ImitationAnswer));
  const few = answers('a', `${'x'.repeat(12)}${'y'.repeat(4)}`);
  const same = answers('b', 'x'.repeat(16));
  expect(found(few, same).teachers[0]).toMatchObject({ agreement: null });
  const { teachers } = found(five(few), five(same));
  expect(teachers[0]).toMatchObject({ agreement: null, windows: [{ answers: 27 }, {}, {}] });
});

it('driftOf has no doubts about few answers, no answers, or a single teacher', () => {
  const [few] = found(answers('a', 'xxxxyyyy'), answers('b', 'xxxxxxxx')).teachers;
  expect(few).toMatchObject({ agreement: null, doubts: [], windows: [{ answers: 8 }] });
  const [alone] = found(answers('a', STEADY)).teachers;
  expect(alone).toMatchObject({ agreement: null, doubts: [] });
  expect(found(answers('a', '---')).teachers[0]).toMatchObject({ windows: [], doubts: [] });
});

it('driftOf names the models of a server that changes its model, in spite of equal answers', () => {
  const of = (models: readonly (string | undefined)[]) => {
    const own = answers('a', STEADY).map(([answer], i) => {
      const model = models[Math.floor((i * models.length) / STEADY.length)];
      return [{ ...(answer as ImitationAnswer), ...(model !== undefined && { model }) }];
    });
    return found(own, ...others).teachers[0]?.doubts;
  };
  expect(of([undefined])).toEqual([]);
  expect(of(['m-1', undefined])).toEqual([]);
  const [first, second] = [0, 60].map((i) => new Date(i * 1000).toISOString());
  expect(of(['m-1', 'm-2'])).toEqual([
    `answers came from several models: m-1 (60, first at ${first}), m-2 (60, first at ${second})`,
  ]);
  expect(of(['m', 'n', 'o', 'p', 'q'])?.[0]).toMatch(/o \(24, first at [^)]*\), and 2 more$/);
});
