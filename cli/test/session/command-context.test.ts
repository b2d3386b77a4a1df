/** `print` and `notice`, by what they write to the streams. */
import { afterEach, expect, test, vi } from 'vitest';
import { notice, print } from '../../src/session/index.js';

afterEach(() => void vi.restoreAllMocks());

function written(to: 'stdout' | 'stderr', work: () => void): string {
  let text = '';
  vi.spyOn(process[to], 'write').mockImplementation((part) => {
    text += part;
    return true;
  });
  work();
  vi.restoreAllMocks();
  return text;
}

const FORGED = 'version 1\nok       coordinator   all is well\u001b[2J';

test('print and notice indent later lines of foreign texts', () => {
  const shown = 'version 1\n    ok       coordinator   all is well\\x1b[2J\n';
  expect(written('stdout', () => print('table', {}, () => [FORGED]))).toBe(shown);
  expect(written('stderr', () => notice(FORGED))).toMatch(new RegExp(`${shown.slice(10, 40)}`));
});

test('print leaves a list as it is', () => {
  const list = 'cannot be used:\n  - one\n  - two';
  expect(written('stdout', () => print('table', {}, () => [list]))).toBe(`${list}\n`);
});
