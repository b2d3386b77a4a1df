// Every bit of a message is changed once. Readers without knowledge of the checksum read the message too.
import { expect, test } from 'vitest';
import { checkedMessage, withSum } from '../src/message-sum.js';
import { GetRunRequest, Run } from '../src/messages.js';

const message = Buffer.from(GetRunRequest.encode({ runId: 'digits' }).finish());

test('checkedMessage gives the message that withSum was given, in one part or several', () => {
  expect(checkedMessage(withSum([message]))).toEqual(message);
  const parts = withSum([message.subarray(0, 3), message.subarray(3)]);
  expect(parts).toEqual(withSum([message]));
  expect(checkedMessage(withSum([]))).toHaveLength(0);
});

test('checkedMessage detects a changed bit, or the message is unchanged', () => {
  const sent = withSum([message]);
  let noticed = 0;
  for (let bit = 0; bit < 8 * sent.length; bit++) {
    const came = Buffer.from(sent);
    came[bit >> 3] = (came[bit >> 3] as number) ^ (1 << (bit & 7));
    try {
      // A changed mark of the checksum is read as an unknown field.
      expect(GetRunRequest.decode(checkedMessage(came))).toEqual({ runId: 'digits' });
    } catch (err) {
      noticed++;
      if (bit < 8 * message.length) expect(err).toMatchObject({ code: 'UNAVAILABLE' });
    }
  }
  expect(noticed).toBeGreaterThanOrEqual(8 * (message.length + 4));
});

test('messages with a checksum are read by plain readers, and messages without one are accepted', () => {
  expect(Run.decode(withSum([Run.encode(Run.fromPartial({ runId: 'x' })).finish()])).runId).toBe(
    'x',
  );
  expect(checkedMessage(message)).toBe(message);
});
