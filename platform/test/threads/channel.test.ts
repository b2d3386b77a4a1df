/** Both ends of a channel in one thread, over a real pair of ports. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { Channel, moved } from '../../src/threads/channel.js';

interface Calls {
  sum(values: Float32Array<ArrayBuffer>): number;
  halves(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer>[];
}

const { port1, port2 } = new MessageChannel();
afterEach(() => port1.close());

let offered: Float32Array<ArrayBuffer>[] = [];
const there: Calls = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  halves(values) {
    offered = [values.slice(0, 1), values.slice(1)];
    // An equal tensor may come twice; its buffer can be handed over once.
    return moved(
      [...offered, ...offered],
      [...offered, ...offered].map(({ buffer }) => buffer),
    );
  },
};

it('copies what it sends, and hands over what is moved, as argument and as answer', async () => {
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
