import { expect, it, vi } from 'vitest';
import type { AnswerOrigin } from '../../../src/evaluation/verification/answer-origins.js';
import { VerificationAsker } from '../../../src/evaluation/verification/verification-asker.js';

const TABLE = {
  teacherIdentity: 'ab'.repeat(32),
  datasetDigest: 'cd'.repeat(32),
  view: 'identity',
  viewEpoch: 0,
  outputs: ['logits'],
  codec: 'float32',
  sampleCount: 10,
  rowLength: 2,
} as const;

it('VerificationAsker asks again when it joined a ticket too late for its first rows', () => {
  const askAgain = vi.fn();
  const asker = new VerificationAsker('check', askAgain);
  const dataset = { digest: TABLE.datasetDigest, classCount: 2, sampleCount: 10 };
  const origin = { split: 'train', outputs: [{ name: 'logits', rowLength: 2, codec: 'float32' }] };
  const question = {
    origin: origin as unknown as AnswerOrigin,
    span: { epoch: 0, firstPosition: 0, positionCount: 3 },
    samples: Uint32Array.of(4, 5, 6),
  };
  const { ask, again } = asker.ask(TABLE, dataset as never, question);
  ask.receive?.(1, [Float32Array.of(3, 4, 5, 6)]);
  asker.satisfied(ask.id);
  expect(askAgain).toHaveBeenCalledExactlyOnceWith(ask);
  expect(asker.openCount).toBe(1);

  ask.receive?.(0, [Float32Array.of(1, 2, 3, 4, 5, 6)]);
  asker.satisfied(ask.id);
  expect(asker.openCount).toBe(0);
  expect([...again]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(askAgain).toHaveBeenCalledOnce();
});
