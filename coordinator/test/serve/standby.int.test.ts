// Coordinators that wait beside a leader or follow it, on one real NATS.
import { join } from 'node:path';
import { AddressGuard, type Logger } from '@lyceum/platform';
import { findNatsServer, type NatsServer, startNatsServer } from '@lyceum/platform/nats';
import { LEADER_BUCKET, TICKET_STREAM, ticketSubject } from '@lyceum/proto';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MirrorFolder } from '../../src/mirror/mirror-folder.js';
import { type NatsOfItsOwn, silent, startNatsOfItsOwn } from '../nats-of-its-own.js';
import { jetStreamApi } from './jetstream-api.js';

const FOLDER_ID = /^[0-9a-f-]{36}$/;
const NOBODY = { user: 'nobody', password: 'nothing' };

let nats: NatsOfItsOwn;
/** The server that replaced the first. */
let again: NatsServer | undefined;
beforeEach(async () => {
  nats = await startNatsOfItsOwn();
});
afterEach(async () => {
  await again?.stop();
  again = undefined;
  await nats.stop();
});

/** The holder in the lease's record. */
async function holder(): Promise<string> {
  const kv = await nats.nats.keyValue(LEADER_BUCKET, { create: false });
  return JSON.parse((await kv.get('leader'))?.value ?? '{}').holder;
}

/** @param name - of its state folder. */
async function serve(name: string, log: Logger = silent, signal?: AbortSignal) {
  const server = await import('../../src/serve.js');
  return server.serve({
    natsUrl: nats.server.url,
    stateDir: join(nats.folder, name),
    answersMaxBytes: 1 << 30,
    dataThreads: 1,
    canaryIntervalMs: 60_000,
    outside: {
      secrets: { folder: undefined, variables: {}, unboundGo: 'nowhere' },
      addresses: new AddressGuard([]),
    },
    listenAddress: '127.0.0.1:0',
    httpAddress: '127.0.0.1:0',
    insecure: false,
    version: '0.0.0-test',
    log,
    ...(signal !== undefined && { signal }),
  });
}

it('a standby coordinator leaves the ticket queue alone, and can be stopped while it waits', async () => {
  const leader = await serve('leader');
  // A leader knows by this message that the queue is still its own.
  const marker = () =>
    jetStreamApi(nats.server.url, NOBODY, `STREAM.MSG.GET.${TICKET_STREAM}`, {
      last_by_subj: ticketSubject('marker'),
    });
  const before = await marker();
  const ending = new AbortController();
  let waits = () => {};
  const waiting = new Promise<void>((resolve) => {
    waits = resolve;
  });
  const log = pino({ level: 'info' }, { write: (line) => line.includes('waiting') && waits() });
  const standby = serve('standby', log, ending.signal);
  await Promise.race([waiting, standby]);
  expect(await marker()).toEqual(before);
  ending.abort();
  await expect(standby).rejects.toMatchObject({ code: 'CANCELLED' });
  await leader.stop();
});

it('a coordinator that stops because its store was lost keeps the lease', async () => {
  const leader = await serve('leader');
  await jetStreamApi(nats.server.url, NOBODY, `STREAM.PURGE.KV_${LEADER_BUCKET}`, {
    filter: `$KV.${LEADER_BUCKET}.store`,
  });
  const port = Number(new URL(nats.server.url).port);
  await nats.server.stop();
  const binary = findNatsServer(process.env) ?? '';
  const storeDir = join(nats.folder, 'nats');
  again = await startNatsServer({ binary, storeDir, port, log: silent });
  expect(await leader.closed).toBe('store-lost');
  await leader.stop();
  expect(await holder()).toMatch(FOLDER_ID);
});

it('a coordinator that cannot write its leader epoch to its copy keeps the lease', async () => {
  await (await serve('leader')).stop();
  expect(await holder()).toBe('');
  vi.spyOn(MirrorFolder.prototype, 'setStore').mockRejectedValueOnce(new Error('no room'));
  await expect(serve('leader')).rejects.toThrow('no room');
  expect(await holder()).toMatch(FOLDER_ID);
});
