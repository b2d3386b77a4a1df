/** How many callers get a slot, as the limit changes. */
import { expect, it } from 'vitest';
import { Slots } from '../../src/tickets/slots.js';

const NEVER = new AbortController().signal;

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

it('Slots holds back a caller over the limit until a slot is free', async () => {
  const slots = new Slots(2);
  const inside: number[] = [];
  const frees: (() => void)[] = [];
  for (const id of [1, 2, 3]) {
    void slots.take(NEVER).then((free) => {
      inside.push(id);
      frees.push(free);
    });
  }
  await settle();
  expect(inside).toEqual([1, 2]);
  frees[0]?.();
  await settle();
  expect(inside).toEqual([1, 2, 3]);
});

it('Slots frees a slot once, although it is freed twice', async () => {
  const slots = new Slots(2);
  const free = await slots.take(NEVER);
  await slots.take(NEVER);
  free();
  free();
  await slots.take(NEVER);
  const fourth = new AbortController();
  const refused = slots.take(fourth.signal);
  fourth.abort(new Error('still full'));
  await expect(refused).rejects.toThrow('still full');
});

it('Slots admits a waiting caller when the limit rises', async () => {
  const slots = new Slots(0);
  const taken = slots.take(NEVER);
  slots.setLimit(1);
  await expect(taken).resolves.toBeTypeOf('function');
});
