/**
 * `imitation questions`: chats write new inputs. The stages are processes; the HTTP server in this process writes
 * lists in several forms, now and then a copy of an example or of a held-out input, or nothing, and counts its
 * requests.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDataset, splitSamples } from '@lyceum/learning/datasets';
import { wordsOf } from '@lyceum/learning/imitation';
import { parseImitation } from '@lyceum/learning/specification';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readKept, trainingSet } from '../../../src/imitation/index.js';
import { runCli, startCli } from '../../commands/cli-process.js';
import { type Endpoint, startEndpoint } from '../../commands/endpoint.js';

/** Port 1 of loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';
const PATIENT = { timeout: 120_000, interval: 20 };
const COUNT = 60;
const CONCURRENCY = 3;
const PRICE = { perCall: 0.01, per1kOutputTokens: 1, currency: 'EUR' };
vi.setConfig({ testTimeout: 600_000 });

const root = mkdtempSync(join(tmpdir(), 'questions-'));
const folder = join(root, 'out');
let server: Endpoint;
let url: string;
/** Requests for new texts, and those of them that were answered with 200. */
let [asked, answered] = [0, 0];
/** Examples that were shown, and texts to classify with the number of their requests. */
const shown = new Set<string>();
const classified = new Map<string, number>();
/** Answers to requests from this number on are held back. */
let holdFrom = Number.POSITIVE_INFINITY;
/** The server writes only the examples that it was shown. */
let isParrot = false;
/** The server's answers have no text. */
let isDumb = false;

const WORDS = 'sun moon star rain wind snow hill lake tree leaf bird fish wolf bear door lamp road ship bell drum'.split(' '); // biome-ignore format: one line
/** Ten words drawn by a number: two of them have few in common. */
function sentence(topic: string, number: number): string {
  let state = number * 7919 + (topic === 'alpha' ? 1 : 2);
  const words = Array.from({ length: 10 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return WORDS[Math.floor(state / 2 ** 16) % WORDS.length] as string;
  });
  return `${topic} ${words.join(' ')}`;
}
const rows = Array.from({ length: 40 }, (_, n) => {
  const label = n % 2 === 0 ? 'alpha' : 'beta';
  const split = n < 24 ? 'train' : n < 32 ? 'validation' : 'test';
  return { text: sentence(label, n), label, split };
});
const heldOut = rows.filter(({ split }) => split !== 'train').map(({ text }) => text);

beforeAll(async () => {
  server = await startEndpoint((sent, response) => {
    const body = JSON.parse(sent);
    const { content } = body.messages.at(-1) as { content: string };
    const reply = (text: string, finish_reason = 'stop'): void => {
      const usage = { prompt_tokens: 100, completion_tokens: 10 };
      const message = isDumb ? {} : { content: text };
      response.end(JSON.stringify({ choices: [{ message, finish_reason }], usage }));
    };
    if (content.startsWith('Which')) {
      const text = content.slice('Which: '.length);
      classified.set(text, (classified.get(text) ?? 0) + 1);
      return reply(text.split(' ')[0] as string);
    }
    asked += 1;
    // Every ninth call is refused before it is looked at, and costs nothing.
    if (asked % 9 === 0) return response.writeHead(429, { 'retry-after': '0' }).end('{}');
    if (body.temperature !== 0.8 || body.max_tokens !== 200) throw new Error('not as described');
    if (asked >= holdFrom) return;
    answered += 1;
    const written = texts(content, answered);
    if (answered % 7 === 0) return reply('I would rather not.');
    if (answered % 5 === 0) return reply(`Here:\n${written.map((t, k) => `${k + 1}. ${t}`).join('\n')}`); // biome-ignore format: one line
    if (answered % 8 === 0) return reply(`["${written[0]}", "${written[1]?.slice(0, 9)}`, 'length'); // biome-ignore format: one line
    reply(JSON.stringify(written));
  });
  url = `${server.url}/v1/chat/completions`;
  const table = ['text,label,split', ...rows.map((r) => `${r.text},${r.label},${r.split}`)];
  writeFileSync(join(root, 'words.csv'), table.join('\n'));
  write('words.yaml', document());
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});

/** Three texts of the prompt's class; now and then one is a held-out text or an example plus one word. */
function texts(content: string, number: number): string[] {
  const topic = /of the class (\w+)/.exec(content)?.[1] ?? 'none';
  const examples = JSON.parse(/^\[.*\]$/m.exec(content)?.[0] ?? '[]') as string[];
  for (const text of examples) shown.add(text);
  if (isParrot) return examples.map((text) => `${text}!`);
  const fresh = [0, 1, 2].map((k) => sentence(topic, 1000 + 3 * number + k));
  if (number % 3 === 0) fresh[1] = `${heldOut[number % heldOut.length]} indeed`;
  if (number % 4 === 0) fresh[2] = `${examples[0]} indeed`;
  return fresh;
}

function document(questions: object = {}, inputs: object = {}): unknown {
  const chat = { model: 'm', prompt: 'Which: {input}', system: 'One word.' };
  const endpoint = { url, input: 'text', concurrency: CONCURRENCY, price: PRICE, chat };
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Imitation',
    metadata: { name: 'words' },
    spec: {
      inputs: { source: 'words.csv', text: 'text', label: 'label', split: 'split', ...inputs },
      classes: ['alpha', 'beta'],
      teachers: [{ name: 'chat', endpoint }],
      questions: { count: COUNT, maxTokens: 200, ...questions },
      check: { rules: [{ rule: 'schema' }, { rule: 'leak' }] },
      train: { buckets: 64, run: { student: { model: { architecture: 'mlp', hiddenUnits: [] } }, training: { epochs: 1 } } }, // biome-ignore format: one line
    },
  };
}

function write(name: string, content: unknown): string {
  writeFileSync(join(root, name), JSON.stringify(content));
  return join(root, name);
}

const command = (stage: string, ...more: string[]) => ['imitation', stage, join(root, 'words.yaml'), '--folder', folder, ...more]; // biome-ignore format: one line
const linesOf = (file: string) =>
  readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: one line
const isKept = ({ dropped }: { dropped?: string }) => dropped === undefined;

/** Oracle of the search for near-duplicates: the plain table of longest common subsequences. */
function rougeL(a: readonly string[], b: readonly string[]): number {
  const rows: number[][] = [Array(b.length + 1).fill(0)];
  for (const word of a) {
    const above = rows.at(-1) as number[];
    const row = [0];
    for (const [j, other] of b.entries()) {
      row.push(word === other ? (above[j] as number) + 1 : Math.max(above[j + 1] as number, row[j] as number)); // biome-ignore format: one line
    }
    rows.push(row);
  }
  return (2 * (rows.at(-1)?.at(-1) as number)) / (a.length + b.length);
}

test('imitation questions --dry-run estimates calls and cost, and --max-calls bounds the calls', async () => {
  const { code, stdout } = await runCli(NOBODY, ...command('questions', '--dry-run', '-o', 'json'));
  expect(code).toBe(0);
  const calls = COUNT / 3;
  expect(JSON.parse(stdout)).toMatchObject([
    { teacher: 'chat', written: 0, open: COUNT, calls, outputTokens: 200 * calls, currency: 'EUR' },
  ]);
  expect(JSON.parse(stdout)[0].cost).toBeCloseTo(calls * (PRICE.perCall + 0.2), 9);
  const limited = await runCli(NOBODY, ...command('questions', '--max-calls', '2'));
  expect(limited.code).toBe(1);
  expect(limited.stderr).toContain('the limit of --max-calls 2 is reached');
  expect(asked).toBe(2);
});

test('imitation questions stays within --max-cost, and records what an unreadable answer cost', async () => {
  const before = answered;
  const own = join(root, 'poor');
  const poor = await runCli(NOBODY, 'imitation', 'questions', join(root, 'words.yaml'), '--folder', own, '--max-cost', '0.3', '-o', 'json'); // biome-ignore format: one line
  expect(poor.code).toBe(1);
  expect(poor.stderr).toContain('chat is not done: --max-cost 0.3: 0.1000 EUR are spent; the next call may cost 0.2100'); // biome-ignore format: one line
  // A call costs at most 0.21, and here 0.02: the sixth might exceed the budget.
  expect(answered - before).toBe(5);
  expect(JSON.parse(poor.stdout).costs).toMatchObject([{ calls: 5, inputTokens: 500, cost: expect.closeTo(0.1, 9), estimatedCost: expect.closeTo(5 * 0.21, 9) }]); // biome-ignore format: one line
  answered = before;

  // A call without a text is paid for too, even if --max-calls prevents another try.
  isDumb = true;
  const dumb = await runCli(NOBODY, 'imitation', 'questions', join(root, 'words.yaml'), '--folder', own, '--max-calls', '1'); // biome-ignore format: one line
  isDumb = false;
  answered = before;
  expect(dumb.code).toBe(1);
  const last = JSON.parse(readFileSync(join(own, 'questions.jsonl'), 'utf8').trimEnd().split('\n').at(-1) as string); // biome-ignore format: one line
  expect(last).toMatchObject({ text: '', dropped: expect.stringMatching(/^unreadable: .*--max-calls/), cost: expect.closeTo(0.02, 9) }); // biome-ignore format: one line
});

test('imitation questions writes the wanted count in spite of a kill, and drops near-duplicates', async () => {
  holdFrom = asked + 12;
  const running = startCli(NOBODY, command('questions'));
  await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(holdFrom + CONCURRENCY - 1), PATIENT);
  running.process.kill('SIGKILL');
  await running.result;
  const before = readFileSync(join(folder, 'questions.jsonl'), 'utf8');
  // Answers were written to disk before the next call.
  expect(new Set(linesOf('questions.jsonl').map(({ call }) => call)).size).toBe(answered);
  // A kill while a line was being written leaves half of it.
  writeFileSync(join(folder, 'questions.jsonl'), '{"teacher":"chat","text":"half', { flag: 'a' });
  holdFrom = Number.POSITIVE_INFINITY;

  const first = asked;
  const whole = await runCli(NOBODY, ...command('questions', '-o', 'json'));
  expect(whole.stderr).not.toContain('is not done');
  expect(whole.code).toBe(0);
  expect(readFileSync(join(folder, 'questions.jsonl'), 'utf8').startsWith(before)).toBe(true);
  const lines = linesOf('questions.jsonl');
  const kept = lines.filter(isKept);
  expect(kept).toHaveLength(COUNT);
  for (const wanted of ['alpha', 'beta']) {
    expect(kept.filter((line) => line.wanted === wanted)).toHaveLength(COUNT / 2);
  }
  // The reported calls are those that the server counted; the answered ones are on disk.
  const told = JSON.parse(whole.stdout);
  expect(told.calls).toBe(asked - first);
  expect(new Set(lines.map(({ call }) => call)).size).toBe(answered);
  expect(told.kept).toBe(COUNT - before.trimEnd().split('\n').map((l) => JSON.parse(l)).filter(isKept).length); // biome-ignore format: one line
  expect(Object.keys(told.dropped)).toEqual(expect.arrayContaining(['cut off', 'near-duplicate', 'unreadable'])); // biome-ignore format: one line

  // No held-out input is shown, and no near-duplicate of an input or of another text is kept.
  const train = rows.filter(({ split }) => split === 'train').map(({ text }) => text);
  expect([...shown].filter((text) => !train.includes(text))).toEqual([]);
  const words = [...rows, ...kept].map(({ text }) => wordsOf(text));
  for (const [n, own] of words.entries()) {
    if (n < rows.length) continue;
    expect(words.slice(0, n).find((other) => rougeL(own, other) >= 0.7)).toBeUndefined();
  }
  const like = lines.filter(({ dropped = '' }) => dropped.includes('which is held out'));
  expect(like.length).toBeGreaterThan(2);
  const ids = new Set(like.map(({ dropped }) => /as (\w{16}),/.exec(dropped)?.[1]));
  expect(ids).not.toContain(undefined);
  expect(kept[0]).toMatchObject({ teacher: 'chat', seeds: [expect.any(String), expect.any(String)], prompt: expect.stringMatching(/^\w{16}$/), cost: expect.any(Number) }); // biome-ignore format: one line

  // Every call cost 0.02 and 110 tokens, and is on disk, also if its texts were dropped.
  expect(lines.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(answered * 0.02, 9);
  expect(lines.reduce((sum, { usage }) => sum + usage.inputTokens, 0)).toBe(answered * 100);
  expect(told.costs[0].spent).toBeCloseTo(answered * 0.02, 9);

  const again = await runCli(NOBODY, ...command('questions'));
  expect([again.code, asked]).toEqual([0, first + told.calls]);
});

test('written inputs are collected, checked and taught like inputs of the training split', async () => {
  const collected = await runCli(NOBODY, ...command('collect'));
  expect(collected.stderr).not.toContain('is not done');
  expect(collected.code).toBe(0);
  const kept = linesOf('questions.jsonl').filter(isKept);
  const expected = [...rows, ...kept].map(({ text }) => text);
  expect([...classified.keys()].sort()).toEqual(expected.sort());
  expect([...classified.values()].every((times) => times === 1)).toBe(true);

  const checked = await runCli(NOBODY, ...command('check', '-o', 'json'));
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.stdout)).toMatchObject({ inputs: rows.length + COUNT, labelled: rows.length, written: COUNT }); // biome-ignore format: one line
  const written = linesOf('kept.jsonl').filter(({ writtenBy }) => writtenBy === 'chat');
  expect(written.length).toBeGreaterThan(COUNT / 2);
  for (const line of written) {
    expect(line).toMatchObject({ split: 'train', answers: { chat: line.text.split(' ')[0] } });
    expect(line.label).toBeUndefined();
  }

  const imitation = parseImitation(readFileSync(join(root, 'words.yaml'), 'utf8'), 'words.yaml');
  const all = await readKept(join(folder, 'kept.jsonl'));
  const { signal } = new AbortController();
  const { dataset } = await trainingSet(imitation, all, { keptFile: 'kept.jsonl', cacheFolder: join(root, 'cache'), scratch: mkdtempSync(join(root, 'set-')), images: root, signal }); // biome-ignore format: one line
  expect(splitSamples(parseDataset(dataset), 'train')).toHaveLength(all.length - heldOut.length);
});

test('imitation questions stops after ten calls that bring nothing new, and says why', async () => {
  isParrot = true;
  const before = asked;
  const parrot = write('parrot.yaml', document({ count: 30, classes: ['beta'] }));
  const told = await runCli(NOBODY, 'imitation', 'questions', parrot, '--folder', join(root, 'parrot'), '-o', 'json'); // biome-ignore format: one line
  isParrot = false;
  expect(told.code).toBe(1);
  expect(told.stderr).toContain('chat is not done: its last 10 calls for beta brought nothing new');
  // Ten calls, those under way beside the tenth, and those repeated after 429.
  expect(asked - before).toBeLessThanOrEqual(10 + CONCURRENCY + 3);
  expect(JSON.parse(told.stdout)).toMatchObject({ calls: asked - before, kept: 0 });
});

test('imitation collect refuses written inputs beside inputs without a split', async () => {
  const { spec, ...rest } = document({}, { split: undefined }) as { spec: object };
  const unsplit = write('unsplit.yaml', { ...rest, spec: { ...spec, questions: undefined } });
  const { code, stderr } = await runCli(
    NOBODY,
    'imitation',
    'collect',
    unsplit,
    '--folder',
    folder,
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /questions.jsonl has 60 texts to train on, and spec.inputs names no split/,
  );
});
