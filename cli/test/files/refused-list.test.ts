/** `RefusedList`, with real files in a temporary folder. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { RefusedList } from '../../src/files/index.js';

const folder = mkdtempSync(join(tmpdir(), 'lyceum-refused-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('RefusedList replaces an earlier list', () => {
  const path = join(folder, 'refused.jsonl');
  for (const samples of [['a', 'b'], ['c'], []]) {
    const list = new RefusedList(path);
    for (const sample of samples) list.add({ path: sample, message: 'is wrong' });
    list.close();
    const lines = samples.map((sample) => `{"sample":"${sample}","message":"is wrong"}\n`);
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
  }
  new RefusedList(path).close();
});

test('RefusedList does not overwrite another file, such as the source', () => {
  const path = join(folder, 'people.csv');
  writeFileSync(path, 'age\n1\n');
  expect(() => new RefusedList(path)).toThrow(
    `--refused ${path}: exists already and is not a list of refused samples; name another file`,
  );
  expect(readFileSync(path, 'utf8')).toBe('age\n1\n');
});

test('RefusedList says why it cannot be written, and what to do', () => {
  expect(() => new RefusedList(folder)).toThrow(
    `--refused: cannot write ${folder}: it is a folder; name a file`,
  );
  const full = new RefusedList('/dev/full');
  full.add({ path: 'a', message: 'is wrong' });
  expect(() => full.close()).toThrow(
    expect.objectContaining({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(/--refused: cannot write .*no space left.*make room/),
    }),
  );
});
