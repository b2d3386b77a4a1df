// Frames of one stream of answers, and a book with one ticket.
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

test('AnswerFrames gives the receipt with the last row', () => {
  const { stream } = openStream();
  const first = stream.came(rows(0, 3));
  expect(first).toMatchObject({ asks: [ask], rowCount: 3, areFirst: true, problem: undefined });
  expect(stream.stored(first)).toBeUndefined();
  const last = stream.came(rows(3, 1));
  expect(last).toMatchObject({ rowCount: 1, areFirst: false });
  expect(stream.stored(last)).toEqual({ ticket, wanted: true });
});

test('AnswerFrames accepts an unwanted answer unchecked, with a receipt that says wanted: false', () => {
  const stream = new AnswerFrames(aTaker('w1'), new AskBook());
  const all = stream.came(rows(0, 4, new Float32Array(12).fill(Number.NaN)));
  expect(all).toMatchObject({ asks: [], problem: undefined });
  expect(stream.stored(all)).toEqual({ ticket, wanted: false });
});

test('AnswerFrames does not count an answer that was wanted only after its first rows', () => {
  const book = new AskBook();
  const stream = new AnswerFrames(aTaker('w1'), book);
  stream.stored(stream.came(rows(0, 2)));
  const anna = anAsker('anna');
  book.asked(anna, ask);
  book.lookedUp(anna, ask, false);
  expect(stream.stored(stream.came(rows(2, 2)))).toEqual({ ticket, wanted: false });
});

test('AnswerFrames does not count an answer that was withdrawn after its first rows', () => {
  const { book, anna, stream } = openStream();
  stream.stored(stream.came(rows(0, 2)));
  book.withdrawn(anna, ask.id);
  expect(stream.stored(stream.came(rows(2, 2)))).toEqual({ ticket, wanted: false });
});

test('AnswerFrames does not count an answer whose worker was discredited after its first rows', () => {
  const { book, stream } = openStream();
  stream.stored(stream.came(rows(0, 2)));
  book.discredited('w1', TEACHER, 0);
  expect(stream.stored(stream.came(rows(2, 2)))).toEqual({ ticket, wanted: false });
});

test('AnswerFrames refuses a frame for a ticket that another worker holds', () => {
  const { book } = openStream();
  book.taken(aTaker('w2'), ticket, 0);
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
])('AnswerFrames reports a problem: %s', (_, wrong, message) => {
  const { stream } = openStream();
  expect(stream.came(wrong).problem?.message).toContain(message);
});

test.each([
  ['a wrong frame', (stream: AnswerFrames) => stream.came(rows(3, 1))],
  ['refused values', (stream: AnswerFrames) => stream.refused(stream.came(rows(2, 1)))],
])('AnswerFrames starts a ticket again at row 0 after %s', (_, goWrong) => {
  const { stream } = openStream();
  stream.stored(stream.came(rows(0, 2)));
  goWrong(stream);
  const again = stream.came(rows(0, 4));
  expect(again.problem).toBeUndefined();
  expect(stream.stored(again)).toEqual({ ticket, wanted: true });
});

test('AnswerFrames refuses a frame without a ticket, or with a malformed one', () => {
  const { stream } = openStream();
  expect(() => stream.came(AnswerFrame.fromPartial({}))).toThrow('the frame names no ticket');
  const tooLong = { ...ticket, positionCount: 2 ** 24 + 1 };
  expect(() => stream.came(AnswerFrame.fromPartial({ ticket: tooLong }))).toThrow('malformed');
});

test('AnswerFrames refuses a 257th half-answered ticket on a stream', () => {
  const { stream } = openStream();
  const half = (attempt: number) =>
    stream.came(AnswerFrame.fromPartial({ ...rows(0, 2), ticket: { ...ticket, attempt } }));
  for (let attempt = 1; attempt <= 256; attempt++) stream.stored(half(attempt));
  expect(() => stream.stored(half(257))).toThrow('256 tickets are half answered');
});
