/** A stand-in connection answers as the test says, so that nothing waits for a server. */
import { headers, type Msg, type NatsConnection, NatsError } from 'nats';
import { expect, test } from 'vitest';
import { nextMessage } from '../../../src/nats/jetstream/index.js';
import { failureOf } from '../../failure-of.js';

function connectionOf(answers: readonly (NatsError | Partial<Msg>)[]) {
  let calls = 0;
  const request = async () => {
    const answer = answers[calls++];
    if (answer instanceof NatsError) throw answer;
    return answer;
  };
  return { connection: { request } as unknown as NatsConnection, calls: () => calls };
}

const late = () => new NatsError('TIMEOUT', 'TIMEOUT');

test('a read that a busy server does not answer in time is asked for again', async () => {
  const found = headers();
  found.set('Nats-Sequence', '7');
  const message = { headers: found, data: Buffer.from('chunk') };
  const { connection, calls } = connectionOf([late(), late(), message]);
  const { sequence } = (await nextMessage(connection, 'OBJ_x', 'subject', 3)) ?? {};
  expect([sequence, calls()]).toEqual([7, 3]);
});

test('after three it is given up', async () => {
  const { connection, calls } = connectionOf([late(), late(), late(), late()]);
  const failure = await failureOf(nextMessage(connection, 'OBJ_x', 'subject', 3));
  expect([failure.code, failure.message, calls()]).toEqual([
    'UNAVAILABLE',
    'stream OBJ_x: NATS does not answer in time',
    3,
  ]);
});

test('what the server says at once is not asked for again', async () => {
  const { connection, calls } = connectionOf([new NatsError('503', '503'), late()]);
  const failure = await failureOf(nextMessage(connection, 'OBJ_x', 'subject', 3));
  expect([failure.code, calls()]).toEqual(['UNAVAILABLE', 1]);
});
