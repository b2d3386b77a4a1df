/**
 * Attacks on a real nats-server with the real configurations: the one of a local cluster, with passwords, and the files
 * of the Kubernetes manifests, with certificates. Attackers use NATS's own client, with a worker's user or with none.
 * Whatever they try, the store must stay as it was, and nobody may hear another's messages.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BLOB_BUCKET,
  EVENT_STREAM,
  LEADER_BUCKET,
  NAME_BUCKET,
  NATS_ROLES,
  type NatsRole,
  natsAccounts,
  POINTER_BUCKET,
  RUN_BUCKET,
  STORE_ACCOUNT,
  TICKET_STREAM,
  Ticket,
} from '@lyceum/proto';
import { connect, Events, headers, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createAuthority, issueCertificate, validFor } from '../../src/certificates/index.js';
import { readTlsIdentity } from '../../src/index.js';
import {
  connectNats,
  findNatsServer,
  type Nats,
  type NatsOptions,
  startNatsServer,
} from '../../src/nats/index.js';
import { failureOf } from '../failure-of.js';
import { freePort } from '../free-port.js';

const K8S = fileURLToPath(new URL('../../../k8s/', import.meta.url));
const log = pino({ level: 'silent' });
const PATIENT = { timeout: 120_000, interval: 20 };
const PASSWORDS = {
  coordinator: 'one',
  'teacher-worker': 'two',
  'student-worker': 'three',
} as const;
const IDENTITY = 'ab'.repeat(32);
const SUBJECT = `lyceum.tickets.${IDENTITY.slice(0, 32)}`;
const CONSUMER = `teacher-${IDENTITY.slice(0, 32)}`;
const WORKERS = ['teacher-worker', 'student-worker'] as const;

interface Server {
  readonly url: string;
  /** Connection options of a program with that role; `nobody`: the best that a stranger can have. */
  options(role: NatsRole | 'nobody'): Pick<NatsOptions, 'credentials' | 'tls'>;
  stop(): Promise<void>;
}

async function withPasswords(folder: string): Promise<Server> {
  const server = await startNatsServer({
    binary: binary(),
    storeDir: join(folder, 'nats'),
    port: 0,
    log,
    passwords: PASSWORDS,
  });
  return {
    url: server.url,
    options: (role) =>
      role === 'nobody' ? {} : { credentials: { user: role, password: PASSWORDS[role] } },
    stop: () => server.stop(),
  };
}

/** The configuration of the overlays with TLS, except for paths and ports. */
async function withCertificates(folder: string): Promise<Server> {
  const validity = validFor(1, Date.now());
  const authority = await createAuthority('test', validity);
  for (const name of ['nats', ...NATS_ROLES, 'nobody']) {
    const hosts = [name, 'localhost', '127.0.0.1'];
    const { certificate, key } = await issueCertificate(authority, { name, hosts }, validity);
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'ca.crt'), authority.certificate);
    await writeFile(join(folder, name, 'tls.crt'), certificate);
    await writeFile(join(folder, name, 'tls.key'), key);
  }
  const port = await freePort();
  const conf = join(folder, 'conf');
  await cp(join(K8S, 'base'), conf, { recursive: true });
  await cp(join(K8S, 'components/mutual-tls'), conf, { recursive: true, force: true });
  for (const name of ['nats.conf', 'nats-tls.conf']) {
    const text = await readFile(join(conf, name), 'utf8');
    const here = text
      .replace('port: 4222', `listen: "127.0.0.1:${port}"`)
      .replace('http: 8222', '')
      .replace('/data', join(folder, 'data'))
      .replaceAll('/var/run/tls', join(folder, 'nats'));
    await writeFile(join(conf, name), here);
  }
  const env = { ...process.env, MAX_FILE_STORE: '1GB' };
  const child = spawn(binary(), ['--config', join(conf, 'nats-tls.conf')], {
    stdio: 'ignore',
    env,
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const tls = (name: string) => readTlsIdentity(join(folder, name), Date.now());
  const url = `nats://127.0.0.1:${port}`;
  await vi.waitFor(async () => {
    const nats = await connectNats({ url, name: 'x', log, tls: tls('coordinator') });
    await nats.close();
  }, PATIENT);
  return {
    url,
    options: (role) => ({ tls: tls(role) }),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

describe.each([
  ['passwords', withPasswords],
  ['certificates', withCertificates],
])('a NATS server with %s', (_, start) => {
  let folder: string;
  let server: Server;
  let coordinator: Nats;
  /** The coordinator's connection, made with NATS's own client. */
  let owner: NatsConnection;
  let attacker: NatsConnection;
  /** What the server reported as refused, `publish SUBJECT`. */
  let refused: string[];
  /** Messages that the attacker received. */
  let heard: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lyceum-roles-'));
    server = await start(folder);
    const role = 'coordinator';
    const options = server.options(role);
    coordinator = await connectNats({ url: server.url, name: role, role, log, ...options });
    for (const bucket of [RUN_BUCKET, POINTER_BUCKET, NAME_BUCKET, LEADER_BUCKET]) {
      await (await coordinator.keyValue(bucket, { create: true })).put(
        'victim',
        `${bucket} SECRET`,
      );
    }
    await (await coordinator.blobs({ create: true })).put(Buffer.from('a checkpoint'));
    const queue = await coordinator.tickets();
    await queue.ensureStream();
    await queue.ensureConsumer(IDENTITY);
    const events = await coordinator.events();
    await events.ensureStream();
    owner = await asUser('coordinator');
  });
  afterAll(async () => {
    await owner?.close();
    await coordinator?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function asUser(role: NatsRole): Promise<NatsConnection> {
    const { credentials, tls } = server.options(role);
    return connect({
      servers: server.url,
      inboxPrefix: `_INBOX_${role}`,
      ...(credentials && { user: credentials.user, pass: credentials.password }),
      ...(tls && { tls: { ca: tls.ca, cert: tls.certificate, key: tls.key } }),
    });
  }

  async function attackAs(role: NatsRole): Promise<void> {
    attacker = await asUser(role);
    refused = [];
    heard = [];
    void (async () => {
      for await (const { type, permissionContext } of attacker.status()) {
        if (type !== Events.Error || permissionContext === undefined) continue;
        refused.push(`${permissionContext.operation} ${permissionContext.subject}`);
      }
    })();
  }
  afterEach(() => attacker?.close());

  /** Every message of every stream, and the consumers. */
  async function stored(): Promise<string> {
    const manager = await owner.jetstreamManager();
    const texts: string[] = [];
    for (const { config, state } of await manager.streams.list().next()) {
      texts.push(JSON.stringify([config, state.messages, state.last_seq]));
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(config.name, { seq }).catch(() => null);
        texts.push(`${config.name} ${seq} ${message?.subject} ${message?.string()}`);
      }
      for (const consumer of await manager.consumers.list(config.name).next()) {
        texts.push(JSON.stringify([consumer.config, consumer.ack_floor, consumer.num_pending]));
      }
    }
    return texts.join('\n');
  }

  /** Waits until the server has handled all that was sent so far: it answers in order. */
  async function done(): Promise<void> {
    await attacker.flush();
    const info = `$JS.API.STREAM.INFO.OBJ_${BLOB_BUCKET}`;
    for (let n = 0; n < 3; n++) await attacker.request(info, '', { timeout: 60_000 });
    await owner.flush();
  }

  test('refuses a client without one of the three roles, and a wrong password', async () => {
    const options = { url: server.url, name: 'stranger', log };
    const failure = await failureOf(connectNats({ ...options, ...server.options('nobody') }));
    expect(failure.code).toBe('PERMISSION_DENIED');
    expect(failure.message).toContain('--nats-credentials');
    const { tls } = server.options('nobody');
    const guessed = { user: 'coordinator', password: 'guessed' };
    const guess = await failureOf(connectNats({ ...options, tls, credentials: guessed }));
    expect(guess.code).toBe('PERMISSION_DENIED');
    expect(guess.message).not.toContain('guessed');
  });

  test.each([
    ['coordinator', 'teacher-worker'],
    ['teacher-worker', 'student-worker'],
    ['student-worker', 'teacher-worker'],
  ] as const)('tells a %s that has the user of a %s', async (role, other) => {
    const options = { url: server.url, name: role, role, log, ...server.options(other) };
    const failure = await failureOf(connectNats(options));
    expect(failure.code).toBe('PERMISSION_DENIED');
    expect(failure.message).toContain(`other rights than a ${role} needs`);
    expect(failure.message).toMatch(/see --(tls-dir|nats-credentials)$/);
  });

  const rollup = headers();
  rollup.set('Nats-Rollup', 'sub');
  const json = JSON.stringify;

  /**
   * Messages that no worker may send: records, pointers, names, blobs, tickets, and commands to the server about them.
   */
  const SENT: readonly (readonly [string, string, string])[] = [
    ['writes a run record', `$KV.${RUN_BUCKET}.victim`, '{"state":"SUCCEEDED"}'],
    ['writes a pointer', `$KV.${POINTER_BUCKET}.victim`, '{"step":9}'],
    ['writes a name', `$KV.${NAME_BUCKET}.victim`, '{}'],
    ['writes the leader', `$KV.${LEADER_BUCKET}.victim`, '{}'],
    ['writes a chunk of a blob', `$O.${BLOB_BUCKET}.C.x`, 'x'],
    ['writes over the entry of a blob', `$O.${BLOB_BUCKET}.M.x`, '{"deleted":true}'],
    ['issues a ticket', SUBJECT, 'x'],
    ['tells an event', 'lyceum.events.victim', 'x'],
    ['reads a record', `$JS.API.STREAM.MSG.GET.KV_${RUN_BUCKET}`, json({ seq: 1 })],
    ['reads a record directly', `$JS.API.DIRECT.GET.KV_${RUN_BUCKET}`, json({ seq: 1 })],
    ['reads a record by key', `$JS.API.DIRECT.GET.KV_${RUN_BUCKET}.$KV.${RUN_BUCKET}.victim`, ''],
    ['reads a pointer', `$JS.API.STREAM.MSG.GET.KV_${POINTER_BUCKET}`, json({ seq: 1 })],
    ['reads an event', `$JS.API.DIRECT.GET.${EVENT_STREAM}`, json({ seq: 1 })],
    ['reads tickets past the queue', `$JS.API.STREAM.MSG.GET.${TICKET_STREAM}`, json({ seq: 1 })],
    ['lists the streams', '$JS.API.STREAM.LIST', ''],
    ['looks at the records’ stream', `$JS.API.STREAM.INFO.KV_${RUN_BUCKET}`, ''],
    [
      'follows the records',
      `$JS.API.CONSUMER.CREATE.KV_${RUN_BUCKET}.spy`,
      json({
        stream_name: `KV_${RUN_BUCKET}`,
        config: { name: 'spy', ack_policy: 'none', deliver_subject: '_INBOX_student-worker.spy' },
      }),
    ],
    ['purges the blobs', `$JS.API.STREAM.PURGE.OBJ_${BLOB_BUCKET}`, ''],
    ['deletes one message', `$JS.API.STREAM.MSG.DELETE.OBJ_${BLOB_BUCKET}`, json({ seq: 1 })],
    ['deletes the blobs', `$JS.API.STREAM.DELETE.OBJ_${BLOB_BUCKET}`, ''],
    ['deletes the tickets', `$JS.API.STREAM.DELETE.${TICKET_STREAM}`, ''],
    ['deletes a consumer', `$JS.API.CONSUMER.DELETE.${TICKET_STREAM}.${CONSUMER}`, ''],
    ['restores a stream', '$JS.API.STREAM.RESTORE.STOLEN', '{}'],
    ['acks for another stream', `$JS.ACK.${EVENT_STREAM}.x.1.1.1.1.1`, '+ACK'],
  ];

  test.each(WORKERS)('refuses every message that a %s may not send', async (role) => {
    await attackAs(role);
    const before = await stored();
    for (const [, subject, payload] of SENT) {
      attacker.publish(subject, payload, {
        reply: `_INBOX_${role}.heard`,
        ...(subject.startsWith('$O.') && { headers: rollup }),
      });
    }
    await done();
    await vi.waitFor(() => {
      for (const [what, subject] of SENT) expect(refused, what).toContain(`publish ${subject}`);
    }, PATIENT);
    expect(await stored()).toBe(before);
  });

  test('refuses requests for tickets and acks from a student worker', async () => {
    await attackAs('student-worker');
    const next = `$JS.API.CONSUMER.MSG.NEXT.${TICKET_STREAM}.${CONSUMER}`;
    const ack = `$JS.ACK.${TICKET_STREAM}.${CONSUMER}.1.1.1.1.1`;
    for (const subject of [next, ack]) attacker.publish(subject, '');
    await vi.waitFor(() => expect(refused).toEqual([`publish ${next}`, `publish ${ack}`]), PATIENT);
  });

  test.each(WORKERS)('refuses a %s any subscription outside its own inbox', async (role) => {
    await attackAs(role);
    const other = role === 'teacher-worker' ? 'student-worker' : 'teacher-worker';
    const wanted = [
      ...['>', '*', '$KV.>', '$O.>', '$JS.>', '_R_.>', 'lyceum.>', '_INBOX.>'],
      ...['_INBOX_coordinator.>', `_INBOX_${other}.>`],
    ];
    for (const subject of wanted) {
      attacker.subscribe(subject, {
        callback: (err, message) => {
          if (err === null) heard.push(message.subject);
        },
      });
    }
    await vi.waitFor(() => {
      for (const subject of wanted) expect(refused).toContain(`subscription ${subject}`);
    }, PATIENT);
    await (await coordinator.keyValue(RUN_BUCKET, { create: false })).put('heard', 'SECRET');
    await done();
    expect(heard).toEqual([]);
  });

  test.each(WORKERS)('writes no answer into the store when a %s asks for that', async (role) => {
    const blobs = await coordinator.blobs({ create: false });
    await blobs.put(Buffer.from('{"state":"SUCCEEDED"}'));
    await attackAs(role);
    const before = await stored();
    const targets = [
      `$KV.${RUN_BUCKET}.victim`,
      `$KV.${POINTER_BUCKET}.victim`,
      `$O.${BLOB_BUCKET}.M.x`,
      SUBJECT,
      `$JS.API.STREAM.PURGE.OBJ_${BLOB_BUCKET}`,
    ];
    for (const reply of targets) {
      for (const kind of ['DIRECT.GET', 'STREAM.MSG.GET']) {
        attacker.publish(`$JS.API.${kind}.OBJ_${BLOB_BUCKET}`, json({ seq: 1 }), { reply });
      }
      attacker.publish(`$JS.API.STREAM.INFO.OBJ_${BLOB_BUCKET}`, '', { reply });
    }
    await done();
    expect(await stored()).toBe(before);
  });

  test('does not write a ticket to a pointer that a teacher worker names as its reply', async () => {
    await attackAs('teacher-worker');
    const queue = await coordinator.tickets();
    const ticket = Ticket.fromPartial({
      teacherIdentity: Buffer.from(IDENTITY, 'hex'),
      datasetDigest: Buffer.alloc(32, 2),
      attempt: 1,
      outputs: ['logits'],
    });
    const pointers = await coordinator.keyValue(POINTER_BUCKET, { create: false });
    const before = await pointers.get('victim');
    const next = `$JS.API.CONSUMER.MSG.NEXT.${TICKET_STREAM}.${CONSUMER}`;
    attacker.publish(next, json({ batch: 1 }), { reply: `$KV.${POINTER_BUCKET}.victim` });
    await done();
    const sequence = await queue.publish(ticket, 1);
    await done();
    expect(await pointers.get('victim')).toEqual(before);
    await queue.remove(sequence);
  });

  test('lets both workers read blobs, and a teacher worker pull and ack tickets', async () => {
    const open = (role: NatsRole) =>
      connectNats({ url: server.url, name: role, role, log, ...server.options(role) });
    const bytes = Buffer.from('a model');
    const digest = await (await coordinator.blobs({ create: false })).put(bytes);
    const [teacher, student] = [await open('teacher-worker'), await open('student-worker')];
    try {
      for (const worker of [teacher, student]) {
        expect(await (await worker.blobs({ create: false })).get(digest)).toEqual(bytes);
      }
      const queue = await coordinator.tickets();
      const source = await teacher.ticketSource(TICKET_STREAM, CONSUMER);
      for (const attempt of [2, 3]) {
        const ticket = Ticket.fromPartial({
          teacherIdentity: Buffer.from(IDENTITY, 'hex'),
          datasetDigest: Buffer.alloc(32, 2),
          attempt,
          outputs: ['logits'],
        });
        await queue.publish(ticket, 1);
        const taken = await source.pull(new AbortController().signal);
        expect(taken?.ticket).toEqual(ticket);
        taken?.working();
        taken?.ack();
      }
      const { streams } = await owner.jetstreamManager();
      await vi.waitFor(async () => {
        const { state } = await streams.info(TICKET_STREAM, { subjects_filter: SUBJECT });
        expect(state.subjects).toBeUndefined();
      }, PATIENT);
    } finally {
      await teacher.close();
      await student.close();
    }
  });
});

test('the Kubernetes manifests have the accounts of natsAccounts() and the store account', async () => {
  const accounts = async (file: string) => {
    const text = await readFile(join(K8S, file), 'utf8');
    return text.replace(/^(?:#.*\n)+/, '');
  };
  expect(await accounts('components/mutual-tls/accounts.conf')).toBe(natsAccounts());
  expect(await accounts('base/accounts.conf')).toContain(
    `\n  ${STORE_ACCOUNT} {\n    jetstream: enabled\n`,
  );
});

function binary(): string {
  const found = findNatsServer(process.env);
  if (found === undefined) throw new Error('there is no nats-server: run the set-up');
  return found;
}
