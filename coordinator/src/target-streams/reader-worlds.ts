/**
 * Readers that train one student together: the ranks of a world, each of which takes its slice of every step. A
 * reader cannot see that another reader cuts the steps differently, so the ranks that read a run at a time must
 * agree. Pure.
 */
import { LyceumError, type StreamTargetsRequest, WORLD_MAX_SIZE } from '@lyceum/proto';

/** Slice number `rank` of `worldSize` slices, which are as equal as can be. */
export interface Slice {
  readonly rank: number;
  readonly worldSize: number;
}

type Ranked = Pick<StreamTargetsRequest, 'runId' | 'rank' | 'worldSize'>;

/** @throws {LyceumError} INVALID_ARGUMENT if there is no such rank. */
export function sliceOf({ rank, worldSize }: Ranked): Slice {
  if (worldSize > WORLD_MAX_SIZE) {
    throw wrong(`world_size: want at most ${WORLD_MAX_SIZE}, got ${worldSize}`);
  }
  if (worldSize === 0 && rank > 0)
    throw wrong(`rank is ${rank}, and there is no world_size; give it too`);
  if (worldSize > 0 && rank >= worldSize) {
    throw wrong(`rank: want 0 ≤ rank < world_size ${worldSize}, got ${rank}`);
  }
  return { rank, worldSize: Math.max(1, worldSize) };
}

export class ReaderWorlds {
  /** By the reader's id; readers without a world are not listed. */
  readonly #readers = new Map<string, Ranked>();

  /** @throws {LyceumError} FAILED_PRECONDITION if ranks of another world read the run. */
  join(id: string, { runId, rank, worldSize }: Ranked): void {
    if (worldSize === 0) return;
    for (const other of this.#readers.values()) {
      if (other.runId !== runId || other.worldSize === worldSize) continue;
      const message = `rank ${rank} of ${worldSize} asks for run ${runId}, which rank ${other.rank} of ${other.worldSize} reads: all ranks that read a run at a time must have the same world_size; end the others first, or correct this one's`;
      throw new LyceumError('FAILED_PRECONDITION', message);
    }
    this.#readers.set(id, { runId, rank, worldSize });
  }

  leave(id: string): void {
    this.#readers.delete(id);
  }
}

function wrong(message: string): LyceumError {
  return new LyceumError('INVALID_ARGUMENT', message);
}
