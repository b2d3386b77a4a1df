/**
 * The frames of one stream of answers: which rows each frame brings, whether they are valid, and which ticket they
 * complete. A state machine without clock, network or files.
 *
 * The state belongs to one stream: a worker whose stream breaks sends its answers again.
 */
import {
  type AnswerFrame,
  AnswerReceipt,
  LyceumError,
  shapeMismatch,
  type Ticket,
} from '@lyceum/proto';
import type { TicketTaker } from '../../schedule/index.js';
import type { Ask } from './ask.js';
import { type AskBook, issueOf } from './ask-book.js';

/** Most half-answered tickets at a time on one stream; a worker computes one or two. */
const OPEN_TICKET_COUNT = 256;

/** Most positions in one ticket: far more than any ticket has that was ever issued. */
const TICKET_POSITIONS = 1 << 24;

interface Received {
  /** Rows that came, and how many of those were wanted and stored. */
  readonly rowCount: number;
  readonly storedCount: number;
}

/** The rows that a frame brings. */
export interface IncomingRows {
  readonly ticket: Ticket;
  /** Digest of the ticket's content. */
  readonly id: string;
  /** Asks that the rows answer; empty: the rows are not wanted. */
  readonly asks: readonly Ask[];
  readonly rowCount: number;
  /** They are the ticket's first rows on this stream. */
  readonly areFirst: boolean;
  /** Why the rows cannot be an answer, whatever their values are: then they must not be stored. */
  readonly problem: LyceumError | undefined;
}

export class AnswerFrames {
  readonly #taker: TicketTaker;
  readonly #book: Pick<AskBook, 'find' | 'holds'>;
  /** Counts of rows so far, of half-answered tickets, by id and attempt. */
  readonly #received = new Map<string, Received>();

  /** @param taker - the session that sends the stream. */
  constructor(taker: TicketTaker, book: Pick<AskBook, 'find' | 'holds'>) {
    this.#taker = taker;
    this.#book = book;
  }

  /**
   * A frame comes. Then call {@link AnswerFrames.stored} once its rows are stored, or {@link AnswerFrames.refused} if
   * their values turn out to be invalid.
   *
   * @throws {LyceumError} INVALID_ARGUMENT if it names no valid ticket; PERMISSION_DENIED if another session has
   *   the ticket.
   */
  came(frame: AnswerFrame): IncomingRows {
    const ticket = checkedTicket(frame.ticket);
    const issue = issueOf(ticket);
    const { id } = issue;
    const asks = this.#book.find(this.#taker, issue);
    const [ask] = asks;
    // Checked first: a frame from another session must not be held against the ticket or its worker.
    if (ask !== undefined && !this.#book.holds(this.#taker, issue)) {
      const message = `ticket ${id} is not in the hands of ${this.#taker.workerId}`;
      throw new LyceumError('PERMISSION_DENIED', message);
    }
    const key = keyOf(id, ticket);
    const expected = this.#received.get(key)?.rowCount ?? 0;
    const rows = { ticket, id, asks, areFirst: expected === 0 };
    try {
      const rowCount = checkedRowCount(frame, ticket, expected, ask);
      return { ...rows, rowCount, problem: undefined };
    } catch (thrown) {
      this.refused({ ticket, id });
      if (thrown instanceof LyceumError) return { ...rows, rowCount: 0, problem: thrown };
      throw thrown;
    }
  }

  /** The rows turned out to be no answer: forgets what came of their ticket. */
  refused({ ticket, id }: Pick<IncomingRows, 'ticket' | 'id'>): void {
    this.#received.delete(keyOf(id, ticket));
  }

  /**
   * The rows are stored, or were not wanted.
   *
   * @returns the receipt, if the rows complete their ticket.
   * @throws {LyceumError} RESOURCE_EXHAUSTED if too many tickets are half answered.
   */
  stored({ ticket, id, asks, rowCount }: IncomingRows): AnswerReceipt | undefined {
    const key = keyOf(id, ticket);
    const before = this.#received.get(key);
    const received = {
      rowCount: (before?.rowCount ?? 0) + rowCount,
      storedCount: (before?.storedCount ?? 0) + (asks.length > 0 ? rowCount : 0),
    };
    if (received.rowCount < ticket.positionCount) {
      this.#remember(key, received);
      return undefined;
    }
    this.#received.delete(key);
    // If the ticket became wanted while its rows were coming, it has a message of its own: this answer is not needed.
    const wanted = received.storedCount === ticket.positionCount;
    return AnswerReceipt.fromPartial({ ticket, wanted });
  }

  #remember(key: string, received: Received): void {
    if (!this.#received.has(key) && this.#received.size >= OPEN_TICKET_COUNT) {
      const message = `${OPEN_TICKET_COUNT} tickets are half answered on this stream`;
      throw new LyceumError('RESOURCE_EXHAUSTED', message);
    }
    this.#received.set(key, received);
  }
}

function keyOf(id: string, { attempt }: Ticket): string {
  return `${id}/${attempt}`;
}

function checkedTicket(ticket: Ticket | undefined): Ticket {
  if (ticket === undefined) throw new LyceumError('INVALID_ARGUMENT', 'the frame names no ticket');
  const digests = [ticket.teacherIdentity, ticket.datasetDigest];
  const { positionCount } = ticket;
  if (
    digests.some((d) => d.length !== 32) ||
    positionCount < 1 ||
    positionCount > TICKET_POSITIONS
  ) {
    throw new LyceumError('INVALID_ARGUMENT', 'the frame names a malformed ticket');
  }
  return ticket;
}

/**
 * Rows in the frame.
 *
 * @param expected - rows of the ticket that came before: frames of a ticket come in order.
 * @param ask - undefined: the answer is not wanted, so its shape is not known.
 */
function checkedRowCount(
  frame: AnswerFrame,
  ticket: Ticket,
  expected: number,
  ask: Ask | undefined,
): number {
  const { tensors, firstRow } = frame;
  const want = ticket.outputs.join(', ');
  const got = tensors.map((tensor) => tensor.name).join(', ');
  if (tensors.length !== ticket.outputs.length || got !== want) {
    throw new LyceumError('INVALID_ARGUMENT', `want the tensors ${want}, got ${got || 'none'}`);
  }
  const rowCount = tensors[0]?.shape[0] ?? 0;
  for (const [index, { name, shape }] of tensors.entries()) {
    // The row length of an answer that is not wanted is not known.
    const rowLength = ask?.tables[index]?.rowLength ?? shape[1] ?? 0;
    if (shape.length !== 2 || shape[0] !== rowCount || shape[1] !== rowLength) {
      throw shapeMismatch(name, [rowCount, rowLength], shape);
    }
  }
  if (firstRow !== expected) {
    throw new LyceumError('INVALID_ARGUMENT', `want row ${expected} next, got ${firstRow}`);
  }
  if (rowCount < 1 || firstRow + rowCount > ticket.positionCount) {
    const message = `rows [${firstRow}, ${firstRow + rowCount}) are not in a ticket of ${ticket.positionCount}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  return rowCount;
}
