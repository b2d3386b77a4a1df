/**
 * Takes answers from teacher workers: checks every frame, stores what is wanted, and gives a receipt for a
 * ticket once all its rows have come. What nobody wants is dropped, and the worker told so.
 */
import {
  type AnswerFrame,
  AnswerReceipt,
  CLASS_OUTPUT,
  float32Values,
  LyceumError,
  ShapeMismatchError,
  StorageFullError,
  type Tensor,
  type Ticket,
  ticketId,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerTableKey } from '../answers/index.js';
import type { TicketTaker } from '../schedule/index.js';
import type { Ask } from './ask.js';
import type { TicketDesk } from './ticket-desk.js';

/** Tickets half answered at a time on one stream; a worker computes one or two. */
const OPEN_TICKET_COUNT = 256;

/** Positions in one ticket, at most: none that was ever issued is near it. */
const TICKET_POSITIONS = 1 << 24;

interface Received {
  /** Rows that came, and those of them that were stored. */
  rowCount: number;
  storedCount: number;
}

export interface AnswerIntakeParts {
  /** Whose stream it is. */
  readonly taker: TicketTaker;
  readonly desk: TicketDesk;
  /** Stores what the worker answered. */
  readonly put: (table: AnswerTableKey, samples: Uint32Array, rows: Float32Array) => Promise<void>;
  /** The worker answered what is no answer. */
  readonly rejected: (ask: Ask, reason: string) => void;
  /** An answer is about to be stored. */
  readonly arriving: (ask: Ask) => Promise<void>;
  /** The disk has no room for an answer. */
  readonly full: (ask: Ask, err: StorageFullError) => Promise<void>;
  /** The worker answered a ticket of these samples. */
  readonly answered: (ask: Ask) => void;
}

/** One stream of answers; the state is the stream's own: a worker whose stream breaks sends again. */
export class AnswerIntake {
  readonly #parts: AnswerIntakeParts;
  readonly #received = new Map<string, Received>();

  constructor(parts: AnswerIntakeParts) {
    this.#parts = parts;
  }

  /**
   * @returns the receipt, if the frame completes its ticket.
   * @throws {LyceumError} INVALID_ARGUMENT if the frame is malformed; PERMISSION_DENIED if the ticket is in another
   *   session's hands; RESOURCE_EXHAUSTED if too many tickets are half answered, or the disk is full.
   */
  async take(frame: AnswerFrame): Promise<AnswerReceipt | undefined> {
    const ticket = checkedTicket(frame.ticket);
    const id = ticketId(ticket);
    const { desk, taker } = this.#parts;
    const asks = desk.find(id, ticket.attempt);
    const [ask] = asks;
    // Before anything is said of the frame: what a stranger sends is nobody's fault.
    if (ask !== undefined && !desk.holds(taker, ticket)) {
      const message = `ticket ${id} is not in the hands of ${taker.workerId}`;
      throw new LyceumError('PERMISSION_DENIED', message);
    }
    const key = `${id}/${ticket.attempt}`;
    const received = this.#received.get(key) ?? { rowCount: 0, storedCount: 0 };
    let rowCount: number;
    try {
      rowCount = checkedRowCount(frame, ticket, received.rowCount, ask);
      if (ask !== undefined) checkValues(frame, ask);
    } catch (thrown) {
      this.#received.delete(key);
      if (ask !== undefined && thrown instanceof LyceumError)
        this.#reject(ask, ticket, thrown.message);
      throw thrown;
    }
    if (ask !== undefined) {
      desk.progressed(id);
      if (received.rowCount === 0) await this.#parts.arriving(ask);
      for (const each of asks) await this.#store(each, ticket, frame, rowCount);
      received.storedCount += rowCount;
    }
    received.rowCount += rowCount;
    if (received.rowCount < ticket.positionCount) {
      this.#remember(key, received);
      return undefined;
    }
    this.#received.delete(key);
    // A ticket that came to be wanted while its rows were coming has a message of its own.
    const wanted = ask !== undefined && received.storedCount === ticket.positionCount;
    if (wanted) {
      this.#parts.answered(ask);
      desk.answered(id);
    }
    return AnswerReceipt.fromPartial({ ticket, wanted });
  }

  #reject(ask: Ask, ticket: Ticket, reason: string): void {
    this.#parts.rejected(ask, reason);
    this.#parts.desk.rejected(ask.id, ticket.attempt, reason);
  }

  async #store(ask: Ask, ticket: Ticket, frame: AnswerFrame, rowCount: number): Promise<void> {
    const samples = ask.samples.subarray(frame.firstRow, frame.firstRow + rowCount);
    try {
      // The frame has been checked: a tensor for each table, in its order.
      const outputs = frame.tensors.map(float32Values);
      if (ask.receive !== undefined) return ask.receive(frame.firstRow, outputs);
      const puts = outputs.map((rows, index) =>
        this.#parts.put(ask.tables[index] as AnswerTableKey, samples, rows),
      );
      await Promise.all(puts);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err instanceof StorageFullError) await this.#parts.full(ask, err);
      else if (err.code === 'INVALID_ARGUMENT') this.#reject(ask, ticket, err.message);
      throw err;
    }
  }

  #remember(key: string, received: Received): void {
    if (!this.#received.has(key) && this.#received.size >= OPEN_TICKET_COUNT) {
      const message = `${OPEN_TICKET_COUNT} tickets are half answered on this stream`;
      throw new LyceumError('RESOURCE_EXHAUSTED', message);
    }
    this.#received.set(key, received);
  }
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
 * @param ask - undefined: nobody wants the answer, and nobody knows its shape.
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
    // Of an answer that nobody wants, nobody knows how long a row is.
    const rowLength = ask?.tables[index]?.rowLength ?? shape[1] ?? 0;
    if (shape.length !== 2 || shape[0] !== rowCount || shape[1] !== rowLength) {
      throw new ShapeMismatchError(name, [rowCount, rowLength], shape);
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

/** What is wrong with the values; undefined: nothing. Finite numbers; where they are classes, whole ones below the class count, or −1. */
export function valueProblem(tensor: Tensor, classCount: number, firstRow = 0): string | undefined {
  const values = float32Values(tensor);
  const isClass = tensor.name === CLASS_OUTPUT;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const isRight = isClass
      ? Number.isInteger(value) && value >= -1 && value < classCount
      : Number.isFinite(value);
    if (isRight) continue;
    const width = values.length / (tensor.shape[0] ?? 1);
    return `${tensor.name} row ${firstRow + Math.floor(i / width)} holds ${value}`;
  }
  return undefined;
}

function checkValues({ tensors, firstRow }: AnswerFrame, { classCount }: Ask): void {
  for (const tensor of tensors) {
    const problem = valueProblem(tensor, classCount, firstRow);
    if (problem !== undefined) throw new LyceumError('INVALID_ARGUMENT', problem);
  }
}
