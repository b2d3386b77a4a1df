/** The exports that `up` prints on a real terminal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { runCli } from './cli-process.js';
import { hasTerminals, onTerminal } from './on-terminal.js';

vi.setConfig({ testTimeout: 600_000 });

const NOBODY = '127.0.0.1:1';
const folder = mkdtempSync(join(tmpdir(), 'lyceum up '));
afterAll(() => rmSync(folder, { recursive: true }));

test.runIf(hasTerminals)('up on a terminal prints each export once, quoted for sh', async () => {
  const whom = ['everybody', '--program', 'everybody'];
  const issued = await runCli(NOBODY, 'certificates', ...whom, '--dir', folder);
  expect(issued).toMatchObject({ code: 0, stderr: '' });
  const tlsDir = join(folder, 'everybody');
  const flags = ['--teachers', '0', '--students', '0', '--listen', '127.0.0.1:0'];
  const places = ['--state-dir', join(folder, 'state'), '--tls-dir', tlsDir];
  const until = { until: 'Ctrl-C ends it.' };
  const { output, code } = await onTerminal(NOBODY, ['up', ...flags, ...places], until);
  expect(code, output).toBe(0);
  const exports = output.split('\r\n').filter((line) => line.includes('export '));
  expect(exports).toEqual([
    expect.stringMatching(/^ {2}export LYCEUM_COORDINATOR=127\.0\.0\.1:\d+$/),
    `  export LYCEUM_TLS_DIR='${tlsDir}'`,
  ]);
});
