/** `runTool`: the tools that set-up runs. */
import { expect, test } from 'vitest';
import { startModule } from './child-module.js';

test('runTool does not wait for a tool that ignores SIGTERM', async () => {
  const { ended } = startModule(`
    import { runTool } from 'setup/child.mjs';
    const script = "trap '' TERM; while :; do sleep 1; done";
    const { signal } = new AbortController();
    const run = runTool('sh', ['-c', script], { cwd: '.', signal, patienceMs: 300 });
    await run.catch((error) => console.log(error.message));
  `);
  expect(await ended).toMatchObject({ code: 0, stdout: 'sh does not answer within 0.3 s\n' });
});
