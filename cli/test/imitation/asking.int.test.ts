/**
 * `imitation collect` asks chats for several answers with explanations. The command runs as a process; the HTTP server
 * is in this one. Its models differ in what they take: `n` or not, schemas, tools, neither. The server counts calls
 * and tokens; the command must report the same counts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli, startCli } from '../commands/cli-process.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';

const NOBODY = '127.0.0.1:1';
const INPUTS = 6;
const ANSWERS = 3;
const CONCURRENCY = 2;
const PRICE = { perCall: 0.001, per1kInputTokens: 1, per1kCachedTokens: 0.5, per1kOutputTokens: 2 };
vi.setConfig({ testTimeout: 300_000 });

interface ChatBody {
  readonly n?: number;
  readonly messages: readonly { readonly content: string }[];
  readonly response_format?: unknown;
  readonly tools?: unknown;
}

/** What a model's server does with each field of a request; `usage`: its answers have token counts. */
interface Has {
  readonly n: 'taken' | 'ignored' | 400;
  readonly schema: 'taken' | 'ignored' | 400 | 422;
  readonly tools: 'taken' | 'ignored' | 400 | 501;
  readonly usage: boolean;
}

const SERVERS: Readonly<Record<string, Has>> = {
  whole: { n: 'taken', schema: 'taken', tools: 400, usage: true },
  single: { n: 'ignored', schema: 'taken', tools: 400, usage: true },
  tool: { n: 400, schema: 400, tools: 'taken', usage: true },
  text: { n: 'taken', schema: 422, tools: 501, usage: false },
  ignorant: { n: 'taken', schema: 'ignored', tools: 'ignored', usage: true },
};

interface Counted {
  calls: number;
  paidCalls: number;
  input: number;
  cached: number;
  output: number;
  /** Texts, of calls with 200. */
  readonly texts: string[];
}

const root = mkdtempSync(join(tmpdir(), 'asking-'));
const counts = new Map<string, Counted>();
let server: Endpoint;
let url: string;
/** From this call on the server answers none. */
let holdFrom = Number.POSITIVE_INFINITY;
let calls = 0;
let isMended = false;

beforeAll(async () => {
  server = await startEndpoint((text, response, request) => {
    calls += 1;
    const name = (request.url ?? '').slice(1);
    const body = JSON.parse(text) as ChatBody | string;
    const { status, answer } = typeof body === 'string' ? plain(body) : answered(name, body);
    if (calls < holdFrom) response.writeHead(status).end(JSON.stringify(answer));
  });
  url = server.url;
  const texts = Array.from({ length: INPUTS }, (_, i) => `${i % 2 === 0 ? 'aa' : 'bb'}${i}`);
  writeFileSync(join(root, 'words.csv'), ['text', ...texts].join('\n'));
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});

function countsOf(name: string): Counted {
  const own = counts.get(name) ?? { calls: 0, paidCalls: 0, input: 0, cached: 0, output: 0, texts: [] }; // biome-ignore format: one line
  counts.set(name, own);
  return own;
}

/** An endpoint that is no chat: a request is a text, and an answer has no token counts. */
function plain(text: string): { status: number; answer: unknown } {
  countsOf('plain').calls += 1;
  return { status: 200, answer: text.startsWith('a') ? 'A' : 'B' };
}

function answered(name: string, body: ChatBody): { status: number; answer: unknown } {
  const own = countsOf(name);
  own.calls += 1;
  const has = SERVERS[name] ?? (SERVERS['whole'] as Has);
  const { n = 1, messages, response_format, tools } = body;
  if (n > 1 && typeof has.n === 'number') return { status: has.n, answer: {} };
  if (response_format !== undefined && typeof has.schema === 'number') {
    return { status: has.schema, answer: {} };
  }
  if (tools !== undefined && typeof has.tools === 'number') {
    return { status: has.tools, answer: {} };
  }
  const content = messages.at(-1)?.content ?? '';
  const [text = ''] = /(aa|bb)\d/.exec(content) ?? [];
  const before = own.texts.filter((past) => past === text).length;
  own.texts.push(text);
  const knowsObject =
    content.includes('JSON') ||
    (response_format !== undefined && has.schema === 'taken') ||
    (tools !== undefined && has.tools === 'taken');
  const choices = Array.from({ length: has.n === 'taken' ? n : 1 }, (_, i) => {
    const { said, finish_reason } = saidOf(name, text, before + i);
    const isTool = tools !== undefined && has.tools === 'taken';
    const message = isTool
      ? { content: null, tool_calls: [{ function: { name: 'answer', arguments: said } }] }
      : { content: knowsObject ? said : 'alpha I think' };
    return { message, finish_reason };
  });
  const usage = {
    prompt_tokens: Math.ceil(content.length / 3) + 7,
    completion_tokens: 9 * choices.length + 1,
    prompt_tokens_details: { cached_tokens: 5 },
  };
  own.paidCalls += 1;
  own.input += usage.prompt_tokens;
  own.cached += 5;
  own.output += usage.completion_tokens;
  return { status: 200, answer: { choices, ...(has.usage && { usage }) } };
}

/** The `moody` chat gives input 1 half an object, input 2 a cut-off but readable one, input 3 alternating classes. */
function saidOf(name: string, text: string, time: number) {
  const number = Number(text.slice(2));
  const isMoody = name === 'moody' && !isMended;
  const label = (isMoody && number === 3 ? time % 2 === 0 : text.startsWith('a')) ? 'A' : 'B';
  const said = JSON.stringify({ label, explanation: `${text} begins so (${time})` });
  if (isMoody && number === 1) return { said: said.slice(0, -9), finish_reason: 'stop' };
  return { said, finish_reason: isMoody && number === 2 ? 'length' : 'stop' };
}

function documentOf(names: readonly string[], ask: object = {}): string {
  const file = join(root, `${names.join('-')}.yaml`);
  const teachers = names.map((name) => ({
    name,
    endpoint: {
      url: `${url}/${name}`,
      input: 'text',
      ...(name === 'plain'
        ? { request: '$input', answer: '' }
        : { chat: { model: 'm', prompt: 'Of which kind is {input}?', maxTokens: 40 } }),
      classes: { A: 'alpha', B: 'beta' },
      concurrency: CONCURRENCY,
      attempts: 2,
      price: PRICE,
    },
    ask: {
      answers: ANSWERS,
      ...(name !== 'plain' && {
        temperature: 0.7,
        schema: { label: 'the kind', explanation: null },
      }),
      ...(name === 'whole' && { prompts: ['Is {input} A or B?', 'Of which kind is {input}?'] }),
      ...ask,
    },
  }));
  const spec = {
    inputs: { source: 'words.csv', text: 'text' },
    classes: ['alpha', 'beta'],
    teachers,
    check: { rules: [{ rule: 'self-consistency', atLeast: 0.9 }] },
  };
  const document = { apiVersion: 'lyceum.dev/v1alpha1', kind: 'Imitation', metadata: { name: 'words' }, spec }; // biome-ignore format: one line
  writeFileSync(file, JSON.stringify(document));
  return file;
}

const collect = (file: string, folder: string, ...more: string[]) => [
  'imitation',
  'collect',
  file,
  '--folder',
  join(root, folder),
  '-o',
  'json',
  ...more,
];

interface Line {
  readonly teacher: string;
  readonly id: string;
  readonly text: string;
  readonly answer: number;
  readonly class: string | null;
  readonly explanation?: string;
  readonly finish?: string;
  readonly usage: { inputTokens: number; outputTokens: number; cachedTokens?: number; estimated?: true };
  readonly cost: number;
} // biome-ignore format: a line a field

const linesIn = (folder: string) =>
  readFileSync(join(root, folder, 'answers.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Line); // biome-ignore format: one line

interface Told {
  readonly calls: number;
  readonly costs: readonly { teacher: string; calls: number; cost: number; spent: number; estimatedCost: number }[]; // biome-ignore format: one line
}

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

test('imitation collect asks each server in a form that it takes, and reports calls and cost', async () => {
  counts.clear();
  const names = Object.keys(SERVERS);
  const file = documentOf([...names, 'plain']);
  const { code, stdout, stderr } = await runCli(NOBODY, ...collect(file, 'forms'));
  expect(stderr).toContain('tool: takes no response_format; the object is asked for by tools');
  expect(stderr).toContain(
    'text: takes no response_format and no tools; the object is asked for by prompt',
  );
  expect(stderr).toContain('ignorant: takes no response_format and no tools');
  expect(stderr.match(/single: gives fewer answers than n asks for/g)).toHaveLength(1);
  expect(code).toBe(0);
  // whole: a call for each prompt. tool: n, then the schema is refused. ignorant: two forms are paid for in vain.
  expect(names.map((name) => countsOf(name).calls)).toEqual([
    2 * INPUTS,
    ANSWERS * INPUTS,
    ANSWERS * INPUTS + 3,
    INPUTS + 4,
    INPUTS + 2,
  ]);
  const told = JSON.parse(stdout) as Told;
  expect(countsOf('plain').calls).toBe(INPUTS * ANSWERS);
  expect(told.calls).toBe(sum([...names, 'plain'].map((name) => countsOf(name).calls)));

  const all = linesIn('forms');
  const plainLines = all.filter(({ teacher }) => teacher === 'plain');
  expect(plainLines).toHaveLength(INPUTS * ANSWERS);
  expect(plainLines.every(({ usage, cost }) => usage === undefined && cost === 0.001)).toBe(true);
  const lines = all.filter(({ teacher }) => teacher !== 'plain');
  const keys = new Set(lines.map(({ teacher, id, answer }) => `${teacher} ${id} ${answer}`));
  expect([lines.length, keys.size]).toEqual([5 * INPUTS * ANSWERS, 5 * INPUTS * ANSWERS]);
  for (const line of lines) {
    expect(line.class).toBe(line.text.startsWith('a') ? 'alpha' : 'beta');
    expect(line.explanation).toContain(`${line.text} begins so`);
    expect(line.finish).toBe('stop');
  }
  for (const name of names) {
    const own = lines.filter(({ teacher }) => teacher === name);
    const { input, cached, output, paidCalls, calls: counted } = countsOf(name);
    const found = told.costs.find(({ teacher }) => teacher === name);
    expect(found).toMatchObject({ calls: counted, spent: found?.cost });
    expect(sum(own.map(({ cost }) => cost))).toBeCloseTo(found?.cost ?? Number.NaN, 9);
    expect(own.every(({ usage }) => usage.estimated === true)).toBe(name === 'text');
    if (name === 'text') continue;
    expect(sum(own.map(({ usage }) => usage.inputTokens))).toBe(input);
    expect(sum(own.map(({ usage }) => usage.cachedTokens ?? 0))).toBe(cached);
    expect(sum(own.map(({ usage }) => usage.outputTokens))).toBe(output);
    const cost = paidCalls / 1000 + (input - cached) / 1000 + (cached * 0.5) / 1000 + (output * 2) / 1000; // biome-ignore format: one line
    expect(found?.cost).toBeCloseTo(cost, 9);
  }
  expect(stderr).toMatch(/whole: 18 answers by 12 calls; \d+ tokens in, of these 60 cached, \d+ out; \d\.\d{4} USD, \d\.\d{4} estimated \(\d+\.\d\d? % too much\), \d\.\d{4} with all before/); // biome-ignore format: one line
});

test('imitation collect that was killed repeats only the calls that were under way', async () => {
  counts.clear();
  const file = documentOf(['whole', 'single']);
  holdFrom = calls + 12;
  const running = startCli(NOBODY, collect(file, 'killed'));
  await vi.waitFor(() => expect(calls).toBeGreaterThanOrEqual(holdFrom + 2 * CONCURRENCY - 1), { timeout: 120_000, interval: 20 }); // biome-ignore format: one line
  running.process.kill('SIGKILL');
  await running.result;
  holdFrom = Number.POSITIVE_INFINITY;
  const before = calls;
  const { code, stdout } = await runCli(NOBODY, ...collect(file, 'killed'));
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as Told).calls).toBe(calls - before);
  const clean = { whole: 2 * INPUTS, single: ANSWERS * INPUTS };
  for (const [name, needed] of Object.entries(clean)) {
    const repeated = countsOf(name).calls - needed;
    expect(repeated).toBeGreaterThanOrEqual(0);
    // The second process asks `single` once more for several answers, and learns again that it gives one.
    expect(repeated).toBeLessThanOrEqual(CONCURRENCY);
  }
  const lines = linesIn('killed');
  const keys = new Set(lines.map(({ teacher, id, answer }) => `${teacher} ${id} ${answer}`));
  expect([lines.length, keys.size]).toEqual([2 * INPUTS * ANSWERS, 2 * INPUTS * ANSWERS]);
});

test('--max-cost is never exceeded, counts costs of earlier processes, and stops only its teacher', async () => {
  counts.clear();
  const file = documentOf(['whole', 'single']);
  // A call of `single` costs 0.0325; the upper bound from its bytes is about 0.6.
  const limit = 0.9;
  const budget = ['--max-cost', `single=${limit}`];
  const stopped = await runCli(NOBODY, ...collect(file, 'budget', ...budget));
  expect(stopped.code).toBe(1);
  const [, spent, greatest] =
    /single is not done: --max-cost single=0.9: (\S+) USD are spent; the next call may cost ([^,\s]+)/.exec(stopped.stderr) ?? []; // biome-ignore format: one line
  expect(Number(spent)).toBeLessThanOrEqual(limit);
  expect(Number(spent) + Number(greatest)).toBeGreaterThan(limit);
  const own = linesIn('budget').filter(({ teacher }) => teacher === 'single');
  expect(sum(own.map(({ cost }) => cost))).toBeCloseTo(Number(spent), 3);
  expect(own.length).toBeGreaterThan(2);
  expect(own.length).toBeLessThan(ANSWERS * INPUTS);
  expect(linesIn('budget').length - own.length).toBe(ANSWERS * INPUTS);

  const before = calls;
  const again = await runCli(NOBODY, ...collect(file, 'budget', ...budget));
  expect(again.code).toBe(1);
  expect(calls).toBe(before);
  const unknown = await runCli(NOBODY, ...collect(file, 'budget', '--max-cost', 'nobody=1'));
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain(
    '--max-cost nobody=1: no teacher has this name; there are whole, single',
  );
});

test('--again asks again only the questions with the named problem', async () => {
  counts.clear();
  const file = documentOf(['moody'], { prompts: undefined });
  const first = await runCli(NOBODY, ...collect(file, 'again'));
  expect(first.code).toBe(1);
  expect(first.stderr).toContain('3 questions have no answer that can be read');
  isMended = true;
  const dry = await runCli(NOBODY, ...collect(file, 'again', '--again', 'inconsistent', '--dry-run')); // biome-ignore format: one line
  const spent = sum(linesIn('again').map(({ cost }) => cost));
  const [estimate] = JSON.parse(dry.stdout) as [{ open: number; cost: number; spent: number }];
  expect(estimate).toMatchObject({ open: ANSWERS, spent: expect.closeTo(spent, 9) });
  expect(estimate.cost).toBeGreaterThan(0);
  for (const [reason, text] of [
    ['truncated', 'aa2'],
    ['inconsistent', 'bb3'],
    ['unreadable', 'bb1'],
  ] as const) {
    counts.clear();
    const { stdout } = await runCli(NOBODY, ...collect(file, 'again', '--again', reason));
    expect([reason, ...new Set(countsOf('moody').texts)]).toEqual([reason, text]);
    expect((JSON.parse(stdout) as Told).calls).toBe(countsOf('moody').calls);
  }
  const last = new Map(linesIn('again').map((line) => [`${line.id} ${line.answer}`, line]));
  expect(last.size).toBe(INPUTS * ANSWERS);
  for (const line of last.values()) {
    expect(line).toMatchObject({ class: line.text.startsWith('a') ? 'alpha' : 'beta', finish: 'stop' }); // biome-ignore format: one line
  }
  // Replaced lines stay in the file: they were paid for too.
  const all = linesIn('again');
  expect(all.length).toBe(INPUTS * ANSWERS + 3 * ANSWERS);
});
