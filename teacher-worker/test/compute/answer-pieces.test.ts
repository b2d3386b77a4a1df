/** Pieces cover a span as inferences of the whole span would; their joined answers equal the answer to the whole. */
import { Split } from '@lyceum/proto';
import { expect, it } from 'vitest';
import { joinedAnswers, spanPieces } from '../../src/compute/answer-pieces.js';

const span = { split: Split.SPLIT_TRAIN, firstPosition: 100, positionCount: 700, order: undefined };

it.each([
  [300, [256, 256, 188]],
  [1_000, [700]],
  // No inference is cut.
  [1, [128, 128, 128, 128, 128, 60]],
])('spanPieces of at most %i rows begin where inferences begin', (rows, counts) => {
  const pieces = spanPieces(span, rows);
  expect(pieces.map(({ positionCount }) => positionCount)).toEqual(counts);
  let position = 100;
  for (const { firstPosition, positionCount } of pieces) {
    expect(firstPosition).toBe(position);
    position += positionCount;
  }
  expect(position).toBe(800);
});

it('joinedAnswers joins the tensors, and adds up seconds and calls', () => {
  const logits = (...values: number[]) => ({
    name: 'logits',
    width: 2,
    values: Float32Array.from(values),
  });
  const answers = [
    { tensors: [logits(1, 2)], inferenceSeconds: 1 },
    {
      tensors: [logits(3, 4, 5, 6)],
      inferenceSeconds: 2,
      calls: { count: 1, inputTokens: 2, outputTokens: 3 },
    },
    {
      tensors: [logits(7, 8)],
      inferenceSeconds: 0.5,
      calls: { count: 10, inputTokens: 20, outputTokens: 30 },
    },
  ];
  expect(joinedAnswers(answers)).toEqual({
    tensors: [logits(1, 2, 3, 4, 5, 6, 7, 8)],
    inferenceSeconds: 3.5,
    calls: { count: 11, inputTokens: 22, outputTokens: 33 },
  });
  expect(joinedAnswers(answers.slice(0, 1))).toBe(answers[0]);
});
