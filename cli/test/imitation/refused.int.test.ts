/**
 * A server that refuses single inputs, also within a batch, or from some call on everything, as after a revoked key or
 * a renamed model. Also the costs of calls without a readable answer. The server counts calls and tokens.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startCli } from '../commands/cli-process.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';
import { writeDocument } from './words-document.js';

const INPUTS = 60;
const KEY = 'sk-proj/0123456789+key';
const PER_CALL = 0.01;
vi.setConfig({ testTimeout: 300_000 });

const root = mkdtempSync(join(tmpdir(), 'refused-'));
const words = ['text', ...Array.from({ length: INPUTS }, (_, i) => `number ${i}`)].join('\n');
let server: Endpoint;
let url: string;
let calls = 0;
/** The answer to the n-th call; `all` are the numbers of its inputs, i the first of them. */
let respond: (i: number, n: number, all: number[]) => { status?: number; body: unknown };
const said = (content: string, completion_tokens = 1) => ({
  choices: [{ message: { content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens },
});

beforeAll(async () => {
  server = await startEndpoint((sent, response, request) => {
    const all = [...sent.matchAll(/number (\d+)/g)].map(([, i]) => Number(i)); // biome-ignore format: one line
    calls += 1;
    const { status = 200, body } = respond(all[0] as number, calls, all);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status).end(text.replaceAll('KEY', String(request.headers['x-key'])));
  });
  url = `${server.url}/`;
  writeFileSync(join(root, 'words.csv'), words);
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  calls = 0;
});

const CHAT = { chat: { model: 'm', prompt: '{input}?' } };
const BATCH = { request: { texts: '$inputs' }, batch: 30, answer: '/*/class' };

const collect = (folder: string, ...more: string[]) => collectFrom(CHAT, folder, ...more);

async function collectFrom(asked: object, folder: string, ...more: string[]) {
  const price = { perCall: PER_CALL, per1kOutputTokens: 1 };
  const headers = { 'x-key': { secret: 'chat' } };
  const endpoint = { url, headers, input: 'text', ...asked, attempts: 5, price };
  const document = writeDocument(root, endpoint);
  vi.stubEnv('LYCEUM_SECRET_CHAT', KEY);
  const args = ['imitation', 'collect', document, '--folder', join(root, folder)];
  const result = await startCli('127.0.0.1:1', [...args, '-o', 'json', ...more]).result;
  const file = readFileSync(join(root, folder, 'answers.jsonl'), 'utf8');
  expect(`${file}${result.stdout}${result.stderr}`).not.toContain(KEY);
  return { ...result, lines: linesOf(file), told: JSON.parse(result.stdout) as Told };
}

interface Line {
  readonly text: string;
  readonly class: string | null;
  readonly problem?: string;
  readonly refused?: number;
  readonly cost?: number;
}

interface Told {
  readonly calls: number;
  readonly costs: readonly { readonly cost: number }[];
}

const linesOf = (file: string) =>
  file
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
const costIn = (lines: readonly Line[]) => lines.reduce((sum, { cost = 0 }) => sum + cost, 0);

test('imitation collect stops a teacher that refuses everything, and --again refused asks it again', async () => {
  const refusal = { error: { message: 'API key not valid: KEY. Pass a valid one' } };
  respond = (_, n) => (n <= 10 ? { body: said('alpha') } : { status: 400, body: refusal });
  const first = await collect('all');
  expect(first.code).toBe(1);
  expect(first.stderr).toContain(
    'bytes; it says: API key not valid: [secret]. Pass a valid one; the server refused 32 inputs in a row; the cause is probably the description or the key',
  );
  // Calls that were under way have ended.
  expect(first.told.calls).toBe(calls);
  expect(calls).toBeLessThan(INPUTS);
  const refused = first.lines.filter((line) => line.refused === 400);
  expect(refused.length).toBe(calls - 10);

  respond = () => ({ body: said('beta') });
  const before = calls;
  const again = await collect('all', '--again', 'refused');
  expect(again.code).toBe(0);
  // The refused inputs, and those that were not asked.
  expect(calls - before).toBe(INPUTS - 10);
  const last = new Map(again.lines.map((line) => [line.text, line]));
  expect([...last.values()].filter((line) => line.class === 'beta')).toHaveLength(INPUTS - 10);
});

test('imitation collect takes single refusals as answers, and counts them', async () => {
  respond = (i) => (i % 2 === 0 ? { body: said('alpha') } : { status: 422, body: { detail: 'no' } }); // biome-ignore format: one line
  const { code, stderr, lines } = await collect('single');
  expect(code).toBe(0);
  expect(lines.filter(({ refused }) => refused === 422)).toHaveLength(INPUTS / 2);
  expect(stderr).toMatch(/chat: 30 questions were refused \(.*answers 422 .*; it says: no\); collect --again refused asks them again/); // biome-ignore format: one line
  // All inputs that are left are refused; earlier answers show that the key is valid.
  const again = await collect('single', '--again', 'refused');
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('chat: 30 questions were refused');
  expect(calls).toBe(INPUTS + INPUTS / 2);
});

test('imitation collect splits a refused batch until only the offending inputs are refused', async () => {
  const offends = (i: number) => i === 7 || i === 8 || i === 41;
  respond = (_, __, all) =>
    all.some(offends)
      ? { status: 400, body: { detail: 'no' } }
      : { body: all.map(() => ({ class: 'alpha' })) };
  const { code, stderr, lines, told } = await collectFrom(BATCH, 'batch');
  expect(code).toBe(0);
  expect(lines).toHaveLength(INPUTS);
  const refused = lines.filter((line) => line.refused === 400);
  expect(refused.map(({ text }) => text).sort()).toEqual(['number 41', 'number 7', 'number 8']);
  expect(lines.filter((line) => line.class === 'alpha')).toHaveLength(INPUTS - 3);
  expect(stderr).toContain('chat: 3 questions were refused');
  expect(told.calls).toBe(calls);
  expect(calls).toBeLessThan(INPUTS / 2);
});

test('imitation collect makes a bounded number of calls to a server that refuses every batch', async () => {
  respond = () => ({ status: 400, body: { error: 'no such model' } });
  const all = await collectFrom(BATCH, 'every');
  expect(all.code).toBe(1);
  expect(all.stderr).toContain(
    'the server refused 32 inputs in a row; the cause is probably the description or the key',
  );
  // 32 inputs asked alone, at most 32 larger batches, and one way down for each of two lanes; not 118 calls.
  expect(calls).toBeLessThan(2 * 32 + 2 * 6);
  let before = calls;
  const some = await collectFrom(BATCH, 'some', '--max-calls', '14');
  expect([some.code, calls - before]).toEqual([1, 14]);
  expect(some.stderr).toContain('the limit of --max-calls 14 is reached');
  before = calls;
  const inOneLane = { ...BATCH, concurrency: 1 };
  const few = await collectFrom(inOneLane, 'in-one-lane', '--max-calls', '7');
  expect([few.code, calls - before]).toEqual([1, 7]);
  // The batch is refused as a whole, then as 15, 8, 4, 2, 1 and 1. Inputs not asked alone stay open.
  expect(few.lines).toHaveLength(2);
});

test('imitation collect fails when a server refuses all calls, even with two inputs', async () => {
  respond = () => ({ status: 400, body: { error: 'no such model' } });
  writeFileSync(join(root, 'words.csv'), 'text\nnumber 0\nnumber 1');
  const few = await collect('few');
  writeFileSync(join(root, 'words.csv'), words);
  expect(few.code).toBe(1);
  expect(few.stderr).toMatch(
    /chat is not done: .*it says: no such model; the server refused 2 inputs, and took none/,
  );
  expect(few.lines).toHaveLength(2);
});

test('imitation collect records the cost of unreadable answers, also if --max-calls or a 401 ends it', async () => {
  respond = () => ({ body: 'data: {"half' });
  const stopped = await collect('paid', '--max-calls', '7');
  expect(stopped.code).toBe(1);
  expect([calls, stopped.told.calls]).toEqual([7, 7]);
  // An answer that is no JSON has no token counts: it counts as the longest one.
  expect(costIn(stopped.lines)).toBeCloseTo(7 * (PER_CALL + 0.016), 9);
  expect(stopped.told.costs[0]?.cost).toBeCloseTo(costIn(stopped.lines), 9);
  for (const { problem } of stopped.lines) {
    expect(problem).toContain(
      'the response could not be read, and asking again failed: the limit of --max-calls 7',
    );
  }
  // Four questions at a time: none has an answer, and all are asked again.
  expect(stopped.told).toMatchObject({ answered: { chat: 0 }, costs: [{ answers: 0 }] });
  expect(stopped.stderr).toContain(
    'chat: 7 answers could not be read; 4 questions stay open, and the next collect asks again',
  );
  const before = calls;
  respond = () => ({ body: said('alpha') });
  const goesOn = await collect('paid');
  expect([goesOn.code, calls - before]).toEqual([0, INPUTS]);
  respond = (_, n) => (n % 2 === 1 ? { body: '<html>' } : { status: 401, body: {} });
  const denied = await collect('denied');
  expect(denied.code).toBe(1);
  expect(costIn(denied.lines)).toBeCloseTo(denied.told.costs[0]?.cost ?? Number.NaN, 9);
  expect(costIn(denied.lines)).toBeGreaterThan(0);
});

test('imitation collect takes the dearest call as the bound when a server exceeds maxTokens', async () => {
  // maxTokens is 16; each call costs 1.01 instead of at most about 0.03.
  respond = () => ({ body: said('alpha', 1000) });
  const { code, stderr } = await collect('dear', '--max-cost', '3');
  expect(code).toBe(1);
  expect(stderr).toContain('USD are spent; the next call may cost 1.0100');
  // Four are under way before the first is answered.
  expect(calls).toBeLessThanOrEqual(4);
});
