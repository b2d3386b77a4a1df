/**
 * How this tests: a checkout with one package, a local folder, and the real npm. Installed by set-up,
 * then changed in the ways that must and must not install again.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { arePackagesCurrent } from '../packages.mjs';
import { startModule, temporaryFolder } from './child-module.js';

const SET_UP = `
  import { orExit } from 'setup/command.mjs';
  import { setUpPackages } from 'setup/packages.mjs';
  const checkout = process.env.CHECKOUT;
  await orExit((signal) => setUpPackages({ checkout, signal }));
`;

function makeCheckout(): string {
  const checkout = temporaryFolder();
  mkdirSync(join(checkout, 'setup'));
  mkdirSync(join(checkout, 'greeting'));
  writeJson(join(checkout, 'greeting/package.json'), { name: 'greeting', version: '1.0.0' });
  writeJson(join(checkout, 'package.json'), {
    name: 'fixture',
    version: '1.0.0',
    workspaces: ['greeting'],
  });
  writeJson(join(checkout, 'package-lock.json'), {
    name: 'fixture',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'fixture', version: '1.0.0', workspaces: ['greeting'] },
      greeting: { version: '1.0.0' },
      'node_modules/greeting': { resolved: 'greeting', link: true },
    },
  });
  return checkout;
}

test('set-up installs the packages of a fresh checkout once', async () => {
  const checkout = makeCheckout();
  expect(arePackagesCurrent(checkout)).toBe(false);

  const first = await startModule(SET_UP, { CHECKOUT: checkout }).ended;
  const second = await startModule(SET_UP, { CHECKOUT: checkout, PATH: '' }).ended;

  expect(first.stderr).toContain('installing');
  expect(existsSync(join(checkout, 'node_modules/greeting/package.json'))).toBe(true);
  expect(second).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('arePackagesCurrent notices another version in the lock file, and an interrupted installation', async () => {
  const checkout = makeCheckout();
  await startModule(SET_UP, { CHECKOUT: checkout }).ended;
  expect(arePackagesCurrent(checkout)).toBe(true);

  const lockFile = join(checkout, 'package-lock.json');
  const lock = readFileSync(lockFile, 'utf8');
  const changed = JSON.parse(lock);
  changed.packages['node_modules/other'] = { version: '2.0.0' };
  writeJson(lockFile, changed);
  expect(arePackagesCurrent(checkout)).toBe(false);

  changed.packages['node_modules/other'].optional = true;
  writeJson(lockFile, changed);
  expect(arePackagesCurrent(checkout)).toBe(true);

  const installedFile = join(checkout, 'node_modules/.package-lock.json');
  const installed = JSON.parse(readFileSync(installedFile, 'utf8'));
  installed.packages['node_modules/other'] = { version: '1.0.0' };
  writeJson(installedFile, installed);
  expect(arePackagesCurrent(checkout)).toBe(false);

  // npm writes this file last.
  rmSync(installedFile);
  expect(arePackagesCurrent(checkout)).toBe(false);
});

test('arePackagesCurrent notices a missing package in the node_modules of a workspace', async () => {
  const checkout = makeCheckout();
  await startModule(SET_UP, { CHECKOUT: checkout }).ended;
  for (const name of ['package-lock.json', 'node_modules/.package-lock.json']) {
    const lock = JSON.parse(readFileSync(join(checkout, name), 'utf8'));
    lock.packages['greeting/node_modules/other'] = { version: '2.0.0' };
    writeJson(join(checkout, name), lock);
  }
  expect(arePackagesCurrent(checkout)).toBe(false);
  mkdirSync(join(checkout, 'greeting/node_modules/other'), { recursive: true });
  expect(arePackagesCurrent(checkout)).toBe(true);
});

test('set-up passes on what npm says, with a remedy', async () => {
  const checkout = makeCheckout();
  writeJson(join(checkout, 'package.json'), {
    name: 'fixture',
    version: '1.0.0',
    workspaces: ['greeting'],
    dependencies: { forgotten: '1.0.0' },
  });

  const { code, stderr } = await startModule(SET_UP, {
    CHECKOUT: checkout,
    npm_config_registry: 'http://127.0.0.1:1/',
  }).ended;

  expect(code).toBe(1);
  expect(stderr).toMatch(/npm ci .* failed:/);
  expect(stderr).toContain('lyceum: remedy: ');
});

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}
