// A student's calls without a server: the stream is the test's, and so is what the handlers ask.
import { Duplex } from 'node:stream';
import * as grpc from '@grpc/grpc-js';
import { createLogger, newSessionKey, sessionHeaders } from '@lyceum/platform';
import { sha256Hex } from '@lyceum/proto';
import { expect, it, vi } from 'vitest';
import { type StudentServiceParts, studentService } from '../../src/services/student-service.js';
import { queued } from '../runs/queued-run.js';

it('waits for no fit on behalf of a student that has hung up', async () => {
  const [workerId, sessionKey] = ['w1', newSessionKey()];
  const { specification, ...rest } = queued();
  const record = {
    ...rest,
    specification: {
      ...specification,
      spec: { ...specification.spec, ensemble: { calibrate: true } },
    },
    state: 'PREPARING',
    assignment: { workerId, sessionKeyDigest: sha256Hex(sessionKey), assignmentEpoch: 1 },
  };
  const listeners = new Set<() => void>();
  const parts = {
    store: {
      require: () => record,
      get: () => record,
      onChange: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    active: { targets: () => ({}) },
    lifecycle: { fitting: async () => undefined },
    changed: () => undefined,
    stopping: new AbortController().signal,
    log: createLogger({ name: 'test', level: 'silent' }),
  } as unknown as StudentServiceParts;
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(sessionHeaders({ workerId, sessionKey }))) {
    metadata.set(name, value);
  }
  const stream = new Duplex({ objectMode: true, read: () => undefined });
  const call = Object.assign(stream, { metadata, getPath: () => '', getPeer: () => '' });
  studentService(parts).receiveTargets(call as never);
  call.push({ runId: 'run', assignmentEpoch: 1 });
  await vi.waitFor(() => expect(listeners.size).toBe(1), { timeout: 60_000 });
  call.emit('cancelled');
  await vi.waitFor(() => expect(listeners.size).toBe(0), { timeout: 60_000 });
});
