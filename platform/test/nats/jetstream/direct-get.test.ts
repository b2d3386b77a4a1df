/** A stand-in connection gives the answers that the test lists, so that no test waits for a server. */
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

test('nextMessage asks again when the server does not answer in time', async () => {
  const found = headers();
  found.set('Nats-Sequence', '7');
  const message = { headers: found, data: Buffer.from('chunk') };
  const { connection, calls } = connectionOf([late(), late(), message]);
  const { sequence } = (await nextMessage(connection, 'OBJ_x', 'subject', 3)) ?? {};
  expect([sequence, calls()]).toEqual([7, 3]);
});

test('nextMessage gives up after three timeouts', async () => {
  const { connection, calls } = connectionOf([late(), late(), late(), late()]);
  const failure = await failureOf(nextMessage(connection, 'OBJ_x', 'subject', 3));
  expect([failure.code, failure.message, calls()]).toEqual([
    'UNAVAILABLE',
    'stream OBJ_x: NATS does not answer in time',
    3,
  ]);
});

test('nextMessage does not ask again after an error that the server reports', async () => {
  const { connection, calls } = connectionOf([new NatsError('503', '503'), late()]);
  const failure = await failureOf(nextMessage(connection, 'OBJ_x', 'subject', 3));
  expect([failure.code, calls()]).toEqual(['UNAVAILABLE', 1]);
});
