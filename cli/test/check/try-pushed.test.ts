/** `requireDistributions`: rows that are no probabilities, and the advice. */
import { expect, it } from 'vitest';
import { requireDistributions } from '../../src/check/try-pushed.js';

it.each<[string, [number, number], string]>([
  ['scores', [-3.5, 4], 'say {"output": "logits"}'],
  ['a sigmoid for each class', [0.01, 0.99], 'export it without the softmax or the sigmoids'],
  ['scores of two classes', [-4.5, 4.5], 'export its probabilities, without raw_scores'],
])('requireDistributions refuses %s as probabilities, with advice', (_, range, advice) => {
  const tried = { distributions: false, range };
  expect(() => requireDistributions({ output: 'probabilities' }, tried)).toThrow(
    `its settings say probabilities, but its rows are not: values lie from ${range[0]} to ${range[1]}, and do not sum to 1; ${advice}`,
  );
  expect(() => requireDistributions({ output: 'logits' }, tried)).not.toThrow();
});

it('requireDistributions takes rows that are probabilities', () => {
  const range: [number, number] = [0, 1];
  const tried = { distributions: true, range };
  expect(() => requireDistributions({ output: 'probabilities' }, tried)).not.toThrow();
});
