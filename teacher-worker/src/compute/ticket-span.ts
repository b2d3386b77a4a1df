/** From a ticket's span of positions to samples of the data set. Pure. */
import { type Dataset, orderedRows, type SplitName, splitSamples } from '@lyceum/learning/data';
import { LyceumError, Split, type Ticket } from '@lyceum/proto';

/** The part of a ticket that says which samples. */
export type TicketSpan = Pick<Ticket, 'split' | 'order' | 'firstPosition' | 'positionCount'>;

const SPLIT_NAMES: ReadonlyMap<Split, SplitName> = new Map([
  [Split.SPLIT_TRAIN, 'train'],
  [Split.SPLIT_VALIDATION, 'validation'],
  [Split.SPLIT_TEST, 'test'],
]);

/**
 * Indices of the samples at the span's positions, in their order.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if there is no such split, or not all positions are in it.
 */
export function ticketSamples(dataset: Dataset, span: TicketSpan): Uint32Array {
  const split = SPLIT_NAMES.get(span.split);
  if (split === undefined) {
    throw new LyceumError('INVALID_ARGUMENT', `the ticket's split ${span.split} is unknown`);
  }
  const inSplit = splitSamples(dataset, split);
  const end = span.firstPosition + span.positionCount;
  if (span.positionCount === 0 || end > inSplit.length) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `positions [${span.firstPosition}, ${end}) are not in the ${inSplit.length} of split ${split}`,
    );
  }
  const rows = orderedRows(inSplit.length, span.order, span.firstPosition, span.positionCount);
  return rows.map((row) => inSplit[row] as number);
}
