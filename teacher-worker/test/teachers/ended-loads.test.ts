/** Notes on a real disk; a process that ends is a new object over the same folder. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@lyceum/platform';
import { ThreadDeathError } from '@lyceum/platform/threads';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { ENDED_LOAD_LIMIT, EndedLoads } from '../../src/teachers/ended-loads.js';

const root = mkdtempSync(join(tmpdir(), 'lyceum-ended-loads-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(root, 'worker-')), 'opening');
});

const log = createLogger({ name: 'test', level: 'silent' });
const process = () => new EndedLoads(folder, log);
const never = () => new Promise<never>(() => {});
const opened = async () => 'opened';

/** A process that ends while it opens the teacher. */
async function endWith(identity: string): Promise<void> {
  let isOpening = () => {};
  const opening = new Promise<void>((resolve) => {
    isOpening = resolve;
  });
  void process().noted(identity, () => {
    isOpening();
    return never();
  });
  await opening;
}

test('a teacher with which processes end again and again is opened no more', async () => {
  for (let end = 0; end < ENDED_LOAD_LIMIT; end++) await endWith('bad');
  await expect(process().noted('bad', opened)).rejects.toThrow(
    `has ended ${ENDED_LOAD_LIMIT} times in a row while it opened the model`,
  );
  // It stays so, and says nothing of others.
  await expect(process().noted('bad', opened)).rejects.toThrow('resume the run');
  expect(await process().noted('good', opened)).toBe('opened');
  await process().forget('bad');
  expect(await process().noted('bad', opened)).toBe('opened');
});

test('one that was opened, or refused, begins anew', async () => {
  for (const end of [opened, () => Promise.reject(new Error('refused'))]) {
    for (let ends = 1; ends < ENDED_LOAD_LIMIT; ends++) await endWith('a');
    await process()
      .noted('a', end)
      .catch(() => undefined);
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a process that is stopped counts for nothing; one whose thread ended does', async () => {
  const stopped = process();
  void stopped.noted('a', never);
  await expect.poll(() => readdirSync(folder)).toEqual(['a']);
  stopped.stop();
  expect(readdirSync(folder)).toEqual([]);
  const dying = process();
  const death = () => Promise.reject(new ThreadDeathError('the thread ended with 1'));
  await expect(dying.noted('a', death)).rejects.toThrow('the thread ended');
  dying.stop();
  expect(readdirSync(folder)).toEqual(['a']);
});

test('without a disk that takes notes teachers are opened all the same', async () => {
  writeFileSync(folder, 'no folder');
  expect(await process().noted('a', opened)).toBe('opened');
});
