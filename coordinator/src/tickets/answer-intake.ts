/**
 * Takes answers from teacher workers: has every frame checked, stores what is wanted, and gives a receipt for a
 * ticket once all its rows have come. What nobody wants is dropped, and the worker told so.
 */
import {
  type AnswerFrame,
  type AnswerReceipt,
  float32Values,
  StorageFullError,
  type Ticket,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerTableKey } from '../answers/index.js';
import type { TicketTaker } from '../schedule/index.js';
import { AnswerFrames, type Ask } from './asks/index.js';
import type { TicketDesk } from './ticket-desk.js';

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
  /** The worker answered a ticket of these samples with this last frame, which says what that took. */
  readonly answered: (ask: Ask, took: Pick<AnswerFrame, 'inferenceSeconds' | 'calls'>) => void;
}

/** One stream of answers. */
export class AnswerIntake {
  readonly #parts: AnswerIntakeParts;
  readonly #frames: AnswerFrames;

  constructor(parts: AnswerIntakeParts) {
    this.#parts = parts;
    this.#frames = new AnswerFrames(parts.taker, parts.desk.book);
  }

  /**
   * @returns the receipt, if the frame completes its ticket.
   * @throws {LyceumError} INVALID_ARGUMENT if the frame is malformed; PERMISSION_DENIED if the ticket is in another
   *   session's hands; RESOURCE_EXHAUSTED if too many tickets are half answered, or the disk is full.
   */
  async take(frame: AnswerFrame): Promise<AnswerReceipt | undefined> {
    const { desk, arriving, answered } = this.#parts;
    const rows = this.#frames.came(frame);
    const { ticket, id, asks, problem } = rows;
    const [ask] = asks;
    if (problem !== undefined) {
      if (ask !== undefined) this.#reject(ask, ticket, problem.message);
      throw problem;
    }
    if (ask !== undefined) {
      desk.progressed(id);
      if (rows.areFirst) await arriving(ask);
      for (const each of asks) await this.#store(each, ticket, frame, rows.rowCount);
    }
    const receipt = this.#frames.stored(rows);
    if (ask !== undefined && receipt?.wanted === true) {
      answered(ask, frame);
      desk.answered(id);
    }
    return receipt;
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
}
