// Rivals on a real `nats-server`. Clocks are numbers that the test moves, so that no lease is waited out.
// A coordinator that was suspended is one whose clock alone moves.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, sleep } from '@lyceum/platform';
import {
  connectNats,
  findNatsServer,
  type KeyValue,
  type Nats,
  type NatsServer,
  startNatsServer,
} from '@lyceum/platform/nats';
import { LEADER_BUCKET, LyceumError } from '@lyceum/proto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Leadership, stateFolderId } from '../../../src/runs/leadership/leadership.js';
import { LEASE_MS } from '../../../src/runs/leadership/rival-lease.js';

const log = createLogger({ name: 'test', level: 'silent' });
let folder: string;
let server: NatsServer;
let nats: Nats;
let kv: KeyValue;
const leaders: Leadership[] = [];

beforeAll(async () => {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('no nats-server: run npm test, which gets one');
  folder = await mkdtemp(join(tmpdir(), 'lyceum-leadership-'));
  server = await startNatsServer({ binary, storeDir: join(folder, 'nats'), port: 0, log });
  nats = await connectNats({ url: server.url, name: 'test', log });
  kv = await nats.keyValue(LEADER_BUCKET, { create: true });
});

afterEach(async () => {
  for (const leader of leaders.splice(0)) await leader.release();
  await kv.delete('leader');
});

afterAll(async () => {
  await nats.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** A coordinator of the state folder `holder`, and its clock. */
async function lead(holder: string, clock = { ms: 0 }, place = 'here'): Promise<Leadership> {
  const leader = await Leadership.acquire({ kv, holder, place, log, nowMs: () => clock.ms });
  leaders.push(leader);
  return leader;
}

describe('Leadership', () => {
  it('says for how long a connected NATS has stored nothing, until it stores again', async () => {
    const clock = { ms: 0 };
    let isGivenUp = false;
    const update: KeyValue['update'] = (...args) =>
      isGivenUp
        ? Promise.reject(new LyceumError('UNAVAILABLE', 'lyceum-leader/leader: timeout'))
        : kv.update(...args);
    const stuck: KeyValue = {
      get: (key) => kv.get(key),
      create: (key, value) => kv.create(key, value),
      update,
      put: (key, value) => kv.put(key, value),
      delete: (key) => kv.delete(key),
      keys: () => kv.keys(),
      unknown: (keys) => kv.unknown(keys),
    };
    const leader = await Leadership.acquire({
      kv: stuck,
      holder: 'a',
      place: 'here',
      log,
      nowMs: () => clock.ms,
    });
    leaders.push(leader);
    isGivenUp = true;
    clock.ms = 2 * LEASE_MS;
    await expect(leader.assertHeld()).rejects.toThrow('timeout');
    expect(leader.lack).toBeUndefined();
    clock.ms = 10 * LEASE_MS;
    expect(leader.lack).toMatch(
      /^NATS has stored nothing for 60 s \(lyceum-leader\/leader: timeout\); .* restart NATS; if it is at its limit, max_file_store, raise that$/,
    );
    isGivenUp = false;
    await leader.assertHeld();
    expect(leader.lack).toBeUndefined();
  });

  it('passes at once to another coordinator of the same state folder, with the next epoch', async () => {
    const clock = { ms: 0 };
    const first = await lead('a', clock);
    const second = await lead('a');
    expect(second.leaderEpoch).toBe(first.leaderEpoch + 1);
    await second.assertHeld();

    // The first was suspended for a while, and goes on.
    clock.ms = LEASE_MS;
    await expect(first.assertHeld()).rejects.toMatchObject({ code: 'ABORTED' });
    await first.lost;
    await second.assertHeld();
  });

  it('is taken with the next epoch even if its record is lost while another waits for it', async () => {
    const first = await lead('a');
    let waits = () => {};
    const waiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    const told = pino({}, { write: (line) => line.includes('waiting') && waits() });
    const second = Leadership.acquire({
      kv,
      holder: 'b',
      place: 'here',
      log: told,
      nowMs: () => 0,
    });
    await waiting;
    await kv.delete('leader');
    const next = await second;
    leaders.push(next);
    expect(next.leaderEpoch).toBe(first.leaderEpoch + 1);
  });

  it('is not taken while assertMayLead rejects', async () => {
    const assertMayLead = () => Promise.reject(new Error('not yet'));
    const taken = Leadership.acquire({
      kv,
      holder: 'a',
      place: 'here',
      assertMayLead,
      log,
      nowMs: () => 0,
    });
    await expect(taken).rejects.toThrow('not yet');
    expect(await kv.get('leader')).toBeUndefined();
  });

  it.each([
    ['another folder', 'b', 'here'],
    ['a copy of its folder', 'a', 'there'],
  ])(
    'is not taken by the coordinator of %s until its holder gives it back',
    async (_, holder, place) => {
      const first = await lead('a');
      let taken = false;
      const rival = lead(holder, { ms: 0 }, place).then((leader) => {
        taken = true;
        return leader;
      });
      const renewals = async () => (await kv.get('leader'))?.revision ?? 0;
      const before = await renewals();
      while ((await renewals()) < before + 2) await sleep(100);
      expect(taken).toBe(false);
      await first.release();
      expect((await rival).leaderEpoch).toBe(first.leaderEpoch + 1);
    },
  );

  it('stays with its folder after keep and release, and the next coordinator need not wait', async () => {
    const first = await lead('a');
    first.keep();
    await first.release();
    expect(JSON.parse((await kv.get('leader'))?.value ?? '{}')).toMatchObject({ holder: 'a' });
    expect((await lead('a')).leaderEpoch).toBe(first.leaderEpoch + 1);
  });

  it('is taken from a holder that has not renewed it for LEASE_MS', async () => {
    // The record of a holder that was killed.
    const record = { leaderEpoch: 4, holder: 'a', place: 'gone', renewalCount: 9 };
    await kv.put('leader', JSON.stringify(record));
    const clock = { ms: 0 };
    const pushing = setInterval(() => {
      clock.ms += LEASE_MS;
    }, 50);
    const next = await lead('b', clock);
    clearInterval(pushing);
    expect(next.leaderEpoch).toBe(5);
  });

  it('assertHeld renews the lease only if the last renewal is old', async () => {
    const clock = { ms: 0 };
    const leader = await lead('a', clock);
    const before = (await kv.get('leader'))?.revision;
    await leader.assertHeld();
    expect((await kv.get('leader'))?.revision).toBe(before);
    clock.ms = LEASE_MS;
    await leader.assertHeld();
    expect((await kv.get('leader'))?.revision).toBeGreaterThan(before ?? 0);
  });

  it('recognises its own renewal after the reply to it was lost', async () => {
    const clock = { ms: 0 };
    const leader = await lead('a', clock);
    const found = await kv.get('leader');
    await kv.put('leader', found?.value ?? '');
    clock.ms = LEASE_MS;
    await leader.assertHeld();
  });
});

describe('stateFolderId', () => {
  it('stays the same for a folder and differs between folders', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    const id = await stateFolderId(a);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stateFolderId(a)).toBe(id);
    expect(await stateFolderId(b)).not.toBe(id);
  });

  it('is made anew if its file is empty', async () => {
    const a = join(folder, 'empty');
    await mkdir(a);
    await writeFile(join(a, 'coordinator-id'), '');
    const id = await stateFolderId(a);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stateFolderId(a)).toBe(id);
  });
});
