/**
 * A gRPC server and a real `nats-server` with mutual TLS on loopback, and all kinds of clients: with a certificate of
 * the same authority, of another one, with none, without TLS.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import type { GetRunRequest, GetRunResponse } from '@lyceum/proto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CertificateAndKey,
  createAuthority,
  issueCertificate,
  validFor,
} from '../../src/certificates/index.js';
import {
  call,
  connect,
  RpcServer,
  RunClient,
  readTlsIdentity,
  SERVICES,
  type TlsIdentity,
  unary,
} from '../../src/index.js';
import {
  connectNats,
  findNatsServer,
  type NatsServer,
  startNatsServer,
} from '../../src/nats/index.js';
import { failureOf } from '../failure-of.js';

const log = pino({ level: 'silent' });
const VALIDITY = validFor(1, Date.now());

let folder: string;
let authority: CertificateAndKey;
/** A program of this cluster. */
let member: TlsIdentity;
/** A program that trusts this cluster's authority, but has a certificate of another one. */
let stranger: TlsIdentity;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lyceum-tls-'));
  authority = await createAuthority('ours', VALIDITY);
  member = await identity('member', authority);
  stranger = {
    ...(await identity('stranger', await createAuthority('theirs', VALIDITY))),
    ca: authority.certificate,
  };
});
afterAll(() => rm(folder, { recursive: true }));

/** Written to files and read back, as programs read it. */
async function identity(
  name: string,
  { certificate, key }: CertificateAndKey,
  hosts: readonly string[] = ['127.0.0.1', 'localhost'],
): Promise<TlsIdentity> {
  const own = await issueCertificate({ certificate, key }, { name, hosts }, VALIDITY);
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'ca.crt'), certificate);
  await writeFile(join(folder, name, 'tls.crt'), own.certificate);
  await writeFile(join(folder, name, 'tls.key'), own.key);
  return readTlsIdentity(join(folder, name), Date.now());
}

describe('gRPC with mutual TLS', () => {
  let server: RpcServer;
  const calls: string[] = [];

  beforeAll(async () => {
    server = await startServer('127.0.0.1:0', member);
  });
  afterAll(() => server.stop(0));

  function startServer(address: string, tls: TlsIdentity): Promise<RpcServer> {
    const getRun = unary<GetRunRequest, GetRunResponse>(log, async ({ runId }) => {
      calls.push(runId);
      return { run: undefined };
    });
    const services = [[SERVICES.run, { getRun }]] as const;
    return RpcServer.start({ address, services, log, insecure: false, tls });
  }

  async function ask(runId: string, client: RunClient): Promise<unknown> {
    try {
      return await call(client, client.getRun, { runId }, { deadlineMs: 10_000 });
    } finally {
      client.close();
    }
  }

  test('a client with a certificate of the same authority is answered', async () => {
    await ask('member', connect(RunClient, server.address, member));
    expect(calls).toEqual(['member']);
  });

  test.each<[string, () => RunClient, string]>([
    [
      'of another authority',
      () => connect(RunClient, server.address, stranger),
      'or its clock may be wrong',
    ],
    [
      'without TLS',
      () => connect(RunClient, server.address),
      'it closes the connection; it may want TLS',
    ],
    [
      'without a certificate',
      () => {
        const address = server.address.replace('127.0.0.1', 'localhost');
        const believing = grpc.credentials.createSsl(Buffer.from(authority.certificate));
        return new RunClient(address, believing);
      },
      'localhost',
    ],
  ])('a client %s never reaches a handler', async (_, client, message) => {
    calls.length = 0;
    await expect(ask('stranger', client())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(message),
    });
    expect(calls).toEqual([]);
  });

  test('a client refuses a server whose certificate is for another host', async () => {
    const elsewhere = await startServer(
      '127.0.0.1:0',
      await identity('elsewhere', authority, ['elsewhere.example']),
    );
    try {
      await expect(ask('x', connect(RunClient, elsewhere.address, member))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('its certificate is not trusted'),
      });
    } finally {
      await elsewhere.stop(0);
    }
  });

  test('a client refuses a server that shows the certificate of a person', async () => {
    const person = await identity('person', authority, []);
    await expect(startServer('127.0.0.1:0', person)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('only for calls'),
    });
    // A server that does not check its own certificate.
    const own = {
      private_key: Buffer.from(person.key),
      cert_chain: Buffer.from(person.certificate),
    };
    const plain = new grpc.Server();
    plain.addService(SERVICES.run, {
      getRun: unary<GetRunRequest, GetRunResponse>(log, async () => ({ run: undefined })),
    });
    const credentials = grpc.ServerCredentials.createSsl(Buffer.from(person.ca), [own], true);
    const port = await new Promise<number>((resolve, reject) => {
      plain.bindAsync('127.0.0.1:0', credentials, (err, bound) =>
        err === null ? resolve(bound) : reject(err),
      );
    });
    try {
      for (const host of ['localhost', '127.0.0.1']) {
        const asked = ask('x', connect(RunClient, `${host}:${port}`, member));
        await expect(asked).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('its certificate is not trusted'),
        });
      }
      // This certificate may be used for calls.
      await ask('person', connect(RunClient, server.address, person));
    } finally {
      plain.forceShutdown();
    }
  });

  test('a client refuses a server of another authority', async () => {
    const { certificate: ca } = await createAuthority('third', VALIDITY);
    await expect(
      ask('x', connect(RunClient, server.address, { ...member, ca })),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('its certificate is not trusted'),
    });
  });

  test('a server with TLS listens beyond loopback without --insecure', async () => {
    const open = await startServer('0.0.0.0:0', member);
    await open.stop(0);
  });
});

describe('NATS with mutual TLS', () => {
  let server: NatsServer;

  beforeAll(async () => {
    const binary = findNatsServer(process.env);
    if (binary === undefined) throw new Error('no nats-server; run `npm run setup`');
    const storeDir = join(folder, 'nats');
    const tlsDir = join(folder, 'member');
    server = await startNatsServer({ binary, storeDir, port: 0, log, tlsDir });
  });
  afterAll(() => server?.stop());

  test('a client with a certificate of the same authority reads and writes', async () => {
    const nats = await connectNats({ url: server.url, name: 'member', log, tls: member });
    try {
      const bucket = await nats.keyValue('tls', { create: true });
      await bucket.create('key', 'value');
      expect((await bucket.get('key'))?.value).toBe('value');
    } finally {
      await nats.close();
    }
  });

  test.each<[string, () => TlsIdentity | undefined, string, string]>([
    ['of another authority', () => stranger, 'PERMISSION_DENIED', 'it refuses the certificate'],
    ['without TLS', () => undefined, 'FAILED_PRECONDITION', 'see --tls-dir'],
  ])('a client %s is refused with the address and the reason', async (_, tls, code, message) => {
    const { url } = server;
    const failure = await failureOf(connectNats({ url, name: 'stranger', log, tls: tls() }));
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(`no NATS at ${url}: `);
    expect(failure.message).toContain(message);
  });

  test('a client that calls a server by IP address wants a certificate for that address', async () => {
    const binary = findNatsServer(process.env) ?? '';
    await identity('by-name', authority, ['localhost']);
    const tlsDir = join(folder, 'by-name');
    const storeDir = join(folder, 'by-name-store');
    const byName = await startNatsServer({ binary, storeDir, port: 0, log, tlsDir });
    try {
      for (const host of ['127.0.0.1', 'tls://127.0.0.1']) {
        const url = byName.url.replace(/^nats:\/\/127\.0\.0\.1/, host);
        const failure = await failureOf(connectNats({ url, name: 'member', log, tls: member }));
        expect(failure.code).toBe('FAILED_PRECONDITION');
        expect(failure.message).toContain('its certificate is not trusted: ');
        expect(failure.message).toContain('see --tls-dir');
      }
      const url = byName.url.replace('127.0.0.1', 'localhost');
      const nats = await connectNats({ url, name: 'member', log, tls: member });
      await nats.close();
    } finally {
      await byName.stop();
    }
  });

  test('a client reports a server that speaks no TLS', async () => {
    const binary = findNatsServer(process.env) ?? '';
    const plain = await startNatsServer({ binary, storeDir: join(folder, 'plain'), port: 0, log });
    try {
      const failure = await failureOf(
        connectNats({ url: plain.url, name: 'member', log, tls: member }),
      );
      expect(failure.message).toBe(
        `no NATS at ${plain.url}: it speaks no TLS; leave --tls-dir out`,
      );
    } finally {
      await plain.stop();
    }
  });
});
