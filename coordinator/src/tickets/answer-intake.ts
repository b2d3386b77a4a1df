/**
 * Takes answers from teacher workers: has every frame checked, stores what is wanted, and gives a receipt for a
 * ticket once all its rows have come. Answers that are not wanted are dropped, and the worker is told so.
 */
import type { AnswerCodec, WordMemory } from '@lyceum/learning/codecs';
import {
  type AnswerFrame,
  type AnswerReceipt,
  float32Values,
  StorageFullError,
  type Ticket,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerTableKey } from '../answers/index.js';
import type { DataThreads } from '../data-plane/index.js';
import type { TicketTaker } from '../schedule/index.js';
import { AnswerFrames, type Ask, type IncomingRows } from './asks/index.js';
import type { TicketDesk } from './ticket-desk.js';

export interface AnswerIntakeParts {
  /** The session that sends the stream. */
  readonly taker: TicketTaker;
  readonly desk: TicketDesk;
  readonly data: Pick<DataThreads, 'encode' | 'release'>;
  /** How often the worker has failed with the teacher of the ask. */
  readonly failureCount: (ask: Ask) => number;
  /** Stores what the worker answered, as records. @param failureCount - the worker's, when the answer arrived. */
  readonly put: (
    table: AnswerTableKey,
    samples: Uint32Array,
    records: Uint32Array,
    failureCount: number,
  ) => Promise<void>;
  /** The worker sent something that is no answer to the ask. */
  readonly rejected: (ask: Ask, reason: string) => void;
  /** An answer is about to be stored. */
  readonly arriving: (ask: Ask) => Promise<void>;
  /** The disk has no room for an answer. */
  readonly full: (ask: Ask, err: StorageFullError) => Promise<void>;
  /** The worker has answered the ask; its last frame says how many seconds and calls the answer took. */
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
    const { data, desk, arriving, answered } = this.#parts;
    const rows = this.#frames.came(frame);
    const { ticket, id, asks, problem } = rows;
    const [ask] = asks;
    if (problem !== undefined) {
      if (ask !== undefined) this.#reject(ask, ticket, problem.message);
      throw problem;
    }
    if (ask !== undefined) {
      desk.progressed(id);
      const failureCount = this.#parts.failureCount(ask);
      const encoded = await this.#encoded(rows, frame);
      try {
        if (rows.areFirst) await arriving(ask);
        for (const each of asks) await this.#store(each, rows, frame, { ...encoded, failureCount });
      } finally {
        data.release(encoded.records);
      }
    }
    const receipt = this.#frames.stored(rows);
    if (receipt?.wanted === false) desk.spent(this.#parts.taker, ticket);
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

  /** The rows, checked, as records of each codec that an ask stores them in. */
  async #encoded(rows: IncomingRows, frame: AnswerFrame): Promise<Encoded> {
    const { ticket, asks, rowCount } = rows;
    const [ask] = asks as [Ask, ...Ask[]];
    const stored = asks.filter(({ receive }) => receive === undefined);
    // The frame's shapes have been checked: it has a tensor for each table, in the order of the tables.
    const codecs = frame.tensors.map((_, index) => [
      ...new Set(stored.map(({ tables }) => (tables[index] as AnswerTableKey).codec)),
    ]);
    try {
      const records = await this.#parts.data.encode({
        samples: samplesOf(ask, frame, rowCount),
        firstRow: frame.firstRow,
        classCount: ask.classCount,
        outputs: frame.tensors.map((tensor, index) => ({
          name: tensor.name,
          values: float32Values(tensor),
          codecs: codecs[index] as AnswerCodec[],
        })),
        mayTake: stored.length === asks.length,
      });
      return { codecs, records };
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err.code === 'INVALID_ARGUMENT') {
        this.#frames.refused(rows);
        this.#reject(ask, ticket, err.message);
      }
      throw err;
    }
  }

  async #store(
    ask: Ask,
    { ticket, rowCount }: IncomingRows,
    frame: AnswerFrame,
    { codecs, records, failureCount }: Encoded & { readonly failureCount: number },
  ): Promise<void> {
    const samples = samplesOf(ask, frame, rowCount);
    try {
      if (ask.receive !== undefined) {
        return ask.receive(frame.firstRow, frame.tensors.map(float32Values));
      }
      const puts = ask.tables.map((table, index) => {
        const own = codecs[index]?.indexOf(table.codec) ?? -1;
        const memory = records[index]?.[own] as WordMemory;
        return this.#parts.put(table, samples, memory.words, failureCount);
      });
      // Records are lent: if one put fails, the others must end before their memory is used again.
      await Promise.allSettled(puts);
      await Promise.all(puts);
    } catch (thrown) {
      const err = toLyceumError(thrown);
      if (err instanceof StorageFullError) await this.#parts.full(ask, err);
      else if (err.code === 'INVALID_ARGUMENT') this.#reject(ask, ticket, err.message);
      throw err;
    }
  }
}

/** Records by output and codec, in the order of the codecs. */
interface Encoded {
  readonly codecs: readonly (readonly AnswerCodec[])[];
  readonly records: readonly (readonly WordMemory[])[];
}

function samplesOf({ samples }: Ask, { firstRow }: AnswerFrame, rowCount: number): Uint32Array {
  return samples.subarray(firstRow, firstRow + rowCount);
}
