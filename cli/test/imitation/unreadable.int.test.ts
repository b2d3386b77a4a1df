/**
 * `imitation collect` from a faulty endpoint: a real server whose answers with 200 are cut off, empty, HTML, NaN,
 * errors, slow, or no class. By input, only the first answer or every one is faulty.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { runCli } from '../commands/cli-process.js';
import { type Endpoint, startEndpoint } from '../commands/endpoint.js';

const NOBODY = '127.0.0.1:1';
const ATTEMPTS = 3;
vi.setConfig({ testTimeout: 300_000 });

type Fault = (request: IncomingMessage, response: ServerResponse) => void;
const json =
  (value: unknown): Fault =>
  (_, response) =>
    void response.end(JSON.stringify(value));

const FAULTS: Readonly<Record<string, Fault>> = {
  html: (_, response) => void response.end('<html>down for a minute</html>'),
  empty: (_, response) => void response.end(),
  half: (_, response) => void response.end('{"said":"alp'),
  short: (request, response) => {
    response.writeHead(200, { 'content-length': '16' }).write('{"said"');
    setTimeout(() => request.socket.destroy(), 20);
  },
  nan: (_, response) => void response.end('{"said":NaN}'),
  error: json({ error: { message: 'overloaded' } }),
  missing: json({}),
  null: json({ said: null }),
  list: json({ said: ['alpha'] }),
  label: json({ said: 'gamma' }),
  slow: (_, response) => void setTimeout(() => response.end('{"said":'), 300),
};

const root = mkdtempSync(join(tmpdir(), 'unreadable-'));
const texts = Object.keys(FAULTS).flatMap((fault) => [`${fault} once`, `${fault} always`]);
const asked = new Map<string, number>();
/** The server answers everything without a fault. */
let isMended = false;
let server: Endpoint;

beforeAll(async () => {
  server = await startEndpoint((text, response, request) => {
    const { q } = JSON.parse(text) as { q: string };
    const times = (asked.get(q) ?? 0) + 1;
    asked.set(q, times);
    const [fault = '', when] = q.split(' ');
    const isFaulty = !isMended && (when === 'always' || (when === 'once' && times === 1));
    const answer = (isFaulty ? FAULTS[fault] : undefined) ?? json({ said: 'alpha' });
    if (q === 'refused') response.writeHead(422).end('{}');
    else answer(request, response);
  });
  const url = `${server.url}/`;
  writeFileSync(join(root, 'words.csv'), ['text', ...texts, 'refused', 'well'].join('\n'));
  const endpoint = {
    url,
    input: 'text',
    request: { q: '$input' },
    answer: '/said',
    attempts: ATTEMPTS,
    concurrency: 16,
  };
  const document = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Imitation',
    metadata: { name: 'words' },
    spec: {
      inputs: { source: 'words.csv', text: 'text' },
      classes: ['alpha', 'beta'],
      teachers: [{ name: 'box', endpoint }],
      check: { rules: [{ rule: 'schema', atLeast: 1 }] },
    },
  };
  writeFileSync(join(root, 'words.yaml'), JSON.stringify(document));
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true });
});
beforeEach(() => asked.clear());

const command = (...more: string[]) => ['imitation', 'collect', join(root, 'words.yaml'), '--folder', join(root, 'out'), ...more]; // biome-ignore format: one line

/** The last line of each input. */
function answers(): Map<string, Record<string, unknown>> {
  const lines = readFileSync(join(root, 'out', 'answers.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return new Map(read.map((line) => [line['text'] as string, line]));
}

test('imitation collect asks again for unreadable answers with 200, and counts those that remain', async () => {
  const { code, stdout, stderr } = await runCli(NOBODY, ...command('-o', 'json'));
  expect(code).toBe(1);
  const said = answers();
  for (const fault of Object.keys(FAULTS)) {
    expect([fault, said.get(`${fault} once`)?.['class']]).toEqual([fault, 'alpha']);
    expect([fault, asked.get(`${fault} once`)]).toEqual([fault, 2]);
    expect(said.get(`${fault} always`)).toMatchObject({ class: null, problem: expect.any(String) });
    expect([fault, asked.get(`${fault} always`)]).toEqual([fault, ATTEMPTS]);
  }
  // The unreadable value at the document's `answer` is kept as it came.
  expect(said.get('label always')).toMatchObject({ raw: 'gamma' });
  expect(said.get('error always')).toMatchObject({ raw: { error: { message: 'overloaded' } } });
  expect(said.get('refused')).toMatchObject({ class: null, refused: 422 });
  expect([asked.get('refused'), asked.get('well')]).toEqual([1, 1]);

  const count = Object.keys(FAULTS).length;
  expect(JSON.parse(stdout)).toMatchObject({
    failures: [],
    unreadable: [{ teacher: 'box', retried: count + count * (ATTEMPTS - 1), left: count }],
  });
  expect(stderr).toContain(`${count} questions have no answer that can be read`);
  expect(stderr).toContain('--again unreadable asks again');
  expect(stderr).not.toContain('MaxListenersExceededWarning');
});

test('imitation collect asks about unreadable answers again only with --again unreadable', async () => {
  isMended = true;
  const kept = await runCli(NOBODY, ...command());
  expect(kept.code).toBe(1);
  expect(asked.size).toBe(0);

  const dry = await runCli(NOBODY, ...command('--again', 'unreadable', '--dry-run', '-o', 'json'));
  const count = Object.keys(FAULTS).length;
  const [estimate] = JSON.parse(dry.stdout) as [object];
  expect(estimate).toMatchObject({ open: count, calls: count });
  // The document has no price.
  expect(estimate).not.toHaveProperty('cost');
  const table = await runCli(NOBODY, ...command('--dry-run'));
  expect(table.stdout).toContain('no price');
  expect(table.stdout).not.toContain('USD');
  expect(asked.size).toBe(0);

  const again = await runCli(NOBODY, ...command('--again', 'unreadable'));
  expect(again.code).toBe(0);
  expect([...asked.keys()].sort()).toEqual(Object.keys(FAULTS).map((f) => `${f} always`).sort()); // biome-ignore format: one line
  for (const line of answers().values()) {
    expect(line['class']).toBe(line['text'] === 'refused' ? null : 'alpha');
  }
});
