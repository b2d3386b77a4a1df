/**
 * Real gRPC servers and clients on loopback. The services are the real definitions; only what the handlers
 * do is made up. Malformed bytes are sent by clients whose codec writes rubbish.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import dns from 'node:dns';
import { getEventListeners } from 'node:events';
import { constants, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, connect as netConnect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import {
  type AnswerFrame,
  AnswerReceipt,
  float32Tensor,
  type GetRunRequest,
  type GetRunResponse,
  InvalidDocumentError,
  LyceumError,
  MESSAGE_MAX_BYTES,
  type PushArtifactRequest,
  PushArtifactResponse,
  Run,
  STATUS_DETAILS_MAX_BYTES,
  type TeacherAssignment,
  type TeacherReport,
  type WatchRunRequest,
  type WatchRunResponse,
} from '@lyceum/proto';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import {
  ArtifactClient,
  call,
  clientStream,
  connect,
  duplex,
  openClientStream,
  openDuplex,
  openServerStream,
  RpcServer,
  RunClient,
  SERVICES,
  serverStream,
  TeacherClient,
  unary,
} from '../../src/index.js';
import { failureOf } from '../failure-of.js';

interface Handlers {
  getRun: Parameters<typeof unary<GetRunRequest, GetRunResponse>>[1];
  watchRun: Parameters<typeof serverStream<WatchRunRequest, WatchRunResponse>>[1];
  push: Parameters<typeof clientStream<PushArtifactRequest, PushArtifactResponse>>[1];
  session: Parameters<typeof duplex<TeacherReport, TeacherAssignment>>[1];
  answers: Parameters<typeof duplex<AnswerFrame, AnswerReceipt>>[1];
}

const lines: Record<string, unknown>[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });

let server: RpcServer;
let stopping: AbortController;
let handlers: Handlers;
const stopListeners = () => getEventListeners(stopping.signal, 'abort').length;
const clients: grpc.Client[] = [];

beforeEach(async () => {
  lines.length = 0;
  stopping = new AbortController();
  const unexpected = async (): Promise<never> => {
    throw new Error('nobody should have called');
  };
  handlers = {
    getRun: unexpected,
    // biome-ignore lint/correctness/useYield: it throws
    async *watchRun() {
      throw new Error('nobody should have called');
    },
    push: unexpected,
    session: unexpected,
    answers: unexpected,
  };
  server = await RpcServer.start({
    address: '127.0.0.1:0',
    services: [
      [
        SERVICES.run,
        {
          getRun: unary<GetRunRequest, GetRunResponse>(log, (r, c) => handlers.getRun(r, c)),
          watchRun: serverStream<WatchRunRequest, WatchRunResponse>(
            log,
            (r, c) => handlers.watchRun(r, c),
            { stopping: stopping.signal },
          ),
        },
      ],
      [
        SERVICES.artifact,
        {
          pushArtifact: clientStream<PushArtifactRequest, PushArtifactResponse>(log, (r, c) =>
            handlers.push(r, c),
          ),
        },
      ],
      [
        SERVICES.teacher,
        {
          session: duplex<TeacherReport, TeacherAssignment>(
            log,
            (r, s, c) => handlers.session(r, s, c),
            { stopping: stopping.signal },
          ),
          sendAnswers: duplex<AnswerFrame, AnswerReceipt>(log, (r, s, c) =>
            handlers.answers(r, s, c),
          ),
        },
      ],
    ],
    log,
    insecure: false,
  });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.stop(0);
});

function runs(address = server.address): RunClient {
  const client = connect(RunClient, address);
  clients.push(client);
  return client;
}

function teachers(): TeacherClient {
  const client = connect(TeacherClient, server.address);
  clients.push(client);
  return client;
}

async function readAll(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Resolves when a count that has begun to rise has stayed the same for 2 s. */
async function untilStill(count: () => number): Promise<void> {
  for (
    let before = 0, still = 0;
    still < 10;
    still = count() === before && before > 0 ? still + 1 : 0
  ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function frame(values: Float32Array): AnswerFrame {
  return {
    ticket: undefined,
    firstRow: 0,
    tensors: [float32Tensor('logits', [values.length], values)],
    inferenceSeconds: 0,
    calls: undefined,
  };
}

describe('unary call', () => {
  test('returns the answer of the handler', async () => {
    handlers.getRun = async ({ runId }) => ({ run: Run.fromPartial({ runId, attempt: 3 }) });
    const client = runs();
    const { run } = await call(client, client.getRun, { runId: 'digits' });
    expect(run?.runId).toBe('digits');
    expect(run?.attempt).toBe(3);
  });

  test('a LyceumError arrives with its code and all lines of its message', async () => {
    const thrown = new InvalidDocumentError('run.yaml', [
      { path: 'spec.teachers[0].weight', message: 'must not be negative' },
      { path: 'spec.dataset', message: 'is missing; give “digits” – or another' },
    ]);
    handlers.getRun = async () => {
      throw thrown;
    };
    const client = runs();
    const failure = await failureOf(call(client, client.getRun, { runId: 'x' }));
    expect(failure.code).toBe('INVALID_ARGUMENT');
    expect(failure.message).toBe(thrown.message);
    expect(failure.retryable).toBe(false);
  });

  test('an error without a message names its status', async () => {
    handlers.getRun = async () => {
      throw new LyceumError('NOT_FOUND', '');
    };
    const client = runs();
    const failure = await failureOf(call(client, client.getRun, { runId: 'x' }));
    expect(failure).toMatchObject({
      code: 'NOT_FOUND',
      message: 'status NOT_FOUND, without a message',
    });
  });

  test('a very long error message is cut at a character to its limit and says so', async () => {
    handlers.getRun = async () => {
      throw new LyceumError('INVALID_ARGUMENT', 'ä\n'.repeat(STATUS_DETAILS_MAX_BYTES));
    };
    const client = runs();
    const failure = await failureOf(call(client, client.getRun, { runId: 'x' }));
    expect(Buffer.byteLength(failure.message)).toBeLessThanOrEqual(STATUS_DETAILS_MAX_BYTES);
    expect(Buffer.byteLength(failure.message)).toBeGreaterThan(STATUS_DETAILS_MAX_BYTES - 10);
    expect(failure.message).toMatch(/^(ä\n)+ä?\n… and more$/);
    expect(lines.find(({ msg }) => msg === 'call refused')?.['reason']).toBe(failure.message);
  });

  test('an unknown error is logged, and the caller gets only INTERNAL', async () => {
    handlers.getRun = async () => {
      throw new TypeError('secret of the house');
    };
    const client = runs();
    const failure = await failureOf(call(client, client.getRun, { runId: 'x' }));
    expect([failure.code, failure.message]).toEqual(['INTERNAL', 'internal error']);
    const logged = lines.find(({ msg }) => msg === 'call failed');
    expect(JSON.stringify(logged)).toContain('secret of the house');
  });

  test('EMFILE arrives as UNAVAILABLE, with advice to raise the limit', async () => {
    handlers.getRun = async () => {
      throw new Error("EMFILE: too many open files, open '/data/a'");
    };
    const client = runs();
    const failure = await failureOf(call(client, client.getRun, { runId: 'x' }));
    expect(failure.code).toBe('UNAVAILABLE');
    expect(failure.message).toContain('raise its limit (ulimit -n');
  });

  test('the deadline ends the call and aborts the handler', async () => {
    const aborted = vi.fn();
    handlers.getRun = (_request, { signal }) =>
      new Promise(() => signal.addEventListener('abort', aborted));
    const client = runs();
    const failure = await failureOf(
      call(client, client.getRun, { runId: 'x' }, { deadlineMs: 3_000 }),
    );
    expect(failure.code).toBe('DEADLINE_EXCEEDED');
    expect(failure.message).toContain(server.address);
    await vi.waitFor(() => expect(aborted).toHaveBeenCalledOnce(), 60_000);
  });

  test('the signal of the caller ends the call and aborts the handler', async () => {
    const aborted = vi.fn();
    const started = deferred<void>();
    handlers.getRun = (_request, { signal }) => {
      started.resolve();
      return new Promise(() => signal.addEventListener('abort', aborted));
    };
    const client = runs();
    const controller = new AbortController();
    const answer = call(client, client.getRun, { runId: 'x' }, { signal: controller.signal });
    await started.promise;
    controller.abort();
    expect((await failureOf(answer)).code).toBe('CANCELLED');
    await vi.waitFor(() => expect(aborted).toHaveBeenCalledOnce(), 60_000);
    const late = call(client, client.getRun, { runId: 'x' }, { signal: controller.signal });
    expect((await failureOf(late)).code).toBe('CANCELLED');
  });

  test('a call to an address where nothing listens is UNAVAILABLE and names the address', async () => {
    const address = server.address;
    await server.stop(0);
    const client = runs(address);
    const failure = await failureOf(call(client, client.getRun, { runId: 'x' }));
    expect(failure.code).toBe('UNAVAILABLE');
    expect(failure.message).toBe(`${address}: no connection: connect ECONNREFUSED ${address}`);
    expect(failure.retryable).toBe(true);
  });
});

describe('server stream', () => {
  test('delivers responses in order and ends', async () => {
    handlers.watchRun = async function* ({ runId }) {
      for (let attempt = 0; attempt < 100; attempt += 1) {
        yield { run: Run.fromPartial({ runId, attempt }) };
      }
    };
    const client = runs();
    const { incoming } = openServerStream(() => client.watchRun({ runId: 'x' }));
    const attempts: (number | undefined)[] = [];
    for await (const { run } of incoming) attempts.push(run?.attempt);
    expect(attempts).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('delivers an error after the responses that came before it', async () => {
    handlers.watchRun = async function* () {
      yield { run: undefined };
      throw new LyceumError('NOT_FOUND', 'there is no run x');
    };
    const client = runs();
    const { incoming } = openServerStream(() => client.watchRun({ runId: 'x' }));
    let count = 0;
    const reading = async (): Promise<void> => {
      for await (const _ of incoming) count += 1;
    };
    const failure = await failureOf(reading());
    expect([failure.code, failure.message, count]).toEqual(['NOT_FOUND', 'there is no run x', 1]);
  });

  test('keeps an error that arrives before the caller reads', async () => {
    handlers.watchRun = () => {
      throw new LyceumError('NOT_FOUND', 'there is no run x');
    };
    const client = runs();
    const stream = client.watchRun({ runId: 'x' });
    const { incoming } = openServerStream(() => stream);
    await new Promise((resolve) => stream.on('status', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const reading = async (): Promise<void> => {
      for await (const _ of incoming);
    };
    expect((await failureOf(reading())).code).toBe('NOT_FOUND');
  });

  test('stops sending before 60 MB to a caller that does not read, and goes on when it reads', async () => {
    let sent = 0;
    handlers.watchRun = async function* () {
      const specificationJson = 'x'.repeat(1_000_000);
      for (; sent < 1_000; sent += 1) yield { run: Run.fromPartial({ specificationJson }) };
    };
    const client = runs();
    const { incoming, cancel } = openServerStream(() => client.watchRun({ runId: 'x' }));
    await untilStill(() => sent);
    expect(sent).toBeLessThan(60);
    let received = 0;
    for await (const _ of incoming) {
      received += 1;
      if (received === 200) break;
    }
    expect(received).toBe(200);
    cancel();
  });

  test('ends the handler when the caller cancels', async () => {
    const ended = vi.fn();
    handlers.watchRun = async function* (_request, { signal }) {
      try {
        for (;;) {
          yield { run: undefined };
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        ended(signal.aborted);
      }
    };
    const client = runs();
    const controller = new AbortController();
    const { incoming } = openServerStream(() => client.watchRun({ runId: 'x' }), controller);
    const reading = async (): Promise<void> => {
      for await (const _ of incoming) controller.abort();
    };
    expect((await failureOf(reading())).code).toBe('CANCELLED');
    await vi.waitFor(() => expect(ended).toHaveBeenCalledWith(true), 60_000);
  });
});

describe('client stream', () => {
  const chunk = (bytes: Buffer): PushArtifactRequest => ({
    part: { $case: 'chunk', chunk: bytes },
  });

  test('passes all requests to the handler and returns its response', async () => {
    handlers.push = async (requests) => {
      let sizeBytes = 0;
      for await (const { part } of requests) {
        if (part?.$case === 'chunk') sizeBytes += part.chunk.length;
      }
      return PushArtifactResponse.fromPartial({ artifact: { sizeBytes } });
    };
    const client = connect(ArtifactClient, server.address);
    clients.push(client);
    const push = openClientStream<PushArtifactRequest, PushArtifactResponse>((done) =>
      client.pushArtifact(done),
    );
    for (let i = 0; i < 100; i += 1) await push.send(chunk(Buffer.alloc(100_000)));
    push.end();
    expect((await push.response).artifact?.sizeBytes).toBe(10_000_000);
  });

  test('an error of the handler ends the sending with its status', async () => {
    handlers.push = async (requests) => {
      for await (const _ of requests) throw new LyceumError('RESOURCE_EXHAUSTED', 'too large');
      throw new Error('no request');
    };
    const client = connect(ArtifactClient, server.address);
    clients.push(client);
    const push = openClientStream<PushArtifactRequest, PushArtifactResponse>((done) =>
      client.pushArtifact(done),
    );
    const sending = async (): Promise<void> => {
      for (;;) await push.send(chunk(Buffer.alloc(100_000)));
    };
    const failure = await failureOf(sending());
    expect([failure.code, failure.message]).toEqual(['RESOURCE_EXHAUSTED', 'too large']);
    expect((await failureOf(push.response)).code).toBe('RESOURCE_EXHAUSTED');
  });
});

describe('duplex stream', () => {
  test('carries requests and responses in order, and keeps the values of frames', async () => {
    handlers.answers = async (requests, send) => {
      for await (const { tensors, firstRow } of requests) {
        const data = tensors[0]?.data ?? Buffer.alloc(0);
        const ticket = { attempt: data.readFloatLE(0), view: `${firstRow}` };
        await send(AnswerReceipt.fromPartial({ ticket }));
      }
    };
    const client = teachers();
    const stream = openDuplex(() => client.sendAnswers());
    for (let i = 0; i < 50; i += 1) {
      await stream.send({ ...frame(new Float32Array(250_000).fill(i)), firstRow: i });
    }
    stream.end();
    const seen: unknown[] = [];
    for await (const { ticket } of stream.incoming) seen.push([ticket?.attempt, ticket?.view]);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => [i, `${i}`]));
  });

  test('stops sending before 60 MB to a handler that does not read, and goes on when it reads', async () => {
    const release = deferred<void>();
    let received = 0;
    handlers.answers = async (requests) => {
      await release.promise;
      for await (const _ of requests) received += 1;
    };
    const client = teachers();
    const stream = openDuplex(() => client.sendAnswers());
    let sent = 0;
    const sending = (async () => {
      for (; sent < 200; sent += 1) await stream.send(frame(new Float32Array(250_000)));
      stream.end();
    })();
    await untilStill(() => sent);
    expect(sent).toBeLessThan(60);
    release.resolve();
    await sending;
    for await (const _ of stream.incoming);
    expect(received).toBe(200);
  });

  test('refuses what is sent after the end of a call whose handler read nothing', async () => {
    const release = deferred<void>();
    handlers.answers = async () => {
      await release.promise;
      throw new LyceumError('ABORTED', 'a newer session took over');
    };
    const client = teachers();
    const stream = openDuplex(() => client.sendAnswers());
    let sent = 0;
    const sending = (async () => {
      for (; ; sent += 1) await stream.send(frame(new Float32Array(250_000)));
    })();
    const failed = failureOf(sending);
    await untilStill(() => sent);
    release.resolve();
    expect((await failed).code).toBe('ABORTED');
    for (let again = 0; again < 20; again += 1) {
      expect((await failureOf(stream.send(frame(new Float32Array(1))))).code).toBe('ABORTED');
    }
  });

  test('ends when the handler returns, although the caller has not ended', async () => {
    handlers.session = async (requests, send) => {
      for await (const _ of requests) {
        await send({ revision: 7, teachers: [], ticketStream: '' });
        return;
      }
    };
    const client = teachers();
    const session = openDuplex(() => client.session());
    await session.send({ report: undefined });
    const revisions: number[] = [];
    for await (const { revision } of session.incoming) revisions.push(revision);
    expect(revisions).toEqual([7]);
    expect((await failureOf(session.send({ report: undefined }))).code).toBe('UNAVAILABLE');
  });

  test('an error of the handler reaches the caller both when it reads and when it sends', async () => {
    handlers.session = async () => {
      throw new LyceumError('ABORTED', 'a newer session took over');
    };
    const client = teachers();
    const session = openDuplex(() => client.session());
    const reading = async (): Promise<void> => {
      for await (const _ of session.incoming);
    };
    const failure = await failureOf(reading());
    expect([failure.code, failure.message]).toEqual(['ABORTED', 'a newer session took over']);
    expect((await failureOf(session.send({ report: undefined }))).code).toBe('ABORTED');
  });

  test('a handler whose caller cancels gets CANCELLED, not an end, and no bug is logged', async () => {
    const began = deferred<void>();
    const outcome = deferred<unknown>();
    handlers.session = async (requests, _send, { signal }) => {
      try {
        for await (const _ of requests) began.resolve();
        outcome.resolve('ended');
      } catch (err) {
        outcome.resolve([signal.aborted, (err as LyceumError).code]);
        throw err;
      }
    };
    const client = teachers();
    const session = openDuplex(() => client.session());
    await session.send({ report: undefined });
    await began.promise;
    session.cancel();
    expect(await outcome.promise).toEqual([true, 'CANCELLED']);
    expect(lines.filter(({ level }) => (level as number) >= 50)).toEqual([]);
  });

  test('a program that stops ends its handlers, and tells their callers why', async () => {
    const untilStopped = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    handlers.watchRun = async function* ({ runId }, { signal }) {
      yield { run: Run.fromPartial({ runId }) };
      await untilStopped(signal);
    };
    handlers.session = async (requests) => {
      for await (const _ of requests);
    };
    const watching = runs();
    const watch = openServerStream(() => watching.watchRun({ runId: 'x' }));
    const watched = watch.incoming[Symbol.asyncIterator]();
    await watched.next();
    const working = teachers();
    const session = openDuplex(() => working.session());
    await session.send({ report: undefined });
    await vi.waitFor(() => expect(stopListeners()).toBe(2));
    stopping.abort(new LyceumError('UNAVAILABLE', 'the program is stopping'));
    expect(await failureOf(watched.next())).toMatchObject({ code: 'UNAVAILABLE' });
    session.cancel();
    const late = openServerStream(() => watching.watchRun({ runId: 'late' }));
    const lateFailure = await failureOf(readAll(late.incoming));
    expect(lateFailure.message).toContain('the program is stopping');
  });

  test('calls that have ended leave nothing at the signal of a program that runs on', async () => {
    handlers.watchRun = async function* ({ runId }) {
      yield { run: Run.fromPartial({ runId }) };
      if (runId === 'missing') throw new LyceumError('NOT_FOUND', 'there is no such run');
    };
    const client = runs();
    await readAll(openServerStream(() => client.watchRun({ runId: 'x' })).incoming);
    const missing = openServerStream(() => client.watchRun({ runId: 'missing' }));
    expect((await failureOf(readAll(missing.incoming))).code).toBe('NOT_FOUND');
    await vi.waitFor(() => expect(stopListeners()).toBe(0));
  });

  test('RpcServer.stop ends a call that would never end', async () => {
    handlers.session = (_requests, _send, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    const client = teachers();
    const session = openDuplex(() => client.session());
    await session.send({ report: undefined });
    const reading = async (): Promise<void> => {
      for await (const _ of session.incoming);
    };
    const failure = failureOf(reading());
    const started = Date.now();
    await server.stop(300);
    expect(Date.now() - started).toBeLessThan(10_000);
    expect((await failure).code).toBe('UNAVAILABLE');
  });
});

describe('malformed and oversized messages', () => {
  function rubbishClient(
    bytes: Buffer,
  ): grpc.Client & { sendAnswers: TeacherClient['sendAnswers'] } {
    const definition = {
      sendAnswers: { ...SERVICES.teacher.sendAnswers, requestSerialize: () => bytes },
    };
    const Client = grpc.makeClientConstructor(definition as never, 'lyceum.v1.TeacherService');
    const client = new Client(server.address, grpc.credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
    });
    clients.push(client);
    return client as never;
  }

  test.each([
    ['malformed bytes are UNAVAILABLE', Buffer.from('ffffffffffff', 'hex'), 'UNAVAILABLE'],
    [
      'a tensor longer than its frame is UNAVAILABLE',
      Buffer.from('1a0422ffff7f', 'hex'),
      'UNAVAILABLE',
    ],
    [
      'an oversized message is RESOURCE_EXHAUSTED',
      Buffer.alloc(MESSAGE_MAX_BYTES + 1),
      'RESOURCE_EXHAUSTED',
    ],
  ])('%s, and the handler ends', async (_name, bytes, code) => {
    const ended = deferred<boolean>();
    handlers.answers = async (requests, _send, { signal }) => {
      try {
        for await (const _ of requests);
      } finally {
        ended.resolve(signal.aborted);
      }
    };
    const stream = openDuplex(() => rubbishClient(bytes).sendAnswers());
    const reading = async (): Promise<void> => {
      for await (const _ of stream.incoming);
    };
    const failure = failureOf(reading());
    await stream.send(frame(new Float32Array(1))).catch(() => undefined);
    expect((await failure).code).toBe(code);
    expect(await ended.promise).toBe(true);
    // The server goes on.
    handlers.getRun = async () => ({ run: undefined });
    const client = runs();
    await call(client, client.getRun, { runId: 'x' });
  });

  test('a request that is too long to send is RESOURCE_EXHAUSTED', async () => {
    const client = runs();
    const failure = await failureOf(
      call(client, client.getRun, { runId: 'x'.repeat(MESSAGE_MAX_BYTES + 1) }),
    );
    expect(failure.code).toBe('RESOURCE_EXHAUSTED');
  });
});

describe('RpcServer.start', () => {
  test('refuses an address beyond loopback without --insecure', async () => {
    const options = { address: '0.0.0.0:0', services: [], log } as const;
    const failure = await failureOf(RpcServer.start({ ...options, insecure: false }));
    expect(failure.code).toBe('FAILED_PRECONDITION');
    expect(failure.message).toContain('--insecure');
  });

  test('names an address that another program uses', async () => {
    const options = { address: server.address, services: [], log, insecure: false } as const;
    const failure = await failureOf(RpcServer.start(options));
    expect(failure.code).toBe('FAILED_PRECONDITION');
    expect(failure.message).toContain(server.address);
    expect(failure.message).toContain('another program');
  });
});

test('a handler gets CANCELLED when the process of its caller is killed', async () => {
  const began = deferred<void>();
  const outcome = deferred<string>();
  handlers.session = async (requests) => {
    try {
      for await (const _ of requests) began.resolve();
      outcome.resolve('ended');
    } catch (err) {
      outcome.resolve((err as LyceumError).code);
    }
  };
  const child = callerProcess();
  await began.promise;
  child.kill('SIGKILL');
  expect(await outcome.promise).toBe('CANCELLED');
});

test('a client finds a restarted server at the new address of its name within 20 s', {
  timeout: 120_000,
}, async () => {
  const lookup = vi.spyOn(dns.promises, 'lookup') as unknown as MockInstance<() => unknown>;
  vi.spyOn(dns.promises, 'resolveTxt').mockRejectedValue(new Error('no such record'));
  const at = (address: string) => async () => [{ address, family: 4 }];
  const getRun = unary<GetRunRequest, GetRunResponse>(log, async () => ({ run: undefined }));
  // DNS answers twice with the old address: at first, and at the look-up right after the failure.
  lookup.mockImplementationOnce(at('127.0.0.1')).mockImplementationOnce(at('127.0.0.1'));
  lookup.mockImplementation(at('127.0.0.2'));
  handlers.getRun = async () => ({ run: undefined });
  const client = runs(`coordinator.test:${server.port}`);
  await call(client, client.getRun, { runId: 'r' });

  await server.stop(0);
  const address = `127.0.0.2:${server.port}`;
  server = await RpcServer.start({
    address,
    services: [[SERVICES.run, { getRun }]],
    log,
    insecure: false,
  });
  try {
    // Well below gRPC's own 30 s.
    const patience = { timeout: 20_000, interval: 100 };
    await vi.waitFor(() => call(client, client.getRun, { runId: 'r' }), patience);
  } finally {
    vi.restoreAllMocks();
  }
});

test('a client finds a server at its new address although the old one does not answer', {
  timeout: 180_000,
}, async () => {
  const lookup = vi.spyOn(dns.promises, 'lookup') as unknown as MockInstance<() => unknown>;
  vi.spyOn(dns.promises, 'resolveTxt').mockRejectedValue(new Error('no such record'));
  const at = (address: string) => async () => [{ address, family: 4 }];
  lookup.mockImplementation(at('127.0.0.2'));
  handlers.getRun = async () => ({ run: undefined });
  const hole = await blackHole(`127.0.0.2:${server.port}`);
  try {
    const client = runs(`coordinator.test:${server.port}`);
    const first = failureOf(call(client, client.getRun, { runId: 'r' }));
    await vi.waitFor(() => expect(lookup).toHaveBeenCalled(), { timeout: 60_000 });
    lookup.mockImplementation(at('127.0.0.1'));
    const { code, message } = await first;
    expect(code).toBe('UNAVAILABLE');
    expect(message).toMatch(/^coordinator\.test:\d+: no connection was made in time$/);
    // The kernel would go on trying for 130 s.
    const patience = { timeout: 60_000, interval: 100 };
    await vi.waitFor(() => call(client, client.getRun, { runId: 'r' }), patience);
  } finally {
    vi.restoreAllMocks();
    hole.kill('SIGKILL');
  }
});

/**
 * Listens and never accepts. Once its queue is full, new connections get no answer, as from an address that is gone.
 */
async function blackHole(address: string): Promise<ChildProcess> {
  const [host, port] = address.split(':');
  const program = `require('node:net').createServer().listen({ host: '${host}', port: ${port}, backlog: 1 }, () => {
    require('node:fs').writeSync(1, 'here');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const hole = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => hole.stdout?.once('data', resolve));
  for (let i = 0; i < 4; i++) netConnect({ host, port: Number(port) }).on('error', () => {});
  await sleep(500);
  return hole;
}

test.each(['asked', 'told'])(
  'a call with a message that was changed on its way is UNAVAILABLE and retryable: %s',
  async (text) => {
    handlers.getRun = async () => ({ run: Run.fromPartial({ runId: 'told' }) });
    const relay = createServer((socket) => {
      const on = netConnect(server.port, '127.0.0.1');
      const changed = (bytes: Buffer) =>
        Buffer.from(bytes.toString('latin1').replace(text, text.toUpperCase()), 'latin1');
      socket.on('data', (bytes) => on.write(changed(bytes))).on('close', () => on.destroy());
      on.on('data', (bytes) => socket.write(changed(bytes))).on('close', () => socket.destroy());
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const client = runs(`127.0.0.1:${(relay.address() as AddressInfo).port}`);
    const failure = await failureOf(call(client, client.getRun, { runId: 'asked' }));
    expect([failure.code, failure.retryable]).toEqual(['UNAVAILABLE', true]);
    expect(failure.message).toMatch(/^127\.0\.0\.1:\d+: a message was changed on its way$/);
    relay.close();
  },
);

test.each([
  ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ['PROTOCOL_ERROR', constants.NGHTTP2_PROTOCOL_ERROR],
  ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
  ['CANCEL', constants.NGHTTP2_CANCEL],
])('a call that HTTP/2 resets with %s is UNAVAILABLE and retryable', async (_, code) => {
  const reset = createHttp2Server();
  reset.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    setTimeout(() => stream.close(code), 100);
  });
  await new Promise<void>((resolve) => reset.listen(0, '127.0.0.1', resolve));
  const client = runs(`127.0.0.1:${(reset.address() as AddressInfo).port}`);
  const failure = await failureOf(call(client, client.getRun, { runId: 'asked' }));
  expect([failure.code, failure.retryable]).toEqual(['UNAVAILABLE', true]);
  expect(failure.message).toMatch(
    /^127\.0\.0\.1:\d+: the call was cut off \((Received RST_STREAM|Call cancelled)/,
  );
  client.close();
  reset.close();
});

test.each([
  [413, 'Payload Too Large', 'UNAVAILABLE'],
  [502, 'Bad Gateway', 'UNAVAILABLE'],
  [401, 'Unauthorized', 'PERMISSION_DENIED'],
  [404, 'Not Found', 'FAILED_PRECONDITION'],
])(
  'a call that a proxy answers with HTTP status %d names the proxy and has a matching code',
  async (...row) => {
    const [status, name, code] = row;
    const proxy = createHttp2Server();
    proxy.on('stream', (stream) => {
      stream.respond({ ':status': status, 'content-type': 'text/html' });
      stream.end(`<h1>${status} ${name}</h1>`);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const client = runs(`127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const failure = await failureOf(call(client, client.getRun, { runId: 'asked' }));
    expect(failure.code).toBe(code);
    expect(failure.message.replace(/:\d+/, ':PORT')).toBe(
      `127.0.0.1:PORT: a proxy on the way, or a server of something else, answered with HTTP status ${status} (${name})`,
    );
    client.close();
    proxy.close();
  },
);

test('a handler is aborted within 45 s when the process of its caller is stopped', {
  timeout: 180_000,
}, async () => {
  const gone = deferred<void>();
  const began = deferred<void>();
  handlers.session = async (requests, _send, { signal }) => {
    signal.addEventListener('abort', () => gone.resolve());
    for await (const _ of requests) began.resolve();
  };
  const child = callerProcess();
  try {
    await began.promise;
    child.kill('SIGSTOP');
    const stopped = Date.now();
    await gone.promise;
    expect(Date.now() - stopped).toBeLessThan(45_000);
  } finally {
    child.kill('SIGKILL');
  }
});

/** Another process that opens a session, sends one report and waits. */
function callerProcess(): ChildProcess {
  const script = `
    const { connect, openDuplex, TeacherClient } = await import('@lyceum/platform');
    const client = connect(TeacherClient, '${server.address}');
    const session = openDuplex(() => client.session());
    await session.send({ report: undefined });
    for await (const _ of session.incoming);`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
