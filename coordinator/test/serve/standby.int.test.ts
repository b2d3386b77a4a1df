// A coordinator that waits until it leads, beside one that does, on one real NATS.
import { join } from 'node:path';
import { AddressGuard } from '@lyceum/platform';
import { TICKET_STREAM, ticketSubject } from '@lyceum/proto';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { jetStreamApi } from './jetstream-api.js';
import { TestCoordinator } from './test-coordinator.js';

it('leaves the queue as it is, whose leader would take it for lost, and can be told to end', async () => {
  const leader = await TestCoordinator.start();
  const nobody = { user: 'nobody', password: 'nothing' };
  // The message by which a leader knows that the queue is still its own.
  const marker = () =>
    jetStreamApi(leader.natsUrl, nobody, `STREAM.MSG.GET.${TICKET_STREAM}`, {
      last_by_subj: ticketSubject('marker'),
    });
  const before = await marker();
  const ending = new AbortController();
  let waits = () => {};
  const waiting = new Promise<void>((resolve) => {
    waits = resolve;
  });
  const { serve } = await import('../../src/serve.js');
  const standby = serve({
    natsUrl: leader.natsUrl,
    stateDir: join(leader.stateDir, '..', 'standby'),
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
    log: pino({ level: 'info' }, { write: (line) => line.includes('waiting') && waits() }),
    signal: ending.signal,
  });
  await Promise.race([waiting, standby]);
  expect(await marker()).toEqual(before);
  ending.abort();
  await expect(standby).rejects.toMatchObject({ code: 'CANCELLED' });
  await leader.stop();
});
