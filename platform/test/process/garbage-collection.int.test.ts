// `npm run bench -- remote-teachers` measures the setting's effect. V8 only prints a message if it does not know one.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('this Node knows the setting', async () => {
  const program = `
    import { collectGarbageRarely } from '@lyceum/platform';
    collectGarbageRarely();`;
  const args = ['--input-type=module', '--eval', program];
  const said = await promisify(execFile)(process.execPath, args, {
    cwd: new URL('..', import.meta.url),
  });
  expect(said).toEqual({ stdout: '', stderr: '' });
});
