/** Ports in place of those that a page names, which may be taken. */
import { type AddressInfo, createServer, type Server } from 'node:net';

export async function freePorts(named: readonly string[]): Promise<Record<string, string>> {
  // All ports are held at the same time, so that no two are equal.
  const held = await Promise.all(named.map(listening));
  const free = held.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(named.map((port, index) => [port, free[index] ?? '']));
}

function listening(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
