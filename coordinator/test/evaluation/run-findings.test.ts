/** Blobs in memory, and a stand-in for the task that composes findings. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import { LyceumError } from '@lyceum/proto';
import { afterAll, expect, test } from 'vitest';
import type { FindingsRequest } from '../../src/evaluation/findings-task.js';
import { RunFindings } from '../../src/evaluation/run-findings.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'run-findings-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** Findings whose text is the request and the content of its files. */
function played({ set = async () => '/the/set' }: { set?: () => Promise<string> } = {}) {
  const made: string[] = [];
  const read: string[] = [];
  let under = 0;
  let most = 0;
  const findings = new RunFindings({
    blobs: {
      async *read(digest: string) {
        read.push(digest);
        if (digest === 'gone') throw new LyceumError('NOT_FOUND', 'gone');
        yield Buffer.from(`${digest} `);
        yield Buffer.from('in pieces');
      },
    },
    catalog: { uploadFolder: FOLDER, file: set },
    compose: async ({ runId, report, predictions, dataset, modality }: FindingsRequest) => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setImmediate(resolve));
      under--;
      made.push(runId);
      const texts = [report, predictions].map((file) => readFileSync(file, 'utf8'));
      return [runId, ...texts, dataset, modality].join('|');
    },
    log: createLogger({ name: 'test', level: 'silent' }),
  });
  const get = (runId: string, reportDigest = `report of ${runId}`) =>
    findings.get(
      { runId, dataset: { digest: 'd', classCount: 2 }, studentModality: 'pixels' },
      { reportDigest, predictionsDigest: 'predictions' },
    );
  return { get, made, read, most: () => most };
}

test('RunFindings composes findings of report, predictions and data set, and leaves no file', async () => {
  const { get } = played();
  const pieces = 'in pieces';
  expect(await get('a')).toBe(`a|report of a ${pieces}|predictions ${pieces}|/the/set|pixels`);
  expect(readdirSync(FOLDER)).toEqual([]);
});

test('RunFindings composes findings once for each report, one run at a time', async () => {
  const { get, made, most } = played();
  await Promise.all([get('a'), get('b'), get('a')]);
  await get('b');
  expect(made).toEqual(['a', 'b']);
  await get('a', 'marked');
  expect(made).toEqual(['a', 'b', 'a']);
  expect(most()).toBe(1);
});

test('RunFindings keeps the findings of the sixteen runs used last', async () => {
  const { get, made } = played();
  const ids = Array.from({ length: 16 }, (_, i) => `run-${i}`);
  for (const id of [...ids, 'run-0', 'more', 'run-0']) await get(id);
  expect(made).toEqual([...ids, 'more']);
  await get('run-1');
  expect(made).toHaveLength(18);
});

test('RunFindings does not keep findings that were composed without the deleted data set', async () => {
  const { get, made } = played({
    set: () => Promise.reject(new LyceumError('NOT_FOUND', 'deleted')),
  });
  expect(await get('a')).toContain('in pieces||pixels');
  await get('a');
  expect(made).toEqual(['a', 'a']);
  const busy = played({ set: () => Promise.reject(new LyceumError('UNAVAILABLE', 'busy')) });
  await expect(busy.get('a')).rejects.toThrow('busy');
});

test('RunFindings keeps no failure, goes on with the next run, and leaves no file', async () => {
  const { get, made, read } = played();
  const failed = get('a', 'gone');
  const next = get('b');
  await expect(failed).rejects.toThrow('gone');
  await next;
  await expect(get('a', 'gone')).rejects.toThrow('gone');
  expect(made).toEqual(['b']);
  expect(read.filter((digest) => digest === 'gone')).toHaveLength(2);
  expect(readdirSync(FOLDER)).toEqual([]);
});
