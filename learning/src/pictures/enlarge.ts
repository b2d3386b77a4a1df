/**
 * Pictures with fewer pixels than the grid. libvips lays what it enlarges half of a pixel of the picture too far to the right
 * and down; so such a picture is decoded as it is, and brought to the grid as those of libjpeg-turbo are.
 */
import type { PictureGrid } from '../datasets/index.js';
import { onceAThread } from '../kernels/index.js';
import { openResizeKernel, openResizer } from './resizer.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Values that a kernel is lent; its memory stays as large. */
const KERNEL_MAX_VALUES = 48_000_000;

const resizeKernel = onceAThread(openResizeKernel);

/** Whether a pixel of the picture becomes more than one of the grid, along either side. */
export function isEnlarged(picture: Size, grid: Size, fit: PictureGrid['fit']): boolean {
  const [isNarrow, isLow] = [picture.width < grid.width, picture.height < grid.height];
  return fit === 'contain' ? isNarrow && isLow : isNarrow || isLow;
}

/**
 * @param pixels - [height, width, channels] of the picture.
 * @returns [height, width, channels] of the grid.
 */
export function enlarged(pixels: Uint8Array, picture: Size, grid: PictureGrid): Uint8Array {
  const kernel = pixels.length > KERNEL_MAX_VALUES ? undefined : resizeKernel();
  const out = new Uint8Array(grid.height * grid.width * grid.channels);
  openResizer(grid, kernel)(pixels, picture, out);
  return out;
}
