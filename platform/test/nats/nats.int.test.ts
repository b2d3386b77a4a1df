/**
 * A real nats-server with JetStream on a store of its own, which some tests stop, start again or wipe. Two
 * connections play coordinator and worker.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import {
  BLOB_BUCKET,
  CHUNK_BYTES,
  LyceumError,
  RunEvent,
  sha256Hex,
  TICKET_STREAM,
  Ticket,
  ticketConsumer,
} from '@lyceum/proto';
import { connect, ErrorCode, headers, type NatsConnection, NatsError, type StreamAPI } from 'nats';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openBlobStore } from '../../src/nats/blobs/object-blob-store.js';
import {
  connectNats,
  findNatsServer,
  type LoggedEvent,
  type Nats,
  type NatsServer,
  startNatsServer,
  type TicketQueue,
  type TicketSource,
} from '../../src/nats/index.js';
import { Reserve } from '../../src/nats/jetstream/index.js';
import { sleep } from '../../src/pacing/index.js';
import { failureOf } from '../failure-of.js';

const BLOB_STREAM = `OBJ_${BLOB_BUCKET}`;
const log = pino({ level: 'silent' });
const forever = new AbortController().signal;
/** Longer than the client waits for one answer. */
const SILENT_MS = 6_000;
const waiting = { timeout: 120_000, interval: 50 };

let storeDir: string;
let server: NatsServer;
let coordinator: Nats;
let worker: Nats;

async function startServer(port = 0): Promise<NatsServer> {
  const binary = findNatsServer(process.env);
  if (binary === undefined) throw new Error('there is no nats-server: run the set-up');
  return startNatsServer({ binary, storeDir, port, log });
}

beforeAll(async () => {
  storeDir = await mkdtemp(join(tmpdir(), 'lyceum-nats-'));
  server = await startServer();
});

afterAll(async () => {
  await server.stop();
  await rm(storeDir, { recursive: true });
});

beforeEach(async () => {
  coordinator = await connectNats({ url: server.url, name: 'coordinator', log });
  worker = await connectNats({ url: server.url, name: 'worker', log });
});

afterEach(async () => {
  await coordinator.close();
  await worker.close();
});

const inOneSecond = (): AbortSignal => AbortSignal.timeout(1_000);

describe('connectNats', () => {
  test('fails as UNAVAILABLE when nothing listens, and names the address without secrets', async () => {
    const url = 'nats://user:secret@127.0.0.1:1';
    const started = Date.now();
    const failure = await failureOf(connectNats({ url, name: 'x', log }));
    expect(failure.code).toBe('UNAVAILABLE');
    expect(failure.message).toContain('nats://127.0.0.1:1');
    expect(failure.message).not.toContain('secret');
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  test('a closed connection resolves `closed` and is not connected', async () => {
    const nats = await connectNats({ url: server.url, name: 'x', log });
    await nats.close();
    await nats.closed;
    expect(nats.connected).toBe(false);
  });
});

describe('key-value bucket', () => {
  test('a key can be created, deleted twice and created again', async () => {
    const kv = await coordinator.keyValue('test-life', { create: true });
    expect(await kv.get('digits.1')).toBeUndefined();
    expect(await kv.keys()).toEqual([]);
    const revision = await kv.create('digits.1', 'ä');
    expect(await kv.get('digits.1')).toEqual({ value: 'ä', revision });
    expect(await kv.keys()).toEqual(['digits.1']);
    await kv.delete('digits.1');
    await kv.delete('digits.1');
    expect(await kv.get('digits.1')).toBeUndefined();
    expect(await kv.keys()).toEqual([]);
    await kv.create('digits.1', 'again');
    expect((await kv.get('digits.1'))?.value).toBe('again');
  });

  test('one of 20 simultaneous creates or updates of a key succeeds, the others are ABORTED', async () => {
    const kv = await coordinator.keyValue('test-race', { create: true });
    const other = await worker.keyValue('test-race', { create: false });
    const race = async (
      write: (value: string, i: number) => Promise<number>,
    ): Promise<string[]> => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => write(`${i}`, i)),
      );
      return outcomes.map((o) =>
        o.status === 'fulfilled' ? 'won' : (o.reason as LyceumError).code,
      );
    };
    const created = await race((value, i) => (i % 2 ? kv : other).create('k', value));
    expect(created.sort()).toEqual([...Array.from({ length: 19 }, () => 'ABORTED'), 'won']);
    const { revision } = (await kv.get('k')) ?? { revision: 0 };
    const updated = await race((value, i) => (i % 2 ? kv : other).update('k', value, revision));
    expect(updated.sort()).toEqual([...Array.from({ length: 19 }, () => 'ABORTED'), 'won']);
  });

  test('a missing bucket is UNAVAILABLE when it may not be created', async () => {
    const failure = await failureOf(worker.keyValue('test-none', { create: false }));
    expect([failure.code, failure.message]).toEqual([
      'UNAVAILABLE',
      'bucket test-none does not exist',
    ]);
  });
});

/** Looks into the store without the code under test. */
async function withBlobStream<T>(look: (streams: StreamAPI) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: server.url });
  try {
    return await look((await connection.jetstreamManager()).streams);
  } finally {
    await connection.close();
  }
}

describe('blob store', () => {
  const storedBytes = (): Promise<number> =>
    withBlobStream(async (streams) => (await streams.info(BLOB_STREAM)).state.bytes);

  test('returns blobs of any size unchanged, under their digest', async () => {
    const blobs = await coordinator.blobs({ create: true });
    for (const size of [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 20 * CHUNK_BYTES + 7]) {
      const bytes = randomBytes(size);
      const digest = await blobs.put(bytes);
      expect(digest).toBe(sha256Hex(bytes));
      expect(await blobs.has(digest)).toBe(true);
      expect((await blobs.get(digest)).equals(bytes)).toBe(true);
      const putAtMs = expect.any(Number);
      expect(await blobs.list()).toContainEqual({ digest, sizeBytes: size, putAtMs });
    }
  });

  test('stores equal bytes once, and again after a delete', async () => {
    const blobs = await coordinator.blobs({ create: true });
    const bytes = randomBytes(1_000);
    const digest = await blobs.put(bytes);
    const count = (await blobs.list()).length;
    await blobs.put(bytes);
    expect(await blobs.list()).toHaveLength(count);
    await blobs.delete(digest);
    await blobs.delete(digest);
    expect(await blobs.has(digest)).toBe(false);
    expect((await failureOf(blobs.get(digest))).code).toBe('NOT_FOUND');
    await blobs.put(bytes);
    expect((await blobs.get(digest)).equals(bytes)).toBe(true);
  });

  test('sets the time of a blob to now when it is put again', async () => {
    const blobs = await coordinator.blobs({ create: true });
    const bytes = randomBytes(CHUNK_BYTES + 9);
    const digest = await blobs.put(bytes);
    const connection = await connect({ servers: server.url });
    const found = async () => (await blobs.list()).find((blob) => blob.digest === digest);
    try {
      // As if it had been put long ago.
      const info = await (await connection.jetstream().views.os(BLOB_BUCKET)).info(digest);
      const name = Buffer.from(digest).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
      const rollup = headers();
      rollup.set('Nats-Rollup', 'sub');
      const { nuid, size, chunks } = info ?? {};
      const entry = { name: digest, bucket: BLOB_BUCKET, nuid, size, chunks };
      const text = JSON.stringify({ ...entry, mtime: '2001-01-01T00:00:00Z', deleted: false });
      await connection
        .jetstream()
        .publish(`$O.${BLOB_BUCKET}.M.${name}`, text, { headers: rollup });
    } finally {
      await connection.close();
    }
    expect((await found())?.putAtMs).toBe(Date.parse('2001-01-01T00:00:00Z'));
    expect(await blobs.put(bytes)).toBe(digest);
    expect((await found())?.putAtMs).toBeGreaterThan(Date.now() - 60_000);
    expect((await blobs.get(digest)).equals(bytes)).toBe(true);
  });

  test('lists the parts of an upload that was cut off, and deletes them', async () => {
    const blobs = await coordinator.blobs({ create: true });
    await blobs.put(randomBytes(2 * CHUNK_BYTES));
    expect(await blobs.uploads()).toEqual([]);
    const connection = await connect({ servers: server.url });
    for (const size of [CHUNK_BYTES, 100]) {
      await connection.jetstream().publish(`$O.${BLOB_BUCKET}.C.cut`, randomBytes(size));
    }
    await connection.close();
    // A local clock that is a year ahead changes no age.
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 365 * 86_400_000);
    const [cut, ...others] = await blobs.uploads();
    vi.mocked(Date.now).mockRestore();
    expect(others).toEqual([]);
    expect(cut).toMatchObject({ id: 'cut', sizeBytes: CHUNK_BYTES + 100 });
    expect(cut?.idleMs).toBeLessThan(120_000);
    await blobs.deleteUpload('cut');
    expect(await blobs.uploads()).toEqual([]);
  });

  test('stores one whole copy of a blob that is put four times at once', async () => {
    const mine = await coordinator.blobs({ create: true });
    const theirs = await worker.blobs({ create: false });
    const bytes = randomBytes(5 * CHUNK_BYTES);
    const before = await storedBytes();
    const digests = await Promise.all([mine, theirs, mine, theirs].map((b) => b.put(bytes)));
    expect(new Set(digests).size).toBe(1);
    expect(await storedBytes()).toBeLessThan(before + 6 * CHUNK_BYTES);
    expect((await theirs.get(digests[0] ?? '')).equals(bytes)).toBe(true);
  });

  test('stores a blob whole when it is put again after the first receipt was lost', async () => {
    const connection = await connect({ servers: server.url });
    try {
      const blobs = await openBlobStore(
        losingReceiptOfEntry(connection),
        new Reserve(connection, log),
        {
          create: true,
        },
      );
      const bytes = randomBytes(2 * CHUNK_BYTES);
      expect((await failureOf(blobs.put(bytes))).code).toBe('UNAVAILABLE');
      expect((await blobs.get(await blobs.put(bytes))).equals(bytes)).toBe(true);
    } finally {
      await connection.close();
    }
  });

  test('reports a blob with a lost chunk as damaged', async () => {
    const blobs = await coordinator.blobs({ create: true });
    const digest = await blobs.put(randomBytes(3 * CHUNK_BYTES));
    await withBlobStream(async (streams) => {
      const { state } = await streams.info(BLOB_STREAM);
      await streams.deleteMessage(BLOB_STREAM, state.last_seq - 2);
    });
    const failure = await failureOf(blobs.get(digest));
    expect(failure.code).toBe('NOT_FOUND');
    expect(failure.message).toContain(`${digest} is damaged`);
    await blobs.delete(digest);
  });
});

describe('putChunks of the blob store', () => {
  const sliced = async function* (bytes: Buffer, sliceBytes = CHUNK_BYTES) {
    for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
  };

  test('stores a blob from its chunks, and replaces a damaged one', async () => {
    const blobs = await coordinator.blobs({ create: true });
    const bytes = randomBytes(20 * CHUNK_BYTES + 9);
    const blob = { digest: sha256Hex(bytes), sizeBytes: bytes.length };
    await blobs.putChunks(blob, sliced(bytes));
    expect((await blobs.get(blob.digest)).equals(bytes)).toBe(true);
    await withBlobStream(async (streams) => {
      const { state } = await streams.info(BLOB_STREAM);
      await streams.deleteMessage(BLOB_STREAM, state.last_seq - 2);
    });
    expect((await failureOf(blobs.get(blob.digest))).code).toBe('NOT_FOUND');
    await blobs.putChunks(blob, sliced(bytes));
    expect((await blobs.get(blob.digest)).equals(bytes)).toBe(true);
    // The chunks of the damaged blob are gone too.
    expect(await blobs.uploads()).toEqual([]);
  });

  test('does not list its own blob in progress as an upload that was cut off', async () => {
    const blobs = await coordinator.blobs({ create: true });
    const others = await worker.blobs({ create: false });
    const bytes = randomBytes(20 * CHUNK_BYTES);
    const blob = { digest: sha256Hex(bytes), sizeBytes: bytes.length };
    const mine = new Set<number>();
    const theirs = new Set<number>();
    const chunks = async function* () {
      for await (const chunk of sliced(bytes)) {
        yield chunk;
        mine.add((await blobs.uploads()).length);
        theirs.add((await others.uploads()).length);
      }
    };
    await blobs.putChunks(blob, chunks());
    expect(mine).toEqual(new Set([0]));
    // Another program sees parts of a blob, and how old they are.
    expect(theirs).toContain(1);
  });

  test.each([
    ['other bytes', (bytes: Buffer) => sliced(Buffer.from(bytes).fill(0, 5, 6))],
    ['fewer bytes', (bytes: Buffer) => sliced(bytes.subarray(0, -1))],
    ['more bytes', (bytes: Buffer) => sliced(Buffer.concat([bytes, bytes]))],
    ['chunks of another size', (bytes: Buffer) => sliced(bytes, 1_000)],
    [
      'a broken stream',
      async function* (bytes: Buffer) {
        yield bytes.subarray(0, CHUNK_BYTES);
        throw new LyceumError('CANCELLED', 'the caller has gone');
      },
    ],
  ])('refuses %s and stores nothing', async (_case, chunks) => {
    const blobs = await coordinator.blobs({ create: true });
    const bytes = Buffer.concat([Buffer.alloc(10, 1), randomBytes(2 * CHUNK_BYTES)]);
    const blob = { digest: sha256Hex(bytes), sizeBytes: bytes.length };
    const failure = await failureOf(blobs.putChunks(blob, chunks(bytes)));
    expect(['INVALID_ARGUMENT', 'CANCELLED']).toContain(failure.code);
    expect(await blobs.has(blob.digest)).toBe(false);
    expect(await blobs.uploads()).toEqual([]);
  });
});

describe('ticket queue', () => {
  let queue: TicketQueue;
  let source: TicketSource;
  let identity: string;

  const ticket = (firstPosition: number, attempt = 1): Ticket =>
    Ticket.fromPartial({
      teacherIdentity: Buffer.from(identity, 'hex'),
      datasetDigest: Buffer.alloc(32, 2),
      firstPosition,
      attempt,
      outputs: ['logits'],
    });

  beforeEach(async () => {
    identity = randomBytes(32).toString('hex');
    queue = await coordinator.tickets();
    await queue.ensureStream();
    expect(await queue.ensureStream()).toBe(true);
    const consumer = await queue.ensureConsumer(identity);
    expect(await queue.ensureConsumer(identity)).toBe(consumer);
    source = await worker.ticketSource(TICKET_STREAM, consumer);
  });

  afterEach(() => queue.deleteConsumer(identity));

  test('delivers tickets in order, each with the sequence that publish returned', async () => {
    const sequences: number[] = [];
    for (const at of [0, 128, 256]) sequences.push(await queue.publish(ticket(at), 7));
    expect(await queue.deliveredSequence(identity)).toBe(0);
    for (const [i, at] of [0, 128, 256].entries()) {
      const taken = await source.pull(forever);
      expect(taken?.ticket).toEqual(ticket(at));
      expect(taken?.sequence).toBe(sequences[i]);
      taken?.working();
      taken?.ack();
    }
    expect(await queue.deliveredSequence(identity)).toBe(sequences[2]);
    expect(await source.pull(inOneSecond())).toBeUndefined();
  });

  test('gives a ticket in hand to another worker only once it is released', async () => {
    const other = await coordinator.ticketSource(TICKET_STREAM, ticketConsumer(identity));
    await queue.publish(ticket(0), 7);
    const first = await source.pull(forever);
    expect(await other.pull(inOneSecond())).toBeUndefined();
    first?.release();
    const second = await other.pull(forever);
    expect(second?.ticket).toEqual(ticket(0));
    second?.release();
    expect((await source.pull(forever))?.ticket).toEqual(ticket(0));
  });

  test('does not deliver a rejected or removed ticket again', async () => {
    await queue.publish(ticket(0), 7);
    (await source.pull(forever))?.reject('nobody can');
    const sequence = await queue.publish(ticket(1), 7);
    await queue.remove(sequence);
    await queue.remove(sequence);
    expect(await source.pull(inOneSecond())).toBeUndefined();
  });

  test('refuses the same attempt twice, even after an ack, but not another attempt or leader', async () => {
    await queue.publish(ticket(0), 7);
    (await source.pull(forever))?.ack();
    const failure = await failureOf(queue.publish(ticket(0), 7));
    expect(failure.code).toBe('ALREADY_EXISTS');
    await queue.publish(ticket(0, 2), 7);
    await queue.publish(ticket(0), 8);
    expect((await source.pull(forever))?.ticket.attempt).toBe(2);
    expect((await source.pull(forever))?.ticket.attempt).toBe(1);
  });

  test('delivers a ticket to the next pull, before the lease ends, after a pull was aborted', async () => {
    const controller = new AbortController();
    const pulled = source.pull(controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
    controller.abort();
    expect(await pulled).toBeUndefined();
    await queue.publish(ticket(0), 7);
    const started = Date.now();
    expect((await source.pull(forever))?.ticket).toEqual(ticket(0));
    // Sooner than the lease ends.
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  test('gives each of eight simultaneous pulls a ticket of its own', async () => {
    const pulls = Array.from({ length: 8 }, () => source.pull(forever));
    for (let i = 0; i < 8; i += 1) await queue.publish(ticket(i), 7);
    const taken = await Promise.all(pulls);
    expect(new Set(taken.map((t) => t?.ticket.firstPosition)).size).toBe(8);
    for (const t of taken) t?.ack();
  });

  test('a pull of a deleted consumer is UNAVAILABLE, and so is a source of a missing consumer', async () => {
    const pulled = failureOf(source.pull(forever));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await queue.deleteConsumer(identity);
    await queue.deleteConsumer(identity);
    expect((await pulled).code).toBe('UNAVAILABLE');
    expect((await failureOf(source.pull(forever))).code).toBe('UNAVAILABLE');
    expect((await failureOf(queue.deliveredSequence(identity))).code).toBe('UNAVAILABLE');
    const opened = worker.ticketSource(TICKET_STREAM, 'teacher-none');
    const failure = await failureOf(opened);
    expect(failure.code).toBe('UNAVAILABLE');
    expect(failure.message).toContain('teacher-none');
  });

  test('ensureStream restores the settings of a changed stream and keeps its tickets', async () => {
    await queue.publish(ticket(0), 7);
    const connection = await connect({ servers: server.url });
    const { streams } = await connection.jetstreamManager();
    const settings = async (): Promise<number> =>
      (await streams.info(TICKET_STREAM)).config.max_msg_size;
    const wanted = await settings();
    await streams.update(TICKET_STREAM, { max_msg_size: 99_999 });
    await queue.ensureStream();
    expect(await settings()).toBe(wanted);
    await connection.close();
    expect((await source.pull(forever))?.ticket).toEqual(ticket(0));
  });

  test('deleting a consumer drops its waiting tickets', async () => {
    await queue.publish(ticket(0), 7);
    await queue.deleteConsumer(identity);
    await queue.ensureConsumer(identity);
    const again = await worker.ticketSource(TICKET_STREAM, ticketConsumer(identity));
    expect(await again.pull(inOneSecond())).toBeUndefined();
  });

  test('a connection closes without waiting for its pull', async () => {
    const pulled = source.pull(forever).catch((err: unknown) => err);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const started = Date.now();
    await worker.close();
    // Sooner than the pull ends by itself, after 30 s.
    expect(Date.now() - started).toBeLessThan(15_000);
    await pulled;
  });
});

describe('run events', () => {
  const event = (runId: string, message: string): RunEvent =>
    RunEvent.fromPartial({ runId, kind: 'state-changed', message });

  async function messages(events: AsyncIterable<LoggedEvent>, count = 100): Promise<string[]> {
    const found: string[] = [];
    for await (const { event } of events) {
      found.push(event.message);
      if (found.length === count) break;
    }
    return found;
  }

  test('are read by run, in order and after a sequence, and are purged by run', async () => {
    const events = await coordinator.events();
    await events.ensureStream();
    for (const message of ['a', 'b', 'c']) {
      await events.append('run.1', event('run.1', message));
      await events.append('run.2', event('run.2', `other ${message}`));
    }
    const options = { follow: false, signal: forever };
    expect(await messages(events.read('run.1', options))).toEqual(['a', 'b', 'c']);
    for await (const { sequence: after } of events.read('run.1', options)) {
      expect(await messages(events.read('run.1', { ...options, after }))).toEqual(['b', 'c']);
      break;
    }
    await events.purge('run.1');
    expect(await messages(events.read('run.1', options))).toEqual([]);
    expect(await messages(events.read('run.2', options))).toHaveLength(3);
  });

  test('a listing ends although the run appends events meanwhile', async () => {
    const events = await coordinator.events();
    await events.ensureStream();
    for (const message of ['a', 'b']) await events.append('busy', event('busy', message));
    const found: string[] = [];
    for await (const { event: listed } of events.read('busy', { follow: false, signal: forever })) {
      found.push(listed.message);
      await events.append('busy', event('busy', 'later'));
      if (found.length === 100) break;
    }
    expect(found).toEqual(['a', 'b']);
  });

  test('a follower receives events as they are appended', async () => {
    const events = await coordinator.events();
    await events.ensureStream();
    await events.append('followed', event('followed', '0'));
    const reader = await worker.events();
    const started = Date.now();
    let next = 0;
    const options = { follow: true, signal: forever };
    for await (const { event: found } of reader.read('followed', options)) {
      expect(found.message).toBe(`${next}`);
      next += 1;
      if (next === 10) break;
      // Later, so that the reader waits by then.
      const append = (): Promise<void> => events.append('followed', event('followed', `${next}`));
      setTimeout(() => void append(), 50);
    }
    // A reader that only looked every 5 s would need 45 s.
    expect(Date.now() - started).toBeLessThan(25_000);
  });

  test('a follower ends when its signal aborts', async () => {
    const events = await coordinator.events();
    await events.ensureStream();
    const controller = new AbortController();
    const idle = messages(events.read('quiet', { follow: true, signal: controller.signal }));
    controller.abort();
    expect(await idle).toEqual([]);
  });
});

describe('connection to a server that goes away', () => {
  const identity = randomBytes(32).toString('hex');
  const at = (firstPosition: number): Ticket =>
    Ticket.fromPartial({
      teacherIdentity: Buffer.from(identity, 'hex'),
      firstPosition,
      attempt: 1,
    });

  test('reconnects after a restart: the store is kept, and ensureStream returns false once', async () => {
    const queue = await coordinator.tickets();
    await queue.ensureStream();
    const consumer = await queue.ensureConsumer(identity);
    const source = await worker.ticketSource(TICKET_STREAM, consumer);
    const kv = await coordinator.keyValue('test-restart', { create: true });
    const revision = await kv.create('k', 'before');
    await queue.publish(at(1), 1);
    (await source.pull(forever))?.ack();
    const pulled = failureOf(source.pull(forever));
    let reconnects = 0;
    coordinator.onReconnect(() => {
      reconnects += 1;
    });
    const port = Number(new URL(server.url).port);
    await server.stop();
    await vi.waitFor(() => expect(coordinator.connected).toBe(false), waiting);
    expect((await failureOf(kv.get('k'))).code).toBe('UNAVAILABLE');
    server = await startServer(port);
    await vi.waitFor(() => expect(coordinator.connected && worker.connected).toBe(true), waiting);
    // JetStream answers a little later than the server.
    await vi.waitFor(async () => {
      expect(await kv.get('k')).toEqual({ value: 'before', revision });
    }, waiting);
    expect(reconnects).toBe(1);
    expect((await pulled).code).toBe('UNAVAILABLE');
    expect(await queue.ensureStream()).toBe(false);
    expect(await queue.ensureStream()).toBe(true);
    await queue.ensureConsumer(identity);
    const opened = await worker.ticketSource(TICKET_STREAM, consumer);
    await queue.publish(at(2), 1);
    const taken = await opened.pull(forever);
    expect(taken?.ticket).toEqual(at(2));
    taken?.ack();
  });

  const silences: [string, () => Promise<unknown>, (port: number) => Promise<NatsServer>][] = [
    ['is dead', async () => server.stop(), async (port: number) => startServer(port)],
    [
      'says nothing',
      async () => process.kill(server.pid, 'SIGSTOP'),
      async () => {
        process.kill(server.pid, 'SIGCONT');
        return server;
      },
    ],
  ];

  test.each(silences)('stores an event once when the server %s', async (name, silence, revive) => {
    const events = await coordinator.events();
    await events.ensureStream();
    const subject = name.replaceAll(' ', '-');
    await events.append(subject, RunEvent.fromPartial({ message: 'before' }));
    const port = Number(new URL(server.url).port);
    await silence();
    const appended = events.append(subject, RunEvent.fromPartial({ message: 'meanwhile' }));
    await sleep(SILENT_MS);
    server = await revive(port);
    await appended;
    const stored: string[] = [];
    for await (const { event } of events.read(subject, { follow: false, signal: forever })) {
      stored.push(event.message);
    }
    expect(stored).toEqual(['before', 'meanwhile']);
  });

  test.each(silences)('close does not hang when the server %s', async (_name, silence, revive) => {
    const nats = await connectNats({ url: server.url, name: 'x', log });
    const port = Number(new URL(server.url).port);
    await silence();
    const started = Date.now();
    await nats.close();
    expect(Date.now() - started).toBeLessThan(10_000);
    server = await revive(port);
  });
});

describe('startNatsServer and findNatsServer', () => {
  test('startNatsServer says why the server does not start', async () => {
    const port = Number(new URL(server.url).port);
    const other = { binary: findNatsServer(process.env) ?? '', storeDir: join(storeDir, 'other') };
    const failure = await failureOf(startNatsServer({ ...other, port, log }));
    expect(failure.code).toBe('FAILED_PRECONDITION');
    expect(failure.message).toContain('address already in use');
  });

  test('startNatsServer names a program that does not exist', async () => {
    const binary = join(storeDir, 'no-such-server');
    const options = { binary, storeDir: join(storeDir, 'another'), port: 0, log };
    const failure = await failureOf(startNatsServer(options));
    expect(failure.code).toBe('FAILED_PRECONDITION');
    expect(failure.message).toContain(binary);
  });

  test('findNatsServer finds the program in the cache and on PATH', () => {
    const binary = findNatsServer(process.env) ?? '';
    const folder = dirname(binary);
    expect(findNatsServer({ PATH: '/nowhere', LYCEUM_CACHE: '/nowhere' })).toBeUndefined();
    expect(findNatsServer({ PATH: `/nowhere:${folder}`, LYCEUM_CACHE: '/nowhere' })).toBe(binary);
    if (basename(folder) !== 'bin') return;
    expect(findNatsServer({ PATH: '/nowhere', LYCEUM_CACHE: dirname(folder) })).toBe(binary);
  });
});

/** A connection that keeps working, but loses the receipt for a blob's entry. */
function losingReceiptOfEntry(connection: NatsConnection): NatsConnection {
  const jetstream = connection.jetstream();
  const publish: typeof jetstream.publish = async (subject, payload, options) => {
    const receipt = await jetstream.publish(subject, payload, options);
    if (!subject.startsWith(`$O.${BLOB_BUCKET}.M.`)) return receipt;
    throw new NatsError('timeout', ErrorCode.Timeout);
  };
  const lossy = Object.assign(Object.create(jetstream) as typeof jetstream, { publish });
  return Object.assign(Object.create(connection) as NatsConnection, { jetstream: () => lossy });
}
