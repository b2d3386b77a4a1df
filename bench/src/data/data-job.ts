/** What both sides of `data` are asked to do, and what they tell. */
import type { PictureGrid } from '@lyceum/learning/datasets';
import type { SetPlace } from './set-place.js';

/** Side of the square that every picture is brought to, and of what a model sees of it. */
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
  /** Of pictures that are not files here; what is in it serves again. */
  readonly cacheFolder: string;
  /** Of the set, in the order of its chunks; they are read from the first one on. */
  readonly pictures: number;
  readonly threads: number;
}

export interface SideFigures {
  readonly picturesPerSecond: number;
  /** Processor time of all that the side runs, user and system. */
  readonly cpuMsPerPicture: number;
  /** From where the first batch is wanted; ours opens the set in it, and decodes its canary. */
  readonly firstBatchSeconds: number;
}

export interface ReaderFigures extends SideFigures {
  readonly residentMib: number;
  readonly bytesRead: number;
  readonly bytesWanted: number;
}
