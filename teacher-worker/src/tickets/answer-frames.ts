/** Cuts a ticket's answer into frames. Pure; the frames borrow the answer's memory. */
import { type AnswerFrame, float32Tensor, type Ticket } from '@lyceum/proto';
import type { Answer } from '../compute/index.js';

/**
 * Frames that cover all rows in order, each with at most `frameBytes` of tensors, but at least one row.
 *
 * @param answer - its tensors have as many rows as the ticket has positions.
 */
export function answerFrames(
  ticket: Ticket,
  { tensors, inferenceSeconds, calls }: Answer,
  frameBytes: number,
): AnswerFrame[] {
  const rowBytes = tensors.reduce(
    (sum, { width }) => sum + width * Float32Array.BYTES_PER_ELEMENT,
    0,
  );
  const frameRows = Math.max(1, Math.floor(frameBytes / rowBytes));
  const frames: AnswerFrame[] = [];
  for (let firstRow = 0; firstRow < ticket.positionCount; firstRow += frameRows) {
    const endRow = Math.min(firstRow + frameRows, ticket.positionCount);
    frames.push({
      ticket,
      firstRow,
      inferenceSeconds: endRow === ticket.positionCount ? inferenceSeconds : 0,
      calls: endRow === ticket.positionCount ? calls : undefined,
      tensors: tensors.map(({ name, width, values }) =>
        float32Tensor(
          name,
          [endRow - firstRow, width],
          values.subarray(firstRow * width, endRow * width),
        ),
      ),
    });
  }
  return frames;
}
