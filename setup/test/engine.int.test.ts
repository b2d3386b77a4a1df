/**
 * How this tests: a checkout that has only the files that the engine step uses, with an empty PATH, so without a
 * compiler. The native engine itself is used by the tests of learning.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startModule, temporaryFolder } from './child-module.js';

const ADDON_LINK = 'node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node';

const SET_UP = `
  import { orExit } from 'setup/command.mjs';
  import { setUpEngine } from 'setup/engine.mjs';
  const { CHECKOUT: checkout, CACHE: cache, ACCELERATOR: accelerator, INSIST } = process.env;
  const insist = INSIST === 'yes';
  await orExit((signal) => setUpEngine({ checkout, cache, accelerator, insist, signal }));
`;

function makeEnvironment() {
  const checkout = temporaryFolder();
  const addon = join(checkout, 'node_modules/@tensorflow/tfjs-node-gpu');
  mkdirSync(addon, { recursive: true });
  writeFileSync(join(addon, 'package.json'), '{"version":"4.22.0"}');
  return { CHECKOUT: checkout, CACHE: temporaryFolder(), ACCELERATOR: 'cpu', PATH: '' };
}

function record(env: { CHECKOUT: string }) {
  return JSON.parse(readFileSync(join(env.CHECKOUT, 'node_modules/.lyceum/engine.json'), 'utf8'));
}

test('set-up without a compiler takes WebAssembly, and says why and how slow it is', async () => {
  const env = makeEnvironment();

  const { code, stderr } = await startModule(SET_UP, env).ended;

  expect(code).toBe(0);
  expect(stderr).toContain('no C++ compiler');
  expect(stderr).toContain('5 to 7 times slower');
  expect(stderr).toContain('apt-get install g++');
  expect(record(env)).toMatchObject({ engine: 'wasm', remedy: expect.stringContaining('g++') });
});

test('set-up repeats a failed attempt within the hour only if asked for', async () => {
  const env = makeEnvironment();
  await startModule(SET_UP, env).ended;
  const { triedAtMs } = record(env);

  const unasked = await startModule(SET_UP, env).ended;
  expect(unasked.stderr).toContain('`npm run setup` tries again');
  expect(record(env).triedAtMs).toBe(triedAtMs);

  await startModule(SET_UP, { ...env, INSIST: 'yes' }).ended;
  expect(record(env).triedAtMs).toBeGreaterThan(triedAtMs);
});

test('set-up for wasm takes WebAssembly without a warning, and removes the native addon', async () => {
  const env = { ...makeEnvironment(), ACCELERATOR: 'wasm' };
  const link = join(env.CHECKOUT, ADDON_LINK);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync('/dev/null', link);

  const { code, stderr } = await startModule(SET_UP, env).ended;

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(record(env)).toEqual({ engine: 'wasm', accelerator: 'wasm', reason: 'asked for' });
  // Programs look for the addon only.
  expect(existsSync(link)).toBe(false);
});

test('set-up refuses an unknown accelerator, and lists the known ones', async () => {
  const env = { ...makeEnvironment(), ACCELERATOR: 'tpu' };

  const { code, stderr } = await startModule(SET_UP, env).ended;

  expect(code).toBe(1);
  expect(stderr).toContain('LYCEUM_ACCELERATOR is "tpu"');
  expect(stderr).toContain('cpu (the default), cuda, or wasm');
});
