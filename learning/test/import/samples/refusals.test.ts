/** Refusals for several reasons in a given order: which of them are listed. */
import { expect, it } from 'vitest';
import { SampleRefusedError } from '../../../src/datasets/encoding/index.js';
import { Refusals } from '../../../src/import/samples/index.js';

function refusals(...reasons: readonly string[]): Refusals {
  const all = new Refusals();
  for (const [index, reason] of reasons.entries()) {
    all.add({ where: `${index}.png`, refusal: new SampleRefusedError(reason, 'is refused') });
  }
  return all;
}

const paths = ({ first }: Refusals) => first.map(({ path }) => path);

it('Refusals lists the first five, and the first of each further reason', () => {
  const all = refusals(...Array(7).fill('another shape'), 'empty file', 'empty file');
  expect(paths(all)).toEqual(['0.png', '1.png', '2.png', '3.png', '4.png', '7.png']);
  expect(all.count).toBe(9);
});

it('Refusals of several parts of a source are listed in the same way', () => {
  const all = refusals(...Array(4).fill('another shape'), 'empty file');
  all.addAll(refusals('another shape', 'no label', 'empty file'));
  expect(paths(all)).toEqual(['0.png', '1.png', '2.png', '3.png', '4.png', '1.png']);
  expect(all.reasons).toEqual(
    new Map([
      ['another shape', 5],
      ['empty file', 2],
      ['no label', 1],
    ]),
  );
});
