import { afterEach, expect, it, vi } from 'vitest';
import { workerCommand } from '../../src/worker/index.js';

afterEach(() => vi.restoreAllMocks());

it('workerCommand escapes the control characters of an unknown flag and exits with 2', () => {
  const written: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  const command = workerCommand('teacher-worker', '1.0.0');
  expect(() => command.parse(['--nope\u001b[2J'], { from: 'user' })).toThrow('exit 2');
  expect(exit).toHaveBeenCalledOnce();
  expect(written.join('')).toMatch(/unknown option '--nope\\x1b\[2J'/);
});
