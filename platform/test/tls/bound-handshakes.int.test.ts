/** Strangers open connections on loopback and say nothing; a program with a certificate must still get in. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { afterEach, beforeAll, expect, test } from 'vitest';
import {
  type CertificateAndKey,
  createAuthority,
  issueCertificate,
  validFor,
} from '../../src/certificates/index.js';
import { boundedServer, boundHandshakes, type TlsIdentity } from '../../src/index.js';
import { listenForRpc } from '../../src/rpc/rpc-listener.js';

const VALIDITY = validFor(1, Date.now());

let member: TlsIdentity;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  const authority: CertificateAndKey = await createAuthority('ours', VALIDITY);
  const own = await issueCertificate(authority, { name: 'a', hosts: ['localhost'] }, VALIDITY);
  member = { ...own, ca: authority.certificate } as TlsIdentity;
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Opens a connection that says nothing. */
async function silent(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  ends.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Opens a connection with the member's certificate. */
async function greeted(port: number): Promise<void> {
  const { ca, certificate: cert, key } = member;
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, cert, key });
  ends.push(() => socket.destroy());
  await once(socket, 'secureConnect');
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  ends.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('the oldest connection without a certificate makes room, and callers with one are not counted', async () => {
  const { ca, certificate: cert, key } = member;
  const server = tls.createServer({ ca, cert, key, requestCert: true });
  boundHandshakes(server, 2);
  const port = await listening(server);
  const first = await silent(port);
  const ended = once(first, 'close');
  await greeted(port);
  await greeted(port);
  const others = [await silent(port), await silent(port)];
  await ended;
  expect(others.map(({ readyState }) => readyState)).toEqual(['open', 'open']);
  await greeted(port);
});

test('a server of pages with TLS has room beside silent connections', async () => {
  const server = boundedServer((_, response) => response.end(), member);
  const port = await listening(server);
  const sockets: Socket[] = [];
  for (let n = 0; n < 400; n++) sockets.push(await silent(port));
  await greeted(port);
});

test.each([
  ['without TLS', undefined],
  ['with TLS', () => member],
])('a listener of gRPC takes no more connections than its limit, %s', async (_, identity) => {
  const place = { host: '127.0.0.1', port: 0 };
  const listener = await listenForRpc(place, identity?.(), () => undefined, 2);
  ends.push(() => listener.close());
  const kept = [await silent(listener.port), await silent(listener.port)];
  const refused = await silent(listener.port);
  await once(refused, 'close');
  expect(kept.map(({ readyState }) => readyState)).toEqual(['open', 'open']);
});
