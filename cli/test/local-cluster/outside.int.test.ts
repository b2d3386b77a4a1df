/**
 * A user who may submit documents tries to reach secrets and addresses of the programs, in a real cluster. Listeners
 * at two addresses of this machine, on one port, record who reaches them and with what. The operator allows one of
 * them, 127.0.0.2, and one secret for it. A module that is loaded into the programs resolves names, and changes its
 * answers.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkInferenceDescription } from '@lyceum/learning/specification';
import { ArtifactKind } from '@lyceum/proto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CoordinatorClient } from '../../src/client/index.js';
import { readModel } from '../../src/import/read-model.js';
import type { LocalCluster } from '../../src/local-cluster/index.js';
import { runDocument, startCluster, untilRun } from './cluster-runs.js';
import { smallImagesBytes } from './small-images.js';

vi.setConfig({ testTimeout: 300_000 });

const TOKEN = 's3cret-of-the-operator';
/** A name's answers, the last one for ever. */
const NAMES = {
  'loop.test': ['127.0.0.1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'six.test': ['fd00:ec2::254'],
  'rebind.test': ['127.0.0.2', '127.0.0.1'],
  'turned.test': ['8.8.8.8', '127.0.0.1'],
};
const PRELOAD = `import dns from 'node:dns';
const names = ${JSON.stringify(NAMES)};
const asked = {};
const answer = (host) => {
  const n = (asked[host] = (asked[host] ?? -1) + 1);
  const address = names[host][Math.min(n, names[host].length - 1)];
  return { address, family: address.includes(':') ? 6 : 4 };
};
const [whole, callback] = [dns.promises.lookup, dns.lookup];
dns.promises.lookup = async (host, options) =>
  host in names ? (options?.all ? [answer(host)] : answer(host)) : whole(host, options);
dns.lookup = (host, options, done) => {
  if (!(host in names)) return callback(host, options, done);
  const { address, family } = answer(host);
  setImmediate(() => options.all ? done(null, [{ address, family }]) : done(null, address, family));
};`;

interface Seen {
  readonly by: string;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

let folder: string;
let cluster: LocalCluster;
let client: CoordinatorClient;
const servers: (Server | TcpServer)[] = [];
let port: number;
let grpcPort: number;
/** Requests, and connections of gRPC, at the address that is not allowed. */
const taken: Seen[] = [];
let grpcConnections = 0;
/** Requests at the allowed address. */
const allowed: Seen[] = [];
let answerAllowed: { readonly status: number; readonly headers?: object; readonly body: string };

async function listen(server: Server | TcpServer, address: string, at: number): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(at, address, resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outside-'));
  const preload = join(folder, 'names.mjs');
  writeFileSync(preload, PRELOAD);
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
  writeFileSync(join(folder, 'token.hosts'), `# ours\n127.0.0.2\nrebind.test\n`);
  writeFileSync(join(folder, 'unbound'), `${TOKEN}\n`);
  const friend = createServer((request, response) => {
    request.resume();
    allowed.push({ by: '127.0.0.2', url: request.url, headers: request.headers });
    const { status, headers, body } = answerAllowed;
    response.writeHead(status, { ...headers }).end(body);
  });
  port = await listen(friend, '127.0.0.2', 0);
  const thief = createServer((request, response) => {
    request.resume();
    taken.push({ by: '127.0.0.1', url: request.url, headers: request.headers });
    response.end('{}');
  });
  await listen(thief, '127.0.0.1', port);
  const grpcThief = createTcp((socket) => {
    grpcConnections += 1;
    socket.destroy();
  });
  grpcPort = await listen(grpcThief, '127.0.0.1', 0);
  await listen(
    createTcp((socket) => socket.destroy()),
    '127.0.0.2',
    grpcPort,
  );
  cluster = await startCluster({
    allowAddresses: ['127.0.0.2'],
    env: { LYCEUM_SECRETS_DIR: folder, NODE_OPTIONS: `--import ${pathToFileURL(preload)}` },
  });
  client = new CoordinatorClient(cluster.address);
  await client.pushArtifact(ArtifactKind.ARTIFACT_KIND_DATASET, 'small', smallImagesBytes());
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  taken.length = 0;
  allowed.length = 0;
  grpcConnections = 0;
  answerAllowed = { status: 500, body: '{"internal":"for other eyes"}' };
});

/** @returns why the push was refused. */
async function pushed(url: string, secret?: string, more: object = {}): Promise<string> {
  const headers = secret === undefined ? {} : { headers: { authorization: { secret } } };
  const document = { url, model: 'm', deadlineSeconds: 20, ...headers, ...more };
  const description = checkInferenceDescription(document, 'test');
  const outcome = client.pushInferenceModel('stolen', description);
  const failure = await outcome.then(
    () => 'pushed',
    (err: Error) => err.message,
  );
  expect(failure).not.toContain(TOKEN);
  expect(failure).not.toContain('for other eyes');
  return failure;
}

test('a listener of the submitter gets no secret, and is not called at all', async () => {
  const said = await pushed(`http://127.0.0.1:${port}`, 'token');
  expect(said).toContain('the secret token is not sent to 127.0.0.1');
  expect(await pushed(`http://127.0.0.1:${port}`)).toContain('is no public address');
  expect(await pushed(`grpc://127.0.0.1:${grpcPort}`)).toContain('is no public address');
  const tls = { tls: { ca: 'token' } };
  expect(await pushed(`https://127.0.0.1:${port}`, undefined, tls)).toContain('is not sent to');
  expect(taken).toEqual([]);
  expect(grpcConnections).toBe(0);
});

test('a secret without allowed hosts is not sent, and the refusal says how to allow a host', async () => {
  const said = await pushed(`http://127.0.0.2:${port}`, 'unbound');
  expect(said).toContain(`a file unbound.hosts in ${folder} with the line 127.0.0.2`);
  expect(allowed).toEqual([]);
});

test('a secret goes only to its allowed host, follows no redirect, and errors show no body', async () => {
  expect(await pushed(`http://127.0.0.2:${port}`, 'token')).toContain(
    'answers HTTP 500 to GET /v2/models/m, 29 bytes',
  );
  expect(allowed[0]?.headers.authorization).toBe(TOKEN);
  answerAllowed = {
    status: 307,
    headers: { location: `http://127.0.0.1:${port}/v2` },
    body: '',
  };
  expect(await pushed(`http://127.0.0.2:${port}`, 'token')).toContain(
    'answers HTTP 307 to GET /v2/models/m, 0 bytes',
  );
  answerAllowed = { status: 200, body: '{"for other eyes"' };
  expect(await pushed(`http://127.0.0.2:${port}`, 'token')).toContain('is no JSON, 17 bytes');
  expect(taken).toEqual([]);
  // A user must not set Host: it would name another server at the same address.
  expect(() =>
    checkInferenceDescription(
      { url: `http://127.0.0.2:${port}`, model: 'm', headers: { Host: 'evil.example' } },
      'test',
    ),
  ).toThrow('Host');
});

test.each([
  'http://2130706433:PORT',
  'http://0x7f000001:PORT',
  'http://0177.0.0.1:PORT',
  'http://127.1:PORT',
  'http://0:PORT',
  'http://[::1]:PORT',
  'http://[::ffff:127.0.0.1]:PORT',
  'http://[::ffff:7f00:1]:PORT',
  'http://localhost:PORT',
  'http://loop.test:PORT',
  'http://mapped.test:PORT',
  'http://metadata.test',
  'http://six.test',
  'http://169.254.169.254',
  'grpc://2130706433:GRPC',
  'grpc://0x7f000001:GRPC',
  'grpc://127.1:GRPC',
  'grpc://[::ffff:127.0.0.1]:GRPC',
  'grpc://localhost:GRPC',
  'grpc://loop.test:GRPC',
  'grpc://metadata.test:80',
])('a push to %s is refused', async (url) => {
  // biome-ignore format: a list
  const at = url.replace('PORT', String(port)).replace('GRPC', String(grpcPort));
  expect(await pushed(at)).toMatch(/no public address.*--allow-addresses/);
  expect(taken).toEqual([]);
  expect(grpcConnections).toBe(0);
});

test('a host name whose address changes between look-ups reaches no address that is not allowed', async () => {
  // The name's first address is allowed and called; its later ones are not called.
  for (let n = 0; n < 4; n++) await pushed(`http://rebind.test:${port}`, 'token');
  expect(await pushed(`http://rebind.test:${port}`, 'token')).toMatch(/answers HTTP 500|no public/);
  for (let n = 0; n < 3; n++)
    await pushed(`grpc://turned.test:${grpcPort}`, undefined, { deadlineSeconds: 1 });
  expect(await pushed(`grpc://turned.test:${grpcPort}`)).toContain('no public address');
  expect(taken).toEqual([]);
  expect(grpcConnections).toBe(0);
});

test('a worker calls no endpoint that is not allowed, and the run says why', async () => {
  const tried = {
    listener: [`http://127.0.0.1:${port}/`, 'token', 'the secret token is not sent to 127.0.0.1'],
    private: [`http://127.0.0.1:${port}/`, undefined, '127.0.0.1 is no public address'],
    named: [`http://loop.test:${port}/`, undefined, 'loop.test resolves to no public address'],
    unbound: [`http://127.0.0.2:${port}/`, 'unbound', 'unbound.hosts'],
  } as const;
  for (const [name, [url, secret, why]] of Object.entries(tried)) {
    const headers = secret === undefined ? {} : { 'x-key': { secret } };
    const file = join(folder, `${name}.yaml`);
    writeFileSync(
      file,
      JSON.stringify({ url, headers, request: { q: '$input' }, answer: '/a', revision: name }),
    );
    await client.pushArtifact(
      ArtifactKind.ARTIFACT_KIND_MODEL,
      name,
      await readModel(file, undefined),
    );
    await client.submitRun(
      runDocument(name, {
        dataset: 'small',
        teachers: [{ name: 'box', model: name, access: 'black' }],
        teacherHealth: { accept: ['box'] },
        student: { model: { architecture: 'mlp', hiddenUnits: [4] } },
        objective: [{ term: 'vote' }],
        training: { batchSize: 32, steps: 4 },
      }),
    );
    await untilRun(client, name, ({ reason }) => reason.includes(why));
    await client.cancelRun(name);
  }
  expect(taken).toEqual([]);
  expect(allowed).toEqual([]);
});
