/** What a teacher worker is told and reports about its teachers, message by message. */
import { ANSWER_NOISE } from '@lyceum/learning/models';
import { digestBytes, WantedTeacher } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { teacherState, wantedTeacher } from '../../src/session/messages.js';

const ONE = '1'.repeat(64);
const TWO = '2'.repeat(64);
const THREE = '3'.repeat(64);
const FOUR = '4'.repeat(64);

it('teacherState names the revision, the loaded teachers, why these do not answer, and why others failed', () => {
  const description = { classCount: 3 } as never;
  const failed = new Map([
    [TWO, { reason: 'too large', permanent: true, unreadable: false }],
    [THREE, { reason: 'its shard is gone', permanent: true, unreadable: true }],
  ]);
  const loaded = new Map([
    [ONE, description],
    [FOUR, description],
  ]);
  const troubles = new Map([[FOUR, 'answers 503']]);
  const answerNoise = ANSWER_NOISE.float32;
  expect(teacherState(7, loaded, failed, troubles)).toEqual({
    revision: 7,
    loaded: [
      { teacherIdentity: digestBytes(ONE), answerNoise, classCount: 3 },
      { teacherIdentity: digestBytes(FOUR), answerNoise, classCount: 3, trouble: 'answers 503' },
    ],
    failed: [
      { teacherIdentity: digestBytes(TWO), reason: 'too large', permanent: true },
      {
        teacherIdentity: digestBytes(THREE),
        reason: 'its shard is gone',
        permanent: true,
        unreadable: true,
      },
    ],
  });
});

it('wantedTeacher reads digests as hex, and a set without a path as one in the store', () => {
  const message = WantedTeacher.fromPartial({
    teacherIdentity: digestBytes(ONE),
    modelDigest: digestBytes(TWO),
    engine: 'tfjs',
    names: ['a'],
    ticketConsumer: 'c',
    datasets: [{ digest: digestBytes(ONE) }, { digest: digestBytes(TWO), path: 'sets/a' }],
    ticketsInHand: 2,
  });
  expect(wantedTeacher(message, 'TICKETS')).toMatchObject({
    identity: ONE,
    modelDigest: TWO,
    stream: 'TICKETS',
    consumer: 'c',
    datasets: [
      { digest: ONE, path: undefined },
      { digest: TWO, path: 'sets/a' },
    ],
    ticketsInHand: 2,
  });
});
