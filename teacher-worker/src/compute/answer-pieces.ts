/** Answers that are computed piece by piece: how a span is cut, and how its pieces become one answer. Pure. */
import { usedTogether } from './engine/index.js';
import { INFERENCE_ROWS } from './rows/index.js';
import type { Answer } from './teacher-calls.js';
import type { TicketSpan } from './ticket-span.js';

/**
 * Cuts a span into pieces, in order. Each piece begins where an inference of the whole span would begin, so that the
 * answer has the same bits.
 *
 * @param rows - greatest length of a piece; but no piece is shorter than one inference, except the last.
 */
export function spanPieces(span: TicketSpan, rows: number): TicketSpan[] {
  const step = Math.max(1, Math.floor(rows / INFERENCE_ROWS)) * INFERENCE_ROWS;
  const { firstPosition, positionCount } = span;
  return Array.from({ length: Math.ceil(positionCount / step) }, (_, piece) => ({
    ...span,
    firstPosition: firstPosition + piece * step,
    positionCount: Math.min(step, positionCount - piece * step),
  }));
}

/** @param answers - to the pieces of one span, in order; at least one. */
export function joinedAnswers(answers: readonly Answer[]): Answer {
  const [first, ...others] = answers;
  if (first === undefined) throw new Error('an answer of no pieces');
  if (others.length === 0) return first;
  const calls = answers.flatMap((answer) => (answer.calls === undefined ? [] : [answer.calls]));
  return {
    tensors: first.tensors.map(({ name, width }, tensor) => {
      const parts = answers.map((answer) => answer.tensors[tensor]?.values ?? new Float32Array());
      const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
      let start = 0;
      for (const part of parts) {
        values.set(part, start);
        start += part.length;
      }
      return { name, width, values };
    }),
    inferenceSeconds: answers.reduce((sum, { inferenceSeconds }) => sum + inferenceSeconds, 0),
    ...(calls.length > 0 && { calls: calls.reduce(usedTogether) }),
  };
}
