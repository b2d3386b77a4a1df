/**
 * A real nats-server with TLS. The authority whose certificates it takes is changed while it is down, as in a renewal
 * that went wrong.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority, issueCertificate, validFor } from '../../src/certificates/index.js';
import {
  awaitNats,
  connectNats,
  findNatsServer,
  type NatsServer,
  portOf,
  startNatsServer,
} from '../../src/nats/index.js';
import { readTlsIdentity } from '../../src/tls/index.js';
import { failureOf } from '../failure-of.js';

interface Line {
  readonly msg: string;
  readonly reason?: string;
}

const lines: Line[] = [];
const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
const REFUSED =
  'it refuses the certificate (unknown ca: its authority is none that the server trusts); see --tls-dir';

let folder: string;
let server: NatsServer | undefined;

/**
 * Both authorities' certificates of the program `nats` and of `coordinator`, in folders `own/NAME` and `other/NAME`.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-nats-tls-'));
  const validity = validFor(1, Date.now());
  for (const whose of ['own', 'other']) {
    const authority = await createAuthority(whose, validity);
    for (const name of ['nats', 'coordinator']) {
      const hosts = [name, 'localhost', '127.0.0.1'];
      const { certificate, key } = await issueCertificate(authority, { name, hosts }, validity);
      await mkdir(join(folder, whose, name), { recursive: true });
      await writeFile(join(folder, whose, name, 'ca.crt'), authority.certificate);
      await writeFile(join(folder, whose, name, 'tls.crt'), certificate);
      await writeFile(join(folder, whose, name, 'tls.key'), key);
    }
  }
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the server with its own certificate, for clients with certificates of the authority `trusted`. */
async function start(trusted: 'own' | 'other', port = 0): Promise<string> {
  await server?.stop();
  const tlsDir = join(folder, 'served');
  await cp(join(folder, 'own', 'nats'), tlsDir, { recursive: true, force: true });
  await cp(join(folder, trusted, 'nats', 'ca.crt'), join(tlsDir, 'ca.crt'), { force: true });
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('there is no nats-server: run the set-up');
  server = await startNatsServer({ binary, storeDir: join(folder, 'store'), port, log, tlsDir });
  return server.url;
}

const tlsOf = (whose: string) => readTlsIdentity(join(folder, whose, 'coordinator'), Date.now());

test('a server that refuses the certificate ends the wait for it at the first refusal', async () => {
  const url = await start('own');
  const tls = { ...tlsOf('other'), ca: tlsOf('own').ca };
  const waiting = {
    signal: new AbortController().signal,
    tell: (reason: string) => expect.unreachable(reason),
    random: Math.random,
    log,
  };
  const failure = await failureOf(awaitNats({ url, name: 'test', log, tls }, waiting));
  expect(failure.code).toBe('PERMISSION_DENIED');
  expect(failure.message).toContain(REFUSED);
}, 60_000);

test('a server whose certificate is of another authority is named as not trusted', async () => {
  const url = await start('own');
  const failure = await failureOf(
    connectNats({ url, name: 'test', log, tls: { ...tlsOf('own'), ca: tlsOf('other').ca } }),
  );
  expect(failure.code).toBe('FAILED_PRECONDITION');
  expect(failure.message).toMatch(/its certificate is not trusted: .*; see --tls-dir$/);
}, 60_000);

test('a server that comes back and refuses the certificate closes the connection for good', async () => {
  const url = await start('own');
  const nats = await connectNats({ url, name: 'test', log, tls: tlsOf('own') });
  const reconnected = new Promise<void>((resolve) => nats.onReconnect(resolve));
  await start('own', portOf(url));
  await reconnected;
  await start('other', portOf(url));
  await nats.closed;
  expect(nats.connected).toBe(false);
  const told = lines.filter(({ msg }) => msg === 'NATS connection lost for good');
  expect(told.map(({ reason }) => reason)).toEqual([REFUSED]);
}, 300_000);
