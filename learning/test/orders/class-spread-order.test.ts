/** Sets whose labels follow a rule: the samples of each class are counted, and the order must be a permutation. */
import { describe, expect, it } from 'vitest';
import { classSpreadSamples } from '../../src/orders/class-spread-order.js';

const KEY = { seed: 0, epoch: 0 };

/** A set whose validation samples have these labels, in this order. */
function validation(labels: readonly number[], classCount: number) {
  const splits = new Uint8Array(labels.length).fill(2);
  return { labels: Int32Array.from(labels), splits, classCount };
}

/** Counts of each class; the last count is that of samples without a label. */
function counts({ labels, classCount }: ReturnType<typeof validation>, samples: Uint32Array) {
  const counted = new Array<number>(classCount + 1).fill(0);
  for (const sample of samples) {
    const label = labels[sample] as number;
    const index = label < 0 ? classCount : label;
    counted[index] = (counted[index] as number) + 1;
  }
  return counted;
}

describe('classSpreadSamples, the first samples of the order', () => {
  it('include every class of a set sorted by class', () => {
    const set = validation(
      Array.from({ length: 1000 }, (_, i) => Math.floor(i / 100)),
      10,
    );
    const drawn = classSpreadSamples(set, 'validation', KEY, 256);
    expect(counts(set, drawn).slice(0, 10).sort()).toEqual([
      25, 25, 25, 25, 26, 26, 26, 26, 26, 26,
    ]);
    // The samples are drawn, not the first ones of each class.
    expect(drawn.filter((sample) => sample % 100 < 26).length).toBeLessThan(128);
    expect([...classSpreadSamples(set, 'validation', KEY, 40)]).toEqual([...drawn.slice(0, 40)]);
  });

  it('include all of a rare class, and put labelled samples before unlabelled ones', () => {
    const set = validation(
      Array.from({ length: 300 }, (_, i) => (i < 100 ? -1 : i === 200 || i === 201 ? 1 : 0)),
      2,
    );
    expect(counts(set, classSpreadSamples(set, 'validation', KEY, 50))).toEqual([48, 2, 0]);
    expect(counts(set, classSpreadSamples(set, 'validation', KEY, 250))).toEqual([198, 2, 50]);
  });

  it('include as many classes as there is room for, from the whole range', () => {
    const set = validation(
      Array.from({ length: 2000 }, (_, i) => i % 1000),
      1000,
    );
    const drawn = classSpreadSamples(set, 'validation', KEY, 16);
    const classes = new Set([...drawn].map((sample) => set.labels[sample] as number));
    expect(classes.size).toBe(16);
    expect(Math.max(...classes)).toBeGreaterThan(500);
  });
});

it('classSpreadSamples is a permutation of the split that depends on the key', () => {
  const labels = Array.from({ length: 97 }, (_, i) => (i % 5) - 1);
  const set = { ...validation(labels, 4), splits: Uint8Array.from(labels, (_, i) => 1 + (i % 2)) };
  const odd = [...labels.keys()].filter((i) => i % 2 === 1);
  const whole = classSpreadSamples(set, 'validation', KEY, 1000);
  expect([...whole].sort((a, b) => a - b)).toEqual(odd);
  expect([...classSpreadSamples(set, 'validation', { seed: 1, epoch: 0 }, 1000)]).not.toEqual([
    ...whole,
  ]);
  expect(classSpreadSamples(set, 'test', KEY, 8)).toHaveLength(0);
});

it('classSpreadSamples keeps its recorded order, since stored digests of answers depend on it', () => {
  const set = validation(
    Array.from({ length: 30 }, (_, i) => Math.floor(i / 10)),
    3,
  );
  expect([...classSpreadSamples(set, 'validation', KEY, 9)]).toEqual([
    26, 5, 15, 21, 8, 12, 27, 6, 19,
  ]);
});
