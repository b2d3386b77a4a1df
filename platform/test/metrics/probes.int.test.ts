/** A real HTTP server on loopback, asked with fetch. */
import { get } from 'node:http';
import { connect } from 'node:net';
import { Counter, Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HTTP_CONNECTIONS_MAX } from '../../src/http/bounded-server.js';
import { type Probes, startProbes } from '../../src/metrics/index.js';

let probes: Probes;
let notReady: string | undefined;
const metrics = new Registry();
const counter = new Counter({ name: 'tickets_total', help: 'tickets', registers: [metrics] });

beforeEach(async () => {
  notReady = undefined;
  const ready = (): string | undefined => notReady;
  probes = await startProbes({ address: '127.0.0.1:0', insecure: false, ready, metrics });
});

afterEach(() => probes.close());

async function ask(path: string, method = 'GET'): Promise<[number, string]> {
  const response = await fetch(`http://${probes.address}${path}`, { method });
  return [response.status, await response.text()];
}

test('/readyz says why a program is not ready, and /livez stays ok', async () => {
  expect(await ask('/readyz')).toEqual([200, 'ok\n']);
  notReady = 'no session with the coordinator';
  expect(await ask('/readyz')).toEqual([503, 'no session with the coordinator\n']);
  expect(await ask('/livez')).toEqual([200, 'ok\n']);
});

test('/metrics shows a counter in the Prometheus text format', async () => {
  counter.inc(3);
  const [status, text] = await ask('/metrics?x=1');
  expect(status).toBe(200);
  expect(text).toContain('tickets_total 3');
});

test('an unknown path is answered with 404, another method with 405', async () => {
  expect((await ask('/'))[0]).toBe(404);
  expect((await ask('/livez', 'POST'))[0]).toBe(405);
});

test('a request with a foreign Host header is answered with 421', async () => {
  const [host, port] = probes.address.split(':');
  const status = await new Promise((resolve, reject) => {
    get({ host, port, path: '/metrics', headers: { host: 'evil.example' } }, ({ statusCode }) =>
      resolve(statusCode),
    ).once('error', reject);
  });
  expect(status).toBe(421);
});

test('connections above HTTP_CONNECTIONS_MAX are closed', async () => {
  const port = Number(probes.address.split(':')[1]);
  const sockets = Array.from({ length: 300 }, () => connect(port, '127.0.0.1'));
  try {
    let closed = 0;
    for (const socket of sockets)
      socket.once('error', () => undefined).once('close', () => closed++);
    await expect.poll(() => closed).toBe(300 - HTTP_CONNECTIONS_MAX);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test('startProbes refuses an address in use, and one beyond loopback without --insecure', async () => {
  const options = { insecure: false, ready: () => undefined, metrics };
  const taken = startProbes({ ...options, address: probes.address });
  await expect(taken).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  await expect(taken).rejects.toThrow(probes.address);
  const open = startProbes({ ...options, address: '0.0.0.0:0' });
  await expect(open).rejects.toThrow('--insecure');
});
