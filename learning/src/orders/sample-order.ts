/** From positions of an order to samples of a set. */
import { LyceumError } from '@lyceum/proto';
import { chunkOrderedRows } from './chunk-order.js';
import { checkPositions, orderedRows, type SampleOrder } from './order.js';

/**
 * The samples at positions [firstPosition, firstPosition + positionCount).
 *
 * @param samples - those that are visited, ascending: of a split, or some of it.
 * @param chunkEnds - of the set; only an order by blocks needs them.
 * @param order - undefined: as they are.
 * @throws {LyceumError} INVALID_ARGUMENT if the positions are not all there, or an order by blocks is asked of a set that
 *   is not in shards.
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
