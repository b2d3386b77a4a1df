/**
 * How this tests: real processes contend for a lock. Each makes a folder while it holds the lock
 * and removes it before it lets go; making a folder that is there fails, so two holders at once
 * end one of them with an error.
 */
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startModule, temporaryFolder } from './child-module.js';

const CONTENDER = `
  import { mkdirSync, rmdirSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { withLock } from 'setup/lock.mjs';
  const { LOCK, ROUNDS } = process.env;
  const options = { signal: new AbortController().signal, onWait: (text) => console.log(text) };
  for (let round = 0; round < Number(ROUNDS); round += 1) {
    await withLock(LOCK, options, async () => {
      mkdirSync(LOCK + '.held');
      await sleep(5);
      rmdirSync(LOCK + '.held');
    });
  }
`;

const HOLDER = `
  import { withLock } from 'setup/lock.mjs';
  const options = { signal: new AbortController().signal, onWait: () => {} };
  await withLock(process.env.LOCK, options, async () => {
    console.log('holding');
    await new Promise((resolve) => setTimeout(resolve, 1e6));
  });
`;

test('withLock lets several processes hold a lock one after the other, and leaves no file', async () => {
  const folder = temporaryFolder();
  const env = { LOCK: join(folder, 'lock'), ROUNDS: '5' };
  const contenders = Array.from({ length: 4 }, () => startModule(CONTENDER, env));

  const ends = await Promise.all(contenders.map(({ ended }) => ended));

  expect(ends.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(['0 ', '0 ', '0 ', '0 ']);
  expect(readdirSync(folder)).toEqual([]);
});

test('withLock names the holder that it waits for, and goes on when the holder is gone', async () => {
  const folder = temporaryFolder();
  const env = { LOCK: join(folder, 'lock'), ROUNDS: '1' };
  const holder = startModule(HOLDER, env);
  await holder.says('holding');

  const waiter = startModule(CONTENDER, env);
  await waiter.says(`waiting for another set-up (process ${holder.process.pid}`);
  holder.process.kill('SIGKILL');

  expect((await waiter.ended).code).toBe(0);
});

test('withLock lets several processes in one after the other after a killed holder', async () => {
  const folder = temporaryFolder();
  const env = { LOCK: join(folder, 'lock'), ROUNDS: '3' };
  const holder = startModule(HOLDER, env);
  await holder.says('holding');
  holder.process.kill('SIGKILL');
  await holder.ended;
  expect(existsSync(env.LOCK)).toBe(true);

  const contenders = Array.from({ length: 4 }, () => startModule(CONTENDER, env));
  const ends = await Promise.all(contenders.map(({ ended }) => ended));

  expect(ends.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual(['0 ', '0 ', '0 ', '0 ']);
  expect(readdirSync(folder)).toEqual([]);
});

test('withLock does not take a process with the pid of a dead holder for the holder', async () => {
  const folder = temporaryFolder();
  const env = { LOCK: join(folder, 'lock'), ROUNDS: '1' };
  const holder = startModule(HOLDER, env);
  await holder.says('holding');
  const owner = JSON.parse(readFileSync(env.LOCK, 'utf8'));
  holder.process.kill('SIGKILL');
  await holder.ended;

  // This test's own process is alive, but started at another time.
  writeFileSync(env.LOCK, JSON.stringify({ ...owner, pid: process.pid }));

  expect((await startModule(CONTENDER, env).ended).code).toBe(0);
});

test('withLock waits for a holder on another machine until it has been silent for a minute', async () => {
  const folder = temporaryFolder();
  const env = { LOCK: join(folder, 'lock'), ROUNDS: '1' };
  writeFileSync(
    env.LOCK,
    JSON.stringify({ id: 'elsewhere', pid: 1, host: 'another machine', started: '1' }),
  );

  const waiter = startModule(CONTENDER, env);
  await waiter.says('waiting for another set-up');
  const silentSince = Date.now() / 1000 - 61;
  utimesSync(env.LOCK, silentSince, silentSince);

  expect((await waiter.ended).code).toBe(0);
});
