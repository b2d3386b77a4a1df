// What the setting does is measured by `npm run bench -- remote-teachers`; a Node without it would ignore it in silence.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('this Node knows the setting', async () => {
  const source = await readFile(
    new URL('../src/node/garbage-collection.ts', import.meta.url),
    'utf8',
  );
  const [, name = 'none'] = /setFlagsFromString\(`(--[a-z-]+)=/.exec(source) ?? [];
  const { stdout } = await promisify(execFile)(process.execPath, ['--v8-options']);
  expect(stdout).toContain(`\n  ${name} (`);
});
