/** Files in the test's own folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeptAnswers } from '../../../src/compute/remote/kept-answers.js';

const key = {
  answersDigest: 'a'.repeat(64),
  datasetDigest: 'b'.repeat(64),
  view: 'plain 0',
  sampleCount: 3,
  classCount: 2,
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('KeptAnswers are read again by a new process, until they are forgotten', () => {
  new KeptAnswers(folder).table(key).set(1, 0);
  const kept = new KeptAnswers(folder);
  expect(kept.table(key).get(1)).toBe(0);
  kept.forget(key.answersDigest);
  expect(kept.table(key).get(1)).toBeUndefined();
  expect(new KeptAnswers(folder).table(key).get(1)).toBeUndefined();
});

// Linux only: the limit of a process's files is set from outside, and stands for a full disk.
test.runIf(process.platform === 'linux')(
  'KeptAnswers that come after part of one, as a full disk leaves it, are read again',
  () => {
    const table = new KeptAnswers(folder).table(key);
    const limitFiles = (bytes: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
    const ignored = (): void => undefined;
    process.on('SIGXFSZ', ignored);
    try {
      table.set(0, 1);
      // One record has 12 bytes.
      limitFiles(19);
      table.set(1, 1);
    } finally {
      limitFiles('unlimited');
      process.off('SIGXFSZ', ignored);
    }
    table.set(2, 1);
    const again = new KeptAnswers(folder).table(key);
    expect([0, 1, 2].map((sample) => again.get(sample))).toEqual([1, undefined, 1]);
  },
);

test('KeptAnswers forgets answers although their file cannot be deleted', () => {
  const kept = new KeptAnswers(folder);
  kept.table(key).set(1, 0);
  // A folder in the file's place cannot be deleted as a file, just like a file on a read-only disk.
  const [name = ''] = readdirSync(folder);
  rmSync(join(folder, name));
  mkdirSync(join(folder, name));
  kept.forget(key.answersDigest);
  expect(kept.table(key).get(1)).toBeUndefined();
  kept.table(key).set(2, 1);
  expect(kept.table(key).get(2)).toBe(1);
});
