/** From positions of an order to samples of a set. */
import { LyceumError } from '@lyceum/proto';
import { chunkOrderedRows } from './chunk-order.js';
import { checkPositions, orderedRows, type SampleOrder } from './order.js';

/**
 * The samples at positions [firstPosition, firstPosition + positionCount).
 *
 * @param samples - the visited samples, ascending: a split, or a part of it.
 * @param chunkEnds - of the set; only an order with blocks needs them.
 * @param order - undefined: ascending.
 * @throws {LyceumError} INVALID_ARGUMENT if some positions do not exist, or the order has blocks and the set is not
 *   in shards.
 */
export function orderedSamples(
  samples: Uint32Array,
  chunkEnds: Uint32Array | undefined,
  order: SampleOrder | undefined,
  firstPosition: number,
  positionCount: number,
): Uint32Array {
  const rows = rowsOf(samples, chunkEnds, order, firstPosition, positionCount);
  return rows.map((row) => samples[row] as number);
}

function rowsOf(
  samples: Uint32Array,
  chunkEnds: Uint32Array | undefined,
  order: SampleOrder | undefined,
  firstPosition: number,
  positionCount: number,
): Uint32Array {
  const { blockPositions } = order ?? {};
  if (order === undefined || blockPositions === undefined) {
    return orderedRows(samples.length, order, firstPosition, positionCount);
  }
  if (chunkEnds === undefined) {
    const message = 'an order by blocks is of a set in shards, and this is one file';
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (!(Number.isInteger(blockPositions) && blockPositions > 0)) {
    const message = `want blocks of one position or more, got ${blockPositions}`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  checkPositions(samples.length, firstPosition, positionCount);
  return chunkOrderedRows(
    samples,
    chunkEnds,
    { ...order, blockPositions },
    firstPosition,
    positionCount,
  );
}
