/** The jobs of both sides of `data`, and their figures. */
import type { PictureGrid } from '@lyceum/learning/datasets';
import type { SetPlace } from './set-place.js';

/** Side of the square to which every picture is scaled, and of the part that a model sees. */
const GRID_SIDE = 256;
export const CROP_SIDE = 224;
export const GRID: PictureGrid = {
  height: GRID_SIDE,
  width: GRID_SIDE,
  channels: 3,
  fit: 'cover',
};
export const BATCH_PICTURES = 64;

/** The job of our side, as JSON in a file. */
export interface ReaderJob {
  /** The set's manifest. */
  readonly manifest: string;
  readonly digest: string;
  readonly objects: SetPlace['objects'];
  /** Cache of pictures that are not local files. Its contents are used again. */
  readonly cacheFolder: string;
  /** Number of pictures to read, from the first one on, in the order of the set's chunks. */
  readonly pictures: number;
  readonly threads: number;
}

export interface SideFigures {
  readonly picturesPerSecond: number;
  /** Processor time of all processes of the side, user and system. */
  readonly cpuMsPerPicture: number;
  /**
   * Seconds from the request for the first batch to the batch. Our side also opens and checks the set in this time.
   */
  readonly firstBatchSeconds: number;
}

export interface ReaderFigures extends SideFigures {
  readonly residentMib: number;
  readonly bytesRead: number;
  readonly bytesWanted: number;
}
