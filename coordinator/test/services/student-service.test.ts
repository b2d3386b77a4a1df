// A student's calls without a server, with a stand-in for the stream and for the parts of the service.
import { Duplex } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import { createLogger, newSessionKey, sessionHeaders } from '@lyceum/platform';
import { LyceumError, sha256Hex, type TargetFrame } from '@lyceum/proto';
import { expect, it, vi } from 'vitest';
import type { RunRecord } from '../../src/runs/index.js';
import { type StudentServiceParts, studentService } from '../../src/services/student-service.js';
import { queued } from '../runs/queued-run.js';

const WAIT = { timeout: 60_000 };
const [workerId, sessionKey] = ['w1', newSessionKey()];
const assignment = { workerId, sessionKeyDigest: sha256Hex(sessionKey), assignmentEpoch: 1 };

function prepared(): RunRecord {
  return { ...queued(), state: 'PREPARING', assignment };
}

/** Calls `ReceiveTargets` as the worker. @returns the call, the error that ends it, and the frames that came before. */
function receive(parts: object) {
  const all = {
    changed: () => undefined,
    stopping: new AbortController().signal,
    log: createLogger({ name: 'test', level: 'silent' }),
    ...parts,
  } as unknown as StudentServiceParts;
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(sessionHeaders({ workerId, sessionKey }))) {
    metadata.set(name, value);
  }
  const frames: TargetFrame[] = [];
  const stream = new Duplex({
    objectMode: true,
    read: () => undefined,
    write(frame, _encoding, done) {
      frames.push(frame);
      done();
    },
  });
  const call = Object.assign(stream, { metadata, getPath: () => '', getPeer: () => '' });
  const ended = new Promise<{ code: grpc.status }>((resolve) => call.once('error', resolve));
  studentService(all).receiveTargets(call as never);
  call.push({ runId: 'run', assignmentEpoch: 1 });
  return { call, ended, frames };
}

it('receiveTargets stops waiting for a fit when the student cancels the call', async () => {
  const { specification, ...rest } = prepared();
  const spec = { ...specification.spec, ensemble: { calibrate: true } };
  const record = { ...rest, specification: { ...specification, spec } };
  const listeners = new Set<() => void>();
  const store = {
    require: () => record,
    get: () => record,
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const lifecycle = { fitting: async () => undefined };
  const { call } = receive({ store, lifecycle, active: { targets: () => ({}) } });
  await vi.waitFor(() => expect(listeners.size).toBe(1), WAIT);
  call.emit('cancelled');
  await vi.waitFor(() => expect(listeners.size).toBe(0), WAIT);
});

/** The student's first request; the record of its beginning is being written until `written` is called. */
function beginning() {
  let record = prepared();
  let isServed = false;
  let targets: object | undefined = {
    serve: async () => {
      isServed = true;
      throw new LyceumError('CANCELLED', 'the call is over');
    },
  };
  let written = (): void => {};
  const writing = new Promise<void>((resolve) => {
    written = resolve;
  });
  let isWriting = false;
  const { call, ended, frames } = receive({
    store: { require: () => record, get: () => record, onChange: () => () => undefined },
    lifecycle: {
      began: () => {
        isWriting = true;
        return writing;
      },
    },
    active: { targets: () => targets },
  });
  return {
    call,
    ended,
    frames,
    written: () => written(),
    isServed: () => isServed,
    begun: () => vi.waitFor(() => expect(isWriting).toBe(true), WAIT),
    becomes: (changes: Partial<RunRecord>) => {
      record = { ...record, ...changes };
    },
    closed: () => {
      targets = undefined;
    },
  };
}

it('receiveTargets serves a student after the beginning of its training is recorded', async () => {
  const { begun, written, ended, frames, isServed } = beginning();
  await begun();
  expect(isServed()).toBe(false);
  expect(frames).toEqual([]);
  written();
  await ended;
  expect(isServed()).toBe(true);
  // The frame without tensors says that targets are being made.
  expect(frames).toEqual([expect.objectContaining({ tensors: [] })]);
});

it.each([
  ['cancelled', { state: 'CANCELLING' }, grpc.status.ABORTED],
  ['given to another', { assignment: { ...assignment, assignmentEpoch: 2 } }, grpc.status.ABORTED],
] as const)(
  'receiveTargets serves no student whose run was %s meanwhile',
  async (_, changes, code) => {
    const { begun, becomes, written, ended, isServed } = beginning();
    await begun();
    becomes(changes);
    written();
    expect((await ended).code).toBe(code);
    expect(isServed()).toBe(false);
  },
);

it('receiveTargets is UNAVAILABLE if the targets were closed meanwhile', async () => {
  const { begun, closed, written, ended, isServed } = beginning();
  await begun();
  closed();
  written();
  expect((await ended).code).toBe(grpc.status.UNAVAILABLE);
  expect(isServed()).toBe(false);
});

it('receiveTargets serves no student that cancelled the call meanwhile', async () => {
  const { call, begun, written, isServed } = beginning();
  await begun();
  call.emit('cancelled');
  written();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isServed()).toBe(false);
});
