/**
 * What a view does to the pixels of one picture before its hole and its partner: nothing, a move by whole pixels, or
 * an affine map. The order of all steps is in sample-view.ts.
 */
import { fnv1a32Decimal, mulberry32 } from '../arrays/index.js';
import type { Dataset } from '../datasets/index.js';
import { CropBox } from './crop-box.js';
import type { ViewFunction } from './views.js';

/** Real values, or the set's bytes. */
export type Values = Float32Array | Uint8Array;

/** Writes the view of a sample to `out` at `offset`, row-major. */
export type Writer<T extends Values> = (sample: number, out: T, offset: number) => void;

/** Places in a sample's stream of numbers. Each number is used by one part of the view alone. */
export const DRAW = {
  down: 0,
  right: 1,
  mirrored: 2,
  crop: 3,
  cropTop: 4,
  cropLeft: 5,
  rotation: 6,
  holeTop: 7,
  holeLeft: 8,
  /** The first of {@link CROP_DRAWS} numbers: the next free place is 31. */
  randomResizedCrop: 9,
};

/** Writes the sample unchanged. */
export function copier<T extends Values>(read: (sample: number) => T): Writer<T> {
  return (sample, out, offset) => out.set(read(sample), offset);
}

/**
 * Moves by whole pixels (shift and flip): values are not changed.
 *
 * @param mirror - room for one picture.
 */
export function mover<T extends Values>(
  read: (sample: number) => T,
  [height = 0, width = 0, channels = 0]: readonly number[],
  { shift, flip }: ViewFunction,
  prefix: number,
  mirror: T,
): Writer<T> {
  const rowLength = width * channels;
  return (sample, out, offset) => {
    const seed = fnv1a32Decimal(sample, prefix);
    const down = wholeShift(shift, height, mulberry32(seed, DRAW.down));
    const right = wholeShift(shift, width, mulberry32(seed, DRAW.right)) * channels;
    const values = read(sample);
    const mirrored = flip && mulberry32(seed, DRAW.mirrored) < 0.5;
    if (mirrored) writeMirrored(values, width, channels, mirror);
    writeMoved(mirrored ? mirror : values, rowLength, down, right, out, offset);
  };
}

function writeMirrored(values: Values, width: number, channels: number, out: Values): void {
  const rowLength = width * channels;
  for (let row = 0; row < values.length; row += rowLength) {
    for (let x = 0; x < width; x++) {
      const from = row + (width - 1 - x) * channels;
      const to = row + x * channels;
      for (let c = 0; c < channels; c++) out[to + c] = values[from + c] as number;
    }
  }
}

/** Moves the whole picture in one piece, then writes zeros over what came in at a side from the next row. */
function writeMoved(
  values: Values,
  rowLength: number,
  down: number,
  right: number,
  out: Values,
  offset: number,
): void {
  const { length } = values;
  // A picture of one row may be moved by more than its length.
  const by = Math.max(-length, Math.min(length, down * rowLength + right));
  const end = offset + length;
  if (by >= 0) {
    out.fill(0, offset, offset + by);
    out.set(values.subarray(0, length - by), offset + by);
  } else {
    out.set(values.subarray(-by), offset);
    out.fill(0, end + by, end);
  }
  const first = right >= 0 ? 0 : rowLength + right;
  const last = right >= 0 ? right : rowLength;
  for (let row = offset; row < end; row += rowLength) {
    for (let i = first; i < last; i++) out[row + i] = 0;
  }
}

/**
 * Any affine map to any size: finds where in the sample each output pixel's centre lies, by undoing the view's steps.
 */
export function resampler(
  { inputs, inputScale, sampleShape, held }: Dataset,
  shape: readonly number[],
  settings: ViewFunction | undefined,
  prefix: number,
): Writer<Float32Array> {
  const [H = 0, W = 0, sourceChannels = 0] = sampleShape;
  const [h = 0, w = 0, channels = 0] = shape;
  const step = sourceChannels === 1 ? 0 : 1;
  const map = new AffineMap();
  return (sample, out, offset) => {
    map.reset(h, w, H, W);
    if (settings !== undefined) map.undo(settings, fnv1a32Decimal(sample, prefix), H, W);
    const { xx, xy, x0, yx, yy, y0, firstX, firstY, endX, endY } = map;
    const base = (held === undefined ? sample : held.row(sample)) * H * W * sourceChannels;
    let target = offset;
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++, target += channels) {
        const atX = xx * x + xy * y + x0;
        const atY = yx * x + yy * y + y0;
        if (!(atX >= 0 && atX < W && atY >= 0 && atY < H)) {
          for (let c = 0; c < channels; c++) out[target + c] = 0;
          continue;
        }
        // A pixel's value is at its centre, half a pixel from its edge. Places are not negative: | 0 is their floor.
        const fromLeft = atX > firstX + 0.5 ? atX - 0.5 : firstX;
        const fromTop = atY > firstY + 0.5 ? atY - 0.5 : firstY;
        const left = fromLeft | 0;
        const top = fromTop | 0;
        const shareX = fromLeft - left;
        const shareY = (fromTop - top) * inputScale;
        const restY = inputScale - shareY;
        const right = left + 1 < endX ? sourceChannels : 0;
        const below = top + 1 < endY ? W * sourceChannels : 0;
        let pixel = base + (top * W + left) * sourceChannels;
        for (let c = 0; c < channels; c++, pixel += step) {
          const from = inputs[pixel] as number;
          const under = inputs[pixel + below] as number;
          out[target + c] =
            restY * (from + shareX * ((inputs[pixel + right] as number) - from)) +
            shareY * (under + shareX * ((inputs[pixel + below + right] as number) - under));
        }
      }
    }
  };
}

/** From an output pixel (x, y) to a place in the sample: (xx·x + xy·y + x0, yx·x + yy·y + y0), in pixels of the set. */
class AffineMap {
  xx = 1;
  xy = 0;
  x0 = 0;
  yx = 0;
  yy = 1;
  y0 = 0;
  /** Bounds of the pixels that may be read: the first, and the one after the last. */
  firstX = 0;
  endX = 0;
  firstY = 0;
  endY = 0;
  readonly #box = new CropBox();

  /** Starts with the map from the centres of h × w pixels to the same places among H × W pixels. */
  reset(h: number, w: number, H: number, W: number): void {
    this.xx = W / w;
    this.xy = 0;
    this.x0 = 0.5 * this.xx;
    this.yx = 0;
    this.yy = H / h;
    this.y0 = 0.5 * this.yy;
    this.firstX = 0;
    this.endX = W;
    this.firstY = 0;
    this.endY = H;
  }

  /** Appends the map from the view of the sample with this seed back to the sample. */
  undo(view: ViewFunction, seed: number, H: number, W: number): void {
    const { shift, flip, crop, rotation, randomResizedCrop } = view;
    this.x0 -= wholeShift(shift, W, mulberry32(seed, DRAW.right));
    this.y0 -= wholeShift(shift, H, mulberry32(seed, DRAW.down));
    if (rotation > 0) this.#turn((2 * mulberry32(seed, DRAW.rotation) - 1) * rotation, H, W);
    if (crop > 0) {
      const cut = mulberry32(seed, DRAW.crop) * crop;
      this.#scale(1 - cut);
      this.x0 += mulberry32(seed, DRAW.cropLeft) * cut * W;
      this.y0 += mulberry32(seed, DRAW.cropTop) * cut * H;
    }
    if (randomResizedCrop !== undefined) {
      this.#box.draw(randomResizedCrop, seed, DRAW.randomResizedCrop, H, W);
      this.#enlarge(this.#box, H, W);
    }
    if (flip && mulberry32(seed, DRAW.mirrored) < 0.5) {
      this.xx = -this.xx;
      this.xy = -this.xy;
      this.x0 = W - this.x0;
      [this.firstX, this.endX] = [W - this.endX, W - this.firstX];
    }
  }

  /** Appends the map from the whole picture to a rectangle in it. */
  #enlarge({ top, left, height, width }: CropBox, H: number, W: number): void {
    this.xx *= width / W;
    this.x0 = left + this.x0 * (width / W);
    this.yy *= height / H;
    this.y0 = top + this.y0 * (height / H);
    [this.firstX, this.endX] = [left, left + width];
    [this.firstY, this.endY] = [top, top + height];
  }

  /** Appends a rotation about the centre, by a share of a full turn. */
  #turn(turns: number, H: number, W: number): void {
    const [sin, cos] = [Math.sin(2 * Math.PI * turns), Math.cos(2 * Math.PI * turns)];
    const { xx, xy, yx, yy } = this;
    const [x0, y0] = [this.x0 - W / 2, this.y0 - H / 2];
    this.xx = cos * xx + sin * yx;
    this.xy = cos * xy + sin * yy;
    this.x0 = cos * x0 + sin * y0 + W / 2;
    this.yx = cos * yx - sin * xx;
    this.yy = cos * yy - sin * xy;
    this.y0 = cos * y0 - sin * x0 + H / 2;
  }

  #scale(factor: number): void {
    this.xx *= factor;
    this.xy *= factor;
    this.x0 *= factor;
    this.yx *= factor;
    this.yy *= factor;
    this.y0 *= factor;
  }
}

/** Turns a draw in [0, 1) into a whole number of pixels within the greatest shift. */
function wholeShift(shift: number, size: number, draw: number): number {
  const most = Math.round(shift * size);
  return Math.floor(draw * (2 * most + 1)) - most;
}
