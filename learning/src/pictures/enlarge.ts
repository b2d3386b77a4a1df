/**
 * Enlarges pictures with fewer pixels than the grid. libvips moves an enlarged picture by half of its pixel to the
 * right and down. So such a picture is decoded at its own size, and resized like pictures of libjpeg-turbo.
 */
import type { PictureGrid } from '../datasets/index.js';
import { onceAThread } from '../kernels/index.js';
import { openResizeKernel, openResizer } from './resizer.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Greatest count of values for the kernel: its memory never shrinks. */
const KERNEL_MAX_VALUES = 48_000_000;

const resizeKernel = onceAThread(openResizeKernel);

/** Whether a pixel of the picture becomes more than one pixel of the grid, along either side. */
export function isEnlarged(picture: Size, grid: Size, fit: PictureGrid['fit']): boolean {
  const [isNarrow, isLow] = [picture.width < grid.width, picture.height < grid.height];
  return fit === 'contain' ? isNarrow && isLow : isNarrow || isLow;
}

/**
 * @param pixels - the picture, [height, width, channels].
 * @returns the grid, [height, width, channels].
 */
export function enlarged(pixels: Uint8Array, picture: Size, grid: PictureGrid): Uint8Array {
  const kernel = pixels.length > KERNEL_MAX_VALUES ? undefined : resizeKernel();
  const out = new Uint8Array(grid.height * grid.width * grid.channels);
  openResizer(grid, kernel)(pixels, picture, out);
  return out;
}
