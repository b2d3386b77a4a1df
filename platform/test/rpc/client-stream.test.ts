/** A handler of uploads, a call that the test makes by hand, and a fake clock. */
import { PassThrough } from 'node:stream';
import { Metadata, type ServerReadableStream, status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { clientStream } from '../../src/rpc/index.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** @param workMs - time that the handler works after each message. */
function upload(workMs: number) {
  const call = Object.assign(new PassThrough({ objectMode: true }), {
    metadata: new Metadata(),
    getPath: () => '/push',
    getPeer: () => 'peer',
  });
  const seen: string[] = [];
  const handler = clientStream<string, readonly string[]>(
    pino({ level: 'silent' }),
    async (requests) => {
      for await (const request of requests) {
        seen.push(request);
        await new Promise((resolve) => setTimeout(resolve, workMs));
      }
      return seen;
    },
    { stallMs: 1_000 },
  );
  const ended = vi.fn();
  handler(call as unknown as ServerReadableStream<string, readonly string[]>, ended);
  return { call, seen, ended };
}

it('clientStream ends a call whose caller sends nothing for the stall time', async () => {
  const { call, seen, ended } = upload(0);
  for (const chunk of ['header', 'one', 'two']) {
    call.write(chunk);
    await vi.advanceTimersByTimeAsync(999);
  }
  expect(seen).toEqual(['header', 'one', 'two']);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).toHaveBeenCalledWith(
    expect.objectContaining({
      code: status.DEADLINE_EXCEEDED,
      details: 'the caller has sent nothing for 1 s',
    }),
  );
});

it('clientStream does not count the work of the handler as stall time of the caller', async () => {
  const { call, seen, ended } = upload(10_000);
  for (const chunk of ['header', 'one', 'two']) call.write(chunk);
  call.end();
  await vi.advanceTimersByTimeAsync(30_000);
  await vi.waitFor(() => expect(ended).toHaveBeenCalledWith(null, seen));
  expect(seen).toHaveLength(3);
});
