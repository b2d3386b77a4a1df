/** Senders that the test ends by hand: which of them gets an answer depends on the answers under way. */
import { AnswerReceipt, Ticket } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { type AnswerSender, AnswerStreams } from '../../src/tickets/answer-streams.js';

const ANSWER = { tensors: [], inferenceSeconds: 0 };

class Waiting implements AnswerSender {
  readonly ends: { ok: () => void; fail: (err: Error) => void }[] = [];
  closed = false;

  send(ticket: Ticket): Promise<AnswerReceipt> {
    return new Promise((resolve, reject) => {
      const ok = () => resolve(AnswerReceipt.fromPartial({ ticket, wanted: true }));
      this.ends.push({ ok, fail: reject });
    });
  }

  close(): void {
    this.closed = true;
  }
}

const ticket = Ticket.fromPartial({ positionCount: 1 });

it('AnswerStreams uses one stream for successive answers, and more for simultaneous ones', async () => {
  const senders = [new Waiting(), new Waiting(), new Waiting()];
  const streams = new AnswerStreams(senders);
  const counts = () => senders.map(({ ends }) => ends.length);
  const first = streams.send(ticket, ANSWER);
  senders[0]?.ends[0]?.ok();
  expect((await first).wanted).toBe(true);
  const second = streams.send(ticket, ANSWER);
  expect(counts()).toEqual([2, 0, 0]);
  const others = [1, 2, 3].map(() => streams.send(ticket, ANSWER));
  expect(counts()).toEqual([3, 1, 1]);
  // A stream that failed is free again.
  senders[1]?.ends[0]?.fail(new Error('broken'));
  await expect(others[0]).rejects.toThrow('broken');
  void streams.send(ticket, ANSWER);
  expect(counts()).toEqual([3, 2, 1]);
  senders[0]?.ends[1]?.ok();
  await second;
  streams.close();
  expect(senders.map(({ closed }) => closed)).toEqual([true, true, true]);
});
