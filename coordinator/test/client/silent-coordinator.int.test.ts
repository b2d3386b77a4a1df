// A coordinator that takes connections and sends nothing, as on a machine that is too busy: a listener in front
// of a real coordinator, which passes bytes on when a test says so.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { CoordinatorClient } from '@lyceum/cli/client';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { TestCoordinator } from '../serve/test-coordinator.js';

let cluster: TestCoordinator;
let listener: Server;
const sockets: Socket[] = [];

beforeAll(async () => {
  cluster = await TestCoordinator.start();
});
afterAll(() => cluster.stop());
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  listener.close();
});

/** @param taken - called with all connections so far, the newest last. @returns where it listens. */
async function listen(taken: (all: readonly Socket[]) => void): Promise<string> {
  listener = createServer((socket) => {
    sockets.push(socket);
    taken(sockets);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return `127.0.0.1:${(listener.address() as AddressInfo).port}`;
}

async function version(address: string, patienceMs?: number): Promise<string> {
  const client = new CoordinatorClient(address);
  try {
    return await client.version(patienceMs === undefined ? {} : { patienceMs });
  } finally {
    client.close();
  }
}

it('CoordinatorClient waits for a silent coordinator that accepts connections', async () => {
  const address = await listen(([call, look]) => {
    // The client opens a second connection to see whether anything listens.
    if (call === undefined || look === undefined) return;
    const [host = '', port = ''] = cluster.address.split(':');
    const through = connect(Number(port), host);
    sockets.push(through);
    call.pipe(through).pipe(call);
  });
  expect(await version(address)).toBe('0.0.0-test');
});

it('CoordinatorClient gives up on a silent coordinator, and says that it accepts connections', async () => {
  const address = await listen(() => {});
  await expect(version(address, 100)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: `no coordinator answers at ${address} (the connection is accepted, but no answer comes: its machine is too busy, or another program listens there)`,
  });
});
