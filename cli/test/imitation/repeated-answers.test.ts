/** Several answers of one teacher, written down here as letters; oracles are counts by hand. */
import { checkImitation, type Imitation } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import { answerKey, type ImitationAnswer } from '../../src/imitation/asking/answers-file.js';
import { askingsOf } from '../../src/imitation/asking/askings.js';
import { againBy, openQuestions } from '../../src/imitation/asking/open-questions.js';
import { costsOf } from '../../src/imitation/findings/index.js';
import { consensusOf, judge } from '../../src/imitation/judging/judge.js';
import { keptText } from '../../src/imitation/judging/kept-file.js';

const CHAT = { model: 'm', prompt: 'Which? {input}' };
const INPUTS = [{ id: '1', value: { text: 'one' } }];

function document(ask: unknown, chat: object = CHAT, endpoint: object = {}): Imitation {
  return checkImitation(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Imitation',
      metadata: { name: 'words' },
      spec: {
        inputs: { source: 'words.csv', text: 'text' },
        classes: ['x', 'y'],
        teachers: [
          {
            name: 'a',
            endpoint: { url: 'http://a.example/', input: 'text', chat, ...endpoint },
            ask,
          },
        ],
        check: { rules: [] },
      },
    },
    'words.yaml',
  );
}

/** A letter an answer to input 1: a class, `?` for "I do not know", `!` unreadable, `-` for none. */
function answersOf(imitation: Imitation, letters: string): Map<string, ImitationAnswer> {
  const [teacher] = imitation.spec.teachers;
  if (teacher === undefined) throw new Error('no teacher');
  const answers = new Map<string, ImitationAnswer>();
  for (const { answer, asked } of askingsOf(teacher, imitation.spec.classes)) {
    const letter = letters[answer] ?? '-';
    if (letter === '-') continue;
    const own = {
      teacher: 'a',
      id: '1',
      answer,
      class: 'xy'.includes(letter) ? letter : null,
      ...(letter === '!' && { problem: 'nonsense' }),
      explanation: ` because of ${letter} `,
      revision: '',
      asked,
      at: '2026-01-01T00:00:00Z',
    };
    answers.set(answerKey(own), own);
  }
  return answers;
}

it('judge counts no votes for a class that is named constructor', () => {
  const { spec, ...rest } = document({ answers: 2, temperature: 1 });
  const imitation = { ...rest, spec: { ...spec, classes: ['x', 'constructor'] } };
  const [input] = judge(imitation, INPUTS, answersOf(imitation, 'xx')).inputs;
  expect(input).toMatchObject({ consensus: 'x', probability: 1 });
});

it.each([
  ['xyyxx', 'x', { x: 0.6, y: 0.4 }],
  // A tie: the class that was named first.
  ['yx?--', 'y', { x: 1 / 3, y: 1 / 3 }],
  // Abstentions and unreadable answers name no class.
  ['??x!!', 'x', { x: 1 / 3 }],
  ['??', null, {}],
])('judge reads the answers %s as %s', (letters, named, shares) => {
  const imitation = document({ answers: 5, temperature: 1 });
  const [input] = judge(imitation, INPUTS, answersOf(imitation, letters)).inputs;
  expect(input?.answers).toEqual({ a: named });
  // One teacher: its shares among what it names.
  const share = Math.max(0, ...Object.values(shares)) / Object.values(shares).reduce((sum, own) => sum + own, 0); // biome-ignore format: one line
  if (named !== null) expect(input?.probability).toBeCloseTo(share, 12);
  expect(input?.shares).toEqual({ a: shares });
});

it('consensusOf gives two teachers equal weight, however often each was asked', () => {
  // Input 1: of one teacher's answers 2 in 5 name x, 1 in 10 names y; the other says y. Input 2: no class is named.
  const shares = [Float64Array.of(0.4, 0.1, 0, 0), Float64Array.of(0, 1, 0, 0)];
  const votes = [Int32Array.of(0, -1), Int32Array.of(1, -1)];
  const { best, probability } = consensusOf(votes, 2, shares);
  expect([...best]).toEqual([1, -1]);
  expect([...probability]).toEqual([expect.closeTo(0.6, 12), 0]);
});

it('judge gives no shares for unreadable answers, nor for a single answer', () => {
  const several = document({ answers: 2, temperature: 1 });
  const judged = judge(several, INPUTS, answersOf(several, '!!'));
  expect(judged.inputs[0]).toMatchObject({ answers: {} });
  expect(judged.inputs[0]).not.toHaveProperty('shares');
  expect(judged.inputs[0]).not.toHaveProperty('explanations');
  expect(judged.unreadable).toEqual({ a: 1 });
  const one = document({});
  const [input] = judge(one, INPUTS, answersOf(one, 'x')).inputs;
  expect(input).not.toHaveProperty('shares');
});

it('keptText has each explanation once, with the class that it explains', () => {
  const imitation = document({ answers: 5, temperature: 1 });
  const [input] = judge(imitation, INPUTS, answersOf(imitation, 'xyx!?')).inputs;
  if (input === undefined) throw new Error('no input');
  expect(JSON.parse(keptText(input))).toMatchObject({
    answers: { a: 'x' },
    shares: { a: { x: 0.5, y: 0.25 } },
    explanations: {
      a: [
        { class: 'x', text: 'because of x' },
        { class: 'y', text: 'because of y' },
        { class: null, text: 'because of ?' },
      ],
    },
  });
});

it('openQuestions keeps answers when more are wanted, not after a new prompt, temperature or schema', () => {
  const three = document({ answers: 3, temperature: 1 });
  const answers = answersOf(three, 'xyx');
  const open = (imitation: Imitation) =>
    imitation.spec.teachers.flatMap((teacher) =>
      openQuestions(teacher, imitation.spec.classes, INPUTS, answers).map((q) => q.asking.answer),
    );
  expect(open(three)).toEqual([]);
  expect(open(document({ answers: 5, temperature: 1 }))).toEqual([3, 4]);
  expect(open(document({ answers: 3 }, { ...CHAT, temperature: 1 }))).toEqual([]);
  expect(open(document({ answers: 3, temperature: 0.5 }))).toEqual([0, 1, 2]);
  expect(open(document({ answers: 3, temperature: 1, schema: { label: null } }))).toEqual([
    0, 1, 2,
  ]);
  // The prompt of the first and third answer is unchanged.
  const prompts = [CHAT.prompt, 'What? {input}'];
  expect(open(document({ answers: 3, temperature: 1, prompts }, { model: 'm' }))).toEqual([1]);
  // How the object is asked for is no part of the question.
  const object = (output: string) =>
    document({ schema: { label: null, explanation: null }, output }).spec.teachers.map(
      (teacher) => askingsOf(teacher, ['x', 'y'])[0]?.asked,
    );
  expect(object('tool')).toEqual(object('text'));
});

it.each<[unknown, object, string]>([
  [{}, { model: 'm' }, 'spec.teachers[0].endpoint.chat.prompt: is missing; want a text with {input}, here or in ask.prompts'],
  [{ answers: 3 }, CHAT, 'spec.teachers[0].ask.answers: is 3, and at temperature 0 a prompt has one answer'],
  [{ prompts: ['{input}', '{input}?'] }, CHAT, 'spec.teachers[0].ask.prompts: are 2, and ask.answers is 1: not all are used'],
  [{ prompts: ['no input'] }, CHAT, 'spec.teachers[0].ask.prompts[0]: want a text with {input}'],
  [{ output: 'tool' }, CHAT, 'spec.teachers[0].ask.output: belongs to ask.schema, which is missing'],
  [{ answers: 33, temperature: 1 }, CHAT, 'spec.teachers[0].ask.answers: want a whole number from 1 to 32'],
  [{ schema: { explanation: null } }, CHAT, 'spec.teachers[0].ask.schema.label: is missing'],
])('checkImitation refuses the ask %j beside the chat %j', (ask, chat, message) => {
  expect(() => document(ask, chat)).toThrow(message);
}); // biome-ignore format: rows

it('checkImitation takes ask.answers without a chat, and refuses ask.temperature and ask.schema', () => {
  const plain = { chat: undefined, request: '$input', answer: '' };
  expect(document({ answers: 3 }, CHAT, plain).spec.teachers[0]?.ask).toEqual({ answers: 3 });
  expect(() => document({ temperature: 1, schema: { label: null } }, CHAT, plain)).toThrow(
    /ask\.temperature: belongs to a chat, and endpoint has none[\s\S]*ask\.schema: belongs to a chat/,
  );
});

it('costsOf adds up all lines, and estimates the cost of asking again by reason', () => {
  const price = { perCall: 1, currency: 'EUR' };
  const imitation = document({ answers: 3, temperature: 1 }, CHAT, { price });
  const usage = { inputTokens: 10, outputTokens: 2, cachedTokens: 4 };
  const lines = [...answersOf(imitation, 'xy!').values()].map((own, k) => ({
    ...own,
    usage: { ...usage, ...(k === 1 && { estimated: true as const }) },
    cost: 1.5,
    finish: k < 2 ? 'length' : 'stop',
  }));
  const before = { ...(lines[0] as (typeof lines)[number]), finish: 'stop' };
  const found = costsOf(imitation, INPUTS, [before, ...lines]);
  expect(found).toEqual([
    {
      name: 'a',
      answers: 4,
      tokens: { input: 40, cached: 16, output: 8, isEstimated: true },
      cost: 6,
      currency: 'EUR',
      repairs: [
        { reason: 'unreadable', answers: 1, inputs: 1, calls: 1, cost: 1 },
        { reason: 'truncated', answers: 2, inputs: 1, calls: 2, cost: 2 },
        // x and y: a half each.
        { reason: 'inconsistent', answers: 2, inputs: 1, calls: 2, cost: 2 },
      ],
    },
  ]);
  // A question that was never asked is no repair, and without a price there is no cost.
  const plain = document({ answers: 3, temperature: 1 });
  expect(costsOf(plain, [...INPUTS, { id: '2', value: { text: 'two' } }], [])).toEqual([
    { name: 'a', answers: 0, currency: 'USD', repairs: [] },
  ]);
});

it('againBy inconsistent leaves answers alone whose agreement is exactly the wanted one', () => {
  const imitation = document({ answers: 25, temperature: 1 });
  const [teacher] = imitation.spec.teachers;
  if (teacher === undefined) throw new Error('no teacher');
  const check = { rules: [{ rule: 'self-consistency', atLeast: 0.28 } as const] };
  const open = (named: number) => {
    const classes = Array.from({ length: 25 }, (_, k) => (k < named ? 'x' : `other ${k % 5}`));
    const letters = answersOf(imitation, 'x'.repeat(25));
    const answers = [...letters].map(
      ([key, own]) => [key, { ...own, class: classes[own.answer] ?? null }] as const,
    );
    const again = againBy('inconsistent', { ...imitation.spec, check });
    return openQuestions(teacher, ['x', 'y'], INPUTS, new Map(answers), again).length;
  };
  // 0.28 × 25 is more than 7 in floating point.
  expect([open(7), open(6)]).toEqual([0, 25]);
});
