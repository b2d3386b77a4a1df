// The build of a checkout whose tools do nothing: the rest of the step is tested.
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startModule, temporaryFolder } from './child-module.js';

const BUILD = `
  import { orExit } from 'setup/command.mjs';
  import { setUpBuild } from 'setup/build.mjs';
  await orExit((signal) => setUpBuild({ checkout: process.env.CHECKOUT, signal }));
`;

function makeCheckout(): string {
  const checkout = temporaryFolder();
  const files: Record<string, string> = {
    'package.json': JSON.stringify({ workspaces: ['cli'] }),
    'cli/package.json': JSON.stringify({ bin: { coordinator: 'dist/main.js' } }),
    'cli/dist/main.js': '',
    'cli/dist/.tsbuildinfo': '',
    'dashboard/dist/page/index.html': '',
    'learning/wasm/kernel.txt': '',
    'proto/buf.yaml': '',
    'setup/package.json': '',
  };
  for (const tool of ['asc', 'buf', 'tsc', 'vite']) {
    files[`node_modules/.bin/${tool}`] = '#!/bin/sh\n';
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(checkout, name)), { recursive: true });
    writeFileSync(join(checkout, name), text, { mode: 0o755 });
  }
  return checkout;
}

test('set-up of the build repairs the link of a command that leads to a missing file', async () => {
  const checkout = makeCheckout();
  const link = join(checkout, 'node_modules/.bin/coordinator');
  symlinkSync('../../cli/dist/former.js', link);

  const { code, stderr } = await startModule(BUILD, { CHECKOUT: checkout }).ended;
  expect([code, stderr]).toEqual([0, expect.stringContaining('compiling')]);
  expect(readlinkSync(link)).toBe('../../cli/dist/main.js');

  // Otherwise each set-up would compile everything again.
  const again = await startModule(BUILD, { CHECKOUT: checkout }).ended;
  expect([again.code, again.stderr]).toEqual([0, '']);
});
