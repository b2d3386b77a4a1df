/**
 * Which targets of one assignment have come, and how many more may come. Pure bookkeeping.
 *
 * Targets arrive as blocks of rows in the order of the steps, cut anywhere. The cursor accepts each row once: after a
 * broken stream the coordinator starts again at a step's first row, and the rows of that step that had come before are
 * cut off.
 *
 * Symbols: B batch size, N positions of an epoch. The cursor does not know N. An epoch's last batch may be shorter
 * than B, and only the beginning of the next epoch shows that it was the last. Until then its step counts as not
 * received unless it is done, so at worst one batch is sent twice.
 */
import { LyceumError } from '@lyceum/proto';

/** The position of a block of rows. */
export interface RowSpan {
  readonly epoch: number;
  readonly firstPosition: number;
  readonly rows: number;
}

export class TargetCursor {
  readonly #batchSize: number;
  /** Position of the next row; unknown until the first block has come. */
  #place: { epoch: number; position: number } | undefined;
  #nextStep: number;
  #creditStep: number;
  #doneStep: number;

  /** @param firstStep - the first step that needs a target. */
  constructor(batchSize: number, firstStep: number) {
    this.#batchSize = batchSize;
    this.#nextStep = firstStep;
    this.#creditStep = firstStep;
    this.#doneStep = firstStep;
  }

  /** The first step whose target is not complete; never a step that is done. */
  get nextStep(): number {
    return Math.max(this.#nextStep, this.#doneStep);
  }

  get creditStep(): number {
    return this.#creditStep;
  }

  get doneStep(): number {
    return this.#doneStep;
  }

  /** Raises credit and progress. Lower values change nothing. @returns whether anything rose. */
  raise(creditStep: number, doneStep: number): boolean {
    const rises = creditStep > this.#creditStep || doneStep > this.#doneStep;
    this.#creditStep = Math.max(this.#creditStep, creditStep);
    this.#doneStep = Math.max(this.#doneStep, doneStep);
    return rises;
  }

  /**
   * Records a block that came.
   *
   * @returns how many rows at its start had come before; all of them if the block brings nothing new.
   * @throws {LyceumError} INVALID_ARGUMENT if rows before the block are missing.
   */
  accept({ epoch, firstPosition, rows }: RowSpan): number {
    this.#place ??= this.#anchor(epoch, firstPosition);
    const place = this.#place;
    if (epoch < place.epoch) return rows;
    if (epoch > place.epoch) this.#turnEpoch(place, epoch);
    if (firstPosition > place.position) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `target rows are missing: want epoch ${place.epoch} position ${place.position}, got ${firstPosition}`,
      );
    }
    const known = Math.min(place.position - firstPosition, rows);
    const end = Math.max(place.position, firstPosition + rows);
    this.#nextStep += this.#fullBatches(end) - this.#fullBatches(place.position);
    place.position = end;
    return known;
  }

  /** The first block tells where in its epoch the first step begins. */
  #anchor(epoch: number, position: number): { epoch: number; position: number } {
    if (position % this.#batchSize !== 0) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `targets must begin at a step's first row: position ${position} is inside a batch of ${this.#batchSize}`,
      );
    }
    return { epoch, position };
  }

  #turnEpoch(place: { epoch: number; position: number }, epoch: number): void {
    if (epoch > place.epoch + 1) {
      throw new LyceumError(
        'INVALID_ARGUMENT',
        `targets of epoch ${place.epoch + 1} are missing: got epoch ${epoch}`,
      );
    }
    if (place.position % this.#batchSize !== 0) this.#nextStep += 1;
    place.epoch = epoch;
    place.position = 0;
  }

  #fullBatches(positions: number): number {
    return Math.floor(positions / this.#batchSize);
  }
}
