/** Calls of a real HTTP server, which answers or hangs, under signals that live longer than the calls. */
import { getEventListeners } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AddressGuard, type HttpCall, httpCall } from '../../src/index.js';
import { failureOf } from '../failure-of.js';

let server: Server;
let call: HttpCall;

beforeEach(async () => {
  server = createServer((request, response) => {
    if (request.url === '/') response.end('answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  call = {
    method: 'GET',
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    addresses: new AddressGuard(['127.0.0.0/8']),
    deadlineMs: 120_000,
    maxAnswerBytes: 100,
  };
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** How many signals Node keeps that depend on this one. */
function dependentCount(signal: AbortSignal): number {
  const key = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === 'kDependantSignals',
  );
  const kept = key && (signal as unknown as Record<symbol, Set<unknown> | undefined>)[key];
  return kept?.size ?? 0;
}

it('leaves nothing at signals that live on', async () => {
  const signals = [new AbortController().signal, new AbortController().signal];
  for (let count = 0; count < 3; count++) await httpCall({ ...call, signals });
  for (const signal of signals) {
    expect([dependentCount(signal), getEventListeners(signal, 'abort')]).toEqual([0, []]);
  }
});

it.each([0, 1])('ends if signal %i of two aborts meanwhile, or has before', async (index) => {
  const controllers = [new AbortController(), new AbortController()];
  const signals = controllers.map(({ signal }) => signal);
  const hangs = { ...call, url: new URL('/hangs', call.url), signals };
  const asked = new Promise((resolve) => server.once('request', resolve));
  const failure = failureOf(httpCall(hangs));
  await asked;
  controllers[index]?.abort();
  expect(await failure).toMatchObject({ code: 'CANCELLED' });
  expect(await failureOf(httpCall(hangs))).toMatchObject({ code: 'CANCELLED' });
});

it('ends at its deadline', async () => {
  const hangs = { ...call, url: new URL('/hangs', call.url), deadlineMs: 50 };
  const signals = [new AbortController().signal];
  const failure = await failureOf(httpCall({ ...hangs, signals }));
  expect(failure).toMatchObject({ code: 'DEADLINE_EXCEEDED', message: 'no answer within 0.05 s' });
});
