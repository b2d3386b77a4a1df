// Frames of one stream against a book with one ticket: what is said of each frame, and when the receipt comes.
import { AnswerFrame, float32Tensor, type Tensor, type Ticket } from '@lyceum/proto';
import { expect, test } from 'vitest';
import { AnswerFrames, AskBook } from '../../../src/tickets/asks/index.js';
import { anAsk, anAsker, aTaker, TEACHER } from './an-ask.js';

const ask = anAsk();
const ticket: Ticket = { ...ask.ticket, attempt: 1 };

function openStream() {
  const book = new AskBook();
  const anna = anAsker('anna');
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  return { book, anna, stream: new AnswerFrames(aTaker('w1'), book) };
}

function rows(firstRow: number, rowCount: number, values?: Float32Array): AnswerFrame {
  const all = values ?? new Float32Array(3 * rowCount);
  return frame(firstRow, [float32Tensor('logits', [rowCount, 3], all)]);
}

function frame(firstRow: number, tensors: Tensor[]): AnswerFrame {
  return AnswerFrame.fromPartial({ ticket, firstRow, tensors });
}

test('the receipt comes with the last row', () => {
  const { stream } = openStream();
  const first = stream.came(rows(0, 3));
  expect(first).toMatchObject({ asks: [ask], rowCount: 3, areFirst: true, problem: undefined });
  expect(stream.stored(first)).toBeUndefined();
  const last = stream.came(rows(3, 1));
  expect(last).toMatchObject({ rowCount: 1, areFirst: false });
  expect(stream.stored(last)).toEqual({ ticket, wanted: true });
});

test('what nobody wants is taken without looking at its numbers, and the worker told so', () => {
  const stream = new AnswerFrames(aTaker('w1'), new AskBook());
  const all = stream.came(rows(0, 4, new Float32Array(12).fill(Number.NaN)));
  expect(all).toMatchObject({ asks: [], problem: undefined });
  expect(stream.stored(all)).toEqual({ ticket, wanted: false });
});

test('an answer that came to be wanted half-way does not count', () => {
  const book = new AskBook();
  const stream = new AnswerFrames(aTaker('w1'), book);
  stream.stored(stream.came(rows(0, 2)));
  const anna = anAsker('anna');
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  expect(stream.stored(stream.came(rows(2, 2)))).toEqual({ ticket, wanted: false });
});

test('an answer that is no longer wanted half-way does not count', () => {
  const { book, anna, stream } = openStream();
  stream.stored(stream.came(rows(0, 2)));
  book.withdrawn(anna, ask.id);
  expect(stream.stored(stream.came(rows(2, 2)))).toEqual({ ticket, wanted: false });
});

test('an answer whose worker is quarantined half-way does not count, and breaks nothing', () => {
  const { book, stream } = openStream();
  stream.stored(stream.came(rows(0, 2)));
  book.discredited('w1', TEACHER, 0);
  expect(stream.stored(stream.came(rows(2, 2)))).toEqual({ ticket, wanted: false });
});

test('a ticket in other hands is refused before its frame is looked at', () => {
  const { book } = openStream();
  book.taken(aTaker('w2'), ticket, 7, 0);
  const stream = new AnswerFrames(aTaker('w1'), book);
  const problem = `ticket ${ask.id} is not in the hands of w1`;
  expect(() => stream.came(frame(9, []))).toThrow(problem);
});

test.each([
  ['other tensors', frame(0, []), 'want the tensors logits, got none'],
  [
    'rows of another length',
    frame(0, [float32Tensor('logits', [2, 4], new Float32Array(8))]),
    'want shape [2,3], got [2,4]',
  ],
  ['rows out of order', rows(1, 1), 'want row 0 next, got 1'],
  ['too many rows', rows(0, 5), 'rows [0, 5) are not in a ticket of 4'],
])('%s are no answer', (_, wrong, message) => {
  const { stream } = openStream();
  expect(stream.came(wrong).problem?.message).toContain(message);
});

test.each([
  ['a wrong frame', (stream: AnswerFrames) => stream.came(rows(3, 1))],
  ['refused values', (stream: AnswerFrames) => stream.refused(stream.came(rows(2, 1)))],
])('after %s its ticket begins anew', (_, goWrong) => {
  const { stream } = openStream();
  stream.stored(stream.came(rows(0, 2)));
  goWrong(stream);
  const again = stream.came(rows(0, 4));
  expect(again.problem).toBeUndefined();
  expect(stream.stored(again)).toEqual({ ticket, wanted: true });
});

test('a frame that names no ticket, or a malformed one, is refused', () => {
  const { stream } = openStream();
  expect(() => stream.came(AnswerFrame.fromPartial({}))).toThrow('the frame names no ticket');
  const tooLong = { ...ticket, positionCount: 2 ** 24 + 1 };
  expect(() => stream.came(AnswerFrame.fromPartial({ ticket: tooLong }))).toThrow('malformed');
});

test('not more than 256 tickets are half answered on a stream', () => {
  const { stream } = openStream();
  const half = (attempt: number) =>
    stream.came(AnswerFrame.fromPartial({ ...rows(0, 2), ticket: { ...ticket, attempt } }));
  for (let attempt = 1; attempt <= 256; attempt++) stream.stored(half(attempt));
  expect(() => stream.stored(half(257))).toThrow('256 tickets are half answered');
});
