/** How rows are cut into inferences and frames. Counts are by hand; each row has its own values. */
import { float32Values, Ticket } from '@lyceum/proto';
import { expect, it } from 'vitest';
import type { Answer } from '../../src/compute/index.js';
import { inferenceRanges } from '../../src/compute/rows/inference-ranges.js';
import { answerFrames } from '../../src/tickets/answer-frames.js';

it('inferenceRanges cuts a span into inferences of 128 rows, the last one shorter', () => {
  expect(inferenceRanges(300)).toEqual([
    { firstRow: 0, rowCount: 128 },
    { firstRow: 128, rowCount: 128 },
    { firstRow: 256, rowCount: 44 },
  ]);
  expect(inferenceRanges(256)).toHaveLength(2);
  expect(inferenceRanges(1)).toEqual([{ firstRow: 0, rowCount: 1 }]);
});

/** Row r of `width` 2 holds 10r and 10r + 1. */
function rows(count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: count * 2 },
    (_, i) => Math.floor(i / 2) * 10 + (i % 2),
  ) as Float32Array<ArrayBuffer>;
}

const answer = (...tensors: Answer['tensors']) => ({ tensors, inferenceSeconds: 0.5 });

it('answerFrames cuts an answer into frames of whole rows, in order', () => {
  const ticket = Ticket.fromPartial({ positionCount: 5 });
  // 8 bytes a row: two rows in 23 bytes.
  const frames = answerFrames(ticket, answer({ name: 'logits', width: 2, values: rows(5) }), 23);
  expect(frames.map(({ firstRow, tensors }) => [firstRow, tensors[0]?.shape])).toEqual([
    [0, [2, 2]],
    [2, [2, 2]],
    [4, [1, 2]],
  ]);
  const values = frames.flatMap(({ tensors }) => tensors.flatMap((t) => [...float32Values(t)]));
  expect(values).toEqual([0, 1, 10, 11, 20, 21, 30, 31, 40, 41]);
  // The time of the answer is reported once.
  expect(frames.map(({ inferenceSeconds }) => inferenceSeconds)).toEqual([0, 0, 0.5]);
});

it('answerFrames sends a row that is longer than a frame by itself', () => {
  const ticket = Ticket.fromPartial({ positionCount: 2 });
  const frames = answerFrames(ticket, answer({ name: 'logits', width: 2, values: rows(2) }), 4);
  expect(frames.map(({ firstRow }) => firstRow)).toEqual([0, 1]);
});

it('answerFrames counts the bytes of all tensors of a row together', () => {
  const ticket = Ticket.fromPartial({ positionCount: 4 });
  const tensor = { name: 'logits', width: 2, values: rows(4) };
  // 16 bytes a row with both: one row in 31 bytes.
  const frames = answerFrames(ticket, answer(tensor, { ...tensor, name: 'hint' }), 31);
  expect(frames).toHaveLength(4);
  expect(frames[1]?.tensors.map(({ name }) => name)).toEqual(['logits', 'hint']);
});
