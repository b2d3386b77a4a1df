/**
 * The example's real teachers in processes of their own, and its document: `imitation collect` is ended in the middle
 * and started again, and the teachers count their calls.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programFile } from '@lyceum/cli/local-cluster';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { declarationSentences, type Sentence } from '../src/declaration-sentences.js';
import { specificationFile } from '../src/example.js';
import { StartedProgram } from '../src/started-program.js';

const LANGUAGE_BOX = fileURLToPath(new URL('../dist/language-box.js', import.meta.url));
const TEACHERS = ['franc', 'tinyld', 'eld'];
const PATIENT = { timeout: 120_000, interval: 20 };
vi.setConfig({ testTimeout: 600_000 });

const root = mkdtempSync(join(tmpdir(), 'languages-'));
const boxes: StartedProgram[] = [];
let sentences: Sentence[];

beforeAll(async () => {
  for (const name of TEACHERS) boxes.push(await StartedProgram.start(LANGUAGE_BOX, [name]));
  sentences = await declarationSentences(['dan', 'nob', 'swe', 'bel', 'ukr', 'rus', 'est', 'pes']);
  const lines = sentences.map((sentence) => JSON.stringify(sentence));
  writeFileSync(join(root, 'sentences.jsonl'), lines.join('\n'));
});
afterAll(async () => {
  for (const box of boxes) await box.stop();
  rmSync(root, { recursive: true });
});

/** @param rate - of each teacher. */
function documentFile(name: string, rate: string): string {
  const template = readFileSync(specificationFile('languages', 'languages'), 'utf8');
  const text = boxes.reduce(
    (own, { ready }, k) => own.replace(`127.0.0.1:808${k + 1}`, `127.0.0.1:${ready['port']}`),
    template.replaceAll('concurrency: 8', `concurrency: 8\n        rate: ${rate}`),
  );
  const file = join(root, `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

function start(...args: string[]): ChildProcess {
  const command = [programFile('coordinator'), 'imitation', ...args, '--folder', join(root, 'out')];
  return spawn(process.execPath, command, { stdio: 'ignore' });
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'exit');
  return code as number | null;
}

async function counted(): Promise<number[]> {
  return Promise.all(
    boxes.map(async ({ ready }) => {
      const response = await fetch(`http://127.0.0.1:${ready['port']}/`);
      return ((await response.json()) as { calls: number }).calls;
    }),
  );
}

const linesOf = (name: string) =>
  readFileSync(join(root, 'out', name), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // biome-ignore format: one line

test('imitation collect makes each call once, though it is ended in the middle', async () => {
  // At this rate it would take a minute: the end comes in the middle.
  const first = start('collect', documentFile('slow', '{ perSecond: 20 }'));
  const ended = codeOf(first);
  await vi.waitFor(async () => expect(Math.min(...(await counted()))).toBeGreaterThan(40), PATIENT);
  first.kill('SIGTERM');
  expect(await ended).not.toBe(0);
  const part = await counted();
  expect(linesOf('answers.jsonl').length).toBe(part.reduce((sum, calls) => sum + calls, 0));
  expect(Math.max(...part)).toBeLessThan(sentences.length);

  const whole = documentFile('whole', '{}');
  expect(await codeOf(start('collect', whole))).toBe(0);
  expect(await counted()).toEqual(TEACHERS.map(() => sentences.length));

  expect(await codeOf(start('check', whole))).toBe(0);
  const kept = linesOf('kept.jsonl');
  const judged = [...kept, ...linesOf('dropped.jsonl')];
  expect(judged.length).toBe(sentences.length);
  // The teachers' own codes are translated: Estonian is ekk to one and et to the others, Norwegian no, Persian fa.
  for (const name of TEACHERS) {
    for (const language of ['est', 'nob', 'pes']) {
      const own = judged.filter(({ label }) => label === language);
      const right = own.filter(
        ({ answers }) => (answers as Record<string, unknown>)[name] === language,
      );
      expect(right.length / own.length).toBeGreaterThan(0.5);
    }
  }
  const test = kept.filter(({ split }) => split === 'test');
  expect(test.length).toBe(sentences.filter(({ split }) => split === 'test').length);
  const right = test.filter(({ label, consensus }) => label === consensus).length;
  expect(right / test.length).toBeGreaterThan(0.9);
});
