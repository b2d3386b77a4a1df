/**
 * What a view does to the pixels of one picture before its hole and its partner: as they are, by whole pixels, or by an
 * affine map. What is done in which order is in sample-view.ts.
 */
import type { Dataset } from './dataset.js';
import { fnv1a32Decimal, mulberry32 } from './hashing.js';
import type { ViewFunction } from './views.js';

/** Writes the view of a sample to `out` at `offset`, real values, row-major. */
export type SampleWriter = (sample: number, out: Float32Array, offset: number) => void;

/** Numbers of a sample's stream. */
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
};

/** The sample as it is. */
export function copier({ inputs, inputScale, sampleShape }: Dataset): SampleWriter {
  const length = elementCount(sampleShape);
  return inputs instanceof Uint8Array
    ? byteCopier(inputs, inputScale, length)
    : floatCopier(inputs, inputScale, length);
}

// Two functions, though they say the same: one that meets both types of array takes three times as long.

function byteCopier(inputs: Uint8Array, scale: number, length: number): SampleWriter {
  return (sample, out, offset) => {
    const from = sample * length;
    for (let i = 0; i < length; i++) out[offset + i] = (inputs[from + i] as number) * scale;
  };
}

function floatCopier(inputs: Float32Array, scale: number, length: number): SampleWriter {
  return (sample, out, offset) => {
    const from = sample * length;
    for (let i = 0; i < length; i++) out[offset + i] = (inputs[from + i] as number) * scale;
  };
}

/** Whole pixels: shift and flip, value by value as they are. */
export function mover(
  { inputs, inputScale, sampleShape }: Dataset,
  { shift, flip }: ViewFunction,
  prefix: number,
): SampleWriter {
  const [height = 0, width = 0, channels = 0] = sampleShape;
  const rowLength = width * channels;
  return (sample, out, offset) => {
    const seed = fnv1a32Decimal(sample, prefix);
    const down = wholeShift(shift, height, mulberry32(seed, DRAW.down));
    const right = wholeShift(shift, width, mulberry32(seed, DRAW.right));
    const mirrored = flip && mulberry32(seed, DRAW.mirrored) < 0.5;
    out.fill(0, offset, offset + height * rowLength);
    const base = sample * height * rowLength;
    const firstX = Math.max(0, right);
    const endX = Math.min(width, width + right);
    const endY = Math.min(height, height + down);
    for (let y = Math.max(0, down); y < endY; y++) {
      const from = base + (y - down) * rowLength;
      const to = offset + y * rowLength;
      if (mirrored) {
        for (let x = firstX; x < endX; x++) {
          const pixel = from + (width - 1 - (x - right)) * channels;
          const target = to + x * channels;
          for (let c = 0; c < channels; c++) {
            out[target + c] = (inputs[pixel + c] as number) * inputScale;
          }
        }
      } else {
        const end = endX * channels;
        const back = from - right * channels;
        for (let i = firstX * channels; i < end; i++) {
          out[to + i] = (inputs[back + i] as number) * inputScale;
        }
      }
    }
  };
}

/** Any affine map, and any size: of each output pixel's centre, where in the sample it lies, undoing step by step. */
export function resampler(
  { inputs, inputScale, sampleShape }: Dataset,
  shape: readonly number[],
  settings: ViewFunction | undefined,
  prefix: number,
): SampleWriter {
  const [H = 0, W = 0, sourceChannels = 0] = sampleShape;
  const [h = 0, w = 0, channels = 0] = shape;
  const step = sourceChannels === 1 ? 0 : 1;
  const map = new AffineMap();
  return (sample, out, offset) => {
    map.reset(h, w, H, W);
    if (settings !== undefined) map.undo(settings, fnv1a32Decimal(sample, prefix), H, W);
    const { xx, xy, x0, yx, yy, y0 } = map;
    const base = sample * H * W * sourceChannels;
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
        const fromLeft = atX > 0.5 ? atX - 0.5 : 0;
        const fromTop = atY > 0.5 ? atY - 0.5 : 0;
        const left = fromLeft | 0;
        const top = fromTop | 0;
        const shareX = fromLeft - left;
        const shareY = (fromTop - top) * inputScale;
        const restY = inputScale - shareY;
        const right = left + 1 < W ? sourceChannels : 0;
        const below = top + 1 < H ? W * sourceChannels : 0;
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

  /** From the centres of h × w pixels to the same places of H × W. */
  reset(h: number, w: number, H: number, W: number): void {
    this.xx = W / w;
    this.xy = 0;
    this.x0 = 0.5 * this.xx;
    this.yx = 0;
    this.yy = H / h;
    this.y0 = 0.5 * this.yy;
  }

  /** From the view of the sample with that seed to the sample. */
  undo({ shift, flip, crop, rotation }: ViewFunction, seed: number, H: number, W: number): void {
    this.x0 -= wholeShift(shift, W, mulberry32(seed, DRAW.right));
    this.y0 -= wholeShift(shift, H, mulberry32(seed, DRAW.down));
    if (rotation > 0) this.#turn((2 * mulberry32(seed, DRAW.rotation) - 1) * rotation, H, W);
    if (crop > 0) {
      const cut = mulberry32(seed, DRAW.crop) * crop;
      this.#scale(1 - cut);
      this.x0 += mulberry32(seed, DRAW.cropLeft) * cut * W;
      this.y0 += mulberry32(seed, DRAW.cropTop) * cut * H;
    }
    if (flip && mulberry32(seed, DRAW.mirrored) < 0.5) {
      this.xx = -this.xx;
      this.xy = -this.xy;
      this.x0 = W - this.x0;
    }
  }

  /** About the centre, by a share of a full turn. */
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

/** A draw of [0, 1) as one of the whole numbers of pixels within the greatest shift. */
function wholeShift(shift: number, size: number, draw: number): number {
  const most = Math.round(shift * size);
  return Math.floor(draw * (2 * most + 1)) - most;
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
