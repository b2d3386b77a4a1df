// `npm run bench -- remote-teachers` measures the setting's effect. V8 prints a message only if it does not know it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('Node knows the V8 setting of collectGarbageRarely', async () => {
  const program = `
    import { collectGarbageRarely } from '@lyceum/platform';
    collectGarbageRarely();`;
  const args = ['--input-type=module', '--eval', program];
  const said = await promisify(execFile)(process.execPath, args, {
    cwd: new URL('..', import.meta.url),
  });
  expect(said).toEqual({ stdout: '', stderr: '' });
});
