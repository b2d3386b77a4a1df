/** `natsUsersIn`: users of a local cluster's NATS in a real folder, whose files are empty or damaged. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { natsUsersIn } from '../../src/local-cluster/nats-users.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lyceum-users-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = () => path.join(folder, 'coordinator.json');

test('natsUsersIn gives the same users again', async () => {
  expect(await natsUsersIn(folder)).toEqual(await natsUsersIn(folder));
});

test('natsUsersIn makes a user anew whose file is empty, readable by its owner only', async () => {
  await writeFile(file(), '');
  const { coordinator } = await natsUsersIn(folder);
  expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(coordinator.credentials);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

test.each(['{"user": "coordi', '{"user": "somebody", "password": "x"}'])(
  'natsUsersIn names a damaged file, and what to do: %s',
  async (text) => {
    await writeFile(file(), text);
    await expect(natsUsersIn(folder)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(`${file()} .*; remove it for a new one$`),
    });
  },
);
