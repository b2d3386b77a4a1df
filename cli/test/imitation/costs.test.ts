/** Costs of calls, budgets, and the request forms of chats; oracles are sums by hand. */
import { checkImitation, type Imitation } from '@lyceum/learning/specification';
import { expect, it } from 'vitest';
import { askingsOf } from '../../src/imitation/asking/askings.js';
import { Budgets, parseMaxCost } from '../../src/imitation/asking/budgets.js';
import { callBody } from '../../src/imitation/asking/chat-request.js';
import {
  costOf,
  estimatedUsage,
  greatestCost,
  partOf,
  sumOf,
  toldUsage,
} from '../../src/imitation/asking/costs.js';
import { Manners } from '../../src/imitation/asking/manners.js';
import {
  againBy,
  callsOf,
  openQuestions,
  questionsCost,
} from '../../src/imitation/asking/open-questions.js';
import { ignoresSchema, readKeptRaw, saidOf } from '../../src/imitation/asking/read-response.js';

const NEVER = new AbortController().signal;
const PRICE = { perCall: 1, per1kInputTokens: 10, per1kCachedTokens: 4, per1kOutputTokens: 100 };
const CLASSES = ['x', 'y'];

function document(ask: object, prices: readonly object[] = [PRICE]): Imitation {
  const teachers = prices.map((price, k) => ({
    name: 'abc'[k],
    endpoint: {
      url: 'http://a.example/',
      input: 'text',
      chat: { model: 'm', system: 'Be short.', prompt: 'Which? {input}', maxTokens: 50 },
      price,
    },
    ask,
  }));
  const spec = {
    inputs: { source: 'words.csv', text: 'text' },
    classes: CLASSES,
    teachers,
    check: { rules: [] },
  };
  const kind = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Imitation',
    metadata: { name: 'words' },
  };
  return checkImitation({ ...kind, spec }, 'words.yaml');
}

function teacherOf(imitation: Imitation) {
  const [teacher] = imitation.spec.teachers;
  if (teacher === undefined) throw new Error('no teacher');
  return teacher;
}

function askingOf(ask: object) {
  const [asking] = askingsOf(teacherOf(document(ask)), CLASSES);
  if (asking === undefined) throw new Error('no asking');
  return asking;
}

const OBJECT = { schema: { label: 'the kind', explanation: null } };

it('costOf adds the prices of calls and of input, cached and output tokens', () => {
  const { endpoint } = teacherOf(document({}));
  const usage = { inputTokens: 1000, cachedTokens: 500, outputTokens: 20 };
  expect(costOf(endpoint, { calls: 2, usage })).toBeCloseTo(2 + 5 + 2 + 2, 12);
  expect(costOf(endpoint, { calls: 0.5 })).toBe(0.5);
  const { per1kCachedTokens: _, ...rest } = PRICE;
  expect(costOf({ price: { ...rest, currency: 'USD' } }, { calls: 0, usage })).toBeCloseTo(12, 12);
  const free = { perCall: 0, per1kInputTokens: 0, per1kOutputTokens: 0, currency: 'USD' };
  expect(costOf({ price: free }, { calls: 2, usage })).toBeUndefined();
});

it("toldUsage reads a server's token counts, and partOf splits them without losing any", () => {
  const usage = { prompt_tokens: 100, completion_tokens: 11 };
  const details = { prompt_tokens_details: { cached_tokens: 64 } };
  expect(toldUsage({ usage })).toEqual({ inputTokens: 100, outputTokens: 11 });
  const told = toldUsage({ usage: { ...usage, ...details } });
  expect(told).toEqual({ inputTokens: 100, outputTokens: 11, cachedTokens: 64 });
  for (const other of [
    {},
    { usage: null },
    { usage: { prompt_tokens: 'many' } },
    // Such a call would use up every budget.
    { usage: { ...usage, completion_tokens: 1e300 } },
    'text',
    undefined,
  ]) {
    expect(toldUsage(other)).toBeUndefined();
  }
  const parts = [0, 1, 2].map((k) => partOf({ calls: 1, usage: told }, k, 3));
  expect(parts.map((part) => part.usage?.inputTokens)).toEqual([33, 33, 34]);
  const whole = parts.reduce(sumOf);
  expect(whole).toEqual({ calls: expect.closeTo(1, 12), usage: told });
  const guess = estimatedUsage({ messages: [{ content: 'four' }] }, 9);
  expect(guess).toEqual({ inputTokens: 1 + 4, outputTokens: 3, estimated: true });
  expect(sumOf(whole, { calls: 1, usage: guess }).usage?.estimated).toBe(true);
});

it('greatestCost is at least the cost of a token per byte and the longest answers', () => {
  const asking = askingOf(OBJECT);
  const body = callBody(asking, ['これは何語ですか'], CLASSES, 'json-schema', 3);
  // A token has at least one byte, and an answer at most maxTokens tokens.
  const usage = { inputTokens: Buffer.byteLength(JSON.stringify(body)), outputTokens: 150 };
  expect(greatestCost(asking.endpoint, body, 3)).toBeGreaterThanOrEqual(
    costOf(asking.endpoint, { calls: 1, usage }) ?? Number.NaN,
  );
});

it('callBody asks for an object by schema, by one forced tool, or in words', () => {
  const asking = askingOf(OBJECT);
  const schema = {
    type: 'object',
    properties: {
      label: { type: 'string', enum: ['x', 'y'], description: 'the kind' },
      explanation: { type: 'string' },
    },
    required: ['label', 'explanation'],
    additionalProperties: false,
  };
  const bodyOf = (form: 'json-schema' | 'tool' | 'text', n: number) =>
    callBody(asking, ['one'], CLASSES, form, n);
  expect(bodyOf('json-schema', 3)).toMatchObject({
    n: 3,
    response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
  });
  expect(bodyOf('json-schema', 1)).not.toHaveProperty('n');
  expect(bodyOf('tool', 1)).toMatchObject({
    tools: [{ type: 'function', function: { name: 'answer', parameters: schema } }],
    tool_choice: { type: 'function', function: { name: 'answer' } },
  });
  const { messages } = bodyOf('text', 1) as { messages: { content: string }[] };
  expect(messages.map(({ content }) => content)).toEqual([
    'Be short.',
    'Which? one\n\nAnswer with a JSON object and nothing else: {"label": …, "explanation": …}, where label (the kind) is "x" or "y", and explanation a text.',
  ]);
});

const message = (content: unknown, more: object = {}) => ({
  choices: [{ message: { content, ...more }, finish_reason: 'stop' }],
});

it.each<[unknown, string | null, string | undefined]>([
  [message('{"label": "x", "explanation": "so"}'), 'x', 'so'],
  [message('```json\n{"label":"y","explanation":"{so}"}\n```'), 'y', '{so}'],
  [message('Sure: {"label": "x"} as you see'), 'x', undefined],
  [message('I {think} so: {"label": "x", "explanation": "a } b"} {smile}'), 'x', 'a } b'],
  [message('{"kind": {"label": "y"}} {"label": "x"} {"label": "y"}'), 'x', undefined],
  [message('{"label": "x", "explanation": 3}'), 'x', undefined],
  [message(null, { tool_calls: [{ function: { arguments: '{"label":"y"}' } }] }), 'y', undefined],
  [message({ label: 'y', explanation: 'so' }), 'y', 'so'],
])('saidOf reads the object in %j', (response, named, explanation) => {
  const said = saidOf(askingOf(OBJECT), response, 0, CLASSES);
  expect(said.problem).toBeUndefined();
  expect([said.class, said.explanation, said.finish]).toEqual([named, explanation, 'stop']);
});

it.each<[unknown, string]>([
  [message('{"label": "x", "explan'), 'wants a JSON object, got "{\\"label'],
  [message('x'), 'wants a JSON object, got "x"'],
  [message('["x"]'), 'wants a JSON object'],
  [message('{"label": "z"}'), '"z" is none of x, y'],
  [message('{"kind": "x"}'), 'holds nothing at /label'],
  [message(null), 'wants a JSON object, got null'],
  [message('{'.repeat(1e5)), 'wants a JSON object, got "{{'],
  [message(null, { refusal: 'I am sorry' }), 'holds a refusal: I am sorry'],
  [{ choices: [{ message: { content: '' }, finish_reason: 'length' }] }, 'it was cut off at maxTokens before any text'], // biome-ignore format: one line
  [{ choices: [{ message: {}, finish_reason: 'content_filter' }] }, "the server's content filter removed it"], // biome-ignore format: one line
  [{ error: 'busy' }, 'holds nothing at /choices/0/message/content'],
])('saidOf reports a problem with %j', (response, problem) => {
  const said = saidOf(askingOf(OBJECT), response, 0, CLASSES);
  expect(said.class).toBeNull();
  expect(said.problem).toContain(problem);
});

it('an empty chat answer is an abstention if the chat stopped by itself, and a problem if it was cut off', () => {
  const { endpoint, ...asking } = askingOf({});
  const abstaining = { ...asking, endpoint: { ...endpoint, otherwise: 'abstain' as const } };
  const said = (content: string, finish: string) =>
    saidOf(abstaining, { choices: [{ message: { content }, finish_reason: finish }] }, 0, CLASSES);
  expect(said('', 'length').problem).toContain('it was cut off at maxTokens before any text');
  expect(said('', 'content_filter').problem).toContain('content filter removed it');
  expect(said('', 'stop')).toMatchObject({ class: null, finish: 'stop' });
  expect(said('', 'stop').problem).toBeUndefined();
  expect(said('no idea', 'length').problem).toBeUndefined();
  // The next collection reads the kept answers again, and must not take these as abstentions.
  expect(readKeptRaw(abstaining, said('', 'length').raw, CLASSES)).toBeUndefined();
  expect(readKeptRaw(abstaining, said('', 'content_filter').raw, CLASSES)).toBeUndefined();
});

it('saidOf does not keep another choice in the place of an empty one', () => {
  const choices = [{ message: { content: 'x' }, finish_reason: 'stop' }, { message: {} }];
  const said = saidOf(askingOf({}), { choices }, 1, CLASSES);
  expect(said).toMatchObject({ class: null, raw: null });
  expect(said.problem).toContain('holds nothing at /choices/1/message/content');
});

it('ignoresSchema is true of words, and false of half an object, an empty text or a tool call', () => {
  expect(ignoresSchema(message('x'))).toBe(true);
  const tool = message('', { tool_calls: [{ function: { arguments: '{}' } }] });
  for (const other of [message('{"label": "x'), message(' '), message(null), tool, {}]) {
    expect(ignoresSchema(other)).toBe(false);
  }
});

it('readKeptRaw reads a kept object once the endpoint translates its label', () => {
  const asking = askingOf(OBJECT);
  const raw = '{"label": "ex", "explanation": "so"}';
  expect(readKeptRaw(asking, raw, CLASSES)).toBeUndefined();
  const mended = { ...asking, endpoint: { ...asking.endpoint, classes: { ex: 'x' } } };
  expect(readKeptRaw(mended, raw, CLASSES)).toEqual({ class: 'x', explanation: 'so' });
  const whole = message(null, { tool_calls: [{ function: { arguments: raw } }] });
  expect(readKeptRaw(mended, whole, CLASSES)).toEqual({ class: 'x', explanation: 'so' });
});

it('Manners tries request forms in turn and keeps the first that the server takes', () => {
  const manners = new Manners({ answers: 3, schema: { label: null } });
  expect([manners.form, manners.isNew(1)]).toEqual(['json-schema', true]);
  expect([manners.next(), manners.form]).toEqual([true, 'tool']);
  expect([manners.next(), manners.form]).toEqual([true, 'text']);
  // All forms were refused: the question may be the cause, so the next question begins with the first form.
  expect([manners.next(), manners.form]).toEqual([false, 'json-schema']);
  manners.next();
  expect(manners.take()).toBe('takes no response_format; the object is asked for by tools');
  expect([manners.take(), manners.next(), manners.form]).toEqual([undefined, false, 'tool']);
  expect([manners.isNew(1), manners.isNew(2)]).toEqual([false, true]);
  expect(manners.learn(false)).toContain('gives fewer answers than n asks for');
  expect([manners.learn(false), manners.isNew(2)]).toEqual([undefined, false]);
  expect(new Manners({ answers: 1, schema: { label: null }, output: 'tool' }).next()).toBe(false);
});

it('callsOf gives each input and prompt of a chat a call of its own', () => {
  const prompts = ['A {input}', 'B {input}'];
  const teacher = teacherOf(document({ answers: 3, temperature: 1, prompts }));
  const inputs = ['1', '2'].map((id) => ({ id, value: { text: id } }));
  const open = openQuestions(teacher, CLASSES, inputs, new Map());
  const shape = callsOf(teacher, open).map((call) =>
    call.map(({ input, asking }) => `${input.id}${asking.answer}`),
  );
  expect(shape).toEqual([['10', '12'], ['11'], ['20', '22'], ['21']]);
  // "A 1" and "Be short." are 12 characters: 3 tokens, and 8 for two messages.
  expect(questionsCost(teacher, CLASSES, open)).toMatchObject({
    calls: 6,
    inputTokens: 66,
    outputTokens: 300,
    cost: expect.closeTo(6 + 0.66 + 30, 12),
  });
});

it('Budgets holds a call back until calls under way leave enough, and refuses it if they do not', async () => {
  const budgets = new Budgets(document({}), [{ amount: 1 }], new Map([['a', 0.2]]));
  const first = await budgets.hold('a', 0.5, NEVER);
  let second: string = 'waits';
  const held = budgets.hold('a', 0.5, NEVER).then((hold) => {
    second = 'holds';
    return hold;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(second).toBe('waits');
  first.spend(0.1);
  first.check();
  first.release();
  const hold = await held;
  hold.spend(0.5);
  // Its own spending leaves too little for another try.
  expect(() => hold.check()).toThrow(
    '--max-cost 1: 0.8000 USD are spent; the next call may cost 0.5000, more than is left',
  );
  hold.release();
  await expect(budgets.hold('a', 0.21, NEVER)).rejects.toThrow('--max-cost 1: 0.8000 USD');
  // Three times 0.1 must fit into 0.3, in spite of binary rounding.
  const tenths = new Budgets(document({}), [{ teacher: 'a', amount: 0.3 }], new Map());
  for (let i = 0; i < 3; i++) {
    const own = await tenths.hold('a', 0.1, NEVER);
    own.spend(0.1);
    own.release();
  }
  await expect(tenths.hold('a', 0.1, NEVER)).rejects.toThrow('--max-cost a=0.3: 0.3000 USD');
});

it('Budgets raises the bound of a call to an earlier cost only if that exceeded its own bound', async () => {
  const budgets = new Budgets(document({}, [PRICE, PRICE]), [{ amount: 10 }], new Map());
  const long = await budgets.hold('a', 6, NEVER);
  long.spend(5);
  long.release();
  // The bound of a short input stays low after a long one.
  const short = await budgets.hold('a', 1, NEVER);
  short.check();
  short.spend(3);
  // Two are left, and another try would cost as much.
  expect(() => short.check()).toThrow('the next call may cost 3.0000');
  short.release();
  await expect(budgets.hold('a', 1, NEVER)).rejects.toThrow('the next call may cost 3.0000');
  await budgets.hold('b', 1, NEVER);
});

it('parseMaxCost and Budgets refuse amounts that bound nothing', () => {
  expect([parseMaxCost('2.50'), parseMaxCost('a=.5')]).toEqual([
    { amount: 2.5 },
    { teacher: 'a', amount: 0.5 },
  ]);
  for (const text of ['', '0', '-1', 'a=', '1e3', 'a=b', 'NaN']) {
    expect(parseMaxCost(text)).toBeUndefined();
  }
  const euro = { ...PRICE, currency: 'EUR' };
  const open = (imitation: Imitation, ...amounts: { teacher?: string; amount: number }[]) =>
    new Budgets(imitation, amounts, new Map());
  const two = document({}, [PRICE, euro, {}]);
  expect(() => open(two, { amount: 1 })).toThrow('--max-cost 1: prices are in USD and EUR');
  expect(() => open(two, { teacher: 'c', amount: 1 })).toThrow(
    '--max-cost c=1: teacher c has no price',
  );
  expect(() => open(two, { teacher: 'd', amount: 1 })).toThrow('there are a, b, c');
  const twice = { teacher: 'a', amount: 1 };
  expect(() => open(two, twice, twice)).toThrow('is given twice for this teacher');
  expect(() => open(two, twice, { teacher: 'b', amount: 1 })).not.toThrow();
});

const ANSWER = { teacher: 'a', id: '1', revision: '', at: '' };

it.each<[string, string, number[]]>([
  ['unreadable', 'x!xx', [1]],
  ['truncated', 'x~xx', [1]],
  // Three of four name x, which is consistent; two of four is not.
  ['inconsistent', 'xyxx', []],
  ['inconsistent', 'xyxy', [0, 1, 2, 3]],
  ['inconsistent', 'xy!y', []],
  // `?`: an earlier collection ran out of attempts; such answers are asked for in any case.
  ['truncated', 'x?~x', [1, 2]],
])('--again %s with the answers %s asks for the indices %j', (reason, letters, expected) => {
  const imitation = document({ answers: 4, temperature: 1 });
  const teacher = teacherOf(imitation);
  const answers = new Map(
    askingsOf(teacher, CLASSES).map(({ answer, asked }) => {
      const letter = letters[answer] ?? '';
      const own = {
        ...ANSWER,
        answer,
        asked,
        class: '!?'.includes(letter) ? null : letter === '~' ? 'x' : letter,
        ...('!?'.includes(letter) && { problem: 'nonsense' }),
        ...(letter === '?' && { open: true as const }),
        ...(letter === '~' && { finish: 'length' }),
      };
      return [`a ${asked} 1 ${answer}`, own];
    }),
  );
  const inputs = [{ id: '1', value: { text: 'one' } }];
  const again = againBy(reason as 'unreadable', imitation.spec);
  const open = openQuestions(teacher, CLASSES, inputs, answers, again);
  expect(open.map(({ asking }) => asking.answer)).toEqual(expected);
});
