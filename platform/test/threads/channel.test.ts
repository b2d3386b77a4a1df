/** Both ends of a channel in one thread, over a real pair of ports. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Channel, moved } from '../../src/threads/channel.js';

interface Calls {
  sum(values: Float32Array<ArrayBuffer>): number;
  halves(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer>[];
}

let port1: MessagePort;
let port2: MessagePort;
beforeEach(() => {
  ({ port1, port2 } = new MessageChannel());
});
afterEach(() => port1.close());

let offered: Float32Array<ArrayBuffer>[] = [];
const there: Calls = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  halves(values) {
    offered = [values.slice(0, 1), values.slice(1)];
    // The same tensor may be named twice; its buffer is transferred once.
    return moved(
      [...offered, ...offered],
      [...offered, ...offered].map(({ buffer }) => buffer),
    );
  },
};

it('Channel copies arguments and answers, and transfers what `moved` names', async () => {
  const channel = new Channel<Calls>(port1, {});
  new Channel(port2, there);
  const values = Float32Array.of(1, 2, 3);
  expect(await channel.call('sum', values)).toBe(6);
  expect(values).toHaveLength(3);
  expect(await channel.call('sum', moved(values, [values.buffer]))).toBe(6);
  expect(values).toHaveLength(0);

  const [first, rest, ...again] = await channel.call('halves', Float32Array.of(1, 2, 3));
  expect([first, rest]).toEqual([Float32Array.of(1), Float32Array.of(2, 3)]);
  expect(again).toEqual([first, rest]);
  expect(offered.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
});

it.each([
  { inTurn: true, order: ['began 1', 'ended 1', 'began 2', 'ended 2'] },
  { inTurn: false, order: ['began 1', 'began 2', 'ended 1', 'ended 2'] },
])('Channel carries calls out in turn, or side by side: $inTurn', async ({ inTurn, order }) => {
  const seen: string[] = [];
  const slow = {
    async run(n: number): Promise<void> {
      seen.push(`began ${n}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`ended ${n}`);
      if (n === 1) throw new Error('and the next is carried out all the same');
    },
  };
  const channel = new Channel<typeof slow>(port1, {});
  new Channel(port2, slow, { inTurn });
  const [first, second] = [channel.call('run', 1), channel.call('run', 2)];
  await expect(first).rejects.toThrow('all the same');
  await second;
  expect(seen).toEqual(order);
});
