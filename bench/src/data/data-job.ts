/** The tasks of both sides of `data`, and their figures. */
import type { PictureGrid } from '@lyceum/learning/datasets';
import type { SetPlace } from './set-place.js';

/** Side of the square that every picture is brought to, and of the part that a model sees. */
const GRID_SIDE = 256;
export const CROP_SIDE = 224;
export const GRID: PictureGrid = {
  height: GRID_SIDE,
  width: GRID_SIDE,
  channels: 3,
  fit: 'cover',
};
export const BATCH_PICTURES = 64;

/** The program of our side, as JSON in a file. */
export interface ReaderJob {
  /** The set's manifest. */
  readonly manifest: string;
  readonly digest: string;
  readonly objects: SetPlace['objects'];
  /** Cache of pictures that are not files here; its contents serve again. */
  readonly cacheFolder: string;
  /** How many pictures of the set are read, in the order of its chunks, from the first one on. */
  readonly pictures: number;
  readonly threads: number;
}

export interface SideFigures {
  readonly picturesPerSecond: number;
  /** Processor time of all processes of the side, user and system. */
  readonly cpuMsPerPicture: number;
  /** Seconds from the request for the first batch; our side opens the set in this time, and decodes its canary. */
  readonly firstBatchSeconds: number;
}

export interface ReaderFigures extends SideFigures {
  readonly residentMib: number;
  readonly bytesRead: number;
  readonly bytesWanted: number;
}
