/**
 * Streams with chunks at times of a fake clock. `steadily` wants at least 1,000 bytes in each window of a second.
 */
import { PassThrough } from 'node:stream';
import { LyceumError, toLyceumError } from '@lyceum/proto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { steadily } from '../../../src/objects/requests/steady-body.js';
import { failureOf } from '../../failure-of.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const bodyOf = (stream: PassThrough) =>
  steadily(stream, { windowMs: 1_000, leastBytesPerSecond: 1_000, failure: toLyceumError });

/** Reads to the end and counts the bytes. */
async function bytesOf(body: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

it('steadily reads a stream of 1,600 bytes a second to its end', async () => {
  const stream = new PassThrough();
  const reading = bytesOf(bodyOf(stream));
  for (let i = 0; i < 50; i++) {
    await vi.advanceTimersByTimeAsync(250);
    stream.write(Buffer.alloc(400));
  }
  await vi.advanceTimersByTimeAsync(0);
  stream.end();
  expect(await reading).toBe(50 * 400);
});

it.each([0, 100])('steadily ends a stream of %d bytes every 250 ms', async (chunkBytes) => {
  const stream = new PassThrough();
  const failing = failureOf(bytesOf(bodyOf(stream)));
  for (let i = 0; i < 5 && !stream.destroyed; i++) {
    if (chunkBytes > 0) stream.write(Buffer.alloc(chunkBytes));
    await vi.advanceTimersByTimeAsync(250);
  }
  expect(await failing).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/too slowly: \d+ bytes in 1 s/),
  });
  expect(stream.destroyed).toBe(true);
});

it('steadily ends a stream that brings nothing for a window after a fast start', async () => {
  const stream = new PassThrough();
  const failing = failureOf(bytesOf(bodyOf(stream)));
  stream.write(Buffer.alloc(10_000));
  await vi.advanceTimersByTimeAsync(1_500);
  expect(stream.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(600);
  expect(await failing).toMatchObject({ message: 'the answer comes too slowly: 0 bytes in 1 s' });
});

it('steadily does not end a stream because its reader is slow', async () => {
  const stream = new PassThrough();
  const body = bodyOf(stream);
  for (let i = 0; i < 20; i++) {
    stream.write(Buffer.alloc(10));
    expect((await body.next()).value).toHaveLength(10);
    await vi.advanceTimersByTimeAsync(5_000);
  }
  stream.end();
  expect(await body.next()).toMatchObject({ done: true });
});

it('steadily destroys a stream that is not read to its end, and passes on its error', async () => {
  const left = new PassThrough();
  left.write('x');
  for await (const _ of bodyOf(left)) break;
  expect(left.destroyed).toBe(true);
  const broken = new PassThrough();
  const failing = failureOf(bytesOf(bodyOf(broken)));
  broken.destroy(new LyceumError('ABORTED', 'broken'));
  expect(await failing).toMatchObject({ code: 'ABORTED', message: 'broken' });
});
