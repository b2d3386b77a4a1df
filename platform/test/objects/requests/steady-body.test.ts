/**
 * Streams whose chunks come at times of a clock that the test moves: in each window of a second at least 1,000 bytes.
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

/** Reads to the end, and tells how many bytes came. */
async function bytesOf(body: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

it('reads what comes fast enough, however long it takes', async () => {
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

it.each([0, 100])('ends what brings %d bytes a quarter of a second', async (chunkBytes) => {
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

it('ends what came fast at first and then no more', async () => {
  const stream = new PassThrough();
  const failing = failureOf(bytesOf(bodyOf(stream)));
  stream.write(Buffer.alloc(10_000));
  await vi.advanceTimersByTimeAsync(1_500);
  expect(stream.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(600);
  expect(await failing).toMatchObject({ message: 'the answer comes too slowly: 0 bytes in 1 s' });
});

it('does not blame the stream for its reader', async () => {
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

it('destroys a stream that nobody reads to its end, and tells of what it broke from', async () => {
  const left = new PassThrough();
  left.write('x');
  for await (const _ of bodyOf(left)) break;
  expect(left.destroyed).toBe(true);
  const broken = new PassThrough();
  const failing = failureOf(bytesOf(bodyOf(broken)));
  broken.destroy(new LyceumError('ABORTED', 'broken'));
  expect(await failing).toMatchObject({ code: 'ABORTED', message: 'broken' });
});
