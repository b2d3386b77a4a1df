/** From a ticket's span of positions to samples of the data set. Pure. */
import { type Dataset, type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { classSpreadSamples, orderedSamples } from '@lyceum/learning/orders';
import { LyceumError, type Order, Split, type Ticket } from '@lyceum/proto';

/** The part of a ticket that names its samples. */
export type TicketSpan = Pick<Ticket, 'split' | 'firstPosition' | 'positionCount'> & {
  readonly order?: (Partial<Pick<Order, 'byClass'>> & Omit<Order, 'byClass'>) | undefined;
};

const SPLIT_NAMES: ReadonlyMap<Split, SplitName> = new Map([
  [Split.SPLIT_TRAIN, 'train'],
  [Split.SPLIT_VALIDATION, 'validation'],
  [Split.SPLIT_TEST, 'test'],
]);

/**
 * Indices of the samples at the span's positions, in their order.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if there is no such split, or if positions lie outside of it.
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
  if (span.order?.byClass === true) {
    return classSpreadSamples(dataset, split, span.order, end).subarray(span.firstPosition);
  }
  const { order, firstPosition, positionCount } = span;
  return orderedSamples(inSplit, dataset.chunkEnds, order, firstPosition, positionCount);
}
