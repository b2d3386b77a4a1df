/** Requests are streams that the test writes by hand. */
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { BodyRoom } from '../src/serving/body-room.js';

/** @param parts - that have come so far; the request has not ended. */
function request(...parts: string[]): PassThrough {
  const stream = new PassThrough();
  for (const part of parts) stream.write(part);
  return stream;
}

const bodyOf = (room: BodyRoom, stream: PassThrough) =>
  room.bodyOf(stream as unknown as IncomingMessage);

test('BodyRoom.bodyOf returns the whole body', async () => {
  const stream = request('ab', 'c');
  stream.end('d');
  expect(`${await bodyOf(new BodyRoom(4, 4), stream)}`).toBe('abcd');
});

test('BodyRoom refuses a body that is too long, and reads it to its end', async () => {
  const stream = request('abc', 'de');
  await expect(bodyOf(new BodyRoom(4, 100), stream)).rejects.toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
  });
  stream.end('x'.repeat(1_000_000));
  await expect.poll(() => stream.readableEnded).toBe(true);
});

test('BodyRoom limits the bytes of all unfinished bodies, and frees their room', async () => {
  const room = new BodyRoom(8, 10);
  const [first, second] = [request('123456'), request('1234')];
  const [whole, gone] = [bodyOf(room, first), bodyOf(room, second)];
  await expect(bodyOf(room, request('1'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  second.destroy();
  await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
  const third = request('1234');
  third.end();
  expect(`${await bodyOf(room, third)}`).toBe('1234');
  first.end('78');
  expect(`${await whole}`).toBe('12345678');
  const last = request('12345678');
  last.end();
  expect(`${await bodyOf(room, last)}`).toBe('12345678');
});
