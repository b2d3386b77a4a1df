/** The chat's recorded answers, judged and taught by the example's documents with the commands; no chat is asked. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CoordinatorClient } from '@lyceum/cli/client';
import { LocalCluster, programFile } from '@lyceum/cli/local-cluster';
import { expect, test, vi } from 'vitest';
import { coordinatorCommand } from '../src/coordinator-command.js';
import { type CollectedName, recorded } from '../src/explain/answers.js';
import { jsonLines, Lessons } from '../src/explain/lessons.js';
import { variantsOf } from '../src/explain/variants.js';

const run = promisify(execFile);
vi.setConfig({ testTimeout: 600_000 });

async function checked(name: CollectedName) {
  const { document, texts, test: heldOut, answers } = await recorded(name);
  const folder = await mkdtemp(path.join(tmpdir(), 'explain-'));
  try {
    const at = (file: string) => path.join(folder, file);
    await mkdir(at('stages'));
    await writeFile(at('imitation.yaml'), JSON.stringify(document));
    await writeFile(at(document.spec.inputs.source), jsonLines(texts));
    await writeFile(at('stages/answers.jsonl'), jsonLines(answers));
    const args = ['imitation', 'check', at('imitation.yaml'), '--folder', at('stages')];
    const command = [programFile('coordinator'), ...args, '--output', 'json'];
    const { stdout } = await run(process.execPath, command);
    return { texts, heldOut, summary: JSON.parse(stdout) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('imitation check of the recorded languages estimates the chat as the weakest teacher', async () => {
  const { texts, heldOut, summary } = await checked('languages');
  expect([texts.length, heldOut.length]).toEqual([236, 175]);
  expect(summary).toMatchObject({ inputs: 236, labelled: 236, kept: 61, dropped: 175 });
  const drops = summary.rules.map((own: { name: string; drops: number }) => [own.name, own.drops]);
  expect(Object.fromEntries(drops)).toEqual({
    'near-duplicates': 3,
    truncated: 41,
    explanation: 134,
    'self-consistency': 59,
    agreement: 38,
    'dawid-skene': 19,
  });
  const figures = summary.teachers.map((own: Record<string, unknown>) => [
    own['name'],
    own['named'],
    own['abstained'],
    own['cutOff'],
    Math.round(1000 * Number(own['accuracyOfAll'])),
    Math.round(1000 * Number(own['estimatedAccuracy'])),
  ]);
  expect(figures).toEqual([
    ['franc', 186, 50, 0, 750, 772],
    ['tinyld', 210, 26, 0, 864, 870],
    ['smollm2', 236, 0, 41, 475, 463],
  ]);
});

test('imitation check of the recorded eras finds the chat right about two thirds of the passages', async () => {
  const { texts, heldOut, summary } = await checked('eras');
  expect([texts.length, heldOut.length]).toEqual([240, 300]);
  expect(summary).toMatchObject({ inputs: 240, kept: 240 });
  const [chat] = summary.teachers;
  expect(chat).toMatchObject({ named: 240, unreadable: 0, missing: 0 });
  expect(chat.accuracy).toBeCloseTo(159 / 240, 6);
});

test('the recorded languages teach students with the chat and without it', async () => {
  const { document, texts, test: heldOut, answers } = await recorded('languages');
  const folder = await mkdtemp(path.join(tmpdir(), 'explain-'));
  const { signal } = new AbortController();
  const cluster = await LocalCluster.start({
    environment: process.env,
    teacherWorkers: 1,
    studentWorkers: 1,
    computeThreads: 1,
    logLevel: 'warn',
    log: () => {},
    signal,
  });
  const client = new CoordinatorClient(cluster.address);
  try {
    const coordinator = coordinatorCommand(cluster.address, signal);
    const context = { coordinator, client, cluster, cacheFolder: folder, seeds: 2 };
    const lessons = new Lessons(context, folder, heldOut);
    const taught = [];
    for (const { name, document: own } of variantsOf(document)) {
      if (name !== 'no-rule' && name !== 'not-smollm2') continue;
      const { kept } = await lessons.check({ name, document: own }, texts, answers);
      taught.push({ name, document: own, kept });
    }
    const [all, without] = (await lessons.once(taught)) as [number, number];
    expect(all).toBeGreaterThan(0.7);
    expect(without).toBeGreaterThan(0.8);
  } finally {
    client.close();
    await cluster.stop();
    await rm(folder, { recursive: true });
  }
});
