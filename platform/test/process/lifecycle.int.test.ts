/** Real processes get real signals, and print what they do at their end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { ENDING_SIGNALS } from '../../src/process/interrupt.js';

/** Starts a program with one part whose stop is `stop`, and calls `heard` with each line that it prints. */
async function run(
  stop: string,
  heard: (line: string, child: ChildProcess) => void,
): Promise<{ code: number | null; said: string[] }> {
  const script = `
    import { createLogger, Shutdown } from '@lyceum/platform';
    const shutdown = Shutdown.install(createLogger({ name: 'test', level: 'silent' }), 60_000);
    setInterval(() => undefined, 1_000);
    shutdown.onStop('part', async () => {
      console.log('stopping');
      ${stop}
      console.log('stopped');
    });
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    heard(line, child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

test.each(ENDING_SIGNALS)('%s stops every part and exits with 0', async (signal) => {
  const { code, said } = await run('await 0;', (line, child) => {
    if (line === 'ready') child.kill(signal);
  });
  expect(said).toEqual(['ready', 'stopping', 'stopped']);
  expect(code).toBe(0);
});

test('a signal that is sent twice at the same moment counts once', async () => {
  // The process sends the second signal to itself when it hears the first: an outside sender could be delayed in
  // between.
  const { code, said } = await run(
    "process.kill(process.pid, 'SIGINT'); await new Promise((r) => setTimeout(r, 50));",
    (line, child) => {
      if (line === 'ready') child.kill('SIGINT');
    },
  );
  expect(said).toEqual(['ready', 'stopping', 'stopped']);
  expect(code).toBe(0);
});

test('a second signal exits at once with code 130', async () => {
  let again: NodeJS.Timeout | undefined;
  const { code, said } = await run('await new Promise(() => undefined);', (line, child) => {
    child.kill('SIGINT');
    if (line === 'stopping') again = setInterval(() => child.kill('SIGINT'), 500);
  });
  clearInterval(again);
  expect(said).toEqual(['ready', 'stopping']);
  expect(code).toBe(130);
});

test('a part that fails to stop makes the exit code 1', async () => {
  const { code } = await run("throw new Error('stuck');", (line, child) => {
    if (line === 'ready') child.kill('SIGTERM');
  });
  expect(code).toBe(1);
});
