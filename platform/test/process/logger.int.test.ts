// A process whose log goes to /dev/full, which refuses every write as a full disk does, and to a file.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const NODE = new URL('../../dist/index.js', import.meta.url).href;

const PROGRAM = `
const { createLogger } = await import('${NODE}');
const log = createLogger({ name: 'test', level: 'info' });
for (let n = 0; n < 100; n++) log.info({ n }, 'counted');
await new Promise((resolve) => setTimeout(resolve, 50));
log.info('the last');
console.log('goes on');
`;

function run(stderrFile: string): { code: number | null; stdout: string } {
  const stderr = openSync(stderrFile, 'a');
  try {
    const args = ['--input-type=module', '-e', PROGRAM];
    const { status, stdout } = spawnSync(process.execPath, args, {
      stdio: ['ignore', 'pipe', stderr],
    });
    return { code: status, stdout: stdout.toString() };
  } finally {
    closeSync(stderr);
  }
}

test('a program goes on when its log cannot be written (/dev/full)', () => {
  expect(run('/dev/full')).toEqual({ code: 0, stdout: 'goes on\n' });
});

test('the logger writes every line, also the last before the program ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lyceum-test-'));
  try {
    const file = join(folder, 'log');
    expect(run(file)).toEqual({ code: 0, stdout: 'goes on\n' });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(101);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ name: 'test', msg: 'the last' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
