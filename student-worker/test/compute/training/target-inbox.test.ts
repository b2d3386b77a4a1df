/** Blocks are cut in different ways; the inbox must always give the rows by position. */
import { stepPlan } from '@lyceum/learning/orders';
import { describe, expect, it } from 'vitest';
import { TargetInbox } from '../../../src/compute/training/target-inbox.js';

/** Epochs of 10 positions in batches of 4, 4 and 2. */
const plan = stepPlan({ sampleCount: 10, batchSize: 4, epochs: 2 });

/** Two values a row: epoch · 100 + position, and its negative. */
function block(epoch: number, firstPosition: number, rows: number, names = ['a']) {
  return {
    epoch,
    firstPosition,
    figures: [],
    tensors: names.map((name) => ({
      name,
      rows,
      values: Float32Array.from({ length: rows * 2 }, (_, i) => {
        const value = epoch * 100 + firstPosition + (i >> 1);
        return i % 2 === 0 ? value : -value;
      }),
    })),
  };
}

function inbox(names = ['a'], firstStep = 0): TargetInbox {
  const box = new TargetInbox(
    plan,
    names.map((name) => ({ name, rowShape: [2] })),
    firstStep,
  );
  box.allow(plan.stepCount);
  return box;
}

const firstColumn = (box: TargetInbox, step: number, name = 'a') =>
  box
    .take(step)
    ?.get(name)
    ?.filter((_, i) => i % 2 === 0);

describe('TargetInbox', () => {
  it.each([[[10]], [[4, 4, 2]], [[3, 3, 3, 1]], [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]], [[7, 3]]])(
    'puts blocks of %j rows together by step',
    (sizes) => {
      const box = inbox();
      let position = 0;
      for (const rows of sizes) {
        box.put(block(1, position, rows));
        position += rows;
      }
      expect(firstColumn(box, 3)).toEqual(Float32Array.of(100, 101, 102, 103));
      expect(firstColumn(box, 4)).toEqual(Float32Array.of(104, 105, 106, 107));
      expect(firstColumn(box, 5)).toEqual(Float32Array.of(108, 109));
    },
  );

  it('gives the newest figures of a step once, and none of steps before its first', () => {
    const box = inbox(['a'], 1);
    const figures = [0, 1, 2, 3, 6].map((step) => ({ step, values: [step] }));
    box.put({ ...block(0, 4, 6), figures });
    box.put({ ...block(0, 8, 2), figures: [{ step: 2, values: [20] }] });
    expect([0, 1, 2, 3, 6, 1].map((step) => box.takeFigures(step))).toEqual([
      undefined,
      [1],
      [20],
      [3],
      ...[undefined, undefined],
    ]);
  });

  it('gives a step only once all rows of all tensors are there', () => {
    const box = inbox(['a', 'b']);
    box.put(block(0, 0, 4, ['a']));
    expect(box.take(0)).toBeUndefined();
    box.put(block(0, 0, 3, ['b']));
    expect(box.take(0)).toBeUndefined();
    box.put(block(0, 3, 1, ['b']));
    expect([...(box.take(0)?.keys() ?? [])]).toEqual(['a', 'b']);
    expect(box.take(0)).toBeUndefined();
  });

  it('does not count a row twice', () => {
    const box = inbox();
    box.put(block(0, 0, 2));
    box.put(block(0, 0, 2));
    expect(box.take(0)).toBeUndefined();
    box.put(block(0, 1, 9));
    expect(firstColumn(box, 0)).toEqual(Float32Array.of(0, 1, 2, 3));
  });

  it('gives no step before its first one', () => {
    const box = inbox(['a'], 1);
    box.put(block(0, 0, 10));
    expect(box.take(0)).toBeUndefined();
    expect(firstColumn(box, 1)).toEqual(Float32Array.of(4, 5, 6, 7));
  });

  it('gives an empty step at once when the run has no targets', () => {
    expect(inbox([]).take(0)?.size).toBe(0);
  });

  it('refuses rows beyond the credit or the epoch, unknown targets and wrong shapes', () => {
    const box = new TargetInbox(plan, [{ name: 'a', rowShape: [2] }], 0);
    box.allow(1);
    expect(() => box.put(block(0, 0, 5))).toThrow('credit ends before step 1');
    expect(() => box.put(block(0, 0, 1, ['b']))).toThrow('nobody asked for target b');
    expect(() => box.put(block(0, 8, 3))).toThrow('positions up to 11 of an epoch of 10');
    const short = { name: 'a', rows: 2, values: new Float32Array(3) };
    expect(() => box.put({ ...block(0, 0, 2), tensors: [short] })).toThrow(
      'want shape [2,2], got [3]',
    );
  });
});
