// `freeAddress` with a real listener at the address, and without.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freeAddress } from '../../src/local-cluster/free-address.js';

test('freeAddress keeps an address that is free, and takes any port if it is not', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const wanted = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  expect(await freeAddress(wanted)).toBe('127.0.0.1:0');
  other.close();
  await once(other, 'close');
  expect(await freeAddress(wanted)).toBe(wanted);
  // The call has left it free.
  expect(await freeAddress(wanted)).toBe(wanted);
});
