/**
 * The stages of `imitation` as processes, against a real cluster and an HTTP server in this process that limits, fails
 * and answers garbage. The server counts every question: a kill may repeat those that were under way, and no other.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mulberry32 } from '@lyceum/learning/arrays';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runCli, startCli } from '../commands/cli-process.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';
import { startCluster } from '../local-cluster/cluster-runs.js';

/** Port 1 of loopback: nobody listens there. */
const NOBODY = '127.0.0.1:1';
const PATIENT = { timeout: 120_000, interval: 20 };
const INPUTS = 240;
/** Calls of one teacher at a time. */
const CONCURRENCY = 3;
vi.setConfig({ testTimeout: 600_000 });

const root = mkdtempSync(join(tmpdir(), 'imitation-'));
const asked = new Map<string, Map<string, number>>();
const seenKeys = new Set<string | undefined>();
let server: Endpoint;
let url: string;
let calls = 0;
/** Answers are held back from this call on. */
let holdFrom = Number.POSITIVE_INFINITY;
const held: (() => void)[] = [];
/** `teacher text` of each answer that left the server. */
let answeredTexts = new Set<string>();

const NAMES = ['count', 'letters', 'chat'];
const texts = Array.from({ length: INPUTS }, (_, i) =>
  i % 2 === 0 ? `aa ${i} aaa` : `bb ${i} bbbb`,
);
const truth = (text: string) => (text.startsWith('a') ? 'alpha' : 'beta');

beforeAll(async () => {
  server = await startEndpoint((sent, response, request) => {
    const name = (request.url ?? '').slice(1);
    const body = JSON.parse(sent) as Record<string, unknown>;
    calls += 1;
    // Every ninth call is refused before it is looked at, and costs nothing.
    if (calls % 9 === 0) return response.writeHead(429, { 'retry-after': '0' }).end('{}');
    if (name === 'chat') seenKeys.add(request.headers.authorization);
    const own = asked.get(name) ?? new Map<string, number>();
    asked.set(name, own);
    const said = textsIn(name, body).map((text) => {
      own.set(text, (own.get(text) ?? 0) + 1);
      return answerOf(name, text);
    });
    const answer = (): void => {
      for (const text of textsIn(name, body)) answeredTexts.add(`${name} ${text}`);
      response.end(JSON.stringify(shaped(name, said)));
    };
    if (calls < holdFrom) answer();
    else held.push(answer);
  });
  url = server.url;
  writeFileSync(
    join(root, 'words.csv'),
    [
      'text,label,split',
      ...texts.map((text, i) => `${text},${truth(text)},${splitOf(i)}`),
      texts[0],
    ]
      .map((row) => (row === texts[0] ? `${row},alpha,train` : row))
      .join('\n'),
  );
  writeFileSync(join(root, 'words.yaml'), JSON.stringify(document()));
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});

function splitOf(i: number): string {
  return i % 10 < 8 ? 'train' : i % 10 === 8 ? 'validation' : 'test';
}

function textsIn(name: string, body: Record<string, unknown>): string[] {
  if (name === 'count') return [body['q'] as string];
  if (name === 'letters') return body['texts'] as string[];
  const [{ content }] = body['messages'] as [{ content: string }];
  return [content.split(': ')[1] as string];
}

/** Each teacher errs in its own way. */
function answerOf(name: string, text: string): string {
  const number = Number(text.split(' ')[1]);
  const right = text.startsWith('a') ? 'A' : 'B';
  const wrong = right === 'A' ? 'B' : 'A';
  if (name === 'count') return number % 11 === 3 ? wrong : right;
  if (name === 'letters') return number % 13 === 5 ? 'none' : right;
  return number % 17 === 2 ? 'I think it is alpha.' : right === 'A' ? 'alpha' : 'beta';
}

function shaped(name: string, said: string[]): unknown {
  if (name === 'count') return { result: { letter: said[0], sure: 0.9 } };
  if (name === 'letters') return said.map((letter) => ({ letter }));
  const finish_reason = said[0]?.startsWith('I think') ? 'length' : 'stop';
  return { choices: [{ message: { role: 'assistant', content: said[0] }, finish_reason }] };
}

function document(): unknown {
  const common = { input: 'text', concurrency: CONCURRENCY };
  const classes = { A: 'alpha', B: 'beta' };
  return {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Imitation',
    metadata: { name: 'words' },
    spec: {
      inputs: { source: 'words.csv', text: 'text', label: 'label', split: 'split' },
      classes: ['alpha', 'beta'],
      teachers: [
        {
          name: 'count',
          endpoint: {
            ...common,
            url: `${url}/count`,
            request: { q: '$input' },
            answer: '/result/letter',
            confidence: '/result/sure',
            classes,
          },
        },
        {
          name: 'letters',
          endpoint: {
            ...common,
            url: `${url}/letters`,
            request: { texts: '$inputs' },
            batch: 4,
            answer: '/*/letter',
            classes: { ...classes, none: null },
          },
        },
        {
          name: 'chat',
          endpoint: {
            ...common,
            url: `${url}/chat`,
            headers: { authorization: { secret: 'chat-key', prefix: 'Bearer ' } },
            chat: { model: 'm', prompt: 'One of {classes}: {input}' },
          },
        },
      ],
      check: {
        rules: [
          { rule: 'schema', atLeast: 2 },
          { rule: 'duplicates' },
          { rule: 'truncated' },
          { rule: 'agreement', atLeast: 2 },
        ],
      },
      train: {
        buckets: 64,
        run: {
          student: { model: { architecture: 'mlp', hiddenUnits: [] } },
          training: { batchSize: 32, epochs: 40, learningRate: 0.05 },
        },
      },
    },
  };
}

const folder = join(root, 'out');
const command = (stage: string, ...more: string[]) => [
  'imitation',
  stage,
  join(root, 'words.yaml'),
  '--folder',
  folder,
  ...more,
];
const linesOf = (file: string) =>
  readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // biome-ignore format: one line

test('imitation collect --dry-run makes no call, and --max-calls bounds the calls', async () => {
  vi.stubEnv('LYCEUM_SECRET_CHAT_KEY', 'k3y');
  const dry = await runCli(NOBODY, ...command('collect', '--dry-run', '-o', 'json'));
  expect(dry.code).toBe(0);
  expect(JSON.parse(dry.stdout)).toMatchObject([
    { teacher: 'count', open: INPUTS, calls: INPUTS },
    { calls: INPUTS / 4 },
    { teacher: 'chat', calls: INPUTS },
  ]);
  expect(calls).toBe(0);
  const limited = await runCli(NOBODY, ...command('collect', '--max-calls', '20'));
  expect(limited.code).toBe(1);
  expect(limited.stderr).toContain('the limit of --max-calls 20 is reached');
  expect(calls).toBe(20);
});

test('imitation collect that is killed twice keeps each answer once, and repeats few questions', async () => {
  const killed = new Map<string, number>();
  for (const after of [90, 200]) {
    // Calls that are under way at the kill have no answer yet.
    holdFrom = calls + after;
    const running = startCli(NOBODY, command('collect'));
    await vi.waitFor(() => expect(calls).toBeGreaterThanOrEqual(holdFrom + 2), PATIENT);
    running.process.kill('SIGKILL');
    await running.result;
    for (const name of NAMES) killed.set(name, (killed.get(name) ?? 0) + 1);
  }
  // A kill while a line was being written leaves half of it.
  writeFileSync(join(folder, 'answers.jsonl'), '{"teacher":"count","id":"half', { flag: 'a' });
  holdFrom = Number.POSITIVE_INFINITY;
  const whole = await runCli(NOBODY, ...command('collect'));
  expect(whole.stderr).not.toContain('is not done');
  // The long answers of the chat are asked for again, and reported as lost.
  expect(whole.stderr).toMatch(
    /chat: \d+ answers could not be read and were asked for again; 14 questions have no answer that can be read/,
  );
  expect(whole.code).toBe(1);

  const answers = linesOf('answers.jsonl');
  expect(answers.length).toBe(3 * INPUTS);
  for (const name of NAMES) {
    const isReadable = (text: string) => name !== 'chat' || answerOf(name, text).length < 6;
    const counts = [...(asked.get(name) ?? [])].filter(([text]) => isReadable(text));
    expect(counts.length).toBe(name === 'chat' ? INPUTS - 14 : INPUTS);
    // At each of two kills at most CONCURRENCY calls were under way; a call of `letters` has four inputs.
    const repeated = counts.filter(([, times]) => times > 1).length;
    expect(repeated).toBeLessThanOrEqual(2 * CONCURRENCY * (name === 'letters' ? 4 : 1));
  }
  expect([...seenKeys]).toEqual(['Bearer k3y']);
  expect(readFileSync(join(folder, 'answers.jsonl'), 'utf8')).not.toContain('k3y');
  expect(answers.find(({ raw }) => raw === 'I think it is alpha.')).toMatchObject({
    teacher: 'chat',
    class: null,
    problem: expect.stringContaining('is none of alpha, beta'),
    finish: 'length',
  });

  const before = calls;
  const again = await runCli(NOBODY, ...command('collect'));
  expect(again.code).toBe(1);
  expect(calls).toBe(before);
});

test('imitation collect refuses to start while another process holds the lock', async () => {
  writeFileSync(join(folder, 'answers.jsonl.lock'), String(process.pid));
  const second = await runCli(NOBODY, ...command('collect'));
  expect(second.code).toBe(6);
  expect(second.stderr).toContain(`process ${process.pid} is writing`);
  rmSync(join(folder, 'answers.jsonl.lock'));
});

test('imitation collect on SIGTERM waits for the calls under way, and writes their answers', async () => {
  const own = join(root, 'told');
  answeredTexts = new Set();
  held.length = 0;
  holdFrom = calls + 40;
  const running = startCli(NOBODY, ['imitation', 'collect', join(root, 'words.yaml'), '--folder', own]); // biome-ignore format: one line
  await vi.waitFor(() => expect(held.length).toBe(NAMES.length * CONCURRENCY), PATIENT);
  running.process.kill('SIGTERM');
  holdFrom = Number.POSITIVE_INFINITY;
  for (const answer of held) answer();
  const { code } = await running.result;
  expect(code).toBe(130);
  const lines = readFileSync(join(own, 'answers.jsonl'), 'utf8').trimEnd().split('\n');
  const written = lines.map((line) => {
    const { teacher, text } = JSON.parse(line) as { teacher: string; text: string };
    return `${teacher} ${text}`;
  });
  expect(new Set(written).size).toBe(written.length);
  expect([...written].filter((own) => !answeredTexts.has(own))).toEqual([]);
  const isReadable = (own: string) => answerOf('chat', own.slice('chat '.length)).length < 6;
  const owed = [...answeredTexts].filter((own) => !own.startsWith('chat ') || isReadable(own));
  expect(owed.filter((own) => !written.includes(own))).toEqual([]);
  expect(lines.length).toBeLessThan(NAMES.length * INPUTS);
});

test('imitation collect goes on without broken teachers, and reports why they are broken', async () => {
  const broken = document() as {
    spec: { teachers: { name: string; endpoint: Record<string, unknown> }[] };
  };
  const [count, , chat] = broken.spec.teachers;
  if (count === undefined || chat === undefined) throw new Error('no teachers');
  broken.spec.teachers = [
    count,
    { name: 'gone', endpoint: { ...count.endpoint, url: 'http://127.0.0.1:1/', attempts: 1 } },
    {
      ...chat,
      name: 'keyless',
      endpoint: { ...chat.endpoint, headers: { a: { secret: 'nowhere' } } },
    },
  ];
  const file = join(root, 'broken.yaml');
  writeFileSync(file, JSON.stringify(broken));
  const { code, stderr } = await runCli(
    NOBODY,
    'imitation',
    'collect',
    file,
    '--folder',
    join(root, 'broken'),
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/gone is not done: http:\/\/127.0.0.1:1\/: .*; tried once/);
  expect(stderr).toContain('keyless is not done: there is no secret nowhere');
  const answers = readFileSync(join(root, 'broken', 'answers.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(answers.length).toBe(INPUTS);
});

test('imitation check drops inputs of the training split only, each with its reasons', async () => {
  const { code, stdout } = await runCli(NOBODY, ...command('check', '-o', 'json'));
  expect(code).toBe(0);
  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({ inputs: INPUTS, repeated: 1, labelled: INPUTS });
  const [kept, dropped] = [linesOf('kept.jsonl'), linesOf('dropped.jsonl')];
  expect(kept.length + dropped.length).toBe(INPUTS);
  expect(dropped.length).toBeGreaterThan(0);
  expect(dropped.every(({ split, why }) => split === 'train' && Array.isArray(why))).toBe(true);
  // Input 2 of each 17 has a cut-off answer; held-out inputs are kept in spite of it.
  const { drops } = summary.rules.find(({ name }: { name: string }) => name === 'truncated');
  expect(drops).toBeGreaterThan(0);
  const cutOff = dropped.filter((line) => line['cutOff'] !== undefined);
  expect(cutOff).toHaveLength(drops);
  expect(cutOff[0]).toMatchObject({ cutOff: ['chat'] });
  expect(cutOff[0]?.['why']).toContain('truncated: by chat');
  expect(readFileSync(join(folder, 'check.html'), 'utf8')).toContain('<h1>words</h1>');
});

describe('imitation train on a cluster', () => {
  let cluster: LocalCluster;
  let client: CoordinatorClient;

  beforeAll(async () => {
    cluster = await startCluster({
      studentWorkers: 0,
    });
    client = new CoordinatorClient(cluster.address);
  });
  afterAll(async () => {
    client?.close();
    await cluster?.stop();
  });

  test('teaches with explanations and repeated answers, and goes on after a kill', async () => {
    const file = join(root, 'reasons.yaml');
    const stages = join(root, 'reasons');
    writeFileSync(file, JSON.stringify(explaining()));
    mkdirSync(stages);
    writeFileSync(join(stages, 'kept.jsonl'), explainedInputs().map((own) => `${JSON.stringify(own)}\n`).join('')); // biome-ignore format: one line
    const train = ['imitation', 'train', file, '--folder', stages, '--seeds', '2'];

    // There is no student worker yet: the teacher's run is submitted, and the student's must wait for its end.
    const killed = startCli(cluster.address, train);
    await vi.waitFor(() => client.getRun('reasons-plain-2'), PATIENT);
    killed.process.kill('SIGKILL');
    await killed.result;
    await expect(client.getRun('reasons')).rejects.toThrow('reasons');
    const unwatched = await runCli(cluster.address, ...train, '--no-watch', '-o', 'json');
    expect(unwatched.code).toBe(0);
    expect(JSON.parse(unwatched.stdout)).toMatchObject({
      submitted: ['reasons-explained', 'reasons-plain', 'reasons-explained-2', 'reasons-plain-2'].map((runId) => ({ runId })),
      waiting: [{ runId: 'reasons', waitsFor: 'reasons-explained' }, { runId: 'reasons-2', waitsFor: 'reasons-explained-2' }],
    }); // biome-ignore format: one line
    expect(unwatched.stderr).toContain(`run coordinator imitation train ${file} again`);

    await cluster.startStudentWorker();
    const taught = await runCli(cluster.address, ...train, '-o', 'json');
    expect(taught.stderr).toContain('reasons-2  SUCCEEDED');
    expect(taught.code).toBe(0);
    expect(await client.listRuns()).toHaveLength(6);
    const report = await client.getReport('reasons');
    expect(report.student).toMatchObject({ modality: 'input' });
    expect(report.teachers.map(({ name, access, modality }) => [name, access, modality])).toEqual([
      ['chat', 'gray', undefined],
      ['count', 'black', undefined],
      ['explained', 'white', 'explained'],
    ]);
    // Only the explanation tells the class of a text.
    const [explained, plain] = [await client.getReport('reasons-explained'), await client.getReport('reasons-plain')]; // biome-ignore format: one line
    expect(explained.student.modality).toBe('explained');
    expect(explained.student.accuracy).toBeGreaterThan(0.95);
    expect(plain.student.accuracy).toBeLessThan(0.8);
    const second = [await client.getReport('reasons-2'), await client.getReport('reasons-plain-2')];
    const gains = [report.student.accuracy ?? 0, second[0]?.student.accuracy ?? 0].map(
      (own, k) => own - ([plain, second[1]][k]?.student.accuracy ?? 0),
    );
    const worth = JSON.parse(taught.stdout);
    expect(worth).toMatchObject({
      kind: 'ExplanationsWorth',
      explained: { train: { inputs: 160, explained: 149 }, test: { inputs: 40, explained: 40 } },
      labels: { inputs: 240, known: 240 },
      testSamples: 40,
      accuracy: {
        difference: expect.closeTo(((gains[0] ?? 0) + (gains[1] ?? 0)) / 2, 9),
        interval: { low: expect.any(Number) },
      },
    });
    expect(JSON.parse(readFileSync(join(stages, 'worth.json'), 'utf8'))).toEqual(worth);

    // kept.jsonl has changed: these runs were not taught with it.
    writeFileSync(join(stages, 'kept.jsonl'), explainedInputs().slice(1).map((own) => `${JSON.stringify(own)}\n`).join('')); // biome-ignore format: one line
    const other = await runCli(cluster.address, ...train);
    expect(other.code).toBe(6);
    expect(other.stderr).toContain('choose another run id with --run-id');
  });

  test('teaches a student with an edited kept.jsonl, by votes or by Dawid-Skene', async () => {
    // A user deletes a line between the stages.
    const [, ...rest] = readFileSync(join(folder, 'kept.jsonl'), 'utf8').trimEnd().split('\n');
    writeFileSync(join(folder, 'kept.jsonl'), `${rest.join('\n')}\n`);
    const votes = await runCli(cluster.address, ...command('train'));
    expect(votes.stderr).not.toContain('FAILED');
    expect(votes.code).toBe(0);
    const report = await client.getReport('words');
    expect(report.teachers.map(({ name, access }) => `${name} ${access}`)).toEqual(
      NAMES.map((name) => `${name} black`),
    );
    expect(report.student.accuracy).toBeGreaterThan(0.9);
    expect(report).toMatchObject({ bitExact: true, ensemble: { combine: 'majority-vote' } });

    const sure = document() as { spec: { train: Record<string, unknown> } };
    sure.spec.train['teach'] = 'dawid-skene';
    writeFileSync(join(root, 'words.yaml'), JSON.stringify(sure));
    const consensus = await runCli(cluster.address, ...command('train', '--run-id', 'sure'));
    expect(consensus.code).toBe(0);
    const second = await client.getReport('sure');
    expect(second.teachers.map(({ name }) => name)).toEqual(['dawid-skene']);
    expect(second.student.accuracy).toBeGreaterThan(0.9);
    const submitted = await runCli(cluster.address, 'submit', join(root, 'words.yaml'));
    expect(submitted.code).toBe(2);
    expect(submitted.stderr).toContain(
      'kind: is run stage by stage: coordinator imitation collect',
    );
  });
});

/**
 * A document with a chat that is asked five times and explains its answers, and an endpoint that only names a class.
 */
function explaining(): unknown {
  const { spec, ...rest } = document() as { spec: { teachers: { name: string }[] } };
  const [count, , chat] = spec.teachers;
  const ask = { answers: 5, temperature: 0.7, schema: { label: null, explanation: null } };
  const run = {
    student: { model: { architecture: 'mlp', hiddenUnits: [] } },
    training: { batchSize: 32, epochs: 20, learningRate: 0.05 },
  };
  return {
    ...rest,
    metadata: { name: 'reasons' },
    spec: {
      ...spec,
      teachers: [{ ...chat, ask }, count],
      train: { explanations: 'modality', buckets: 256, run },
    },
  };
}

/** Lines of kept.jsonl: the text does not tell its class, the explanation does. */
function explainedInputs(): unknown[] {
  return Array.from({ length: INPUTS }, (_, i) => {
    const label = mulberry32(5, i) < 0.5 ? 'alpha' : 'beta';
    const text = `number ${Math.floor(1e6 * mulberry32(9, i))}`;
    const because = label === 'alpha' ? 'smooth and round, so Alpha' : 'jagged edges, so BETA';
    return {
      id: String(i),
      text,
      label,
      split: i % 6 < 4 ? 'train' : i % 6 === 4 ? 'validation' : 'test',
      answers: { chat: label, count: label },
      shares: { chat: { [label]: 0.8 } },
      ...((i % 6 >= 4 || i >= 15) && { explanations: { chat: [{ class: label, text: because }] } }),
      consensus: label,
    };
  });
}
