// Seeded garbage for every method of every service: random bytes, messages of random fields, messages that are too
// long, and streams that end or are cancelled anywhere. The real coordinator must answer each call with a chosen
// status, not with "internal error", and work afterwards.

import { Writable } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import { call, callMetadata, SERVICES, sessionHeaders } from '@lyceum/platform';
import { ListRunsRequest, MESSAGE_MAX_BYTES } from '@lyceum/proto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomFrom } from '../random.js';
import { TeacherPeer } from './teacher-peer.js';
import { eventually, TestCoordinator } from './test-coordinator.js';
import { tinyDataset } from './tiny-artifacts.js';

const CALLS_PER_METHOD = 40;

/** Streams that the coordinator keeps open, such as a watch, are cancelled after this time. */
const OPEN_MAX_MS = 250;

/** Limit for a status that must come; a busy machine may send megabytes slowly. */
const STATUS_MAX_MS = 120_000;

/** How much the process may grow, garbage that was not collected included. */
const GROWTH_MAX_BYTES = 256 * 1024 * 1024;

type Method = grpc.MethodDefinition<unknown, unknown>;

const methods: readonly Method[] = Object.values(SERVICES).flatMap(
  (service) => Object.values(service) as Method[],
);

let coordinator: TestCoordinator;
let client: grpc.Client;
/** Calls carry the session headers of this worker, so that the coordinator reads their garbage. */
let worker: TeacherPeer;
/** Number of the worker: each has its own id, because the last one's session may not have ended. */
let workerCount = 0;

beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  client = new grpc.Client(coordinator.address, grpc.credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await coordinator.stop();
});

beforeEach(async () => {
  worker = new TeacherPeer(coordinator, {
    workerId: `garbled-${++workerCount}`,
    dataset: tinyDataset(),
  });
  await eventually(() => worker.assignment);
});

afterEach(() => worker.kill());

type Random = () => number;

const below = (random: Random, end: number) => Math.floor(random() * end);

function bytes(random: Random, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => below(random, 256)));
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return Buffer.from([...out, low]);
    out.push(low | 128);
  }
}

const TEXTS = ['run', 'a'.repeat(300), '../x', '\0'];

/** Fields that any message might have: low numbers, right wire types, values from small to absurd. */
function fields(random: Random, depth: number): Buffer {
  const parts: Buffer[] = [];
  const tag = (type: number) => varint(BigInt(((1 + below(random, 12)) << 3) | type));
  const delimited = (value: Buffer) => parts.push(tag(2), varint(BigInt(value.length)), value);
  for (let n = below(random, 6); n >= 0; n--) {
    const kind = below(random, 6);
    if (kind === 0) parts.push(tag(0), varint(BigInt(below(random, 2 ** 31)) ** 2n));
    else if (kind === 1) parts.push(tag(0), varint(BigInt(below(random, 4))));
    else if (kind === 2) parts.push(tag(5), bytes(random, 4));
    else if (kind === 3) delimited(Buffer.from(TEXTS[below(random, TEXTS.length)] ?? ''));
    else if (kind === 4) delimited(bytes(random, [0, 7, 32, 4096][below(random, 4)] ?? 0));
    else delimited(depth > 0 ? fields(random, depth - 1) : bytes(random, 3));
  }
  return Buffer.concat(parts);
}

function garbage(random: Random): Buffer {
  switch (below(random, 5)) {
    case 0:
      return bytes(random, below(random, 64));
    case 1: {
      const whole = fields(random, 2);
      return whole.subarray(0, below(random, whole.length + 1));
    }
    default:
      return fields(random, 3);
  }
}

/** Makes one call. @returns its status; CANCELLED if the call was still open after `openMaxMs`. */
function send(
  method: Method,
  messages: readonly Buffer[],
  openMaxMs = OPEN_MAX_MS,
): Promise<grpc.StatusObject> {
  const same = (value: Buffer) => value;
  const metadata = callMetadata(sessionHeaders(worker.credentials));
  return new Promise((resolve) => {
    const { path } = method;
    const [first = Buffer.alloc(0)] = messages;
    const opened = method.requestStream
      ? method.responseStream
        ? client.makeBidiStreamRequest(path, same, same, metadata)
        : client.makeClientStreamRequest(path, same, same, metadata, () => {})
      : method.responseStream
        ? client.makeServerStreamRequest(path, same, same, first, metadata)
        : client.makeUnaryRequest(path, same, same, first, metadata, () => {});
    const timer = setTimeout(() => opened.cancel(), openMaxMs);
    opened.on('error', () => {});
    opened.on('data', () => {});
    opened.on('status', (status: grpc.StatusObject) => {
      clearTimeout(timer);
      resolve(status);
    });
    if (!(opened instanceof Writable)) return;
    for (const message of messages) opened.write(message);
    opened.end();
  });
}

function expectChosen(status: grpc.StatusObject, what: string): void {
  const unknown = [grpc.status.UNKNOWN, grpc.status.DATA_LOSS, grpc.status.UNIMPLEMENTED];
  expect(unknown, `${what}: ${status.details}`).not.toContain(status.code);
  expect(status.details, what).not.toBe('internal error');
  // gRPC itself gives UNAVAILABLE if the coordinator died.
  expect(status.code, `${what}: ${status.details}`).not.toBe(grpc.status.UNAVAILABLE);
}

describe.each(methods.map((method) => [method.path, method] as const))('%s', (path, method) => {
  it('answers garbage with a chosen status', async () => {
    const random = randomFrom(1 + methods.indexOf(method));
    for (let n = 0; n < CALLS_PER_METHOD; n++) {
      const messages = Array.from({ length: 1 + below(random, 3) }, () => garbage(random));
      const status = await send(method, messages);
      expectChosen(status, `${path} call ${n}`);
    }
  });

  it('refuses a message that is too long', async () => {
    const status = await send(method, [Buffer.alloc(MESSAGE_MAX_BYTES + 1)], STATUS_MAX_MS);
    expect(status.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
  });
});

it('the coordinator lists runs and has not grown by 256 MiB after garbage for all methods', async () => {
  const { run } = coordinator.clients;
  const before = process.memoryUsage().rss;
  const random = randomFrom(99);
  for (const method of methods) {
    for (let n = 0; n < CALLS_PER_METHOD; n++) await send(method, [garbage(random)]);
  }
  worker.kill();
  expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_MAX_BYTES);
  await coordinator.quiet();
  expect((await call(run, run.listRuns, ListRunsRequest.fromPartial({}))).runs).toEqual([]);
});
