/** Random users of windows: the budget is kept, and every user gets a window. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { type Place, WindowMemory } from '../../src/windows/window-memory.js';

const never = new AbortController().signal;

describe('WindowMemory', () => {
  it('stays within its budget and serves every user', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const memory = new WindowMemory(1000);
      let draws = 0;
      const random = (below: number) => Math.floor(mulberry32(seed, draws++) * below);
      let served = 0;
      const held = new Set<Place>();
      const user = async () => {
        for (let i = 0; i < 20; i++) {
          const reading = random(300);
          const place = await memory.admit(1 + random(700), reading, never);
          for (const other of held) {
            expect(place.end <= other.start || other.end <= place.start).toBe(true);
          }
          held.add(place);
          expect(memory.usedBytes).toBeLessThanOrEqual(1000);
          const beside = random(400);
          if (memory.tryTake(beside)) memory.give(beside);
          await Promise.resolve();
          memory.give(reading);
          expect(memory.usedBytes).toBeLessThanOrEqual(1000);
          held.delete(place);
          memory.retire(place, () => undefined);
          served++;
        }
      };
      await Promise.all([user(), user(), user(), user()]);
      expect(served).toBe(80);
    }
  });

  it('serves requests in order, so a small window does not pass a large one', async () => {
    const memory = new WindowMemory(100);
    const held = await memory.admit(60, 0, never);
    const order: string[] = [];
    const large = memory.admit(90, 0, never).then((place) => {
      order.push('large');
      memory.discard(place);
    });
    const small = memory.admit(10, 0, never).then(() => order.push('small'));
    expect(memory.tryTake(1)).toBe(false);
    memory.discard(held);
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
  });

  it('serves the next request when one is aborted', async () => {
    const memory = new WindowMemory(100);
    await memory.admit(60, 0, never);
    const leaving = new AbortController();
    const large = memory.admit(90, 0, leaving.signal);
    const small = memory.admit(10, 0, never);
    leaving.abort();
    await expect(large).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(memory.at(await small)).toHaveLength(10);
  });

  it('keeps unused windows until their memory is needed', async () => {
    const memory = new WindowMemory(100);
    const gone: string[] = [];
    const first = await memory.admit(40, 0, never);
    const second = await memory.admit(40, 0, never);
    memory.retire(first, () => gone.push('first'));
    memory.retire(second, () => gone.push('second'));
    expect(memory.tryTake(20)).toBe(true);
    expect(gone).toEqual([]);
    expect(await memory.admit(30, 0, never)).toEqual({ start: 0, end: 30 });
    expect(gone).toEqual(['first']);
    memory.revive(second);
    expect(memory.tryTake(20)).toBe(false);
    memory.retire(second, () => gone.push('second'));
    expect(memory.tryTake(20)).toBe(true);
    expect(gone).toEqual(['first', 'second']);
  });

  it('waits for one range that is large enough, and frees no window in vain', async () => {
    const memory = new WindowMemory(100);
    const [left, middle, right] = await Promise.all([
      memory.admit(40, 0, never),
      memory.admit(20, 0, never),
      memory.admit(40, 0, never),
    ]);
    const gone: string[] = [];
    memory.retire(left, () => gone.push('left'));
    memory.retire(right, () => gone.push('right'));
    const large = memory.admit(60, 0, never);
    expect(gone).toEqual([]);
    memory.discard(middle);
    expect(await large).toEqual({ start: 0, end: 60 });
    expect(gone).toEqual(['left']);
  });

  it('refuses a window larger than the budget', async () => {
    await expect(new WindowMemory(100).admit(90, 20, never)).rejects.toThrowError(
      /takes 90 bytes decoded and 20 to read .* may take 100/,
    );
  });
});
