/**
 * Which addresses may be called: a table of all kinds, and real listeners on addresses of loopback, all at one port,
 * which answer with their address. Functions of this file resolve names, and may answer differently at each look-up.
 */
import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import {
  AddressGuard,
  calleeOf,
  httpCall,
  isPublicAddress,
  parseAllowedAddresses,
} from '../../src/index.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** @returns the port; the first listener takes a free one. */
async function listen(address: string, port: number): Promise<number> {
  const server = createServer((_, response) => response.end(address));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  return (server.address() as AddressInfo).port;
}

async function reached(url: string, addresses: AddressGuard): Promise<string> {
  const call = { method: 'GET', deadlineMs: 10_000, maxAnswerBytes: 100 } as const;
  return (await httpCall({ ...call, url: new URL(url), addresses })).body.toString();
}

const found = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

it.each([
  '8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.0', '172.15.0.1', '172.32.0.1', '192.167.1.1', '223.255.255.255',
  '2001:4860:4860::8888', '2606:4700::1111', '2a00::1',
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true)); // biome-ignore format: a list

it.each([
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.0.1', '169.254.169.254',
  '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.168.0.1', '198.18.0.1', '198.51.100.7', '203.0.113.9',
  '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255',
  '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:0:10.0.0.1', '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a00:1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', 'fc00::1', 'fd00:ec2::254',
  'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '4000::1', 'localhost', '',
])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false)); // biome-ignore format: a list

it.each([
  'http://127.0.0.1:1/',
  'http://2130706433:1/',
  'http://0x7f000001:1/',
  'http://0177.0.0.1:1/',
  'http://127.1:1/',
  'http://0:1/',
  'http://[::1]:1/',
  'http://[::ffff:127.0.0.1]:1/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://169.254.169.254/',
  'http://[fd00:ec2::254]/',
  'http://[64:ff9b::7f00:1]/',
  'http://10.1.2.3/',
  'http://[fe80::1]/',
])('%s is refused unless the operator allows it', async (url) => {
  // biome-ignore format: a list
  const guard = new AddressGuard([]);
  const refused = {
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining('--allow-addresses'),
  };
  await expect(reached(url, guard)).rejects.toMatchObject(refused);
  await expect(guard.addresses(calleeOf(url))).rejects.toMatchObject(refused);
});

it('AddressGuard judges a host by the addresses it resolves to, and does not show them', async () => {
  for (const address of ['127.0.0.1', '169.254.169.254', '::ffff:127.0.0.1', 'fd00:ec2::254']) {
    const guard = new AddressGuard([], async () => found(address));
    const call = reached('http://innocent.example/', guard);
    await expect(call).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('innocent.example resolves to no public address'),
    });
    await expect(call).rejects.not.toThrow(address);
  }
  await expect(new AddressGuard([]).addresses(calleeOf('http://localhost:1/'))).rejects.toThrow(
    'localhost resolves to no public address',
  );
  const mixed = new AddressGuard([], async () => found('10.0.0.1', '8.8.8.8', '::1'));
  expect(await mixed.addresses(calleeOf('http://mixed.example/'))).toEqual(found('8.8.8.8'));
});

it('AddressGuard connects to the address that it checked, although later look-ups differ', async () => {
  const port = await listen('127.0.0.2', 0);
  await listen('127.0.0.1', port);
  let lookups = 0;
  // The first answer is allowed; all later ones are where the attacker wants to go.
  const guard = new AddressGuard(['127.0.0.2'], async () =>
    lookups++ === 0 ? found('127.0.0.2') : found('127.0.0.1'),
  );
  expect(await reached(`http://rebind.example:${port}/`, guard)).toBe('127.0.0.2');
  expect(lookups).toBe(1);
  // The kept connection still goes to the checked address; for a new one the name is looked up, and refused.
  expect(await reached(`http://rebind.example:${port}/`, guard)).toBe('127.0.0.2');
  guard.agents.http.destroy();
  await expect(reached(`http://rebind.example:${port}/`, guard)).rejects.toThrow(
    'resolves to no public address',
  );
});

it('AddressGuard allows the addresses, ranges and hosts in its list, or all, and no others', async () => {
  const port = await listen('127.0.0.2', 0);
  const resolve = async () => found('127.0.0.2');
  const url = `http://triton.internal:${port}/`;
  for (const list of [
    '127.0.0.2',
    '127.0.0.0/8',
    'triton.internal',
    '*.internal',
    `triton.internal:${port}`,
    'x, all',
  ]) {
    // biome-ignore format: a list
    const guard = new AddressGuard(parseAllowedAddresses(list), resolve);
    expect(await reached(url, guard)).toBe('127.0.0.2');
  }
  for (const list of [
    '',
    '127.0.0.1',
    '10.0.0.0/8',
    'internal',
    'xtriton.internal',
    `triton.internal:${port + 1}`,
  ]) {
    // biome-ignore format: a list
    const guard = new AddressGuard(parseAllowedAddresses(list), resolve);
    await expect(reached(url, guard)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  }
  const six = new AddressGuard(['fd00::/8'], async () => found('fd12::1'));
  expect(await six.addresses(calleeOf(url))).toEqual(found('fd12::1'));
  // A range of IPv4 holds the same addresses in IPv6's spelling.
  const mapped = new AddressGuard(['10.0.0.0/8'], async () => found('::ffff:10.0.0.1'));
  expect(await mapped.addresses(calleeOf(url))).toEqual(found('::ffff:10.0.0.1'));
});

it.each(['10.0.0.0/33', 'fd00::/129', 'https://a.example', '*', 'a b/c'])(
  'parseAllowedAddresses refuses the list %j',
  (text) => expect(() => parseAllowedAddresses(text)).toThrow('is no address; want 10.0.0.7'),
);
