/** Answers of models behind servers, and the problems found in them. */
import { expect, it } from 'vitest';
import { answerProblems } from '../../src/open-inference/found-problems.js';

it('answerProblems accepts rows of two or more numbers', () => {
  expect(answerProblems([1, 2, 3, 4], 2, 'y', {})).toEqual([]);
  expect(answerProblems([0.25, 0.75], 2, 'y', { output: 'probabilities' })).toEqual([]);
});

it('answerProblems asks for the output setting where a sample has one number', () => {
  const message = expect.stringContaining('gives one number a sample; put {"output": ');
  expect(answerProblems([0.1, 0.9], 1, 'y', {})).toEqual([{ path: 'y', message }]);
  expect(answerProblems([0.1, 0.9], 1, 'y', { output: 'probabilities' })).toEqual([]);
  expect(answerProblems([-7, 9], 1, 'y', { output: 'logits' })).toEqual([]);
  expect(answerProblems([0.1, Number.NaN], 1, 'y', { output: 'logits' })).toHaveLength(1);
});

it('answerProblems recognises class numbers, unless all are 0 or 1', () => {
  const message = expect.stringContaining('gives one whole number a sample, as of its class');
  expect(answerProblems([8, 1, 0, 8], 1, 'predict', {})).toEqual([{ path: 'predict', message }]);
  const unclear = expect.stringContaining('put {"output": ');
  expect(answerProblems([1, 0, 0, 1], 1, 'y', {})).toEqual([{ path: 'y', message: unclear }]);
});

it('answerProblems refuses percentages, unless the settings call them logits', () => {
  const percentages = [20, 79.5, 100, 0];
  expect(answerProblems(percentages, 2, 'y', {})).toHaveLength(1);
  expect(answerProblems(percentages, 2, 'y', { output: 'logits' })).toEqual([]);
  expect(answerProblems([20, 70, 100, 0], 2, 'y', {})).toEqual([]);
});

it('answerProblems refuses numbers from 0 to 1 that are no distributions, unless the settings say more', () => {
  const sigmoids = [0.98, 0.4, 0.03, 0.2, 0.3, 0.1];
  const message = expect.stringContaining('a sigmoid for each class, or rounded probabilities');
  expect(answerProblems(sigmoids, 3, 'y', {})).toEqual([{ path: 'settings.output', message }]);
  expect(answerProblems([0.33, 0.32, 0.34], 3, 'y', {})).toHaveLength(1);
  expect(answerProblems(sigmoids, 3, 'y', { output: 'logits' })).toEqual([]);
  expect(answerProblems([0.98, 0.4, 1.03], 3, 'y', {})).toEqual([]);
  expect(answerProblems([1, 1, 1], 3, 'y', {})).toEqual([]);
});
