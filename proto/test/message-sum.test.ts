// Every bit of a message is changed on its way, one after the other; readers that know nothing of the sum read it too.
import { expect, test } from 'vitest';
import { checkedMessage, withSum } from '../src/message-sum.js';
import { GetRunRequest, Run } from '../src/messages.js';

const message = Buffer.from(GetRunRequest.encode({ runId: 'digits' }).finish());

test('what arrives as it was sent is the message, whatever parts it was sent in', () => {
  expect(checkedMessage(withSum([message]))).toEqual(message);
  const parts = withSum([message.subarray(0, 3), message.subarray(3)]);
  expect(parts).toEqual(withSum([message]));
  expect(checkedMessage(withSum([]))).toHaveLength(0);
});

test('a changed bit is noticed, or the message is what it was', () => {
  const sent = withSum([message]);
  let noticed = 0;
  for (let bit = 0; bit < 8 * sent.length; bit++) {
    const came = Buffer.from(sent);
    came[bit >> 3] = (came[bit >> 3] as number) ^ (1 << (bit & 7));
    try {
      // Of the sum's own mark: it counts as a field that nobody knows.
      expect(GetRunRequest.decode(checkedMessage(came))).toEqual({ runId: 'digits' });
    } catch (err) {
      noticed++;
      if (bit < 8 * message.length) expect(err).toMatchObject({ code: 'UNAVAILABLE' });
    }
  }
  expect(noticed).toBeGreaterThanOrEqual(8 * (message.length + 4));
});

test('readers of other languages pass over it, and write none', () => {
  expect(Run.decode(withSum([Run.encode(Run.fromPartial({ runId: 'x' })).finish()])).runId).toBe(
    'x',
  );
  expect(checkedMessage(message)).toBe(message);
});
