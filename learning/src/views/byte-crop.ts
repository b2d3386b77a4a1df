/**
 * Random resized crops of pictures in bytes, as bytes: bilinear between pixels, in whole numbers, so that every
 * machine gives the same bytes.
 *
 * Two things are rounded: the place between two pixels to 1/2048 of their distance, and the value to the nearest byte.
 * Pixels outside of the rectangle are not used; its border pixels are repeated.
 *
 * Symbols: H × W pixels of the set, h × w of the output.
 */
import { fnv1a32Decimal, mulberry32 } from '../arrays/index.js';
import { CropBox, type CropSettings } from './crop-box.js';
import { cropByKernel } from './crop-kernel.js';
import { DRAW, type Writer } from './view-geometry.js';

/** Bits of a place between two pixels: a value has 30 bits then, 11 of each of two places and a byte. */
const PLACE_BITS = 11;
const ONE = 1 << PLACE_BITS;
const HALF = 1 << (2 * PLACE_BITS - 1);

/**
 * @param read - gives [H, W, channels] of a sample.
 * @param prefix - hash of seed and epoch.
 * @param isPlain - true: not by the kernel, which gives the same bits.
 */
export function byteCropper(
  read: (sample: number) => Uint8Array,
  [H = 0, W = 0, sourceChannels = 0]: readonly number[],
  [h = 0, w = 0, channels = 0]: readonly number[],
  crop: CropSettings,
  flip: boolean,
  prefix: number,
  isPlain = false,
): Writer<Uint8Array> {
  const box = new CropBox();
  const columns = new Places(w);
  const rows = new Places(h);
  const lines = new Lines(w, sourceChannels, channels);
  const isForKernel = !isPlain && sourceChannels === 3 && channels === 3;
  return (sample, out, offset) => {
    const seed = fnv1a32Decimal(sample, prefix);
    box.draw(crop, seed, DRAW.randomResizedCrop, H, W);
    const isMirrored = flip && mulberry32(seed, DRAW.mirrored) < 0.5;
    const left = isMirrored ? W - box.left - box.width : box.left;
    columns.spread(left, box.width, isMirrored);
    rows.spread(0, box.height, false);
    const rowLength = W * sourceChannels;
    const end = (box.top + box.height) * rowLength;
    const pixels = read(sample).subarray(box.top * rowLength, end);
    if (isForKernel && cropByKernel(pixels, rowLength, columns, rows, out, offset)) return;
    lines.open(pixels, rowLength, columns);
    for (let y = 0; y < h; y++) {
      const [row, nextRow] = [rows.first[y] as number, rows.second[y] as number];
      const above = lines.line(row, nextRow);
      const below = lines.line(nextRow, row);
      blend(above, below, rows.share[y] as number, out, offset + y * w * channels);
    }
  };
}

/**
 * For each output pixel of a side: the set's two pixels between which its centre lies, and how far it is to the second.
 */
class Places {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Distance to the first pixel in 1/2048 of the pixels' distance. */
  readonly share: Int32Array;

  constructor(count: number) {
    this.first = new Int32Array(count);
    this.second = new Int32Array(count);
    this.share = new Int32Array(count);
  }

  /** Spreads the output's pixels over `size` pixels of the set, from `start` on. */
  spread(start: number, size: number, isMirrored: boolean): void {
    const count = this.share.length;
    const whole = 2 * count;
    for (let i = 0; i < count; i++) {
      // ((i + ½) size / count − ½) · 2 count, a whole number.
      const place = Math.max(0, (2 * i + 1) * size - count);
      const pixel = Math.floor(place / whole);
      const next = Math.min(pixel + 1, size - 1);
      this.first[i] = isMirrored ? start + size - 1 - pixel : start + pixel;
      this.second[i] = isMirrored ? start + size - 1 - next : start + next;
      this.share[i] = Math.floor(((place - pixel * whole) * ONE + count) / whole);
    }
  }
}

/** Rows of the set, interpolated to the output's width. The two rows that were used last are kept. */
class Lines {
  readonly #sourceChannels: number;
  readonly #channels: number;
  readonly #kept: [Int32Array, Int32Array];
  readonly #rows: [number, number] = [-1, -1];
  #pixels: Uint8Array = new Uint8Array(0);
  #rowLength = 0;
  #columns = new Places(0);

  constructor(width: number, sourceChannels: number, channels: number) {
    this.#sourceChannels = sourceChannels;
    this.#channels = channels;
    this.#kept = [new Int32Array(width * channels), new Int32Array(width * channels)];
  }

  open(pixels: Uint8Array, rowLength: number, columns: Places): void {
    this.#pixels = pixels;
    this.#rowLength = rowLength;
    this.#columns = columns;
    this.#rows.fill(-1);
  }

  /** The row's values [w, channels], in 1/2048. @param spared - the other kept row, which must not be overwritten. */
  line(row: number, spared: number): Int32Array {
    const found = this.#rows.indexOf(row);
    if (found >= 0) return this.#kept[found] as Int32Array;
    const free = this.#rows[0] === spared ? 1 : 0;
    this.#rows[free] = row;
    const line = this.#kept[free] as Int32Array;
    this.#interpolate(row * this.#rowLength, line);
    return line;
  }

  #interpolate(base: number, line: Int32Array): void {
    const pixels = this.#pixels;
    const { first, second, share } = this.#columns;
    const [own, channels] = [this.#sourceChannels, this.#channels];
    const width = share.length;
    if (own === 3) {
      // Written out for three channels: twice as fast.
      for (let x = 0, to = 0; x < width; x++, to += 3) {
        const from = base + (first[x] as number) * 3;
        const next = base + (second[x] as number) * 3;
        const by = share[x] as number;
        line[to] = between(pixels[from] as number, pixels[next] as number, by);
        line[to + 1] = between(pixels[from + 1] as number, pixels[next + 1] as number, by);
        line[to + 2] = between(pixels[from + 2] as number, pixels[next + 2] as number, by);
      }
      return;
    }
    const step = own === 1 ? 0 : 1;
    for (let x = 0, to = 0; x < width; x++) {
      let from = base + (first[x] as number) * own;
      let next = base + (second[x] as number) * own;
      const by = share[x] as number;
      for (let c = 0; c < channels; c++, to++, from += step, next += step) {
        line[to] = between(pixels[from] as number, pixels[next] as number, by);
      }
    }
  }
}

/** The value between two pixels, in 1/2048. */
function between(value: number, next: number, by: number): number {
  return ((value << PLACE_BITS) + Math.imul(next - value, by)) | 0;
}

function blend(
  above: Int32Array,
  below: Int32Array,
  by: number,
  out: Uint8Array,
  to: number,
): void {
  const rest = ONE - by;
  const { length } = above;
  for (let i = 0; i < length; i++) {
    const sum = (Math.imul(above[i] as number, rest) + Math.imul(below[i] as number, by)) | 0;
    out[to + i] = ((sum + HALF) | 0) >> (2 * PLACE_BITS);
  }
}
